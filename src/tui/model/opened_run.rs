//! A run of the history, read from the journal.

use domain::id::TaskId;
use domain::run::Run;
use domain::summary::RunSummary;
use domain::watched::Watched;
use std::collections::BTreeSet;

/// A run of the history, and what is known about it beside its own facts.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedRun {
    /// The run.
    pub run: Run,
    /// Who watches it, if it has no end.
    pub watched: Option<Watched>,
    /// The newest later run that may have emptied or filled the same output table.
    pub overtaken_by: Option<RunSummary>,
}

/// What a run of the history is read for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show it.
    Show,
    /// To show it as it is by now, if it is shown.
    Refresh,
    /// To resume, close or watch it, after a question.
    CarryOn,
    /// To try this task again, after a question.
    Retry(TaskId),
    /// To try these of its tasks again, after a question.
    RetryThese(BTreeSet<TaskId>),
    /// To try all of its tasks again that did not succeed, after a question.
    RetryAll,
}
