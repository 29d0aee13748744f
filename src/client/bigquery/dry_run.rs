//! A statement that is judged and not run.

use super::{BigQuery, query};
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::activation::Parameter;
use domain::service::Service;
use serde_json::json;

impl BigQuery {
    /// Whether a statement would be accepted: its names, its syntax, and what the caller may do. Nothing is changed,
    /// and no job is made.
    ///
    /// # Errors
    /// The statement's own error by its reason (`accessDenied`, `notFound` ...), or the connection's.
    pub async fn dry_run(&self, sql: &str) -> Result<(), ClientError> {
        self.dry_run_with(sql, &[]).await
    }

    /// The same with named parameters.
    ///
    /// # Errors
    /// The same.
    pub async fn dry_run_with(&self, sql: &str, parameters: &[Parameter]) -> Result<(), ClientError> {
        let mut body = json!({
            "query": sql, "useLegacySql": false, "location": self.location.as_str(), "dryRun": true,
        });
        if !parameters.is_empty() {
            body["parameterMode"] = "NAMED".into();
            body["queryParameters"] = query::parameters(parameters);
        }
        let url = self.url(&["queries"])?;
        let request = Request::post(Service::BigQuery, "checking a statement", url, Some(&body));
        self.http.call(&request).await.map(|_| ())
    }
}
