//! How two runs differ, task by task, the biggest difference first.

use super::{RunRecord, TaskRecord};
use crate::id::TaskId;
use crate::state::TaskState;
use crate::task::TaskKind;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Two runs side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// The earlier run.
    pub before: &'a RunRecord,
    /// The later run.
    pub after: &'a RunRecord,
    /// Every task that either of them has, the biggest difference first.
    pub tasks: Vec<Difference<'a>>,
}

/// A task in two runs; one of them may not have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// In the earlier run.
    pub before: Option<&'a TaskRecord>,
    /// In the later run.
    pub after: Option<&'a TaskRecord>,
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

impl<'a> Comparison<'a> {
    /// Compares two runs; the one that began first is the earlier one.
    pub fn new(one: &'a RunRecord, other: &'a RunRecord) -> Self {
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
        Self { before, after, tasks }
    }
}

fn by_task(record: &RunRecord) -> impl Iterator<Item = (&TaskId, &TaskRecord)> {
    record.tasks.iter().map(|task| (&task.task, task))
}

impl<'a> Difference<'a> {
    fn new(task: &'a TaskId, before: Option<&'a TaskRecord>, after: Option<&'a TaskRecord>) -> Self {
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
            task,
            before,
            after,
            change,
        }
    }

    /// How long its tries worked before and after; nothing if one of the runs does not have it.
    pub fn times(&self) -> Option<(Duration, Duration)> {
        Some((self.before?.working, self.after?.working))
    }

    /// Rows before and after: those that were loaded, or read where none were. Nothing for other tasks than pipelines.
    pub fn rows(&self) -> (Option<u64>, Option<u64>) {
        let rows = |record: Option<&TaskRecord>| {
            let pipeline = record.filter(|record| record.kind == TaskKind::Pipeline)?;
            pipeline.loaded.or(pipeline.read)
        };
        (rows(self.before), rows(self.after))
    }

    /// How much the times differ.
    fn weight(&self) -> Duration {
        match (self.before, self.after) {
            (Some(before), Some(after)) => before.working.abs_diff(after.working),
            (Some(only), None) | (None, Some(only)) => only.working,
            (None, None) => Duration::ZERO,
        }
    }
}
