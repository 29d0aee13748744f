//! Errors of the JSON API in Google's envelope; a failed download is plain text (both as clients quote
//! them: googleapis/python-storage #1071, kestra-io/plugin-gcp #321).

use crate::body::BodyError;
use crate::params::InvalidParam;
use crate::resource_names::with_sandbox_notice;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::BucketError;
use serde_json::json;

/// An error response.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub status: StatusCode,
    reason: &'static str,
    pub message: String,
    /// `locationType` and `location`: `("header", "If-Match")`.
    location: Option<(&'static str, &'static str)>,
}

impl ApiError {
    pub fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
            location: None,
        }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "notFound", message)
    }

    pub fn no_bucket() -> Self {
        Self::not_found(with_sandbox_notice("The specified bucket does not exist."))
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub fn required(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "required", message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internalError", message)
    }

    /// The error of a download: the text alone.
    pub fn into_text_response(self) -> Response {
        if self.status == StatusCode::NOT_MODIFIED {
            return self.status.into_response();
        }
        let kind = [(header::CONTENT_TYPE, "text/html; charset=UTF-8")];
        (self.status, kind, self.message).into_response()
    }
}

impl From<BucketError> for ApiError {
    fn from(error: BucketError) -> Self {
        let message = error.to_string();
        match error {
            BucketError::NoObject(..) => Self::not_found(message),
            BucketError::Precondition => Self {
                location: Some(("header", "If-Match")),
                ..Self::new(StatusCode::PRECONDITION_FAILED, "conditionNotMet", message)
            },
            BucketError::NotModified => Self::new(StatusCode::NOT_MODIFIED, "notModified", message),
            BucketError::Io(_) => Self::internal(message),
        }
    }
}

impl From<InvalidParam> for ApiError {
    fn from(InvalidParam { name, value }: InvalidParam) -> Self {
        Self::invalid(format!("Invalid value for '{name}': {value}"))
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Syntax(text) => Self::new(
                StatusCode::BAD_REQUEST,
                "parseError",
                format!("Parse Error: {text}"),
            ),
            BodyError::Format(text) => Self::new(StatusCode::BAD_REQUEST, "badRequest", text),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        // 304 has no body.
        if self.status == StatusCode::NOT_MODIFIED {
            return self.status.into_response();
        }
        let mut item = json!({"message": self.message, "domain": "global", "reason": self.reason});
        if let Some((location_type, location)) = self.location {
            item["locationType"] = location_type.into();
            item["location"] = location.into();
        }
        let body = json!({"error": {
            "code": self.status.as_u16(), "message": self.message, "errors": [item],
        }});
        (self.status, super::resource::json(&body)).into_response()
    }
}
