//! Errors in Google's JSON envelope. The reason determines status and code.

use super::precondition;
use crate::body::BodyError;
use crate::params::InvalidParam;
use crate::resource_names::with_sandbox_notice;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use googlesql::SqlError;
use serde_json::{Value as JsonValue, json};
use std::borrow::Cow;

/// An error response.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    reason: Cow<'static, str>,
    message: String,
    /// `location` and `locationType`: `("q", "parameter")` is the SQL text, `("If-Match", "header")` a condition.
    location: Option<(&'static str, &'static str)>,
}

impl ApiError {
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason: Cow::Borrowed(reason),
            message: message.into(),
            location: None,
        }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("notFound", message)
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("invalid", message)
    }

    /// A field with a value that only Google supports.
    pub fn unsupported(field: &str, value: &str) -> Self {
        let message = format!("{field} {value} is not supported by the sandbox");
        Self::new("notImplemented", message)
    }

    /// A field that must be there.
    pub fn required(field: &str) -> Self {
        Self::new("required", format!("Required parameter is missing: {field}"))
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("internalError", message)
    }

    /// The HTTP status and Google's name for it.
    fn status(&self) -> (StatusCode, &'static str) {
        match &*self.reason {
            "notFound" => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            "duplicate" => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
            "accessDenied" | "quotaExceeded" | "responseTooLarge" => {
                (StatusCode::FORBIDDEN, "PERMISSION_DENIED")
            }
            precondition::REASON => (StatusCode::PRECONDITION_FAILED, "FAILED_PRECONDITION"),
            "notImplemented" => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
            "internalError" => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
            _ => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
        }
    }
}

impl From<SqlError> for ApiError {
    fn from(error: SqlError) -> Self {
        Self {
            location: match &*error.reason {
                "invalidQuery" => Some(("q", "parameter")),
                precondition::REASON => Some(("If-Match", "header")),
                _ => None,
            },
            reason: error.reason,
            message: error.message,
        }
    }
}

impl From<InvalidParam> for ApiError {
    fn from(InvalidParam { name, value }: InvalidParam) -> Self {
        Self::invalid(format!("Invalid value for {name}: {value}"))
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Syntax(text) => Self::new("parseError", format!("Parse Error: {text}")),
            BodyError::Format(text) => Self::invalid(text),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (code, status) = self.status();
        let message = told(&self.reason, self.message);
        let mut item = json!({"message": message, "domain": "global", "reason": self.reason});
        if let Some((place, kind)) = self.location {
            item["location"] = place.into();
            item["locationType"] = kind.into();
        }
        let body = json!({"error": {
            "code": code.as_u16(), "message": message, "status": status, "errors": [item],
        }});
        (code, Json(body)).into_response()
    }
}

/// What is denied here is no project of Google's: that is added.
fn told(reason: &str, message: String) -> String {
    if reason == "accessDenied" {
        with_sandbox_notice(&message)
    } else {
        message
    }
}

/// An `ErrorProto`, as in the `errorResult` of a job.
pub(super) fn error_proto(error: &SqlError) -> JsonValue {
    let mut item = json!({"reason": error.reason, "message": told(&error.reason, error.message.clone())});
    if error.reason == "invalidQuery" {
        item["location"] = "query".into();
    }
    item
}
