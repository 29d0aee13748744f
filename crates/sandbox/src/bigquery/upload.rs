//! Load jobs whose data comes with the request: multipart, or in the chunks of a resumable upload.
//!
//! ```text
//!   POST …?uploadType=resumable   the configuration        → 200, Location: …&upload_id=ID
//!   PUT  …&upload_id=ID           bytes 0-262143/*         → 308, Range: bytes=0-262143
//!   PUT  …&upload_id=ID           bytes 262144-300000/300001 → 200, the job
//! ```

use super::error::ApiError;
use super::job_api;
use super::{ApiState, JobWait};
use crate::body::{self, Related, base_url, header_text, related};
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Unfinished resumable uploads: the job of each, and the bytes received so far.
#[derive(Default)]
pub(super) struct Uploads(Mutex<HashMap<String, (Json, Vec<u8>)>>);

pub(super) async fn begin(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    // Go's client sends the chunks by POST.
    if params.text("upload_id").is_some() {
        return resume(State(state), params, headers, bytes).await;
    }
    state.check_jobs(&project)?;
    match params.text("uploadType") {
        Some("resumable") => {
            let job = body::json(&headers, &bytes)?;
            let id = uuid::Uuid::new_v4().to_string();
            let mut uploads = state.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
            uploads.insert(id.clone(), (job, Vec::new()));
            let location = format!(
                "{}/upload/bigquery/v2/projects/{project}/jobs?uploadType=resumable&upload_id={id}",
                base_url(&headers)
            );
            let headers = [("location", location), ("x-guploader-uploadid", id)];
            Ok((StatusCode::OK, headers).into_response())
        }
        Some("multipart") => {
            let Related {
                metadata, content, ..
            } = related(&headers, &bytes)?;
            job_api::start(&state, &metadata, Some(content.to_vec()), JobWait::default())
                .await
                .map(IntoResponse::into_response)
        }
        other => Err(ApiError::invalid(format!(
            "Invalid upload type {}",
            other.unwrap_or_default()
        ))),
    }
}

/// Takes a chunk; the last one starts the job.
pub(super) async fn resume(
    State(state): State<Arc<ApiState>>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found("The upload is not known: it has ended, or it never began.");
    let id = params.text("upload_id").ok_or_else(unknown)?.to_owned();
    let range = header_text(&headers, "content-range");
    let (job, data) = {
        let mut uploads = state.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, data) = uploads.get_mut(&id).ok_or_else(unknown)?;
        let (start, last) = chunk_position(range, data.len(), bytes.len());
        if start != data.len() && !bytes.is_empty() {
            return Ok(incomplete(data.len()));
        }
        data.extend_from_slice(&bytes);
        if !last {
            return Ok(incomplete(data.len()));
        }
        uploads.remove(&id).ok_or_else(unknown)?
    };
    job_api::start(&state, &job, Some(data), JobWait::default())
        .await
        .map(IntoResponse::into_response)
}

/// 308, with the range received so far.
fn incomplete(received: usize) -> Response {
    match received.checked_sub(1) {
        Some(end) => (
            StatusCode::PERMANENT_REDIRECT,
            [("range", format!("bytes=0-{end}"))],
        )
            .into_response(),
        None => StatusCode::PERMANENT_REDIRECT.into_response(),
    }
}

/// The offset of a chunk, and whether it is the last, by `bytes 0-99/100`, `bytes 0-99/*` or `bytes */100`.
fn chunk_position(range: Option<&str>, received: usize, length: usize) -> (usize, bool) {
    let Some((span, total)) = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/')) else {
        // Without a range this is the whole content.
        return (received, true);
    };
    let start = span
        .split_once('-')
        .and_then(|(start, _)| start.parse().ok())
        .unwrap_or(received);
    let last = total.parse::<usize>().is_ok_and(|total| start + length >= total);
    (start, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_gives_offset_and_end() {
        for (range, received, length, expected) in [
            (None, 0, 5, (0, true)),
            (Some("bytes 0-4/*"), 0, 5, (0, false)),
            (Some("bytes 5-9/10"), 5, 5, (5, true)),
            (Some("bytes 0-4/10"), 0, 5, (0, false)),
            (Some("bytes */10"), 10, 0, (10, true)),
            (Some("bytes */*"), 3, 0, (3, false)),
        ] {
            assert_eq!(chunk_position(range, received, length), expected, "{range:?}");
        }
    }
}
