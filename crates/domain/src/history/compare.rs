//! How two runs differ, task by task, the biggest difference first.

use super::{RunRecord, TaskRecord};
use crate::id::TaskId;
use crate::state::TaskState;
use crate::summary::RunSummary;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The earlier run.
    pub before: RunSummary,
    /// The later run.
    pub after: RunSummary,
    /// Every task that either of them has, the biggest difference first.
    pub tasks: Vec<Difference>,
}

/// A task in two runs; one of them may not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The task.
    pub task: TaskId,
    /// In the earlier run.
    pub before: Option<TaskRecord>,
    /// In the later run.
    pub after: Option<TaskRecord>,
    /// What is different.
    pub change: Change,
}

/// What is different, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It succeeded before, and did not.
    Broke,
    /// It did not succeed before, and did.
    Recovered,
    /// Only the later run has it.
    New,
    /// Only the earlier run has it.
    Gone,
    /// It ended in another way, neither time with success.
    OtherState,
    /// It ended in the same way; time and rows may differ.
    Same,
}

impl Comparison {
    /// Compares two runs; the one that began first is the earlier one.
    pub fn new(one: &RunRecord, other: &RunRecord) -> Self {
        let (before, after) = if other.summary.started < one.summary.started {
            (other, one)
        } else {
            (one, other)
        };
        let mut earlier: BTreeMap<&TaskId, &TaskRecord> = by_task(before).collect();
        let mut tasks: Vec<_> = by_task(after)
            .map(|(id, task)| Difference::new(id, earlier.remove(id), Some(task)))
            .collect();
        let gone = by_task(before).filter(|(id, _)| earlier.contains_key(id));
        tasks.extend(gone.map(|(id, task)| Difference::new(id, Some(task), None)));
        // Stable: what differs alike stays in the order of the chain.
        tasks.sort_by_key(|difference| (difference.change, Reverse(difference.weight())));
        Self {
            before: before.summary.clone(),
            after: after.summary.clone(),
            tasks,
        }
    }
}

fn by_task(record: &RunRecord) -> impl Iterator<Item = (&TaskId, &TaskRecord)> {
    record.tasks.iter().map(|task| (&task.task, task))
}

impl Difference {
    fn new(task: &TaskId, before: Option<&TaskRecord>, after: Option<&TaskRecord>) -> Self {
        let is_green = |record: &TaskRecord| record.state == TaskState::Success;
        let change = match (before, after) {
            (None, _) => Change::New,
            (_, None) => Change::Gone,
            (Some(before), Some(after)) if before.state == after.state => Change::Same,
            (Some(before), Some(_)) if is_green(before) => Change::Broke,
            (Some(_), Some(after)) if is_green(after) => Change::Recovered,
            (Some(_), Some(_)) => Change::OtherState,
        };
        Self {
            task: task.clone(),
            before: before.cloned(),
            after: after.cloned(),
            change,
        }
    }

    /// How long its tries worked before and after; nothing if one of the runs does not have it.
    pub fn times(&self) -> Option<(Duration, Duration)> {
        Some((self.before.as_ref()?.working, self.after.as_ref()?.working))
    }

    /// Rows before and after: those that were loaded, or read where none were. Nothing for other tasks than pipelines.
    pub fn rows(&self) -> (Option<u64>, Option<u64>) {
        let rows = |record: &Option<TaskRecord>| record.as_ref().and_then(TaskRecord::rows);
        (rows(&self.before), rows(&self.after))
    }

    /// How much the times differ.
    fn weight(&self) -> Duration {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.working.abs_diff(after.working),
            (Some(only), None) | (None, Some(only)) => only.working,
            (None, None) => Duration::ZERO,
        }
    }
}
