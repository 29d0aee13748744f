//! Answers that the fault layer sends instead of an API's: by default what a real service sends with a status.

use crate::api_error::error_body;
use crate::scenario::Service;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

/// An answer that no API gave.
#[derive(Debug)]
pub(super) struct FaultResponse {
    pub service: Service,
    pub status: u16,
    pub content_type: Option<String>,
    pub body: String,
    /// `retry-after`, in seconds.
    pub retry_after: Option<u64>,
}

impl FaultResponse {
    /// What a service itself sends with a status. `request` is the method and the path, as CDAP repeats them.
    pub fn new(service: Service, status: u16, request: &str) -> Self {
        let (content_type, body) = default_body(service, status, request);
        Self {
            service,
            status,
            content_type: content_type.map(str::to_owned),
            body,
            retry_after: None,
        }
    }

    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let headers = response.headers_mut();
        let content_type = self
            .content_type
            .and_then(|kind| HeaderValue::try_from(kind).ok());
        headers.extend(content_type.map(|kind| (header::CONTENT_TYPE, kind)));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.service == Service::Cdap && matches!(self.status, 401 | 503) {
            // Measured: both end the connection.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == 401 {
            let realm = HeaderValue::from_static(match self.service {
                Service::Cdap => "Bearer realm=\"cdap\" error=\"invalid_token\"",
                _ => "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
            });
            headers.insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}

/// Content type and body that a service uses for a status.
fn default_body(service: Service, status: u16, request: &str) -> (Option<&'static str>, String) {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let phrase = code.canonical_reason().unwrap_or("Error");
    if service == Service::Cdap {
        return match status {
            // The form of 401 and the router's 503 are measured; how an expired token is described is not.
            401 => (
                Some("application/json;charset=UTF-8"),
                r#"{"error":"invalid_token","auth_uri":["http://127.0.0.1:11016/token"]}"#.to_owned(),
            ),
            503 => (
                None,
                format!("No endpoint strategy found for request {request} HTTP/1.1"),
            ),
            _ => (Some("text/plain; charset=utf-8"), phrase.to_owned()),
        };
    }
    let (name, reason, text) = match status {
        401 => (
            "UNAUTHENTICATED",
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        ),
        403 => ("PERMISSION_DENIED", "rateLimitExceeded", "Exceeded rate limits"),
        429 => ("RESOURCE_EXHAUSTED", "rateLimitExceeded", "Exceeded rate limits"),
        503 => (
            "UNAVAILABLE",
            "backendError",
            "Error encountered during execution. Retrying may solve the problem.",
        ),
        _ => ("INTERNAL", "internalError", phrase),
    };
    let body = error_body(status, name, text, Some(reason));
    (Some("application/json; charset=UTF-8"), body.to_string())
}
