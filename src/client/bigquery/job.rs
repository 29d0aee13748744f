//! Statements with an effect: submitted once under an id chosen before, waited for, cancelled.
//!
//! A lost answer is cleared up by sending the same body with the same id again: 409 means that the first
//! one arrived. The statement found there is compared before the job is accepted as ours.

use super::{BigQuery, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::failure::FailureKind;
use domain::id::JobId;
use domain::service::Service;
use domain::time::human;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How often a submission is sent, and a job looked for after a 409.
const TRIES: u32 = 5;

/// How long the server holds one poll.
const LONG_POLL: Duration = Duration::from_secs(10);

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It did what it should.
    Done,
    /// It failed. Its id is used up; the error's kind says whether a new job may do better.
    Failed(ClientError),
}

#[derive(Deserialize)]
struct Job {
    status: Status,
    #[serde(default)]
    configuration: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: String,
    error_result: Option<JobError>,
}

#[derive(Deserialize)]
pub(super) struct JobError {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
}

impl JobError {
    pub(super) fn into_error(self, operation: &str) -> ClientError {
        ClientError::from_job(operation, &self.reason, &self.message)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Poll {
    #[serde(default)]
    job_complete: bool,
    num_dml_affected_rows: Option<String>,
    schema: Option<Value>,
    #[serde(default)]
    errors: Vec<JobError>,
}

impl Job {
    fn end(self, operation: &str) -> Option<JobEnd> {
        if self.status.state != "DONE" {
            return None;
        }
        Some(match self.status.error_result {
            Some(error) => JobEnd::Failed(error.into_error(operation)),
            None => JobEnd::Done,
        })
    }
}

impl BigQuery {
    /// Submits a statement (GoogleSQL) as a job with this id. Safe to call again with the same id and
    /// statement, also after a restart of the program: it runs once.
    ///
    /// # Errors
    /// Ambiguous when it is not known whether it arrived; call it again. Permanent when the id belongs to
    /// another statement.
    pub async fn insert_query(
        &self,
        job: &JobId,
        sql: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<(), ClientError> {
        let body = json!({
            "jobReference": {
                "projectId": self.project.as_str(), "jobId": job.as_str(), "location": self.location.as_str(),
            },
            // The default is legacy SQL, which knows neither backticks nor TRUNCATE.
            "configuration": {"query": {"query": sql, "useLegacySql": false}, "labels": labels},
        });
        let mut open = false;
        for tries in 1.. {
            let url = self.url(&["jobs"])?;
            let request =
                Request::post_once(Service::BigQuery, format!("submitting the job {job}"), url, &body);
            let Err(error) = self.http.call(&request).await else {
                return Ok(());
            };
            if error.status() == Some(409) {
                return self.confirm_statement(job, sql).await;
            }
            open |= error.kind == FailureKind::Ambiguous;
            let again = matches!(
                error.kind,
                FailureKind::Ambiguous | FailureKind::Transient | FailureKind::Busy
            );
            if !again || tries >= TRIES || error.retry_after().is_some() {
                // An earlier try may have arrived, whatever happened to this one.
                let unclear = open && error.kind != FailureKind::Permanent;
                return Err(if unclear {
                    error.with_kind(FailureKind::Ambiguous)
                } else {
                    error
                });
            }
            self.http.pause_before_try(tries).await;
        }
        Ok(())
    }

    /// Whether the job of this id is this statement.
    async fn confirm_statement(&self, job: &JobId, sql: &str) -> Result<(), ClientError> {
        for tries in 1.. {
            match self.job(job).await {
                Ok(found) if found.configuration["query"]["query"].as_str() == Some(sql) => return Ok(()),
                Ok(_) => {
                    let why = "the id belongs to a job with another statement";
                    let operation = format!("submitting the job {job}");
                    return Err(
                        ClientError::new(FailureKind::Permanent, Service::BigQuery, operation, why)
                            .with_hint("Nothing was run. Start again; a new id is chosen."),
                    );
                }
                // A job that was just created can be invisible for a moment.
                Err(error) if error.status() == Some(404) && tries < TRIES => {
                    self.http.pause_before_try(tries).await;
                }
                Err(error) => return Err(error.with_kind(FailureKind::Ambiguous)),
            }
        }
        Ok(())
    }

    /// Waits for the end of a job, for at most `limit`. After a broken connection it asks again.
    ///
    /// # Errors
    /// Transient when it is still running after `limit`; else why its end could not be seen.
    pub async fn wait(&self, job: &JobId, limit: Duration) -> Result<JobEnd, ClientError> {
        let end = Instant::now() + limit;
        let operation = format!("waiting for the job {job}");
        for tries in 1.. {
            match self.end_of(job, &operation, end).await {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) if !is_transient(&error) || Instant::now() >= end => return Err(error),
                Err(_) => {}
            }
            if Instant::now() >= end {
                let why = format!("it is still running after {}", human(limit));
                return Err(ClientError::new(
                    FailureKind::Transient,
                    Service::BigQuery,
                    operation,
                    why,
                ));
            }
            // Servers may answer a long poll at once.
            self.http.pause_before_try(tries.min(4)).await;
        }
        Ok(JobEnd::Done)
    }

    async fn end_of(
        &self,
        job: &JobId,
        operation: &str,
        end: Instant,
    ) -> Result<Option<JobEnd>, ClientError> {
        match self.poll(job, operation, end).await {
            Ok(poll) if !poll.job_complete => Ok(None),
            Ok(poll) if poll.schema.is_none() && !poll.errors.is_empty() => {
                let error = poll.errors.into_iter().next();
                Ok(error.map(|error| JobEnd::Failed(error.into_error(operation))))
            }
            Ok(poll) if poll.num_dml_affected_rows.is_some() => Ok(Some(JobEnd::Done)),
            // Without a count the job itself is asked how it ended.
            Ok(_) => self.job(job).await.map(|found| found.end(operation)),
            // The error may be the job's own or the connection's; only the job says which.
            Err(error) => match self.job(job).await {
                Ok(found) => match found.end(operation) {
                    Some(end) => Ok(Some(end)),
                    None if is_transient(&error) => Ok(None),
                    None => Err(error),
                },
                Err(_) => Err(error),
            },
        }
    }

    async fn poll(&self, job: &JobId, operation: &str, end: Instant) -> Result<Poll, ClientError> {
        let mut url = self.located(&["queries", job.as_str()])?;
        let left = end.saturating_duration_since(Instant::now()).min(LONG_POLL);
        url.query_pairs_mut()
            .append_pair("maxResults", "0")
            .append_pair("timeoutMs", &left.as_millis().to_string());
        self.http.json(get(operation, url).timeout(LONG_POLL * 3)).await
    }

    async fn job(&self, job: &JobId) -> Result<Job, ClientError> {
        let url = self.located(&["jobs", job.as_str()])?;
        self.http
            .json(get(format!("looking at the job {job}"), url))
            .await
    }

    /// Asks for the end of a job; best effort, and what it did may have been applied.
    ///
    /// # Errors
    /// As every call.
    pub async fn cancel(&self, job: &JobId) -> Result<(), ClientError> {
        let url = self.located(&["jobs", job.as_str(), "cancel"])?;
        let operation = format!("cancelling the job {job}");
        let request = Request::post(Service::BigQuery, operation, url, None);
        self.http.call(&request.any_body()).await.map(|_| ())
    }
}

fn is_transient(error: &ClientError) -> bool {
    matches!(error.kind, FailureKind::Transient | FailureKind::Busy)
}
