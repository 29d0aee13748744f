//! The output table and the jobs that empty it, as they really were. It knows nothing of the scheduler.

use super::schedule::JobPlan;
use domain::failure::Failure;
use domain::id::{JobId, PipelineRunId, TaskId};
use domain::time::Timestamp;
use domain::truncate::{Emptied, JobProgress, TruncateJob};
use std::collections::BTreeMap;

/// A job.
#[derive(Clone, Debug)]
struct Job {
    status: TruncateJob,
}

/// What a job does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobTurn {
    Runs,
    Ends,
}

/// BigQuery.
#[derive(Clone, Debug, Default)]
pub struct Warehouse {
    jobs: BTreeMap<JobId, Job>,
    /// What is in the output table: which row of the configuration was loaded by which run.
    pub table: Vec<(TaskId, PipelineRunId)>,
    /// How often it was emptied.
    pub truncations: u32,
}

impl Warehouse {
    /// A request to make the job: when it does what, and how it stands.
    pub fn insert(&mut self, id: &JobId, plan: &JobPlan, now: u64) -> (Vec<(u64, JobTurn)>, TruncateJob) {
        let mut turns = Vec::new();
        if !self.jobs.contains_key(id) {
            let status = TruncateJob::Live(JobProgress::Pending);
            self.jobs.insert(id.clone(), Job { status });
            let runs = now + plan.pending * 1000;
            turns = vec![
                (runs, JobTurn::Runs),
                (runs + plan.running * 1000 + 1, JobTurn::Ends),
            ];
        }
        (turns, self.look(id))
    }

    pub fn look(&self, id: &JobId) -> TruncateJob {
        self.jobs
            .get(id)
            .map_or(TruncateJob::Missing, |job| job.status.clone())
    }

    /// Cancels the job, or takes its id so that it cannot begin any more.
    pub fn cancel(&mut self, id: &JobId, plan: &JobPlan) -> TruncateJob {
        let job = self.jobs.entry(id.clone()).or_insert(Job {
            status: TruncateJob::Failed(Failure::permanent("It never arrived, and cannot any more.")),
        });
        if matches!(job.status, TruncateJob::Live(_)) && !plan.deaf {
            job.status = TruncateJob::Failed(Failure::permanent("It was cancelled."));
        }
        job.status.clone()
    }

    /// Does what is the job's turn; whether it emptied the table.
    pub fn turn(&mut self, id: &JobId, turn: JobTurn, plan: &JobPlan, wall: Timestamp) -> bool {
        let Some(job) = self.jobs.get_mut(id) else {
            return false;
        };
        if !matches!(job.status, TruncateJob::Live(_)) {
            return false;
        }
        job.status = match turn {
            JobTurn::Runs => TruncateJob::Live(JobProgress::Running),
            JobTurn::Ends if plan.fails => TruncateJob::Failed(Failure::transient("It broke.")),
            JobTurn::Ends => TruncateJob::Done(Emptied {
                started: Some(wall),
                rows: Some(self.table.len() as u64),
            }),
        };
        let has_emptied = matches!(job.status, TruncateJob::Done(_));
        if has_emptied {
            self.truncations += 1;
            self.table.clear();
        }
        has_emptied
    }

    /// Whether a job may still empty the table.
    pub fn is_undecided(&self) -> bool {
        let mut jobs = self.jobs.values();
        jobs.any(|job| matches!(job.status, TruncateJob::Live(_)))
    }

    /// How many jobs there ever were.
    pub fn count(&self) -> usize {
        self.jobs.len()
    }

    /// How many runs have loaded a row.
    pub fn loads_of(&self, task: &TaskId) -> Vec<&PipelineRunId> {
        let rows = self.table.iter().filter(|(row, _)| row == task);
        rows.map(|(_, run)| run).collect()
    }
}
