//! Refusals in Google's envelope. The reason decides; status and code follow from it.

use crate::body::BodyError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use googlesql::SqlError;
use serde_json::{Value as Json_, json};
use std::borrow::Cow;

/// An answer that is no success.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    reason: Cow<'static, str>,
    message: String,
    /// `("q", "parameter")`: the SQL text.
    location: Option<(&'static str, &'static str)>,
}

impl Fault {
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

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("internalError", message)
    }

    /// The HTTP status and Google's name for it.
    fn status(&self) -> (StatusCode, &'static str) {
        match &*self.reason {
            "notFound" => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            "duplicate" => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
            "accessDenied" => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
            "notImplemented" => (StatusCode::NOT_IMPLEMENTED, "UNIMPLEMENTED"),
            "internalError" => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
            _ => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
        }
    }
}

impl From<SqlError> for Fault {
    fn from(error: SqlError) -> Self {
        Self {
            location: (error.reason == "invalidQuery").then_some(("q", "parameter")),
            reason: error.reason,
            message: error.message,
        }
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Syntax(text) => Self::new("parseError", format!("Parse Error: {text}")),
            BodyError::Format(text) => Self::invalid(text),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (code, status) = self.status();
        let mut item = json!({"message": self.message, "domain": "global", "reason": self.reason});
        if let Some((place, kind)) = self.location {
            item["location"] = place.into();
            item["locationType"] = kind.into();
        }
        let body = json!({"error": {
            "code": code.as_u16(), "message": self.message, "status": status, "errors": [item],
        }});
        (code, Json(body)).into_response()
    }
}

/// The same as it stands in a job: `errorResult`.
pub(super) fn in_job(error: &SqlError) -> Json_ {
    let mut item = json!({"reason": error.reason, "message": error.message});
    if error.reason == "invalidQuery" {
        item["location"] = "query".into();
    }
    item
}
