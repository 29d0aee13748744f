//! Statements with parameters that change rows. The same request twice changes them once: it has an id of its own.

use super::query::{Answer, LIMIT, LONG_POLL, Trouble, millis, no_job, odd, parameters};
use super::{BigQuery, get};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::activation::Parameter;
use domain::failure::FailureKind;
use domain::service::Service;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

const OPERATION: &str = "changing rows";

impl BigQuery {
    /// Runs a statement that changes rows, and returns how many it changed.
    ///
    /// # Errors
    /// The statement's own error by its reason, or the connection's.
    pub async fn change(&self, sql: &str, list: &[Parameter]) -> Result<u64, ClientError> {
        let changed = self.statement(OPERATION, "is_active", sql, list).await?;
        let changed = changed.and_then(|answer| {
            let rows = answer.num_dml_affected_rows.and_then(|text| text.parse().ok());
            rows.ok_or_else(|| odd("the answer does not say how many rows were changed"))
        });
        told(OPERATION, changed)
    }

    /// Runs a statement that makes a table or a view (DDL) and may be repeated: `CREATE ... IF NOT EXISTS`, `CREATE OR
    /// REPLACE`. `what`: the thing in words.
    ///
    /// # Errors
    /// The statement's own error by its reason, or the connection's.
    pub async fn define(&self, what: &str, sql: &str) -> Result<(), ClientError> {
        let operation = format!("making {what}");
        let ended = self.statement(&operation, "setup", sql, &[]).await?;
        told(&operation, ended.map(|_| ()))
    }

    /// Runs a statement to its end.
    async fn statement(
        &self,
        operation: &str,
        label: &str,
        sql: &str,
        list: &[Parameter],
    ) -> Result<Result<Answer, Trouble>, ClientError> {
        let mut body = json!({
            "query": sql,
            "useLegacySql": false,
            "location": self.location.as_str(),
            "timeoutMs": millis(LONG_POLL),
            "requestId": Uuid::new_v4().to_string(),
            "labels": {"downbeat": label},
        });
        if !list.is_empty() {
            body["parameterMode"] = "NAMED".into();
            body["queryParameters"] = parameters(list);
        }
        let request =
            Request::post(Service::BigQuery, operation, self.url(&["queries"])?, Some(&body)).changing();
        let answer: Answer = self.http.json(request.timeout(LONG_POLL * 3)).await?;
        Ok(self.ended(operation, answer).await)
    }

    /// Waits for the end of the statement.
    async fn ended(&self, operation: &str, mut answer: Answer) -> Result<Answer, Trouble> {
        let job = answer.job_reference.clone();
        let end = Instant::now() + LIMIT;
        let mut tries = 0;
        while !answer.job_complete {
            let Some(job) = &job else {
                return Err(no_job());
            };
            if Instant::now() >= end {
                return Err(odd(&format!("it had not ended after {} s", LIMIT.as_secs())));
            }
            tries += 1;
            self.http.pause_before_try(tries.min(4)).await;
            let mut url = self.url(&["queries", &job.job_id])?;
            let location = job.location.as_deref().unwrap_or(self.location.as_str());
            url.query_pairs_mut()
                .append_pair("location", location)
                .append_pair("maxResults", "0")
                .append_pair("timeoutMs", &millis(LONG_POLL).to_string());
            answer = self.http.json(get(operation, url).timeout(LONG_POLL * 3)).await?;
        }
        if let Some(error) = answer.errors.pop() {
            return Err(Trouble::Call(error.into_error(operation)));
        }
        Ok(answer)
    }
}

/// What came of a statement. An answer of no known shape leaves open whether it did what it should.
fn told<T>(operation: &str, result: Result<T, Trouble>) -> Result<T, ClientError> {
    result.map_err(|trouble| match trouble {
        Trouble::Call(error) => error,
        Trouble::Odd(why) => ClientError::new(FailureKind::Ambiguous, Service::BigQuery, operation, why)
            .with_hint("Read the table again to see whether it was changed."),
    })
}
