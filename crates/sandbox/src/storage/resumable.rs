//! Resumable uploads: the content comes in chunks, and a client can ask how much of it has arrived.
//!
//! ```text
//!   POST …?uploadType=resumable  the metadata                → 200, Location: …&upload_id=ID
//!   PUT  …&upload_id=ID          bytes 0-262143/* (or POST)  → 308, Range: bytes=0-262143
//!   PUT  …&upload_id=ID          bytes */*, no body          → 308, the same
//!   PUT  …&upload_id=ID          bytes 262144-300000/300001  → 200, the object
//!   DELETE …&upload_id=ID                                    → 499
//! ```
//!
//! Uploads are kept in memory, their contents beside the buckets, until the sandbox ends; at Google, for a week.

use super::content::append;
use super::error::ApiError;
use super::upload_request::UploadRequest;
use super::{ApiState, resource};
use crate::body::{base_url, header_text};
use crate::params::Params;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::{ObjectMetadata, PendingObject};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as AsyncMutex;

/// The least bytes of a chunk that is not the last.
const MIN_CHUNK: u64 = 256 << 10;

/// How many uploads are remembered. Each unfinished one holds an open file; of more, the oldest is forgotten.
const MAX_UPLOADS: usize = 100;

/// Resumable uploads by id, the oldest first.
#[derive(Default)]
pub(super) struct Uploads(Mutex<VecDeque<(String, Arc<AsyncMutex<Upload>>)>>);

/// One upload: its content so far, or the object that it became.
struct Upload {
    request: UploadRequest,
    pending: Option<PendingObject>,
    done: Option<ObjectMetadata>,
}

impl Uploads {
    fn find(&self, params: &Params) -> Result<(String, Arc<AsyncMutex<Upload>>), ApiError> {
        let id = params.text("upload_id").unwrap_or_default();
        let uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The status is documented, the text is not.
        let unknown = || ApiError::not_found("The upload is not known: it has ended, or it never began.");
        let (_, upload) = uploads
            .iter()
            .find(|(known, _)| known == id)
            .ok_or_else(unknown)?;
        Ok((id.to_owned(), Arc::clone(upload)))
    }

    fn remove(&self, id: &str) {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uploads.retain(|(known, _)| known != id);
    }

    fn add(&self, id: String, upload: Upload) {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uploads.len() == MAX_UPLOADS {
            uploads.pop_front();
        }
        uploads.push_back((id, Arc::new(AsyncMutex::new(upload))));
    }
}

/// Begins an upload.
pub(super) async fn begin(
    state: &ApiState,
    request: UploadRequest,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let checked = request.clone();
    let pending = state
        .with_buckets(move |buckets| {
            let current = buckets.object(&checked.bucket, &checked.name)?;
            checked.conditions.check(current.as_ref())?;
            Ok(buckets.create_pending()?)
        })
        .await?;
    let id = uuid::Uuid::new_v4().to_string();
    let location = format!(
        "{}/upload/storage/v1/b/{}/o?uploadType=resumable&name={}&upload_id={id}",
        base_url(headers),
        request.bucket,
        resource::encode_segment(&request.name)
    );
    let upload = Upload {
        request,
        pending: Some(pending),
        done: None,
    };
    state.uploads.add(id.clone(), upload);
    let headers = [("location", location), ("x-guploader-uploadid", id)];
    Ok((StatusCode::OK, headers).into_response())
}

/// Takes a chunk, or answers how much has arrived; the last chunk makes the object.
pub(super) async fn resume(
    State(state): State<Arc<ApiState>>,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (_, upload) = state.uploads.find(&params)?;
    let mut upload = upload.lock().await;
    let bucket = upload.request.bucket.clone();
    let range = header_text(&headers, "content-range")
        .map(ContentRange::parse)
        .transpose()?;
    upload.request.read_hashes(&headers);
    if let Some(record) = &upload.done {
        return Ok(resource::object_response(&headers, &bucket, record));
    }
    let pending = upload.pending.as_mut().ok_or_else(lost)?;
    let received = pending.size();
    let start = range.as_ref().and_then(|range| range.start);
    let length = append(pending, body, offset_in_chunk(start, received)?).await?;
    let received = pending.size();
    if range.is_some_and(|range| range.total != Some(received)) {
        if start.is_some() && length < MIN_CHUNK {
            return Err(too_small(length));
        }
        return Ok(incomplete(received, &headers));
    }
    let pending = upload.pending.take().ok_or_else(lost)?;
    let record = upload.request.clone().commit(&state, pending).await?;
    let response = resource::object_response(&headers, &bucket, &record);
    upload.done = Some(record);
    Ok(response)
}

fn lost() -> ApiError {
    ApiError::internal("The upload was lost.")
}

/// How many bytes of a chunk have arrived before.
fn offset_in_chunk(start: Option<u64>, received: u64) -> Result<u64, ApiError> {
    let start = start.unwrap_or(received);
    // The text is from the same servers for Drive; the status is not known.
    received.checked_sub(start).ok_or_else(|| {
        ApiError::invalid(format!(
            "Invalid request.  According to the Content-Range header, the upload offset is {start} byte(s), \
             which exceeds already uploaded size of {received} byte(s)."
        ))
    })
}

/// The text is a guess: it is not recorded.
fn too_small(length: u64) -> ApiError {
    ApiError::invalid(format!(
        "Invalid request.  The number of bytes uploaded is required to be equal or greater than {MIN_CHUNK}, except for \
         the final request (it's recommended to be the exact multiple of {MIN_CHUNK}).  The received request contained \
         {length} bytes, which does not meet this requirement."
    ))
}

pub(super) async fn cancel(State(state): State<Arc<ApiState>>, params: Params) -> Result<Response, ApiError> {
    let (id, _) = state.uploads.find(&params)?;
    state.uploads.remove(&id);
    let client_closed_request = StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST);
    Ok(client_closed_request.into_response())
}

/// 308, with the range received so far. Clients in browsers and Go ask for 200 instead, because other code follows
/// a 308.
fn incomplete(received: u64, headers: &HeaderMap) -> Response {
    let mut response = if header_text(headers, "x-guploader-no-308") == Some("yes") {
        [("x-http-status-code-override", "308")].into_response()
    } else {
        StatusCode::PERMANENT_REDIRECT.into_response()
    };
    if let Some(end) = received.checked_sub(1)
        && let Ok(range) = format!("bytes=0-{end}").try_into()
    {
        response.headers_mut().insert("range", range);
    }
    response
}

/// A `Content-Range`: `bytes 0-99/100`, `bytes 0-99/*`, `bytes */100`, `bytes */*`.
#[derive(Debug, PartialEq, Eq)]
struct ContentRange {
    /// The offset of the chunk; `None` in a request that only asks.
    start: Option<u64>,
    /// The size of the complete content, if it is known.
    total: Option<u64>,
}

impl ContentRange {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let invalid = || ApiError::invalid(format!("Failed to parse Content-Range header: {text}"));
        let (span, total) = text
            .strip_prefix("bytes ")
            .and_then(|range| range.split_once('/'))
            .ok_or_else(invalid)?;
        let number = |text: &str| text.parse().map_err(|_| invalid());
        Ok(Self {
            start: match span.split_once('-') {
                None if span == "*" => None,
                None => return Err(invalid()),
                Some((start, _)) => Some(number(start)?),
            },
            total: if total == "*" { None } else { Some(number(total)?) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_has_an_offset_and_a_total() {
        for (range, start, total) in [
            ("bytes 0-4/*", Some(0), None),
            ("bytes 5-9/10", Some(5), Some(10)),
            ("bytes */10", None, Some(10)),
            ("bytes */*", None, None),
        ] {
            let expected = ContentRange { start, total };
            assert_eq!(ContentRange::parse(range).unwrap(), expected, "{range}");
        }
        for wrong in ["bytes 5/10", "lines 0-1/2", "bytes a-b/c"] {
            assert!(ContentRange::parse(wrong).is_err(), "{wrong}");
        }
    }
}
