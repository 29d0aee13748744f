//! Batch requests: a multipart body of requests, and a multipart body of their responses in the same order.
//!
//! Each request goes to the same router as a single one. Uploads and downloads cannot be batched
//! (cloud.google.com/storage/docs/batch), so their paths are refused.

use super::error::ApiError;
use crate::body::{Part, base_url, parts};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::service::TowerToHyperService;

/// How many calls a batch may have.
const MAX_CALLS: usize = 100;

/// The limit of all responses in bytes, which is more than a page of a list.
const MAX_RESPONSE: usize = 16 << 20;

pub(super) async fn perform(
    State(apis): State<Router>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let calls = parts(&headers, &bytes)?;
    if calls.len() > MAX_CALLS {
        return Err(ApiError::invalid(format!(
            "The batch has {} calls; {MAX_CALLS} are the most",
            calls.len()
        )));
    }
    let boundary = format!("batch_{}", uuid::Uuid::new_v4().simple());
    let mut body = Vec::new();
    for call in calls {
        let answer = match request(&call, &headers) {
            Ok(request) => call_api(&apis, request).await,
            Err(error) => error.into_response(),
        };
        let id = call
            .header("content-id")
            .unwrap_or_default()
            .trim_start_matches('<')
            .to_owned();
        body.extend(format!("--{boundary}\r\nContent-Type: application/http\r\n").into_bytes());
        if !id.is_empty() {
            body.extend(format!("Content-ID: <response-{id}\r\n").into_bytes());
        }
        body.extend(b"\r\n");
        body.extend(to_bytes_on_wire(answer).await?);
        body.extend(b"\r\n");
        if body.len() > MAX_RESPONSE {
            return Err(too_large("the responses are larger than 16 MiB together"));
        }
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    let content_type = [(
        header::CONTENT_TYPE,
        format!("multipart/mixed; boundary={boundary}"),
    )];
    Ok((content_type, body).into_response())
}

async fn call_api(apis: &Router, request: Request<Body>) -> Response {
    let service = TowerToHyperService::new(apis.clone());
    match hyper::service::Service::call(&service, request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// The request in a part.
fn request(call: &Part, outer: &HeaderMap) -> Result<Request<Body>, ApiError> {
    let malformed =
        || ApiError::invalid("Failed to parse batch request, error: the part is not an HTTP request");
    let inner = Part::parse(&call.content).ok_or_else(malformed)?;
    let mut words = inner.lines().next().ok_or_else(malformed)?.split_whitespace();
    let (method, address) = words.next().zip(words.next()).ok_or_else(malformed)?;
    // An absolute address of the same host is allowed.
    let path = address.strip_prefix(&base_url(outer)).unwrap_or(address);
    if !path.starts_with("/storage/v1/") {
        return Err(ApiError::invalid(format!("A batch cannot hold {address}")));
    }
    let mut request = Request::builder().method(method).uri(path);
    for line in inner.lines().skip(1) {
        if let Some((name, value)) = line.split_once(':')
            && !name.eq_ignore_ascii_case("host")
        {
            request = request.header(name.trim(), value.trim());
        }
    }
    if let Some(host) = outer.get(header::HOST) {
        request = request.header(header::HOST, host);
    }
    request.body(Body::from(inner.content)).map_err(|_| malformed())
}

fn too_large(text: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "responseTooLarge", text)
}

/// A response as HTTP/1.1 text.
async fn to_bytes_on_wire(answer: Response) -> Result<Vec<u8>, ApiError> {
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, MAX_RESPONSE)
        .await
        .map_err(|error| too_large(&error.to_string()))?;
    let reason = head.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", head.status.as_u16()).into_bytes();
    for name in [header::CONTENT_TYPE, header::ETAG] {
        if let Some(value) = head.headers.get(&name) {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}
