//! Statements with an effect: submitted once under an id chosen before, looked at, cancelled.
//!
//! A lost answer is cleared up by sending the same body with the same id again: 409 means that the first
//! one arrived. The statement found there is compared before the job is accepted as ours. Waiting is the scheduler's.

use super::{BigQuery, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::failure::FailureKind;
use domain::id::JobId;
use domain::service::Service;
use domain::time::Timestamp;
use domain::truncate::Emptied;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How often a submission is sent, and a job looked for after a 409.
const TRIES: u32 = 5;

/// Takes the id of a job that must not begin any more: a request for it that is still on its way is then refused.
const VOID: &str = "SELECT 'cancelled before it arrived'";

/// The most jobs of a list.
const LIST: usize = 1_000;

/// A job as BigQuery shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It waits for its turn.
    Pending,
    /// It is at work, or in a state that is not known here.
    Running,
    /// It did what it should: when it began, on BigQuery's clock, and how many rows it changed.
    Done(Emptied),
    /// It failed. Its id is used up.
    Failed(ClientError),
    /// There is no job of this id, here and now.
    Missing,
    /// The id belongs to another statement.
    Foreign {
        /// Only because [`BigQuery::use_up`] took it.
        is_void: bool,
    },
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Job {
    status: Status,
    statistics: Statistics,
    configuration: Value,
    #[serde(rename = "jobReference")]
    reference: Reference,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reference {
    job_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    state: String,
    error_result: Option<JobError>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Statistics {
    creation_time: Option<String>,
    start_time: Option<String>,
    query: QueryStatistics,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct QueryStatistics {
    num_dml_affected_rows: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Jobs {
    jobs: Vec<Job>,
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

impl Statistics {
    fn emptied(&self) -> Emptied {
        let moment = self.start_time.as_ref().or(self.creation_time.as_ref());
        let rows = self.query.num_dml_affected_rows.as_ref();
        Emptied {
            started: moment
                .and_then(|text| text.parse().ok())
                .map(Timestamp::from_millis),
            rows: rows.and_then(|text| text.parse().ok()),
        }
    }
}

impl Job {
    fn statement(&self) -> Option<&str> {
        self.configuration["query"]["query"].as_str()
    }

    /// How it stands, if it is the job of this statement.
    fn status(self, sql: &str, operation: &str) -> JobStatus {
        if let Some(other) = self.statement().filter(|statement| *statement != sql) {
            let is_void = other == VOID;
            return JobStatus::Foreign { is_void };
        }
        let emptied = self.statistics.emptied();
        match (self.status.state.as_str(), self.status.error_result) {
            // The cancelling came too late.
            ("DONE", Some(error)) if error.reason == "stopped" && emptied.rows > Some(0) => {
                JobStatus::Done(emptied)
            }
            ("DONE", Some(error)) => JobStatus::Failed(error.into_error(operation)),
            ("DONE", None) => JobStatus::Done(emptied),
            ("PENDING", _) => JobStatus::Pending,
            _ => JobStatus::Running,
        }
    }
}

impl BigQuery {
    fn statement_body(&self, job: &JobId, sql: &str, labels: &BTreeMap<String, String>) -> Value {
        json!({
            "jobReference": {
                "projectId": self.project.as_str(), "jobId": job.as_str(), "location": self.location.as_str(),
            },
            // The default is legacy SQL, which knows neither backticks nor TRUNCATE.
            "configuration": {"query": {"query": sql, "useLegacySql": false}, "labels": labels},
        })
    }

    /// Submits a statement (GoogleSQL) as a job with this id. Safe to call again with the same id and
    /// statement, also after a restart of the program: it runs once.
    ///
    /// # Errors
    /// Ambiguous when it is not known whether it arrived; call it again.
    pub async fn insert_query(
        &self,
        job: &JobId,
        sql: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<JobStatus, ClientError> {
        let body = self.statement_body(job, sql, labels);
        let operation = format!("submitting the job {job}");
        let mut open = false;
        for tries in 1.. {
            let url = self.url(&["jobs"])?;
            let request = Request::post_once(Service::BigQuery, operation.as_str(), url, &body).changing();
            let error = match self.http.json::<Job>(request).await {
                Ok(sent) => return Ok(sent.status(sql, &operation)),
                Err(error) if error.service_status() == Some(409) => {
                    return self.confirm_statement(job, sql).await;
                }
                Err(error) => error,
            };
            open |= error.kind == FailureKind::Ambiguous;
            let again = matches!(
                error.kind,
                FailureKind::Ambiguous | FailureKind::Transient | FailureKind::Busy | FailureKind::Unsent
            );
            if !again || tries >= TRIES || error.retry_after().is_some() {
                // An earlier try may have arrived, whatever happened to this one.
                return Err(if open {
                    error.with_kind(FailureKind::Ambiguous)
                } else {
                    error
                });
            }
            self.http.pause_before_try(tries).await;
        }
        Ok(JobStatus::Missing)
    }

    /// How the job stands whose id is taken.
    async fn confirm_statement(&self, job: &JobId, sql: &str) -> Result<JobStatus, ClientError> {
        for tries in 1..=TRIES {
            match self.job_status(job, sql).await {
                // A job that was just created can be invisible for a moment.
                Ok(JobStatus::Missing) => self.http.pause_before_try(tries).await,
                Ok(status) => return Ok(status),
                Err(error) => return Err(error.with_kind(FailureKind::Ambiguous)),
            }
        }
        Ok(JobStatus::Missing)
    }

    /// How the job of this id and statement stands.
    ///
    /// # Errors
    /// As every call; that there is no such job is none.
    pub async fn job_status(&self, job: &JobId, sql: &str) -> Result<JobStatus, ClientError> {
        let url = self.located(&["jobs", job.as_str()])?;
        let operation = format!("looking at the job {job}");
        match self.http.json::<Job>(get(operation.as_str(), url)).await {
            Ok(found) => Ok(found.status(sql, &operation)),
            Err(error) if error.is_not_found() => Ok(JobStatus::Missing),
            Err(error) => Err(error),
        }
    }

    /// Asks for the end of a job; best effort, and what it did may have been applied.
    ///
    /// # Errors
    /// As every call.
    pub async fn cancel(&self, job: &JobId) -> Result<(), ClientError> {
        let url = self.located(&["jobs", job.as_str(), "cancel"])?;
        let operation = format!("cancelling the job {job}");
        let request = Request::post(Service::BigQuery, operation, url, None).changing();
        self.http.call(&request.any_body()).await.map(|_| ())
    }

    /// Makes a job of this id that does nothing, so that none that does something can be made of it any more. If there
    /// is one already, nothing changes.
    ///
    /// # Errors
    /// As every call.
    pub async fn use_up(&self, job: &JobId) -> Result<(), ClientError> {
        let labels = BTreeMap::from([("downbeat".to_owned(), "void".to_owned())]);
        let body = self.statement_body(job, VOID, &labels);
        let operation = format!("using up the id {job}");
        let request = Request::post(Service::BigQuery, operation, self.url(&["jobs"])?, Some(&body));
        match self.http.call(&request).await {
            Err(error) if error.service_status() != Some(409) => Err(error),
            _ => Ok(()),
        }
    }

    /// The caller's own jobs of this statement that have not ended, each with its state.
    ///
    /// # Errors
    /// As every call.
    pub async fn live_jobs(&self, sql: &str) -> Result<Vec<(JobId, String)>, ClientError> {
        let mut url = self.url(&["jobs"])?;
        url.query_pairs_mut()
            .append_pair("stateFilter", "pending")
            .append_pair("stateFilter", "running")
            .append_pair("projection", "full")
            .append_pair("maxResults", &LIST.to_string());
        let found: Jobs = self.http.json(get("listing the live jobs", url)).await?;
        let same = found.jobs.into_iter().filter(|job| job.statement() == Some(sql));
        Ok(same
            .map(|job| (JobId::new(job.reference.job_id), job.status.state))
            .collect())
    }
}
