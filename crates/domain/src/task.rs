//! A task of a DAG run and its tries. The states it passes through are in `state.rs`.

mod handled;
mod lost;

pub use handled::Handled;
pub use lost::{LateRun, LostStart};

use crate::arguments::RuntimeArguments;
use crate::failure::Failure;
use crate::id::{PipelineRunId, StartToken, TaskId};
use crate::pipeline::{PipelineState, StageCounts};
use crate::state::TaskState;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// What is said of a try from which nothing was heard since a moment, as the reader writes it.
pub fn silent(since: &str) -> String {
    format!("no sign of life since {since}")
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Checks settings, rights, pipeline and tables before anything is changed.
    Start,
    /// Empties the output table.
    TruncateTable,
    /// Reads the configuration table.
    GetConfiguration,
    /// Makes runtime arguments of the active rows.
    FilterArguments,
    /// Starts one pipeline run and watches it to its end.
    Pipeline,
    /// Closes the chain.
    End,
}

impl TaskKind {
    /// The task id of a task that exists once in a run; pipelines are named by their row.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::TruncateTable => "truncate_table",
            Self::GetConfiguration => "get_configuration",
            Self::FilterArguments => "filter_arguments",
            Self::Pipeline => "start_pipeline",
            Self::End => "end",
        }
    }
}

/// A task and all that happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// What it does.
    pub kind: TaskKind,
    /// Its state.
    pub state: TaskState,
    /// Its tries, the newest last.
    pub tries: Vec<Try>,
    /// How many tries it may use.
    pub allowed_tries: u32,
    /// How many tries the plan gave it; each retry by a person gives it as many again.
    pub planned_tries: u32,
    /// How long one try may take.
    pub timeout: Duration,
    /// The arguments of its pipeline runs; empty for other tasks.
    pub arguments: RuntimeArguments,
    /// The names of those that a person gave with a retry: no table has their values.
    pub given: BTreeSet<String>,
    /// The last failure, or why it waits.
    pub reason: Option<Failure>,
    /// When the next try, or the next start after a refusal, is due.
    pub due: Option<Timestamp>,
    /// How often flow control refused this try; sets the pause, and is not counted as a try.
    pub refusals: u32,
    /// How often a start of this try was sent again because nothing had begun.
    pub repeats: u32,
    /// Starts whose answers were lost, and which may begin a run late.
    pub lost: Vec<LostStart>,
    /// Its end is not awaited any more, although it was never seen.
    pub given_up: bool,
    /// What a person said last of how it ended; [`Task::handled`] says whether that still counts.
    pub handled: Option<Handled>,
}

impl Task {
    /// A task that has not begun.
    pub fn new(kind: TaskKind, id: TaskId, allowed_tries: u32, timeout: Duration) -> Self {
        Self {
            id,
            kind,
            state: TaskState::None,
            tries: Vec::new(),
            allowed_tries,
            planned_tries: allowed_tries,
            timeout,
            arguments: RuntimeArguments::default(),
            given: BTreeSet::new(),
            reason: None,
            due: None,
            refusals: 0,
            repeats: 0,
            lost: Vec::new(),
            given_up: false,
            handled: None,
        }
    }

    /// The newest try.
    pub fn current(&self) -> Option<&Try> {
        self.tries.last()
    }

    /// The try that is not over.
    pub fn open_try(&self) -> Option<&Try> {
        self.tries.last().filter(|t| t.ended.is_none())
    }

    /// Whether nothing more is awaited from it.
    pub fn is_over(&self) -> bool {
        self.state.is_end() || self.given_up
    }

    /// The pipeline run whose end is awaited.
    pub fn live_run(&self) -> Option<&PipelineRunId> {
        self.open_try().and_then(|t| t.pipeline_run.as_ref())
    }

    /// Whether the answer to its start was lost and its run was not found yet.
    pub fn is_doubted(&self) -> bool {
        self.kind == TaskKind::Pipeline
            && !self.given_up
            && self
                .open_try()
                .is_some_and(|open| open.doubted.is_some() && open.pipeline_run.is_none())
    }

    /// How long its tries were at work until now, without the time between them; nothing before the first one.
    pub fn worked(&self, now: Timestamp) -> Option<Duration> {
        let tries = self.tries.iter().map(|tried| tried.working(now));
        (!self.tries.is_empty()).then(|| tries.sum())
    }

    /// How long it waited between its tries, or waits for the next one.
    pub fn waited(&self, now: Timestamp) -> Option<Duration> {
        let last = self.tries.last()?;
        let between = self
            .tries
            .windows(2)
            .map(|pair| pair[1].started.since(pair[0].ended.unwrap_or(pair[0].started)));
        let since = last.ended.filter(|_| self.next_start().is_some());
        Some(between.sum::<Duration>() + since.map_or(Duration::ZERO, |since| now.since(since)))
    }

    /// When its next try, or its next start after a refusal, begins by itself.
    pub fn next_start(&self) -> Option<Timestamp> {
        let waits = matches!(self.state, TaskState::UpForRetry | TaskState::Scheduled);
        self.due.filter(|_| waits)
    }
}

/// One attempt at a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// Counted from 1.
    pub number: u32,
    /// When it began: for a pipeline, when its start was intended.
    pub started: Timestamp,
    /// How much of the time since then nobody watched it: that does not count for its limit.
    pub unwatched: Duration,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What marks its start request.
    pub token: Option<StartToken>,
    /// Since when the start's answer is in doubt.
    pub doubted: Option<Timestamp>,
    /// Its pipeline run, once known.
    pub pipeline_run: Option<PipelineRunId>,
    /// When its start was accepted: from then on it is provisioning, whatever was seen.
    pub accepted: Option<Timestamp>,
    /// The state of that run, as last seen.
    pub pipeline_state: Option<PipelineState>,
    /// The state that the run is, or was, waiting in before its program began; `None` once that was seen to
    /// work.
    pub waiting_in: Option<PipelineState>,
    /// The states that the run was seen in, each with the moment when it was seen first.
    pub phases: Vec<Phase>,
    /// Whether the run's cluster is gone, after which nothing more is logged.
    pub cluster_ended: bool,
    /// Rows by stage, in the pipeline's order.
    pub counts: Vec<StageCounts>,
    /// When the run last showed progress.
    pub last_sign: Timestamp,
    /// Since when it has shown nothing for longer than usual.
    pub silent_since: Option<Timestamp>,
    /// Why a stop was asked for.
    pub stop: Option<StopReason>,
    /// When that was.
    pub stop_asked: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Try {
    /// A try that begins now.
    pub fn begin(number: u32, now: Timestamp) -> Self {
        Self {
            number,
            started: now,
            unwatched: Duration::ZERO,
            ended: None,
            token: None,
            doubted: None,
            pipeline_run: None,
            accepted: None,
            pipeline_state: None,
            waiting_in: None,
            phases: Vec::new(),
            cluster_ended: false,
            counts: Vec::new(),
            last_sign: now,
            silent_since: None,
            stop: None,
            stop_asked: None,
            failure: None,
        }
    }

    /// Whether its run was seen to end without having loaded anything.
    pub fn is_known_to_have_failed(&self) -> bool {
        let ended = self.pipeline_state.as_ref().filter(|state| state.is_end());
        ended.is_some_and(|state| *state != PipelineState::Completed)
    }

    /// Rows read by the first stage that read any.
    pub fn records_read(&self) -> Option<u64> {
        self.counts.iter().map(|c| c.read.max(c.written)).find(|&n| n > 0)
    }

    /// Rows that the warehouse confirmed (`records.updated`), never what a sink merely wrote.
    pub fn records_loaded(&self) -> Option<u64> {
        let mut loaded = self.counts.iter().filter_map(|c| c.loaded).peekable();
        loaded.peek()?;
        Some(loaded.sum())
    }
}

/// A state of a pipeline run, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The state.
    pub state: PipelineState,
    /// When it was seen first.
    pub since: Timestamp,
}

/// Why a task is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// A person.
    Asked,
    /// `cdf_pipeline_timeout_seconds` (or the row's `timeout_seconds`) has passed for this try.
    TryLimit,
    /// `dag_timeout_minutes` has passed for the run.
    RunLimit,
}
