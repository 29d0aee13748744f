//! The events of runs, from when they happen until a tick shows them.
//!
//! A real server consumes such events every two seconds. That is why clients see everything late and in steps, with
//! times in the past (measured).

use crate::run_status::RunStatus;

/// Something that happened to a run and is not visible yet. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The start was accepted: the caller's arguments replace the system's.
    Accepted(String),
    /// The cluster exists.
    Provisioned(String),
    /// The program works.
    Launched { run: String, at: i64 },
    /// A client asked the run to stop.
    StopRequested {
        run: String,
        at: i64,
        /// Until it may be killed, in seconds.
        grace: i64,
    },
    /// It pauses before its next node.
    Suspended { run: String, at: i64 },
    /// It goes on.
    Resumed { run: String, at: i64 },
    /// It ended.
    Ended { run: String, at: i64, status: RunStatus },
    /// The cluster was deleted.
    Deprovisioned(String),
    /// Flow control refused the start.
    Rejected(String),
}

impl Event {
    /// The run's id.
    pub fn run(&self) -> &str {
        match self {
            Self::Accepted(run) | Self::Provisioned(run) | Self::Deprovisioned(run) | Self::Rejected(run) => {
                run
            }
            Self::Launched { run, .. } | Self::StopRequested { run, .. } | Self::Ended { run, .. } => run,
            Self::Suspended { run, .. } | Self::Resumed { run, .. } => run,
        }
    }
}
