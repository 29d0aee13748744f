//! Answers that no API behind the front gave: what a service itself would say with a status.

use crate::scenario::Service;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

/// An answer that no API behind gave.
pub(super) fn instead(
    service: Service,
    status: u16,
    text: String,
    content_type: Option<String>,
    usual: Option<&'static str>,
    retry_after: Option<u64>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = response.headers_mut();
    let told = content_type.and_then(|kind| HeaderValue::try_from(kind).ok());
    if let Some(kind) = told.or(usual.map(HeaderValue::from_static)) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if service == Service::Cdap && matches!(status, 401 | 503) {
        // Measured: both end the connection.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if status == 401 {
        let realm = HeaderValue::from_static(match service {
            Service::Cdap => "Bearer realm=\"cdap\" error=\"invalid_token\"",
            _ => "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"",
        });
        headers.insert(header::WWW_AUTHENTICATE, realm);
    }
    response
}

/// Content type and text that a service uses for a status.
pub(super) fn words(service: Service, status: u16, asked: &str) -> (Option<&'static str>, String) {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let reason = code.canonical_reason().unwrap_or("Error");
    if service == Service::Cdap {
        return match status {
            // The form of 401 and the router's 503 are measured; how an expired token is described is not.
            401 => (
                Some("application/json;charset=UTF-8"),
                r#"{"error":"invalid_token","auth_uri":["http://127.0.0.1:11016/token"]}"#.to_owned(),
            ),
            503 => (
                None,
                format!("No endpoint strategy found for request {asked} HTTP/1.1"),
            ),
            _ => (Some("text/plain; charset=utf-8"), reason.to_owned()),
        };
    }
    let (name, why, text) = match status {
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
        _ => ("INTERNAL", "internalError", reason),
    };
    let body = json!({"error": {
        "code": status, "message": text, "status": name,
        "errors": [{"message": text, "domain": "global", "reason": why}],
    }});
    (Some("application/json; charset=UTF-8"), body.to_string())
}
