//! What an update wants done. Data, so that tests can compare it; performed by `tui/shell.rs`.

use super::model::logs::{LogSpan, LogTarget};
use crate::engine::Command;
use domain::id::DagRunId;
use domain::variable::VariableName;

/// Something to be done outside of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tells the engine.
    Send(Command),
    /// Writes these variables to the profile.
    SaveVariables(Vec<(VariableName, String)>),
    /// Reads lines of a log file.
    ReadLog {
        /// Of this try.
        target: LogTarget,
        /// These lines.
        span: LogSpan,
    },
    /// Reads a run of the history.
    OpenRun(DagRunId),
    /// Draws everything anew.
    Redraw,
    /// Goes to the background until the shell brings it back.
    Suspend,
    /// Ends the loop.
    Leave,
}
