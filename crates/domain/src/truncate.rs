//! The one job of a run that empties the output table, and how it stands.
//!
//! Its times are BigQuery's own. This machine's clock may be wrong, and a restore of the wrong moment brings back the
//! wrong rows.

use crate::failure::Failure;
use crate::id::{DagRunId, JobId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The id of the one job that a run ever has.
pub fn job_of(run: &DagRunId) -> JobId {
    JobId::new(format!("downbeat_{run}_truncate"))
}

/// How the job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TruncateJob {
    /// It has not ended.
    Live(JobProgress),
    /// It emptied the table.
    Done(Emptied),
    /// It ended without emptying anything, or it can never begin any more.
    Failed(Failure),
    /// BigQuery does not know the id.
    Missing,
}

/// How far a job is that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobProgress {
    /// It waits for its turn.
    Pending,
    /// It is at work.
    Running,
}

impl JobProgress {
    /// BigQuery's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
        }
    }
}

/// What a job that emptied the table says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// When the job began, on BigQuery's clock.
    pub started: Option<Timestamp>,
    /// How many rows it removed.
    pub rows: Option<u64>,
}
