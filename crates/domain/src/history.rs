//! What earlier runs tell: the outcome of every task of a run, and what follows from those of many runs.
//!
//! A record is folded from the facts of its run and holds nothing that they do not say. `past.rs` gathers the
//! records that are comparable, `usual.rs` says how long something takes, `eta.rs` what is left of a live run,
//! `compare.rs` how two runs differ, `table.rs` puts tasks and runs into a grid. No clock is read here.

mod compare;
mod eta;
mod past;
mod table;
#[cfg(test)]
mod tests;
mod usual;

pub use compare::{Change, Comparison, Difference};
pub use eta::Eta;
pub use past::{Past, PastTask, TaskPast};
pub use table::HistoryTable;
pub use usual::Usual;

use crate::id::TaskId;
use crate::run::Run;
use crate::state::TaskState;
use crate::summary::RunSummary;
use crate::task::{Handled, Task, TaskKind, Try};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A run with what became of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub summary: RunSummary,
    /// Its tasks in the order of the chain.
    pub tasks: Vec<TaskRecord>,
}

/// What became of a task. The journal keeps it as JSON: a new field needs a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub kind: TaskKind,
    /// Its state.
    pub state: TaskState,
    /// How many tries it used.
    #[serde(default)]
    pub tries: u32,
    /// When its first try began.
    #[serde(default)]
    pub started: Option<Timestamp>,
    /// When its last try ended.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// How long its tries worked together: without the pauses between them, and without what nobody watched.
    #[serde(default, rename = "working_ms", with = "crate::time::millis")]
    pub working: Duration,
    /// How long its last try worked.
    #[serde(default, rename = "last_try_ms", with = "crate::time::millis")]
    pub last_try: Duration,
    /// Rows that its last try read.
    #[serde(default)]
    pub read: Option<u64>,
    /// Rows that its last try loaded.
    #[serde(default)]
    pub loaded: Option<u64>,
    /// Why it is in its state; after a success, why the try before failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// That a person has dealt with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handled: Option<Handled>,
}

impl RunRecord {
    /// The record of a run as it is at `now`.
    pub fn new(run: &Run, now: Timestamp) -> Self {
        Self {
            summary: RunSummary::new(run),
            tasks: run.tasks.iter().map(|task| TaskRecord::new(task, now)).collect(),
        }
    }

    /// The record of a task.
    pub fn task(&self, id: &TaskId) -> Option<&TaskRecord> {
        self.tasks.iter().find(|task| task.task == *id)
    }
}

impl TaskRecord {
    /// Rows that its last try loaded, or read where none were loaded; nothing for other tasks than pipelines.
    pub fn rows(&self) -> Option<u64> {
        let is_pipeline = self.kind == TaskKind::Pipeline;
        self.loaded.or(self.read).filter(|_| is_pipeline)
    }

    /// The record of a task as it is at `now`.
    pub fn new(task: &Task, now: Timestamp) -> Self {
        let current = task.current();
        let failed = task.tries.iter().rev().find_map(|t| t.failure.as_ref());
        let reason = task.reason.as_ref().or(failed);
        Self {
            task: task.id.clone(),
            kind: task.kind,
            state: task.state,
            tries: u32::try_from(task.tries.len()).unwrap_or(u32::MAX),
            started: task.tries.first().map(|first| first.started),
            ended: current.and_then(|last| last.ended),
            working: task.worked(now).unwrap_or_default(),
            last_try: current.map(|last| last.working(now)).unwrap_or_default(),
            read: current.and_then(Try::records_read),
            loaded: current.and_then(Try::records_loaded),
            reason: reason.map(|failure| failure.reason.clone()),
            handled: task.handled().cloned(),
        }
    }
}

impl Try {
    /// How long it has worked: from its start to its end, or to `now`, without what nobody watched.
    pub fn working(&self, now: Timestamp) -> Duration {
        let until = self.ended.unwrap_or(now);
        until.since(self.started).saturating_sub(self.unwatched)
    }
}
