//! What an update asks the shell to do. Data, so that tests can compare it; `tui/shell.rs` executes it.

use super::model::logs::extract::{LogExtract, LogPurpose};
use super::model::logs::view::LogRequest;
use super::model::opened_run::Purpose;
use crate::engine::Command;
use domain::draft::KeptChange;
use domain::id::DagRunId;
use domain::summary::RunSummary;
use domain::variable::VariableName;
use std::path::PathBuf;

/// A page for a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it shows, in a few words.
    pub what: String,
    /// Its address.
    pub url: String,
}

/// A file for another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideFile {
    /// Its path.
    pub path: PathBuf,
    /// Whether it was made for this, and is removed when it was shown.
    pub is_temporary: bool,
}

/// Something outside of the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Sends a command to the engine.
    Send(Command),
    /// Writes these variables to the profile.
    SaveVariables(Vec<(VariableName, String)>),
    /// Changes the edits that are kept on disk.
    KeepEdits(KeptChange),
    /// Reads lines of the logs.
    ReadLog(LogRequest),
    /// Reads a run of the history as it is by now.
    ReadRun(DagRunId, Purpose),
    /// Reads the list of former runs again.
    ReadHistory,
    /// Reads what became of the tasks of these runs, beside everything else. A new request replaces the one before.
    ReadRecords(Vec<RunSummary>),
    /// Opens a page in a browser, or copies its address.
    OpenPage(Link),
    /// Copies a text for the clipboard.
    Copy {
        /// What it is, in a few words.
        what: String,
        /// The text, without secrets.
        text: String,
    },
    /// Takes rows out of the logs, beside everything else.
    TakeLog(LogExtract, LogPurpose),
    /// Shows a file in another program, which gets the terminal.
    ShowOutside(OutsideFile),
    /// Asks the terminal for its background.
    AskGround,
    /// Tells it to somebody who looks elsewhere.
    Tell(String),
    /// Takes the mouse from the terminal, or gives it back.
    CaptureMouse(bool),
    /// Draws the whole screen again.
    Redraw,
    /// Suspends the program until the user's shell resumes it.
    Suspend,
    /// Ends the loop, and opens the profile of this name.
    SwitchProfile(String),
    /// Ends the loop.
    Leave,
}
