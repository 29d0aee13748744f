//! Everything that may change the model. Only `tui/update.rs` reads it.

use super::key::Key;
use super::model::logs::{LogTarget, LogWindow};
use crate::engine::Update;
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::run::Run;
use domain::variable::VariableName;
use std::collections::BTreeMap;

/// Something that came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Pasted(String),
    /// The terminal has another size, in columns and rows.
    Resized(u16, u16),
    /// A second has passed while a run is live.
    Ticked,
    /// Somebody else sent an interrupt; the same as ctrl-c.
    Interrupted,
    /// The engine told something.
    Engine(Box<Update>),
    /// The engine has ended by itself.
    EngineEnded,
    /// Lines of a log file were read.
    LogRead {
        /// Of this try.
        target: LogTarget,
        /// What was read, or why not.
        window: Result<LogWindow, String>,
        /// Whether the file was not counted to its end yet.
        has_more: bool,
    },
    /// The variables were saved: where each comes from now; or they were not, and why.
    Saved(Result<BTreeMap<VariableName, String>, Failure>),
    /// A run of the history was read, or not, and why.
    RunOpened(DagRunId, Result<Box<Run>, Failure>),
}
