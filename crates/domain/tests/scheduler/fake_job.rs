//! The job that empties the output table, on a server that exists only in a test.

use domain::failure::Failure;
use domain::id::JobId;
use domain::time::Timestamp;
use domain::truncate::{Emptied, JobProgress, TruncateJob};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How the server treats the job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobLife {
    /// Seconds in which the request is on its way.
    pub late: u64,
    /// Seconds until it runs, and from there to its end.
    pub pending: u64,
    pub running: u64,
    /// Whether it fails.
    pub fails: bool,
    /// Whether a cancel has no effect.
    pub deaf: bool,
}

struct Job {
    /// When the server gets it.
    created: Timestamp,
    cancelled: Option<Timestamp>,
    /// Only the id is used up.
    is_void: bool,
}

/// The server's jobs.
pub struct Jobs {
    life: JobLife,
    jobs: BTreeMap<JobId, Job>,
}

impl Jobs {
    pub fn new(life: JobLife) -> Self {
        let jobs = BTreeMap::new();
        Self { life, jobs }
    }

    /// A request to make the job; the id of one that exists is taken.
    pub fn insert(&mut self, id: &JobId, now: Timestamp) -> Result<TruncateJob, Failure> {
        let created = now + Duration::from_secs(self.life.late);
        self.jobs.entry(id.clone()).or_insert(Job {
            created,
            cancelled: None,
            is_void: false,
        });
        match self.look(id, now) {
            TruncateJob::Missing => Err(Failure::ambiguous("no answer")),
            seen => Ok(seen),
        }
    }

    pub fn cancel(&mut self, id: &JobId, now: Timestamp) -> TruncateJob {
        let missing = self.look(id, now) == TruncateJob::Missing;
        let job = self.jobs.entry(id.clone()).or_insert(Job {
            created: now,
            cancelled: None,
            is_void: true,
        });
        if missing {
            // What is on its way finds its id taken.
            job.is_void = true;
            job.created = now;
        } else if !self.life.deaf {
            job.cancelled.get_or_insert(now);
        }
        self.look(id, now)
    }

    pub fn look(&self, id: &JobId, now: Timestamp) -> TruncateJob {
        let Some(job) = self.jobs.get(id).filter(|job| job.created <= now) else {
            return TruncateJob::Missing;
        };
        if job.is_void {
            return TruncateJob::Failed(Failure::permanent("It never arrived."));
        }
        let runs = job.created + Duration::from_secs(self.life.pending);
        let ends = runs + Duration::from_secs(self.life.running);
        if job.cancelled.is_some_and(|cancelled| cancelled < ends) {
            return TruncateJob::Failed(Failure::permanent("It was cancelled."));
        }
        if now < runs {
            TruncateJob::Live(JobProgress::Pending)
        } else if now < ends {
            TruncateJob::Live(JobProgress::Running)
        } else if self.life.fails {
            TruncateJob::Failed(Failure::transient("It broke."))
        } else {
            TruncateJob::Done(Emptied {
                started: Some(runs),
                rows: Some(5),
            })
        }
    }

    /// How many jobs there ever were.
    pub fn count(&self) -> usize {
        self.jobs.len()
    }

    /// Whether one may still empty the table.
    pub fn is_undecided(&self, now: Timestamp) -> bool {
        let looks = self.jobs.keys().map(|id| self.look(id, now));
        looks
            .into_iter()
            .any(|job| matches!(job, TruncateJob::Live(_) | TruncateJob::Missing))
    }

    /// How many have emptied the table once nothing happens any more.
    pub fn truncations(&self) -> u32 {
        let end = Timestamp::from_seconds(9_000_000_000);
        let done = self
            .jobs
            .keys()
            .filter(|id| matches!(self.look(id, end), TruncateJob::Done(_)));
        u32::try_from(done.count()).unwrap()
    }
}
