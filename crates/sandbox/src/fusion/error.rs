//! Errors of the instance API.

use axum::http::StatusCode;

/// An error response: HTTP status, Google's name for it, and a text.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub code: StatusCode,
    pub status: &'static str,
    pub message: String,
}

impl ApiError {
    fn new(code: StatusCode, status: &'static str, message: String) -> Self {
        Self {
            code,
            status,
            message,
        }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message.into())
    }

    pub fn not_found(resource: &str) -> Self {
        let text = format!("Resource '{resource}' was not found");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", text)
    }

    pub fn already_exists(resource: &str) -> Self {
        let text = format!("Resource '{resource}' already exists");
        Self::new(StatusCode::CONFLICT, "ALREADY_EXISTS", text)
    }

    pub fn failed_precondition(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", message.into())
    }

    pub fn aborted(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ABORTED", message.into())
    }

    pub fn permission_denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message.into())
    }
}
