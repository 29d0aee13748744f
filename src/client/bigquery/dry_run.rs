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
            "jobReference": {"projectId": self.project.as_str(), "location": self.location.as_str()},
            "configuration": {"dryRun": true, "query": {"query": sql, "useLegacySql": false}},
        });
        let url = self.url(&["jobs"])?;
        let request = Request::post(Service::BigQuery, "checking a statement", url, Some(&body));
        self.http.call(&request).await.map(|_| ())
    }
}
