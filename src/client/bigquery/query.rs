//! Reading rows: one query, repeated safely by its `requestId`, and as many pages as the limit asks for.

use super::cell::{Cell, Row, count};
use super::job::JobError;
use super::schema::{Column, Schema};
use super::{BigQuery, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::activation::Parameter;
use domain::failure::FailureKind;
use domain::id::JobId;
use domain::service::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Rows of one page, at most.
const PAGE: usize = 10_000;

/// Pages of one result, at most: a page may be short or empty, and a loop must end.
const PAGES: usize = 1_000;

/// How often a query is asked whose answer is of a shape that is none.
const TRIES: u32 = 3;

/// How long one call waits at the server.
pub(super) const LONG_POLL: Duration = Duration::from_secs(10);

/// How long a query may take.
pub(super) const LIMIT: Duration = Duration::from_secs(180);

const OPERATION: &str = "running a query";

/// The rows of a query.
#[derive(Clone, Default, PartialEq)]
pub struct Table {
    /// In the order of the cells.
    pub columns: Vec<Column>,
    /// As many as were asked for, or all.
    pub rows: Vec<Vec<Cell>>,
    /// How many there are; more than `rows` when the limit cut them.
    pub total_rows: u64,
}

/// No cells: there may be passwords in them.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.columns)
            .field("rows", &self.rows.len())
            .field("total_rows", &self.total_rows)
            .finish()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) job_complete: bool,
    pub(super) job_reference: Option<Reference>,
    schema: Option<Schema>,
    total_rows: Option<String>,
    #[serde(default)]
    rows: Vec<Row>,
    page_token: Option<String>,
    #[serde(default)]
    pub(super) errors: Vec<JobError>,
    pub(super) num_dml_affected_rows: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) job_id: String,
    pub(super) location: Option<String>,
}

impl BigQuery {
    /// Runs a query that changes nothing and reads at most `max_rows` of its rows.
    ///
    /// # Errors
    /// The query's own error by its reason (`invalidQuery`, `notFound` ...), or the connection's. Transient
    /// when the answers are of a shape that is none.
    pub async fn query(&self, sql: &str, max_rows: usize) -> Result<Table, ClientError> {
        self.query_with(sql, &[], max_rows).await
    }

    /// The same with named parameters.
    ///
    /// # Errors
    /// The same.
    pub async fn query_with(
        &self,
        sql: &str,
        parameters: &[Parameter],
        max_rows: usize,
    ) -> Result<Table, ClientError> {
        for tries in 1.. {
            match self.query_once(sql, parameters, max_rows).await {
                Ok(table) => return Ok(table),
                Err(Trouble::Call(error)) => return Err(error),
                Err(Trouble::Odd(why)) if tries >= TRIES => {
                    let error = ClientError::new(FailureKind::Transient, Service::BigQuery, OPERATION, why);
                    return Err(error.with_hint("Try again; if it lasts, please report it."));
                }
                Err(Trouble::Odd(_)) => self.http.pause_before_try(tries).await,
            }
        }
        Ok(Table::default())
    }

    async fn query_once(
        &self,
        sql: &str,
        parameters: &[Parameter],
        max_rows: usize,
    ) -> Result<Table, Trouble> {
        let first = self.submit(sql, parameters, max_rows).await?;
        let job = first.job_reference.clone();
        let first = self.complete(first, job.as_ref(), max_rows).await?;
        self.collect(first, job, max_rows).await
    }

    async fn submit(
        &self,
        sql: &str,
        parameters: &[Parameter],
        max_rows: usize,
    ) -> Result<Answer, ClientError> {
        let mut body = json!({
            "query": sql,
            "useLegacySql": false,
            "location": self.location.as_str(),
            "maxResults": max_rows.min(PAGE),
            "timeoutMs": millis(LONG_POLL),
            "formatOptions": {"useInt64Timestamp": true},
            // Makes a repetition of this very request harmless.
            "requestId": Uuid::new_v4().to_string(),
        });
        if !parameters.is_empty() {
            body["parameterMode"] = "NAMED".into();
            body["queryParameters"] = self::parameters(parameters);
        }
        let url = self.url(&["queries"])?;
        let request = Request::post(Service::BigQuery, OPERATION, url, Some(&body));
        self.http
            .json(request.timeout(LONG_POLL * 3).max_bytes(64 << 20))
            .await
    }

    /// Asks until the query is over.
    async fn complete(
        &self,
        mut answer: Answer,
        job: Option<&Reference>,
        max_rows: usize,
    ) -> Result<Answer, Trouble> {
        let end = Instant::now() + LIMIT;
        let mut tries = 0;
        while !answer.job_complete {
            let Some(job) = job else {
                return Err(no_job());
            };
            if Instant::now() >= end {
                // Best effort: its rows are not needed any more.
                let _ = self.cancel(&JobId::new(job.job_id.as_str())).await;
                let why = format!("it took longer than {} s", LIMIT.as_secs());
                let error = ClientError::new(FailureKind::Transient, Service::BigQuery, OPERATION, why);
                return Err(error.into());
            }
            tries += 1;
            self.http.pause_before_try(tries.min(4)).await;
            answer = self.page(job, None, max_rows.min(PAGE)).await?;
        }
        if answer.schema.is_some() {
            return Ok(answer);
        }
        Err(match answer.errors.pop() {
            Some(error) => Trouble::Call(error.into_error(OPERATION)),
            None => odd("the answer has no schema"),
        })
    }

    async fn collect(
        &self,
        mut answer: Answer,
        job: Option<Reference>,
        max_rows: usize,
    ) -> Result<Table, Trouble> {
        let columns = answer.schema.take().map(Schema::columns).unwrap_or_default();
        let total_rows = count(answer.total_rows.as_deref());
        let mut rows = Vec::new();
        for _ in 0..PAGES {
            for row in answer.rows.drain(..).take(max_rows - rows.len()) {
                rows.push(row.cells(&columns).map_err(Trouble::Odd)?);
            }
            let more = answer.page_token.take().filter(|token| !token.is_empty());
            let (Some(token), Some(job), true) = (more, &job, rows.len() < max_rows) else {
                let total_rows = total_rows.unwrap_or(rows.len() as u64);
                if (rows.len() as u64) < total_rows.min(max_rows as u64) {
                    let read = rows.len();
                    return Err(odd(&format!("the answer ends after {read} of {total_rows} rows")));
                }
                return Ok(Table {
                    columns,
                    rows,
                    total_rows,
                });
            };
            answer = self
                .page(job, Some(&token), (max_rows - rows.len()).min(PAGE))
                .await?;
        }
        Err(odd("the pages of the result do not end"))
    }

    /// `jobs.getQueryResults`.
    async fn page(&self, job: &Reference, token: Option<&str>, size: usize) -> Result<Answer, ClientError> {
        let mut url = self.url(&["queries", &job.job_id])?;
        let location = job.location.as_deref().unwrap_or(self.location.as_str());
        url.query_pairs_mut()
            .append_pair("location", location)
            .append_pair("maxResults", &size.to_string())
            .append_pair("timeoutMs", &millis(LONG_POLL).to_string())
            .append_pair("formatOptions.useInt64Timestamp", "true");
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let request = get("reading the rows of a query", url);
        self.http
            .json(request.timeout(LONG_POLL * 3).max_bytes(64 << 20))
            .await
    }
}

/// Why a query has no rows.
pub(super) enum Trouble {
    /// An answer of a shape that is none. Nothing was changed, so the query may be asked again.
    Odd(String),
    Call(ClientError),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Call(error)
    }
}

pub(super) fn no_job() -> Trouble {
    odd("the answer names no job to wait for")
}

pub(super) fn odd(why: &str) -> Trouble {
    Trouble::Odd(why.to_owned())
}

/// Named parameters as BigQuery takes them.
pub(super) fn parameters(list: &[Parameter]) -> Value {
    let named = list.iter().map(|one| {
        json!({
            "name": one.name,
            "parameterType": {"type": one.kind},
            "parameterValue": {"value": one.value},
        })
    });
    named.collect()
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
