//! What this process knows of the job that empties the output table, and a restart may forget.

use crate::run::Run;
use crate::time::Timestamp;
use std::time::Duration;

/// What this process knows of the job in addition to the facts.
#[derive(Debug, Default)]
pub(in crate::scheduler) struct TruncateWatch {
    /// Since when this process waits for it.
    pub since: Option<Timestamp>,
    /// When it was seen last.
    pub seen: Option<Timestamp>,
    /// BigQuery has it.
    pub is_accepted: bool,
    /// A request of which nothing is known may have reached BigQuery.
    pub is_doubted: bool,
    /// It has not been looked at since nobody watched the run.
    pub is_unseen: bool,
}

impl TruncateWatch {
    /// A job that is in the journal may have been sent by a process that was killed.
    pub fn new(run: &Run) -> Self {
        Self {
            is_doubted: run.truncate_job.is_some(),
            ..Self::default()
        }
    }

    /// Nobody watched for so long: that is no waiting.
    pub fn resume(&mut self, gap: Duration, now: Timestamp) {
        self.since = self.since.map(|since| since + gap);
        self.seen = self.seen.map(|_| now);
        self.is_unseen = true;
    }
}
