//! The records that are comparable with a run: those of the same profile and pipeline that began before it.

use super::usual::NEWEST;
use super::{RunRecord, TaskRecord, Usual};
use crate::id::{DagRunId, TaskId};
use crate::run::Run;
use crate::state::{RunState, TaskState};
use crate::task::{Task, TaskKind};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// What earlier runs tell about the tasks of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    tasks: BTreeMap<TaskId, TaskPast>,
    /// How long whole runs took that succeeded.
    pub(super) whole: Usual,
    /// How long pipelines take of which nothing is known.
    pub(super) pipelines: Usual,
    runs: usize,
}

/// What earlier runs tell about one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskPast {
    /// What became of it, the newest last; at most twenty.
    pub last: Vec<PastTask>,
    /// How long one try takes that succeeds.
    pub usual: Usual,
    /// How many rows it loads, or reads if it loads none: the median of its successes.
    pub rows: Option<u64>,
}

/// What became of a task in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastTask {
    /// When the run began.
    pub started: Timestamp,
    /// The state of the task.
    pub state: TaskState,
    /// How long its last try worked.
    pub last_try: Duration,
}

/// What is gathered of a task before it is counted.
#[derive(Default)]
struct Gathered {
    /// The newest first.
    last: Vec<PastTask>,
    spans: Vec<Duration>,
    rows: Vec<u64>,
}

impl Past {
    /// What these records, the newest first, tell about the runs of a pipeline in a profile; `before` is the run whose
    /// past this is, if it is not the next one.
    pub fn new<'a>(
        records: impl IntoIterator<Item = &'a RunRecord>,
        profile: &str,
        pipeline: &str,
        before: Option<(&DagRunId, Timestamp)>,
    ) -> Self {
        let mut tasks: BTreeMap<TaskId, Gathered> = BTreeMap::new();
        let (mut whole, mut pipelines, mut runs) = (Vec::new(), Vec::new(), 0);
        for record in records {
            let summary = &record.summary;
            let is_earlier =
                before.is_none_or(|(id, started)| summary.id != *id && summary.started <= started);
            if !is_earlier || summary.profile != profile || summary.pipeline != pipeline {
                continue;
            }
            runs += 1;
            if let Some(ended) = summary.ended.filter(|_| summary.state == RunState::Success)
                && whole.len() < NEWEST
            {
                whole.push(ended.since(summary.started));
            }
            for task in &record.tasks {
                if task.state == TaskState::Success
                    && task.kind == TaskKind::Pipeline
                    && pipelines.len() < NEWEST * 10
                {
                    pipelines.push(task.last_try);
                }
                // A task that was not reached says nothing.
                if task.state != TaskState::None {
                    // Names are copied once for each task, not for each run.
                    match tasks.get_mut(&task.task) {
                        Some(known) => known.add(task, record),
                        None => tasks.entry(task.task.clone()).or_default().add(task, record),
                    }
                }
            }
        }
        Self {
            tasks: tasks
                .into_iter()
                .map(|(id, found)| (id, found.counted()))
                .collect(),
            whole: Usual::new(whole),
            pipelines: Usual::new(pipelines),
            runs,
        }
    }

    /// The past of a run.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a RunRecord>, run: &Run) -> Self {
        let (profile, variables) = (&run.request.profile, &run.request.variables);
        let before = Some((&run.id, run.started));
        Self::new(records, profile, &variables.cdf_pipeline_name, before)
    }

    /// How many runs it is about.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// What is known of a task.
    pub fn task(&self, id: &TaskId) -> Option<&TaskPast> {
        self.tasks.get(id)
    }

    /// By how much the open try of a task takes longer than nine of ten that succeeded.
    pub fn late_by(&self, task: &Task, now: Timestamp) -> Option<Duration> {
        let open = task.open_try().filter(|_| task.state.holds_place())?;
        self.task(&task.id)?.usual.late_by(open.working(now))
    }
}

impl Gathered {
    fn add(&mut self, task: &TaskRecord, record: &RunRecord) {
        if self.last.len() < NEWEST {
            self.last.push(PastTask {
                started: record.summary.started,
                state: task.state,
                last_try: task.last_try,
            });
        }
        if task.state == TaskState::Success && self.spans.len() < NEWEST {
            self.spans.push(task.last_try);
            self.rows.extend(task.rows());
        }
    }

    fn counted(mut self) -> TaskPast {
        self.last.reverse();
        self.rows.sort_unstable();
        let middle = self.rows.len().div_ceil(2).checked_sub(1);
        TaskPast {
            last: self.last,
            usual: Usual::new(self.spans),
            rows: middle.and_then(|middle| self.rows.get(middle).copied()),
        }
    }
}
