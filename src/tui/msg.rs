//! Everything that may change the model. Only `tui/update.rs` reads it.

use super::effect::Link;
use super::key::Key;
use super::model::logs::extract::{LogPurpose, TakeFailure, TakenLog};
use super::model::logs::view::{LogRequest, LogWindow};
use super::model::opened_run::{OpenedRun, Purpose};
use super::mouse::{Gesture, Target};
use super::theme::Ground;
use crate::engine::Update;
use domain::draft::{KeptChange, KeptEdits};
use domain::failure::Failure;
use domain::history::RunRecord;
use domain::id::DagRunId;
use domain::release::Release;
use domain::summary::RunSummary;
use domain::variable::VariableName;
use semver::Version;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An input of the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did this to what was drawn there.
    Mouse(Target, Gesture),
    /// Text was pasted.
    Pasted(String),
    /// The terminal has another size, in columns and rows.
    Resized(u16, u16),
    /// The terminal has said what its background is.
    Ground(Ground),
    /// The terminal has got the keyboard, or has lost it.
    FocusChanged(bool),
    /// A second has passed, and a run is live.
    Ticked,
    /// The process got SIGINT; the same as ctrl-c.
    Interrupted,
    /// The engine sent an update.
    Engine(Box<Update>),
    /// The engine has ended unexpectedly.
    EngineEnded,
    /// Lines of the logs were read.
    LogRead {
        /// What was asked for.
        request: Box<LogRequest>,
        /// The lines, or why they could not be read.
        window: Result<LogWindow, String>,
        /// Whether the rest is still to be looked at.
        has_more: bool,
    },
    /// Rows were taken out of the logs, or could not be.
    LogTaken(LogPurpose, Result<TakenLog, TakeFailure>),
    /// The program that had the terminal has ended; why it showed nothing, in a sentence.
    OutsideClosed(Result<(), String>),
    /// The variables were saved: where each comes from now, or why it failed.
    Saved(Result<BTreeMap<VariableName, String>, Failure>),
    /// A page was opened in a browser, or there is none here.
    PageOpened(Link, bool),
    /// The edits that are kept on disk were changed, or could not be.
    EditsKept(KeptChange, Result<KeptEdits, Failure>),
    /// A run of the history was read, or why it could not be.
    RunRead(DagRunId, Purpose, Result<Box<OpenedRun>, Failure>),
    /// The list of former runs was read, because another process may have begun one.
    LookedForRuns {
        /// Whether the reader has come back to the terminal.
        is_back: bool,
        /// The list.
        history: Vec<RunSummary>,
    },
    /// The list of former runs was read again, or could not be.
    HistoryRead(Result<Vec<RunSummary>, Failure>),
    /// A text went to the clipboard, or into this file, or it could not be written.
    Copied {
        /// What it is, in a few words.
        what: String,
        /// The file, if it is in one.
        outcome: Result<Option<PathBuf>, Failure>,
    },
    /// What became of the tasks of some former runs was read.
    RecordsRead(Vec<RunRecord>),
    /// All that was asked for was read.
    RecordsDone,
    /// There is a newer version of this program than the second one.
    Released(Release, Version),
}
