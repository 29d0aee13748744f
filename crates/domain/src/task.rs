//! A task of a DAG run, its tries, and the states it may pass through.
//!
//! ```text
//! none ─→ scheduled ─→ queued ─→ running ─→ success
//!   │         │  ▲        │        │  │
//!   │         │  └─(busy)─┤        │  └→ stopping ─→ stopped · timed_out · success · failed
//!   │         │           ▼        ▼         │
//!   │         │        unknown ⇄ running     └────→ unknown (the stop is never confirmed)
//!   │         └──←── up_for_retry ←── a try failed, and it can get better
//!   └→ upstream_failed · skipped               └──→ failed, when it cannot
//! ```
//!
//! End states are left only by a retry that somebody asked for ([`TaskState::can_become`]).

use crate::arguments::RuntimeArguments;
use crate::failure::Failure;
use crate::id::{PipelineRunId, StartToken, TaskId};
use crate::pipeline::{PipelineState, StageCounts};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Airflow's task states, and ours for what Airflow cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Not looked at yet.
    None,
    /// Its turn has come; it waits for a free place.
    Scheduled,
    /// Its start was asked for and is not confirmed.
    Queued,
    /// It works.
    Running,
    /// A try failed; the next one waits for its time.
    UpForRetry,
    /// A stop was asked for; its end is awaited.
    Stopping,
    /// We cannot see it. Never shown as failed.
    Unknown,
    /// Done. For a pipeline: its run is COMPLETED, and nothing else.
    Success,
    /// No try is left, or none would help.
    Failed,
    /// Stopped because a time limit had passed.
    TimedOut,
    /// Stopped because somebody asked.
    Stopped,
    /// A task before it failed, so it never began.
    UpstreamFailed,
    /// It was left out.
    Skipped,
}

impl TaskState {
    /// Every state, in the order of a legend.
    pub const ALL: [Self; 13] = [
        Self::None,
        Self::Scheduled,
        Self::Queued,
        Self::Running,
        Self::UpForRetry,
        Self::Stopping,
        Self::Unknown,
        Self::Success,
        Self::Failed,
        Self::TimedOut,
        Self::Stopped,
        Self::UpstreamFailed,
        Self::Skipped,
    ];

    /// The name in Airflow's spelling: `up_for_retry`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::UpForRetry => "up_for_retry",
            Self::Stopping => "stopping",
            Self::Unknown => "unknown",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Stopped => "stopped",
            Self::UpstreamFailed => "upstream_failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing more happens by itself.
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Success
                | Self::Failed
                | Self::TimedOut
                | Self::Stopped
                | Self::UpstreamFailed
                | Self::Skipped
        )
    }

    /// Whether something of it may be alive on the server, so that it holds one of the
    /// `max_active_pipelines` places.
    pub const fn holds_place(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Running | Self::Stopping | Self::Unknown
        )
    }

    /// Whether the drawing above has an arrow to `next`. Staying is no transition.
    pub const fn can_become(self, next: Self) -> bool {
        use TaskState as S;
        match self {
            S::None => matches!(
                next,
                S::Scheduled | S::Queued | S::Running | S::UpstreamFailed | S::Skipped
            ),
            S::Scheduled => {
                matches!(
                    next,
                    S::Queued | S::Running | S::Skipped | S::UpstreamFailed | S::Stopped
                )
            }
            S::UpForRetry => matches!(
                next,
                S::Scheduled | S::Queued | S::Running | S::Skipped | S::Failed | S::Stopped | S::TimedOut
            ),
            S::Queued => !matches!(
                next,
                S::None | S::Queued | S::Success | S::UpstreamFailed | S::Skipped
            ),
            S::Running => !matches!(
                next,
                S::None | S::Running | S::Queued | S::UpstreamFailed | S::Skipped
            ),
            S::Stopping => {
                next.is_end() && !matches!(next, S::UpstreamFailed | S::Skipped)
                    || matches!(next, S::Unknown | S::UpForRetry)
            }
            S::Unknown => !matches!(next, S::None | S::Unknown | S::UpstreamFailed | S::Skipped),
            // A retry by hand: the task itself is scheduled anew, what waited on it is cleared.
            S::Failed | S::TimedOut | S::Stopped => matches!(next, S::Scheduled),
            S::UpstreamFailed | S::Skipped | S::Success => matches!(next, S::Scheduled | S::None),
        }
    }
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Looks at everything that can be wrong before anything is changed.
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
    /// Where it stands.
    pub state: TaskState,
    /// Its tries, the newest last.
    pub tries: Vec<Try>,
    /// How many tries it may use.
    pub allowed_tries: u32,
    /// How long one try may take.
    pub timeout: Duration,
    /// Smaller starts first.
    pub priority: i64,
    /// What its pipeline runs get; empty for other tasks.
    pub arguments: RuntimeArguments,
    /// Why it is where it is: the last failure, or why it waits.
    pub reason: Option<Failure>,
    /// When the next try, or the next start after a refusal, is due.
    pub due: Option<Timestamp>,
    /// How often flow control sent this try back; drives the pause, uses up no try.
    pub refusals: u32,
    /// Nobody waits for it any more although its end was never seen.
    pub given_up: bool,
}

impl Task {
    /// A task that nothing has happened to.
    pub fn new(kind: TaskKind, id: TaskId, allowed_tries: u32, timeout: Duration) -> Self {
        Self {
            id,
            kind,
            state: TaskState::None,
            tries: Vec::new(),
            allowed_tries,
            timeout,
            priority: 0,
            arguments: RuntimeArguments::default(),
            reason: None,
            due: None,
            refusals: 0,
            given_up: false,
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

    /// From the beginning of its first try to its end, or to `now`.
    pub fn elapsed(&self, now: Timestamp) -> Option<Duration> {
        let first = self.tries.first()?;
        let last = self.tries.last()?;
        let open = !self.is_over() || last.ended.is_none();
        Some(if open { now } else { last.ended.unwrap_or(now) }.since(first.started))
    }
}

/// One attempt at a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// Counted from 1.
    pub number: u32,
    /// When it began: for a pipeline, when its start was intended.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What marks its start request.
    pub token: Option<StartToken>,
    /// Since when the start's answer is in doubt.
    pub doubted: Option<Timestamp>,
    /// Its pipeline run, once known.
    pub pipeline_run: Option<PipelineRunId>,
    /// The state of that run, as last seen.
    pub pipeline_state: Option<PipelineState>,
    /// Whether the run's cluster is gone, after which nothing more is logged.
    pub cluster_ended: bool,
    /// Rows by stage, in the pipeline's order.
    pub counts: Vec<StageCounts>,
    /// The last moment at which the run showed that it lives.
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
            ended: None,
            token: None,
            doubted: None,
            pipeline_run: None,
            pipeline_state: None,
            cluster_ended: false,
            counts: Vec::new(),
            last_sign: now,
            silent_since: None,
            stop: None,
            stop_asked: None,
            failure: None,
        }
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

/// Who or what wants a task stopped.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_state_is_left_only_by_a_retry() {
        for from in TaskState::ALL.into_iter().filter(|s| s.is_end()) {
            for to in TaskState::ALL {
                let allowed = matches!(to, TaskState::Scheduled | TaskState::None);
                assert!(!from.can_become(to) || allowed, "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn success_comes_only_from_something_that_ran() {
        for from in TaskState::ALL {
            let ran = matches!(
                from,
                TaskState::Running | TaskState::Stopping | TaskState::Unknown
            );
            assert_eq!(from.can_become(TaskState::Success), ran, "{from:?}");
        }
    }

    #[test]
    fn every_state_but_the_first_can_be_reached() {
        for to in TaskState::ALL {
            assert!(
                TaskState::ALL.into_iter().any(|from| from.can_become(to)),
                "{to:?}"
            );
        }
    }
}
