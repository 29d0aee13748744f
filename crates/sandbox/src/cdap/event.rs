//! What happens to runs, between its happening and its being seen.
//!
//! A real server consumes such events every two seconds; that is why clients see everything late
//! and in steps, with times that lie in the past (measured).

use crate::run_status::RunStatus;

/// Something that happened to a run and is not visible yet. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The start request was taken up: the caller's arguments replace the system's.
    Accepted(String),
    /// There is a place to run.
    Provisioned(String),
    /// The program works.
    Launched {
        /// The run.
        run: String,
        /// When it began.
        at: i64,
    },
    /// Somebody asked it to stop.
    StopRequested {
        /// The run.
        run: String,
        /// When.
        at: i64,
        /// Until it may be killed hard, in seconds.
        grace: i64,
    },
    /// It is to pause before its next node.
    Suspended {
        /// The run.
        run: String,
        /// When.
        at: i64,
    },
    /// It may go on.
    Resumed {
        /// The run.
        run: String,
        /// When.
        at: i64,
    },
    /// It ended.
    Ended {
        /// The run.
        run: String,
        /// When.
        at: i64,
        /// How.
        status: RunStatus,
    },
    /// The place to run was given back.
    Deprovisioned(String),
    /// Flow control refused it.
    Rejected(String),
}
