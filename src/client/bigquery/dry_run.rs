//! A statement that is judged and not run.

use super::BigQuery;
use crate::client::error::ClientError;
use crate::client::http::Request;
use domain::service::Service;
use serde_json::json;

impl BigQuery {
    /// Whether a statement would be accepted: its names, its syntax, and what the caller may do. Nothing is changed,
    /// and no job is made.
    ///
    /// # Errors
    /// The statement's own error by its reason (`accessDenied`, `notFound` ...), or the connection's.
    pub async fn dry_run(&self, sql: &str) -> Result<(), ClientError> {
        let body = json!({
            "query": sql, "useLegacySql": false, "location": self.location.as_str(), "dryRun": true,
        });
        let url = self.url(&["queries"])?;
        let request = Request::post(Service::BigQuery, "checking a statement", url, Some(&body));
        self.http.call(&request).await.map(|_| ())
    }
}
