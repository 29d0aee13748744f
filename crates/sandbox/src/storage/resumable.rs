//! Uploads that come in pieces, and can be asked how much has come.
//!
//! ```text
//!   POST …?uploadType=resumable  the metadata                → 200, Location: …&upload_id=ID
//!   PUT  …&upload_id=ID          bytes 0-262143/* (or POST)  → 308, Range: bytes=0-262143
//!   PUT  …&upload_id=ID          bytes */*, no body          → 308, the same
//!   PUT  …&upload_id=ID          bytes 262144-300000/300001  → 200, the object
//!   DELETE …&upload_id=ID                                    → 499
//! ```
//!
//! They live in memory, their contents beside the buckets: at Google they live for a week, here until the end.

use super::asked::Asked;
use super::fault::Fault;
use super::object::resource;
use super::upload::{Intent, commit};
use super::{Desk, show};
use crate::body::{base_url, header_text};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use pipelines::bucket::{BucketError, ObjectMetadata, PendingObject};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Turns;

/// What a piece that is not the last has at least.
const LEAST: u64 = 256 << 10;

/// Uploads that have begun.
#[derive(Default)]
pub(super) struct Uploads(Mutex<HashMap<String, Arc<Turns<Upload>>>>);

/// One of them: what has come, or what it became.
struct Upload {
    intent: Intent,
    pending: Option<PendingObject>,
    done: Option<ObjectMetadata>,
}

impl Uploads {
    fn find(&self, asked: &Asked) -> Result<(String, Arc<Turns<Upload>>), Fault> {
        let id = asked.text("upload_id").unwrap_or_default();
        let uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The status is documented, the text is not.
        let gone = || Fault::not_found("The upload is not known: it is over, or never began.");
        let upload = uploads.get(id).ok_or_else(gone)?;
        Ok((id.to_owned(), Arc::clone(upload)))
    }

    fn drop(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Begins one.
pub(super) async fn open(desk: &Desk, intent: Intent, headers: &HeaderMap) -> Result<Response, Fault> {
    let asked = intent.clone();
    let pending = desk
        .ask(move |buckets| {
            let there = buckets.object(&asked.bucket, &asked.name)?;
            asked.conditions.check(there.as_ref())?;
            Ok(buckets.create_pending()?)
        })
        .await?;
    let id = uuid::Uuid::new_v4().to_string();
    let location = format!(
        "{}/upload/storage/v1/b/{}/o?uploadType=resumable&name={}&upload_id={id}",
        base_url(headers),
        intent.bucket,
        show::encoded(&intent.name)
    );
    let upload = Upload {
        intent,
        pending: Some(pending),
        done: None,
    };
    let mut uploads = desk.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
    uploads.insert(id.clone(), Arc::new(Turns::new(upload)));
    let told = [("location", location), ("x-guploader-uploadid", id)];
    Ok((StatusCode::OK, told).into_response())
}

pub(super) async fn go_on(
    State(desk): State<Arc<Desk>>,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let (_, upload) = desk.uploads.find(&asked)?;
    let mut upload = upload.lock().await;
    let bucket = upload.intent.bucket.clone();
    let piece = Piece::read(header_text(&headers, "content-range"))?;
    upload.intent.hear(&headers);
    let have = match (&upload.done, &upload.pending) {
        (Some(record), _) => return Ok(resource(&headers, &bucket, record)),
        (None, Some(pending)) => pending.size(),
        (None, None) => return Err(Fault::internal("The upload was lost.")),
    };
    let start = piece.start.unwrap_or(have);
    if start > have {
        // As the same servers say it for Drive; the status of it here is not known.
        return Err(Fault::invalid(format!(
            "Invalid request.  According to the Content-Range header, the upload offset is {start} byte(s), \
             which exceeds already uploaded size of {have} byte(s)."
        )));
    }
    let came = match &mut upload.pending {
        Some(pending) => take(pending, body, have - start).await?,
        None => 0,
    };
    let have = upload.pending.as_ref().map_or(have, PendingObject::size);
    let is_last = match piece {
        Piece { whole: true, .. } => true,
        Piece { total, .. } => total == Some(have),
    };
    if !is_last {
        if piece.start.is_some() && came < LEAST {
            return Err(too_small(came));
        }
        return Ok(incomplete(have, &headers));
    }
    let Some(pending) = upload.pending.take() else {
        return Err(Fault::internal("The upload was lost."));
    };
    let record = commit(&desk, upload.intent.clone(), pending).await?;
    let answer = resource(&headers, &bucket, &record);
    upload.done = Some(record);
    Ok(answer)
}

/// The words are believed, not recorded.
fn too_small(came: u64) -> Fault {
    Fault::invalid(format!(
        "Invalid request.  The number of bytes uploaded is required to be equal or greater than {LEAST}, except for \
         the final request (it's recommended to be the exact multiple of {LEAST}).  The received request contained \
         {came} bytes, which does not meet this requirement."
    ))
}

/// Writes what comes, but for what has come before. What breaks off stays as far as it came.
async fn take(pending: &mut PendingObject, body: Body, mut known: u64) -> Result<u64, Fault> {
    let mut frames = body.into_data_stream();
    let mut came = 0;
    while let Some(bytes) = frames
        .try_next()
        .await
        .map_err(|error| Fault::invalid(format!("The body broke off: {error}")))?
    {
        let length = bytes.len() as u64;
        let skip = known.min(length);
        known -= skip;
        came += length;
        let fresh = &bytes[usize::try_from(skip).unwrap_or(bytes.len())..];
        pending.write_all(fresh).map_err(BucketError::from)?;
    }
    Ok(came)
}

pub(super) async fn cancel(State(desk): State<Arc<Desk>>, asked: Asked) -> Result<Response, Fault> {
    let (id, _) = desk.uploads.find(&asked)?;
    desk.uploads.drop(&id);
    let closed = StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST);
    Ok(closed.into_response())
}

/// 308, with what has come so far. Clients in browsers and Go ask for 200 instead, because others follow 308.
fn incomplete(have: u64, headers: &HeaderMap) -> Response {
    let mut answer = if header_text(headers, "x-guploader-no-308") == Some("yes") {
        [("x-http-status-code-override", "308")].into_response()
    } else {
        StatusCode::PERMANENT_REDIRECT.into_response()
    };
    if let Some(end) = have.checked_sub(1)
        && let Ok(range) = format!("bytes=0-{end}").try_into()
    {
        answer.headers_mut().insert("range", range);
    }
    answer
}

/// What `Content-Range` says of a piece: `bytes 0-99/100`, `bytes 0-99/*`, `bytes */100`, `bytes */*`.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    /// Where it begins; a question has no beginning.
    start: Option<u64>,
    /// How much there will be.
    total: Option<u64>,
    /// Without a range the rest comes at once.
    whole: bool,
}

impl Piece {
    fn read(range: Option<&str>) -> Result<Self, Fault> {
        let Some(range) = range else {
            return Ok(Self {
                start: None,
                total: None,
                whole: true,
            });
        };
        let wrong = || Fault::invalid(format!("Failed to parse Content-Range header: {range}"));
        let (span, total) = range
            .strip_prefix("bytes ")
            .and_then(|range| range.split_once('/'))
            .ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(|_| wrong());
        Ok(Self {
            start: match span.split_once('-') {
                None if span == "*" => None,
                None => return Err(wrong()),
                Some((start, _)) => Some(number(start)?),
            },
            total: if total == "*" { None } else { Some(number(total)?) },
            whole: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_knows_its_place() {
        for (range, start, total) in [
            ("bytes 0-4/*", Some(0), None),
            ("bytes 5-9/10", Some(5), Some(10)),
            ("bytes */10", None, Some(10)),
            ("bytes */*", None, None),
        ] {
            let expected = Piece {
                start,
                total,
                whole: false,
            };
            assert_eq!(Piece::read(Some(range)).unwrap(), expected, "{range}");
        }
        assert!(Piece::read(None).unwrap().whole);
        for wrong in ["bytes 5/10", "lines 0-1/2", "bytes a-b/c"] {
            assert!(Piece::read(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
