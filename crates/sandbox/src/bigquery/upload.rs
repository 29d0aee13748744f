//! Load jobs whose data comes with the request: multipart, or resumable in pieces.
//!
//! ```text
//!   POST …?uploadType=resumable   the configuration        → 200, Location: …&upload_id=ID
//!   PUT  …&upload_id=ID           bytes 0-262143/*         → 308, Range: bytes=0-262143
//!   PUT  …&upload_id=ID           bytes 262144-300000/300001 → 200, the job
//! ```

use super::Desk;
use super::asked::Asked;
use super::fault::Fault;
use super::job_api::{self, body, may_create};
use crate::body::{Related, base_url, related};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Uploads that have begun: what they are for, and what has come.
#[derive(Default)]
pub(super) struct Uploads(Mutex<HashMap<String, (Json, Vec<u8>)>>);

pub(super) async fn begin(
    State(desk): State<Arc<Desk>>,
    Path(project): Path<String>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Fault> {
    // Go's client sends the pieces by POST.
    if asked.text("upload_id").is_some() {
        return go_on(State(desk), asked, headers, bytes).await;
    }
    may_create(&desk, &project)?;
    match asked.text("uploadType") {
        Some("resumable") => {
            let configuration = body(&headers, &bytes)?;
            let id = uuid::Uuid::new_v4().to_string();
            let mut uploads = desk.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
            uploads.insert(id.clone(), (configuration, Vec::new()));
            let location = format!(
                "{}/upload/bigquery/v2/projects/{project}/jobs?uploadType=resumable&upload_id={id}",
                base_url(&headers)
            );
            let told = [("location", location), ("x-guploader-uploadid", id)];
            Ok((StatusCode::OK, told).into_response())
        }
        Some("multipart") => {
            let Related {
                metadata, content, ..
            } = related(&headers, &bytes)?;
            job_api::accept(&desk, &metadata, Some(content.to_vec()))
                .await
                .map(IntoResponse::into_response)
        }
        other => Err(Fault::invalid(format!(
            "Invalid upload type {}",
            other.unwrap_or_default()
        ))),
    }
}

pub(super) async fn go_on(
    State(desk): State<Arc<Desk>>,
    asked: Asked,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Fault> {
    let gone = || Fault::not_found("The upload is not known: it is over, or never began.");
    let id = asked.text("upload_id").ok_or_else(gone)?.to_owned();
    let range = headers.get("content-range").and_then(|range| range.to_str().ok());
    let (configuration, data) = {
        let mut uploads = desk.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, data) = uploads.get_mut(&id).ok_or_else(gone)?;
        let (start, last) = placed(range, data.len(), bytes.len());
        if start != data.len() && !bytes.is_empty() {
            return Ok(incomplete(data.len()));
        }
        data.extend_from_slice(&bytes);
        if !last {
            return Ok(incomplete(data.len()));
        }
        uploads.remove(&id).ok_or_else(gone)?
    };
    job_api::accept(&desk, &configuration, Some(data))
        .await
        .map(IntoResponse::into_response)
}

/// 308, with what has come so far.
fn incomplete(have: usize) -> Response {
    match have.checked_sub(1) {
        Some(end) => (
            StatusCode::PERMANENT_REDIRECT,
            [("range", format!("bytes=0-{end}"))],
        )
            .into_response(),
        None => StatusCode::PERMANENT_REDIRECT.into_response(),
    }
}

/// Where a piece begins, and whether it is the last, by `bytes 0-99/100`, `bytes 0-99/*` or `bytes */100`.
fn placed(range: Option<&str>, have: usize, length: usize) -> (usize, bool) {
    let Some((span, total)) = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/')) else {
        // Without a range the whole comes at once.
        return (have, true);
    };
    let start = span
        .split_once('-')
        .and_then(|(start, _)| start.parse().ok())
        .unwrap_or(have);
    let last = total.parse::<usize>().is_ok_and(|total| start + length >= total);
    (start, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_knows_its_place() {
        for (range, have, length, expected) in [
            (None, 0, 5, (0, true)),
            (Some("bytes 0-4/*"), 0, 5, (0, false)),
            (Some("bytes 5-9/10"), 5, 5, (5, true)),
            (Some("bytes 0-4/10"), 0, 5, (0, false)),
            (Some("bytes */10"), 10, 0, (10, true)),
            (Some("bytes */*"), 3, 0, (3, false)),
        ] {
            assert_eq!(placed(range, have, length), expected, "{range:?}");
        }
    }
}
