//! Errors of Google's newer APIs, which all have one form: Data Fusion's, and those of the project itself.

use crate::resource_names::with_sandbox_notice;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

/// An error response: HTTP status, Google's name for it, and a text.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub code: StatusCode,
    pub status: &'static str,
    pub message: String,
    /// `details`, if there are any.
    pub details: Json,
}

/// What a handler answers with.
pub(crate) type ApiResult = Result<Json, ApiError>;

impl ApiError {
    fn new(code: StatusCode, status: &'static str, message: String) -> Self {
        Self {
            code,
            status,
            message,
            details: Json::Null,
        }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message.into())
    }

    pub fn not_found(resource: &str) -> Self {
        let text = format!("Resource '{resource}' was not found");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", text)
    }

    /// Says that the answer is an imitation's.
    pub fn with_sandbox_notice(mut self) -> Self {
        self.message = with_sandbox_notice(&self.message);
        self
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

    /// What every API says while it is off in the project.
    pub fn service_disabled(title: &str, service: &str, number: u64) -> Self {
        let text = format!(
            "{title} has not been used in project {number} before or it is disabled. Enable it by visiting \
             https://console.developers.google.com/apis/api/{service}/overview?project={number} then retry. If you \
             enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
        );
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
            "domain": "googleapis.com",
            "metadata": {"service": service, "serviceTitle": title, "consumer": format!("projects/{number}")},
        });
        Self {
            details: json!([info]),
            ..Self::permission_denied(text)
        }
    }
}

/// The answer to a request.
pub(crate) fn respond(result: ApiResult) -> Response {
    let (code, body) = match result {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => (error.code, error.body()),
    };
    let text = serde_json::to_string_pretty(&body).unwrap_or_default();
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (code, kind, text).into_response()
}

impl ApiError {
    fn body(self) -> Json {
        let mut body = error_body(self.code.as_u16(), self.status, &self.message, None);
        if !self.details.is_null() {
            body["error"]["details"] = self.details;
        }
        body
    }
}

/// An error as Google writes it; the older APIs add a reason.
pub(crate) fn error_body(code: u16, status: &str, message: &str, reason: Option<&str>) -> Json {
    let mut error = json!({"code": code, "message": message, "status": status});
    if let Some(reason) = reason {
        error["errors"] = json!([{"message": message, "domain": "global", "reason": reason}]);
    }
    json!({ "error": error })
}
