//! A request: what it is in words, how long it may take, and what a lost answer would mean.

use super::RetryPolicy;
use crate::client::auth::Secret;
use crate::client::error::ClientError;
use domain::call::ServiceCall;
use domain::failure::FailureKind;
use domain::service::Service;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Most bytes of an answer, unless the call asks for more.
const LARGEST: usize = 16 << 20;

/// A request to a service.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are four independent things about a request"
)]
pub(in crate::client) struct Request {
    service: Service,
    operation: String,
    method: Method,
    url: Url,
    body: Option<Vec<u8>>,
    /// What the body is.
    content_type: &'static str,
    /// Further lines of the head.
    headers: Vec<(&'static str, Secret)>,
    /// Whether no proxy may stand in between.
    direct: bool,
    /// The etag that the resource must still have.
    if_match: Option<String>,
    /// Whether it has an effect that must not happen twice.
    once: bool,
    /// Whether it changes something, so that people are told of it.
    changes: bool,
    /// Whether the answer must be JSON.
    json: bool,
    timeout: Option<Duration>,
    max_bytes: usize,
}

impl Request {
    /// A GET.
    pub(in crate::client) fn get(service: Service, operation: impl Into<String>, url: Url) -> Self {
        Self {
            service,
            operation: operation.into(),
            method: Method::GET,
            url,
            body: None,
            content_type: "application/json",
            headers: Vec::new(),
            direct: false,
            if_match: None,
            once: false,
            changes: false,
            json: true,
            timeout: None,
            max_bytes: LARGEST,
        }
    }

    /// A POST that may be repeated: it changes nothing, or the same thing again.
    pub(in crate::client) fn post(
        service: Service,
        operation: impl Into<String>,
        url: Url,
        body: Option<&Value>,
    ) -> Self {
        Self {
            method: Method::POST,
            body: body.map(|value| value.to_string().into_bytes()),
            ..Self::get(service, operation, url)
        }
    }

    /// A POST that is sent once: a lost answer leaves open whether it happened.
    pub(in crate::client) fn post_once(
        service: Service,
        operation: impl Into<String>,
        url: Url,
        body: &Value,
    ) -> Self {
        Self {
            once: true,
            ..Self::post(service, operation, url, Some(body))
        }
    }

    /// A PUT, which may be repeated.
    pub(in crate::client) fn put(
        service: Service,
        operation: impl Into<String>,
        url: Url,
        body: &Value,
    ) -> Self {
        Self {
            method: Method::PUT,
            ..Self::post(service, operation, url, Some(body))
        }
    }

    /// A PATCH that is sent once.
    pub(in crate::client) fn patch_once(
        service: Service,
        operation: impl Into<String>,
        url: Url,
        body: &Value,
    ) -> Self {
        Self {
            method: Method::PATCH,
            ..Self::post_once(service, operation, url, body)
        }
    }

    /// Has an effect only if the resource still has this etag.
    #[must_use]
    pub(in crate::client) fn if_match(mut self, etag: &str) -> Self {
        self.if_match = Some(etag.to_owned());
        self
    }

    /// Sends a form in place of JSON.
    #[must_use]
    pub(in crate::client) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        self.body = Some(form.extend_pairs(fields).finish().into_bytes());
        self.content_type = "application/x-www-form-urlencoded";
        self
    }

    /// One more line of the head.
    #[must_use]
    pub(in crate::client) fn header(mut self, name: &'static str, value: Secret) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Goes to where no proxy stands in between.
    #[must_use]
    pub(in crate::client) fn direct(mut self) -> Self {
        self.direct = true;
        self
    }

    /// Changes something: it is told to people.
    #[must_use]
    pub(in crate::client) fn changing(mut self) -> Self {
        self.changes = true;
        self
    }

    /// Takes any body, an empty one too.
    #[must_use]
    pub(in crate::client) fn any_body(mut self) -> Self {
        self.json = false;
        self
    }

    /// Waits this long for one try.
    #[must_use]
    pub(in crate::client) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Takes this many bytes of an answer, unpacked.
    #[must_use]
    pub(in crate::client) fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The request as it is told to people, if it changes something.
    pub(super) fn told(&self, failure: Option<&ClientError>) -> Option<ServiceCall> {
        self.changes.then(|| ServiceCall {
            service: self.service,
            operation: self.operation.clone(),
            method: self.method.to_string(),
            path: self.url.path().to_owned(),
            failure: failure.map(ToString::to_string),
        })
    }

    pub(super) fn service(&self) -> Service {
        self.service
    }

    pub(super) fn operation(&self) -> &str {
        &self.operation
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn is_direct(&self) -> bool {
        self.direct
    }

    pub(super) fn is_once(&self) -> bool {
        self.once
    }

    pub(super) fn cap(&self) -> usize {
        self.max_bytes
    }

    /// The longest that one try may take.
    pub(super) fn limit(&self, policy: &RetryPolicy) -> Duration {
        self.timeout.unwrap_or(policy.attempt)
    }

    pub(super) fn prepare(&self, client: &reqwest::Client) -> reqwest::RequestBuilder {
        let mut builder = client.request(self.method.clone(), self.url.clone());
        if let Some(etag) = &self.if_match {
            builder = builder.header(reqwest::header::IF_MATCH, etag);
        }
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value.expose()).map(|mut value| {
                value.set_sensitive(true);
                value
            });
            // One that cannot be sent fails the request, without its text.
            builder = match value {
                Ok(value) => builder.header(*name, value),
                Err(_) => builder.header(*name, "\n"),
            };
        }
        match &self.body {
            Some(body) => builder
                .header(reqwest::header::CONTENT_TYPE, self.content_type)
                .body(body.clone()),
            None if self.method == Method::POST => builder.header(reqwest::header::CONTENT_LENGTH, 0),
            None => builder,
        }
    }

    /// The failure of a request that never left.
    pub(super) fn unsent(&self, why: &str) -> ClientError {
        ClientError::new(FailureKind::Unsent, self.service, &self.operation, why)
    }

    /// The failure of a request that may have arrived, without a whole answer.
    pub(in crate::client) fn lost(&self, why: &str) -> ClientError {
        let kind = if self.once {
            FailureKind::Ambiguous
        } else {
            FailureKind::Transient
        };
        ClientError::new(kind, self.service, &self.operation, why)
    }

    /// The failure of an answer that has no end.
    pub(in crate::client) fn broken_off(&self) -> ClientError {
        self.lost("the answer broke off in the middle")
    }

    /// The failure of an answer that would not be better the next time.
    pub(in crate::client) fn unusable(&self, why: &str) -> ClientError {
        let kind = if self.once {
            FailureKind::Ambiguous
        } else {
            FailureKind::Permanent
        };
        ClientError::new(kind, self.service, &self.operation, why)
    }

    /// Whether the body is whole: streamed answers break in the middle with a 200.
    pub(super) fn check(&self, body: &[u8]) -> Result<(), ClientError> {
        if !self.json {
            // A network's login page is no "done".
            let line = crate::client::error::first_line(body);
            let is_page = crate::client::error::is_page(&line);
            return if is_page {
                Err(self.lost(&format!("the answer is {line}")))
            } else {
                Ok(())
            };
        }
        match serde_json::from_slice::<IgnoredAny>(body) {
            Ok(_) => Ok(()),
            Err(error) if error.is_eof() => Err(self.broken_off()),
            Err(_) => {
                let line = crate::client::error::first_line(body);
                Err(self.lost(&format!("the answer is not JSON: {line}")))
            }
        }
    }

    /// The body, decoded.
    pub(in crate::client) fn decode<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| {
            self.lost(&format!("the answer has an unknown shape: {error}")).with_hint(
                "Try again; if it lasts, the server may be of a version that Downbeat does not know: please report it.",
            )
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No body and no query: arguments may be secret.
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}
