//! Several calls in one: a multipart body of requests, answered by one of answers, in the same order.
//!
//! Each is handed to the same router as if it had come alone; uploads and downloads cannot be batched at Google
//! (cloud.google.com/storage/docs/batch), so that their paths are refused here, too.

use super::fault::Fault;
use crate::body::{Part, base_url, parts};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::service::TowerToHyperService;

/// How many calls a batch may have.
const MOST: usize = 100;

/// The largest answer of one call: a page of a list.
const LARGEST_ANSWER: usize = 16 << 20;

pub(super) async fn perform(
    State(apis): State<Router>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let calls = parts(&headers, &bytes)?;
    if calls.len() > MOST {
        return Err(Fault::invalid(format!(
            "The batch has {} calls; {MOST} are the most",
            calls.len()
        )));
    }
    let boundary = format!("batch_{}", uuid::Uuid::new_v4().simple());
    let mut told = Vec::new();
    for call in calls {
        let answer = match request(&call, &headers) {
            Ok(request) => ask(&apis, request).await,
            Err(fault) => fault.into_response(),
        };
        let id = call
            .header("content-id")
            .unwrap_or_default()
            .trim_start_matches('<')
            .to_owned();
        told.extend(format!("--{boundary}\r\nContent-Type: application/http\r\n").into_bytes());
        if !id.is_empty() {
            told.extend(format!("Content-ID: <response-{id}\r\n").into_bytes());
        }
        told.extend(b"\r\n");
        told.extend(written(answer).await?);
        told.extend(b"\r\n");
    }
    told.extend(format!("--{boundary}--\r\n").into_bytes());
    let kind = [(
        header::CONTENT_TYPE,
        format!("multipart/mixed; boundary={boundary}"),
    )];
    Ok((kind, told).into_response())
}

async fn ask(apis: &Router, request: Request<Body>) -> Response {
    let service = TowerToHyperService::new(apis.clone());
    match hyper::service::Service::call(&service, request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// The request that a part holds.
fn request(call: &Part, outer: &HeaderMap) -> Result<Request<Body>, Fault> {
    let wrong = || Fault::invalid("Failed to parse batch request, error: the part holds no HTTP request");
    let inner = Part::parse(&call.content).ok_or_else(wrong)?;
    let mut words = inner.lines().next().ok_or_else(wrong)?.split_whitespace();
    let (method, address) = words.next().zip(words.next()).ok_or_else(wrong)?;
    // Whole addresses are allowed, of the host that the batch was sent to.
    let path = address.strip_prefix(&base_url(outer)).unwrap_or(address);
    if !path.starts_with("/storage/v1/") {
        return Err(Fault::invalid(format!("A batch cannot hold {address}")));
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
    request.body(Body::from(inner.content)).map_err(|_| wrong())
}

/// An answer as it would stand on the wire.
async fn written(answer: Response) -> Result<Vec<u8>, Fault> {
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, LARGEST_ANSWER)
        .await
        .map_err(|error| Fault::new(StatusCode::BAD_REQUEST, "responseTooLarge", error.to_string()))?;
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
