//! Why a body is not taken or not sent, and what its client is answered.

use crate::api_error::error_body;
use crate::body::{too_large, too_many_values};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

/// Why a body ends early, or an answer is not sent.
#[derive(Debug, thiserror::Error)]
pub(in crate::server) enum IntakeError {
    #[error("The rest of the body did not come.")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("The body did not come in time.")]
    Slow,
    #[error("The body is not valid gzip: {0}.")]
    Packed(#[from] std::io::Error),
    #[error("The sandbox holds as many bytes of other requests as it may; try again.")]
    Full,
    #[error("Other answers, which their clients have not read, take as many bytes as they may; try again.")]
    Unread,
    #[error("{}", too_large(*.0))]
    Large(u64),
    #[error("{}", too_many_values())]
    Many,
}

impl IntakeError {
    /// The answer, as Google words its own.
    pub fn response(&self) -> Response<Body> {
        let (status, name, reason) = match self {
            Self::Full | Self::Unread => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "backendError"),
            Self::Broken(_) | Self::Slow => (StatusCode::REQUEST_TIMEOUT, "DEADLINE_EXCEEDED", "timeout"),
            Self::Packed(_) => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", "parseError"),
            Self::Large(_) | Self::Many => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "INVALID_ARGUMENT",
                "uploadTooLarge",
            ),
        };
        let (code, message) = (status.as_u16(), self.to_string());
        let body = error_body(code, name, &message, Some(reason));
        let mut response = (status, axum::Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
