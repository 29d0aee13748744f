//! The one error of this layer: what failed, why, what to do next, and what may have happened.
//!
//! Callers decide by its [`FailureKind`]. `error/author.rs` tells who wrote an HTTP answer, `error/judge.rs` finds its
//! kind, `error/text.rs` makes one bounded line of whatever was sent. It holds no secret: requests are
//! named in words, never by their headers or bodies.

mod author;
mod hint;
mod judge;
mod text;

pub(in crate::client) use author::Answer;
pub(in crate::client) use text::{first_line, innermost, is_page};

use domain::failure::{Failure, FailureKind};
use domain::service::Service;
use std::fmt;
use std::time::Duration;

/// A call that did not do what it should have done.
///
/// Displays as one sentence: `CDAP: starting sales failed: 404, 'app' was not found.`
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service}: {operation} failed: {why}", service = .detail.service, operation = .detail.operation, why = self.why())]
pub struct ClientError {
    /// What it means for the next step.
    pub kind: FailureKind,
    detail: Box<Detail>,
}

#[derive(Clone, PartialEq, Eq)]
struct Detail {
    service: Service,
    /// A gerund: `starting the pipeline sales`.
    operation: String,
    status: Option<u16>,
    /// Whether the service itself wrote what came with the status.
    is_service: bool,
    reason: Option<String>,
    text: String,
    hint: Option<String>,
    retry_after: Option<Duration>,
}

impl ClientError {
    /// A failure without an HTTP answer; `text` is one clause without a full stop.
    pub(in crate::client) fn new(
        kind: FailureKind,
        service: Service,
        operation: impl Into<String>,
        text: impl AsRef<str>,
    ) -> Self {
        let detail = Detail {
            service,
            operation: operation.into(),
            status: None,
            is_service: false,
            reason: None,
            text: first_line(text.as_ref().as_bytes()),
            hint: None,
            retry_after: None,
        };
        Self {
            kind,
            detail: Box::new(detail),
        }
    }

    /// An HTTP answer outside 2xx. `once`: the request must not be repeated blindly.
    pub(in crate::client) fn from_response(
        service: Service,
        operation: &str,
        answer: Answer<'_>,
        once: bool,
    ) -> Self {
        let message = text::ServerMessage::parse(answer.body);
        let is_service = author::is_service(service, answer, message.form, &message.text);
        Self::judged(service, operation, answer.status, message, is_service, once)
    }

    /// What a good answer of CDAP says about one of the programs that were to be started.
    pub(in crate::client) fn from_item(operation: &str, status: u16, text: &str) -> Self {
        let message = text::ServerMessage::parse(text.as_bytes());
        Self::judged(Service::Cdap, operation, status, message, true, true)
    }

    fn judged(
        service: Service,
        operation: &str,
        status: u16,
        message: text::ServerMessage,
        is_service: bool,
        once: bool,
    ) -> Self {
        let reason = message.reason.as_deref();
        let kind = judge::judge(status, reason, &message.text, is_service, once);
        let mut error = Self::new(kind, service, operation, &message.text);
        error.detail.status = Some(status);
        error.detail.is_service = is_service;
        error.detail.reason = message.reason;
        error
    }

    /// The error that a BigQuery job ended with.
    pub(in crate::client) fn from_job(operation: &str, reason: &str, message: &str) -> Self {
        let kind = judge::judge(400, Some(reason), message, true, false);
        let mut error = Self::new(kind, Service::BigQuery, operation, message);
        error.detail.reason = Some(reason.to_owned());
        error
    }

    #[must_use]
    pub(in crate::client) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.detail.hint = Some(hint.into());
        self
    }

    /// The same failure, where the caller knows its kind better.
    #[must_use]
    pub(in crate::client) fn with_kind(mut self, kind: FailureKind) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub(in crate::client) fn with_retry_after(mut self, pause: Option<Duration>) -> Self {
        self.detail.retry_after = pause;
        self
    }

    /// The service that was called.
    pub fn service(&self) -> Service {
        self.detail.service
    }

    /// The HTTP status, whoever gave it.
    pub fn status(&self) -> Option<u16> {
        self.detail.status
    }

    /// The HTTP status that the service itself gave: what it means may be relied on.
    pub fn service_status(&self) -> Option<u16> {
        self.detail.status.filter(|_| self.detail.is_service)
    }

    /// Whether something else answered in the service's place.
    pub(in crate::client) fn is_from_between(&self) -> bool {
        self.detail.status.is_some() && !self.detail.is_service
    }

    /// Google's `reason` (`notFound`, `quotaExceeded`), if there was one.
    pub fn reason(&self) -> Option<&str> {
        self.detail.reason.as_deref()
    }

    /// The server's own text, or what went wrong without an answer: one bounded line.
    pub fn text(&self) -> &str {
        &self.detail.text
    }

    /// The server's `Retry-After`, if it sent one.
    pub fn retry_after(&self) -> Option<Duration> {
        self.detail.retry_after
    }

    /// What to do next, in one or two sentences.
    pub fn hint(&self) -> String {
        match &self.detail.hint {
            Some(hint) => hint.clone(),
            None => hint::text(self).into_owned(),
        }
    }

    /// Whether the service says that the thing does not exist. A wrong path is answered with 404 as well, but
    /// proves nothing about the thing, so it does not count; nor does a page of something in between.
    pub fn is_not_found(&self) -> bool {
        self.service_status() == Some(404) && !judge::is_wrong_path(self.text())
    }

    fn why(&self) -> String {
        let text = match self.detail.text.trim_end_matches('.') {
            "" => "the server gave no reason",
            text => text,
        };
        match self.detail.status {
            Some(status) => format!("{status}, {text}."),
            None => format!("{text}."),
        }
    }
}

/// The sentence with what to do next. What only the client asks for (status, pause) is left out.
impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::new(error.kind, error.to_string()).with_remedy(error.hint())
    }
}

impl fmt::Debug for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientError")
            .field("kind", &self.kind)
            .field("reason", &self.detail.reason)
            .field("retry_after", &self.detail.retry_after)
            .field("says", &self.to_string())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str, once: bool) -> ClientError {
        let answer = Answer {
            status,
            content_type: None,
            body: body.as_bytes(),
        };
        ClientError::from_response(Service::Cdap, "starting sales", answer, once)
    }

    #[test]
    fn an_error_says_what_why_and_what_next() {
        let error = answer(404, "'applicationreference:default.sales' was not found.", true);
        assert_eq!(
            error.to_string(),
            "CDAP: starting sales failed: 404, 'applicationreference:default.sales' was not found."
        );
        assert_eq!(error.kind, FailureKind::Permanent);
        assert!(error.hint().contains("cdf_pipeline_name"), "{}", error.hint());
        assert!(error.is_not_found());
    }

    #[test]
    fn a_wrong_path_is_no_proof_that_something_is_missing() {
        let wrong = answer(404, "Problem accessing: /v3/x. Reason: Not Found", false);
        let page = answer(404, "<html><title>Not Found</title>", false);
        assert!(!wrong.is_not_found() && !page.is_not_found());
        assert_eq!((page.status(), page.service_status()), (Some(404), None));
    }
}
