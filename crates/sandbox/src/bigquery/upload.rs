//! Load jobs whose data comes with the request: multipart, or in the chunks of a resumable upload.
//!
//! ```text
//!   POST …?uploadType=resumable   the configuration        → 200, Location: …&upload_id=ID
//!   PUT  …&upload_id=ID           bytes 0-262143/*         → 308, Range: bytes=0-262143
//!   PUT  …&upload_id=ID           bytes 262144-300000/300001 → 200, the job
//! ```

use super::ApiState;
use super::error::ApiError;
use super::job_api;
use super::load::Uploaded;
use crate::body::{self, Related, base_url, header_text, related};
use crate::params::Params;
use crate::scenario::JobWait;
use crate::server::Reservation;
use crate::upload_kind::UploadKind;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes all unfinished uploads may hold; of more, the oldest are forgotten.
const MAX_PENDING: usize = 100 << 20;

/// How many uploads may be unfinished.
const MAX_UPLOADS: usize = 100;

/// Unfinished resumable uploads, the oldest first: the job of each, and the bytes received so far.
#[derive(Default)]
pub(super) struct Uploads(Mutex<VecDeque<Upload>>);

struct Upload {
    id: String,
    /// The text of its job. Its values would take more memory.
    job: Bytes,
    data: Vec<u8>,
}

impl Upload {
    fn size(&self) -> usize {
        self.job.len() + self.data.len()
    }
}

impl Uploads {
    fn open(&self) -> MutexGuard<'_, VecDeque<Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: String, job: Bytes) {
        let data = Vec::new();
        Self::add(&mut self.open(), Upload { id, job, data });
    }

    fn add(uploads: &mut VecDeque<Upload>, upload: Upload) {
        uploads.push_back(upload);
        let is_too_much = |uploads: &VecDeque<Upload>| {
            uploads.len() > MAX_UPLOADS || uploads.iter().map(Upload::size).sum::<usize>() > MAX_PENDING
        };
        while is_too_much(uploads) {
            uploads.pop_front();
        }
    }

    /// How many bytes an upload has with its last chunk; `None` if this is another one.
    fn whole(&self, id: &str, range: Option<&str>, length: usize) -> Option<usize> {
        let uploads = self.open();
        let upload = uploads.iter().find(|upload| upload.id == id)?;
        let received = upload.data.len();
        let (_, last) = chunk_position(range, received, length);
        last.then_some(received + length)
    }

    /// Appends a chunk: how much there is by now, and job and data if it was the last. `None` if the upload is not known.
    #[expect(clippy::type_complexity, reason = "it is read in one place")]
    fn append(
        &self,
        id: &str,
        range: Option<&str>,
        bytes: &Bytes,
    ) -> Option<Result<(usize, Option<(Bytes, Bytes)>), ApiError>> {
        let mut uploads = self.open();
        let at = uploads.iter().position(|upload| upload.id == id)?;
        let mut upload = uploads.remove(at)?;
        let (start, last) = chunk_position(range, upload.data.len(), bytes.len());
        let received = upload.data.len();
        if start != received && !bytes.is_empty() {
            uploads.insert(at, upload);
            return Some(Ok((received, None)));
        }
        // One that goes on is kept with the text of its job.
        let kept = if last { received } else { upload.size() };
        if kept + bytes.len() > MAX_PENDING {
            let text = format!("The sandbox takes uploads of load jobs of up to {MAX_PENDING} bytes.");
            return Some(Err(ApiError::invalid(text)));
        }
        if last && received == 0 {
            // All of it in one chunk is not copied.
            return Some(Ok((bytes.len(), Some((upload.job, bytes.clone())))));
        }
        upload.data.extend_from_slice(bytes);
        let received = upload.data.len();
        if last {
            return Some(Ok((received, Some((upload.job, upload.data.into())))));
        }
        Self::add(&mut uploads, upload);
        Some(Ok((received, None)))
    }
}

pub(super) async fn begin(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    params: Params,
    held: Option<Extension<Reservation>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let kind = UploadKind::new(&params, &headers);
    if kind == UploadKind::Chunk {
        return resume(State(state), params, held, headers, bytes).await;
    }
    state.check_jobs(&project)?;
    match kind {
        UploadKind::Resumable => {
            body::json(&headers, &bytes)?;
            let id = uuid::Uuid::new_v4().to_string();
            state.uploads.begin(id.clone(), bytes);
            let location = format!(
                "{}/upload/bigquery/v2/projects/{project}/jobs?uploadType=resumable&upload_id={id}",
                base_url(&headers)
            );
            let headers = [("location", location), ("x-guploader-uploadid", id)];
            Ok((StatusCode::OK, headers).into_response())
        }
        UploadKind::Multipart => {
            let Related {
                metadata, content, ..
            } = related(&headers, &bytes)?;
            let data = Uploaded::new(content, held.map(|Extension(held)| held));
            job_api::start(&state, &metadata, Some(data), JobWait::default())
                .await
                .map(IntoResponse::into_response)
        }
        UploadKind::Chunk | UploadKind::Media => Err(ApiError::invalid("Invalid upload type media")),
        UploadKind::Unknown(other) => Err(ApiError::invalid(format!("Invalid upload type {other}"))),
    }
}

/// Takes a chunk; the last one starts the job.
pub(super) async fn resume(
    State(state): State<Arc<ApiState>>,
    params: Params,
    held: Option<Extension<Reservation>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found("The upload is not known: it has ended, or it never began.");
    let id = params.text("upload_id").ok_or_else(unknown)?.to_owned();
    let range = header_text(&headers, "content-range");
    let held = held.map(|Extension(held)| held);
    // The job keeps all chunks, of which this request has paid for one.
    if let Some(held) = &held
        && let Some(size) = state.uploads.whole(&id, range, bytes.len())
        && let Err(refused) = held.cover(size).await
    {
        return Ok(refused);
    }
    let (received, whole) = state.uploads.append(&id, range, &bytes).ok_or_else(unknown)??;
    let Some((job, data)) = whole else {
        return Ok(incomplete(received));
    };
    let job = body::json(&HeaderMap::new(), &job)?;
    let data = Uploaded::new(data, held);
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
    let last = total
        .parse::<usize>()
        .is_ok_and(|total| start.saturating_add(length) >= total);
    (start, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chunk_is_not_copied() {
        let uploads = Uploads::default();
        uploads.begin("u".into(), Bytes::new());
        let chunk = Bytes::from_static(b"1,a");
        let Some(Ok((3, Some((_, data))))) = uploads.append("u", None, &chunk) else {
            panic!("the upload has not ended");
        };
        assert_eq!(data.as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn an_upload_ends_in_words_before_it_is_forgotten() {
        let uploads = Uploads::default();
        uploads.begin("u".into(), Bytes::from_static(b"{}"));
        let chunk = Bytes::from(vec![0; MAX_PENDING - 1]);
        let range = format!("bytes 0-{}/*", MAX_PENDING - 2);
        assert!(matches!(uploads.append("u", Some(&range), &chunk), Some(Err(_))));
    }

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
