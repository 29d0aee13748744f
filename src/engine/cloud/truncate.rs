//! The job that empties the output table: sent, looked at, cancelled. What is done about an answer is the scheduler's.

use super::Cloud;
use crate::client::ClientError;
use crate::client::bigquery::JobStatus;
use domain::failure::{Failure, FailureKind};
use domain::finding::{Finding, Severity};
use domain::id::{DagRunId, JobId};
use domain::remedy::Remedy;
use domain::truncate::{JobProgress, TruncateJob, job_of};
use std::collections::{BTreeMap, BTreeSet};

impl Cloud {
    pub(super) fn truncate_statement(&self) -> Result<String, Failure> {
        let table = Self::table(&self.variables().output_table())?;
        Ok(format!("TRUNCATE TABLE {table}"))
    }

    /// Sends the job. Sent twice, it runs once.
    pub async fn truncate(&self, job: &JobId) -> Result<TruncateJob, Failure> {
        let sql = self.truncate_statement()?;
        let labels = BTreeMap::from([("downbeat".to_owned(), "truncate_table".to_owned())]);
        let status = self.bigquery().insert_query(job, &sql, &labels).await?;
        Ok(standing(job, status))
    }

    /// Looks at the job.
    pub async fn look_at_truncate(&self, job: &JobId) -> Result<TruncateJob, Failure> {
        let sql = self.truncate_statement()?;
        let status = self.bigquery().job_status(job, &sql).await?;
        Ok(standing(job, status))
    }

    /// Cancels the job, or takes the id of one that has not arrived, and looks at what became of it.
    pub async fn cancel_truncate(&self, job: &JobId) -> Result<TruncateJob, Failure> {
        let bigquery = self.bigquery();
        let asked = match bigquery.cancel(job).await {
            Err(error) if error.is_not_found() => bigquery.use_up(job).await,
            asked => asked,
        };
        match (asked, self.look_at_truncate(job).await) {
            // Without the right to cancel a job its end can still be seen.
            (Err(refused), Ok(TruncateJob::Live(_) | TruncateJob::Missing)) => Err(refused.into()),
            (_, seen) => seen,
        }
    }

    /// Jobs of other runs that empty the output table and have not ended: played late, they would empty what this run
    /// loads. `settled` are runs that are over before this one begins.
    pub(super) async fn check_other_truncates(
        &self,
        settled: &BTreeSet<DagRunId>,
    ) -> Result<Vec<Finding>, Failure> {
        let sql = self.truncate_statement()?;
        let live = match self.bigquery().live_jobs(&sql).await {
            Ok(live) => live,
            Err(error) if is_refused(&error) => return Ok(vec![unlisted(&error)]),
            Err(error) => return Err(error.into()),
        };
        let is_settled = |job: &JobId| settled.iter().any(|run| job_of(run) == *job);
        // This run has not sent its own yet.
        Ok(live
            .into_iter()
            .filter(|(job, _)| !is_settled(job))
            .map(|(job, state)| {
                let message =
                    format!("The job {job} of another run is {state} and will empty the output table.");
                let address = self.variables().job_address(&job);
                Finding::error(job.as_str(), message, Remedy::LookAtJob(address)).with_kind(FailureKind::Held)
            })
            .collect())
    }
}

/// Whether asking again would not help.
fn is_refused(error: &ClientError) -> bool {
    matches!(error.kind, FailureKind::Permanent | FailureKind::Unauthorised)
}

/// To list jobs is a right of its own.
fn unlisted(error: &ClientError) -> Finding {
    let message = format!("Whether another job is about to empty the output table was not seen: {error}");
    Finding {
        severity: Severity::Note,
        ..Finding::warning("bq_output_table", message, "Grant bigquery.jobs.list to see it.")
    }
}

fn standing(job: &JobId, status: JobStatus) -> TruncateJob {
    match status {
        JobStatus::Pending => TruncateJob::Live(JobProgress::Pending),
        JobStatus::Running => TruncateJob::Live(JobProgress::Running),
        JobStatus::Done(emptied) => TruncateJob::Done(emptied),
        JobStatus::Failed(error) if error.reason() == Some("stopped") => {
            TruncateJob::Failed(Failure::permanent(format!("The job {job} was cancelled.")))
        }
        JobStatus::Failed(error) => {
            let failure = Failure::from(error);
            let reason = format!("The job {job} failed. {}", failure.reason);
            TruncateJob::Failed(Failure { reason, ..failure })
        }
        JobStatus::Missing => TruncateJob::Missing,
        JobStatus::Foreign { is_void: true } => TruncateJob::Failed(Failure::permanent(format!(
            "The job {job} never arrived, and cannot any more."
        ))),
        JobStatus::Foreign { is_void: false } => TruncateJob::Failed(Failure::permanent(format!(
            "The id {job} belongs to a job with another statement."
        ))),
    }
}
