//! The states of a task and of a run.
//!
//! ```text
//! none ─→ scheduled ─→ queued ─→ running ─→ success
//!   │         │  ▲        │        │  │
//!   │         │  └─(busy)─┤        │  └→ stopping ─→ stopped · timed_out · success · failed
//!   │         │           ▼        ▼         │
//!   │         │        unknown ⇄ running     └────→ unknown (the stop is never confirmed)
//!   │         └──←── up_for_retry ←── a try failed, and it can get better
//!   └→ upstream_failed · skipped               └──→ failed, when it cannot (also scheduled, without its values)
//! ```
//!
//! A task goes back from running to queued if the run that an answer named is not the one that was started, and from queued
//! or unknown to scheduled if its start began nothing. End states are left only by a retry that a person asks for.
//! `tests/scheduler/transitions.rs` holds every run of the tests to this drawing.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Airflow's task states, and four of our own: stopping, stopped, `timed_out`, unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// It has not begun.
    None,
    /// It waits for a free place.
    Scheduled,
    /// Its start was sent and is not confirmed.
    Queued,
    /// It runs.
    Running,
    /// A try failed; the next one waits for its time.
    UpForRetry,
    /// A stop was sent; its end is awaited.
    Stopping,
    /// Its state cannot be seen. Never shown as failed.
    Unknown,
    /// Done. For a pipeline: its run is COMPLETED, and nothing else.
    Success,
    /// No try is left, or none would help.
    Failed,
    /// Stopped because a time limit had passed.
    TimedOut,
    /// Stopped by a person.
    Stopped,
    /// It never began because a task before it failed.
    UpstreamFailed,
    /// It was left out.
    Skipped,
}

impl TaskState {
    /// Every state, in the order of a legend.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The one word for this state: on the screen, in plain text, in JSON and in the journal. Airflow's
    /// where Airflow has the state: `up_for_retry`.
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

    /// Whether a run of it may be live on the server, so that it holds one of the
    /// `max_active_pipelines` places.
    pub const fn holds_place(self) -> bool {
        matches!(
            self,
            Self::Queued | Self::Running | Self::Stopping | Self::Unknown
        )
    }
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Not over.
    Running,
    /// A stop was sent; the ends of live runs are awaited.
    Stopping,
    /// Every task succeeded, or was left out by a variable.
    Success,
    /// No row was active, so there was nothing to run.
    Empty,
    /// A task failed.
    Failed,
    /// `dag_timeout_minutes` passed.
    TimedOut,
    /// A person stopped it.
    Stopped,
}

impl RunState {
    /// Every state.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Whether the run is over.
    pub const fn is_end(self) -> bool {
        !matches!(self, Self::Running | Self::Stopping)
    }

    /// The one word for this state: on the screen, in plain text, in JSON and in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Success => "success",
            Self::Empty => "empty",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Stopped => "stopped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_same_words() {
        for state in TaskState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for state in RunState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
