//! The way to token servers: our one HTTP client, without a token. Proxy, certificates, deadlines, sizes, repeats and the
//! words of errors are those of every other call.

use super::trouble::failed;
use crate::client::auth::{Nobody, Secret};
use crate::client::error::ClientError;
use crate::client::http::{Http, Request, RetryPolicy};
use domain::failure::FailureKind;
use domain::service::Service;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Calls token servers; a clone shares the connections.
#[derive(Clone)]
pub(super) struct Way(Http);

/// All tries of one call end well before whoever asks for the token goes away.
const POLICY: RetryPolicy = RetryPolicy {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(8),
    least: Duration::from_secs(1),
    total: Duration::from_secs(15),
    first_pause: Duration::from_millis(200),
    longest_pause: Duration::from_secs(2),
    tries: 3,
};

impl Way {
    pub(super) fn new() -> Result<Self, ClientError> {
        Ok(Self(Http::new(Arc::new(Nobody), POLICY)?))
    }

    /// Posts a form; the JSON of the answer.
    pub(super) async fn post(
        &self,
        operation: &str,
        url: Url,
        fields: &[(&str, &str)],
    ) -> Result<Value, ClientError> {
        let request = Request::post(Service::Credentials, operation, url, None);
        self.json(request.form(fields)).await
    }

    /// Posts JSON with a token; the JSON of the answer.
    pub(super) async fn post_as(
        &self,
        operation: &str,
        url: Url,
        body: &Value,
        token: &Secret,
        quota_project: Option<&str>,
    ) -> Result<Value, ClientError> {
        let bearer = Secret::new(&format!("Bearer {}", token.expose()));
        let mut request =
            Request::post(Service::Credentials, operation, url, Some(body)).header("authorization", bearer);
        if let Some(project) = quota_project {
            request = request.header("x-goog-user-project", Secret::new(project));
        }
        self.json(request).await
    }

    /// Asks the metadata server, which no proxy stands before.
    pub(super) async fn metadata(&self, operation: &str, url: Url) -> Result<Vec<u8>, ClientError> {
        let request = Request::get(Service::Credentials, operation, url)
            .any_body()
            .direct()
            .header("metadata-flavor", Secret::new("Google"));
        self.0.call(&request).await.map_err(judged)
    }

    async fn json(&self, request: Request) -> Result<Value, ClientError> {
        self.0.json(request).await.map_err(judged)
    }
}

/// Whatever a token server refuses stays refused until somebody changes the credentials.
fn judged(error: ClientError) -> ClientError {
    match error.service_status() {
        Some(400..=404) => error.with_kind(FailureKind::Unauthorised),
        _ => error,
    }
}

/// The address that a file of credentials names.
pub(super) fn address(name: &str, text: &str) -> Result<Url, ClientError> {
    let refuse = |why: String| failed(FailureKind::Unauthorised, "reading the credentials", &why);
    let url = Url::parse(text).map_err(|error| refuse(format!("{name} is not an address ({error})")))?;
    let is_safe = url.scheme() == "https" || crate::client::endpoints::is_loopback(&url);
    if url.has_host() && is_safe {
        Ok(url)
    } else {
        Err(refuse(format!("{name} does not begin with https://")))
    }
}
