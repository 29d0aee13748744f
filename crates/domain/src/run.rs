//! A DAG run as the fold of its events: what every screen, printer, journal and resume reads.
//!
//! Only [`Run::apply`] changes a run. It trusts its events: it decides nothing, and it never fails, because
//! every journal must be readable. What happens next is decided in `scheduler.rs`.

mod apply;
mod late;
mod named;
mod output;
mod tries;

use crate::arguments::RuntimeArguments;
use crate::event::{Fact, RunEvent};
use crate::failure::Failure;
use crate::finding::Finding;
use crate::id::{DagRunId, JobId, TaskId};
use crate::plan::Limits;
use crate::request::{RunRequest, Scope};
use crate::row::Configuration;
use crate::service::Service;
use crate::state::{RunState, TaskState};
use crate::task::{StopReason, Task, TaskKind};
use crate::time::Timestamp;
use crate::truncate::{Emptied, JobProgress};
use crate::variable::VariableName;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One execution of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name.
    pub id: DagRunId,
    /// What was asked for.
    pub request: RunRequest,
    /// When it began.
    pub started: Timestamp,
    /// The logical start of every pipeline run in it, so that a retry reads the same window: when `start` succeeded. From
    /// then on the run holds its output table. The moment before that would not do: another run could load the table in
    /// between, and this one would set the watermarks back.
    pub logical_start: Timestamp,
    /// When the clock of `dag_timeout_minutes` began: `started`, or the last retry of an ended run.
    pub clock_started: Timestamp,
    /// How much of the time since then nobody watched it: that is not the run's.
    pub unwatched: Duration,
    /// When its watching was resumed the last time, after a restart or on a machine that had slept.
    pub watched_since: Option<Timestamp>,
    /// When its newest event became known.
    pub last_event: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its state.
    pub state: RunState,
    /// Why it stops, if it does.
    pub stop: Option<StopReason>,
    /// The tasks in the order of the chain; pipelines in the order of their start.
    pub tasks: Vec<Task>,
    /// The variables that are passed as arguments, since the deployed pipeline was read.
    pub passed: BTreeSet<VariableName>,
    /// The configuration that `get_configuration` read.
    pub configuration: Option<Configuration>,
    /// How many rows were active when `start` looked.
    pub active_at_start: Option<u64>,
    /// The job that empties the output table, once it is intended.
    pub truncate_job: Option<JobId>,
    /// How far that job was when it was last seen alive.
    pub truncate_progress: Option<JobProgress>,
    /// What that job says of the table that it emptied.
    pub emptied: Option<Emptied>,
    /// The accounts that it has begun as, by service, as far as they are known.
    pub callers: BTreeMap<Service, String>,
    /// What was found, in the order of time.
    pub notices: Vec<(Timestamp, Finding)>,
    /// Services that do not answer as they should, each with since when and why.
    pub degraded: BTreeMap<Service, (Timestamp, Failure)>,
}

impl Run {
    /// The run that a first event begins; `None` for any other event.
    pub fn begin(event: &RunEvent) -> Option<Self> {
        let Fact::RunStarted { run, request } = &event.fact else {
            return None;
        };
        Some(Self {
            id: run.clone(),
            tasks: apply::chain(request),
            request: (**request).clone(),
            started: event.at,
            logical_start: event.at,
            clock_started: event.at,
            unwatched: Duration::ZERO,
            watched_since: None,
            last_event: event.at,
            ended: None,
            state: RunState::Running,
            stop: None,
            passed: BTreeSet::new(),
            configuration: None,
            active_at_start: None,
            truncate_job: None,
            truncate_progress: None,
            emptied: None,
            callers: BTreeMap::new(),
            notices: Vec::new(),
            degraded: BTreeMap::new(),
        })
    }

    /// The run that these events give, in order; `None` if they do not begin with its start.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a RunEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut run = Self::begin(events.next()?)?;
        events.for_each(|event| run.apply(event));
        Some(run)
    }

    /// The task of this name.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == *id)
    }

    /// The task of a kind that exists once.
    pub fn single(&self, kind: TaskKind) -> Option<&Task> {
        self.tasks.iter().find(|task| task.kind == kind)
    }

    /// The pipeline tasks.
    pub fn pipelines(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.kind == TaskKind::Pipeline)
    }

    /// Puts values in the place of masks: those of a pipeline by hand are in no table.
    pub fn supply(&mut self, given: &RuntimeArguments) {
        let Scope::Single(by_hand) = &mut self.request.scope else {
            return;
        };
        let lists = self.tasks.iter_mut().map(|task| &mut task.arguments);
        for list in lists.chain([by_hand]) {
            let masked: Vec<_> = list.masked().map(str::to_owned).collect();
            for name in masked {
                if let Some(value) = given.get(&name) {
                    list.insert(name, value);
                }
            }
        }
    }

    /// How many pipeline runs are live, as far as was seen.
    pub fn live_pipelines(&self) -> usize {
        let live = self
            .pipelines()
            .filter(|task| !task.is_over() && task.live_run().is_some());
        live.count()
    }

    /// The text of `logical.start.time`: milliseconds since 1970.
    pub fn logical_start_time(&self) -> String {
        self.logical_start.millis().to_string()
    }

    /// When `dag_timeout_minutes` is over.
    pub fn deadline(&self) -> Timestamp {
        self.clock_started + self.unwatched + Limits::new(&self.request.variables).dag_timeout
    }

    /// From its start to its end, or to `now`.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        self.ended.unwrap_or(now).since(self.started)
    }

    /// Rows that the warehouse has confirmed, of all pipelines.
    pub fn records_loaded(&self) -> u64 {
        let loaded = self
            .pipelines()
            .filter_map(|task| task.current()?.records_loaded());
        loaded.sum()
    }

    /// How many pipeline tasks are in each state; states that none is in are left out.
    pub fn counts(&self) -> BTreeMap<TaskState, usize> {
        let mut counts = BTreeMap::new();
        for task in self.pipelines() {
            *counts.entry(task.state).or_insert(0) += 1;
        }
        counts
    }
}
