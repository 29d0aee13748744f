//! Downloads: the content of an object, whole or in part, as it was when the answer began.

use super::asked::Asked;
use super::fault::Fault;
use super::{Desk, show};
use crate::body::header_text;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use flate2::read::GzDecoder;
use futures_util::stream;
use pipelines::bucket::{Conditions, ObjectMetadata};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use tokio::io::AsyncReadExt;

/// How much is read at once.
const PIECE: usize = 256 << 10;

/// By the JSON API.
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path((bucket, name)): Path<(String, String)>,
    asked: Asked,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let conditions = asked.conditions()?;
        let (record, file) = open(&desk, (bucket, name), conditions).await?;
        let etag = show::etag(Some(record.generation), record.metageneration);
        content(&record, file, &headers, etag).await
    };
    answer.await.unwrap_or_else(Fault::plain)
}

/// The object that is there.
pub(super) async fn open(
    desk: &Desk,
    (bucket, name): (String, String),
    conditions: Conditions,
) -> Result<(ObjectMetadata, File), Fault> {
    desk.check_bucket(&bucket)?;
    desk.ask(move |buckets| {
        let opened = buckets.open(&bucket, &name)?;
        conditions.check_existing((&bucket, &name), opened.as_ref().map(|(record, _)| record))?;
        let gone = io::Error::from(io::ErrorKind::NotFound);
        Ok(opened.ok_or(gone)?)
    })
    .await
}

/// The answer with what is asked for of a content.
pub(super) async fn content(
    record: &ObjectMetadata,
    file: File,
    headers: &HeaderMap,
    etag: String,
) -> Result<Response, Fault> {
    let mut told = described(record, etag);
    let packed = record
        .fields
        .get("contentEncoding")
        .is_some_and(|coding| coding == "gzip");
    let takes = header_text(headers, "accept-encoding").is_some_and(|codings| codings.contains("gzip"));
    let kept = record
        .fields
        .get("cacheControl")
        .and_then(|value| value.as_str())
        .is_some_and(|value| value.contains("no-transform"));
    if packed && !takes && !kept {
        // Google unpacks for a client that cannot, and sends the whole then.
        let plain = tokio::task::spawn_blocking(move || {
            let mut plain = Vec::new();
            GzDecoder::new(file).read_to_end(&mut plain).map(|_| plain)
        });
        let plain = plain
            .await
            .map_err(io::Error::other)
            .and_then(|read| read)
            .map_err(|error| Fault::internal(error.to_string()))?;
        told.remove(header::CONTENT_ENCODING);
        told.insert("warning", HeaderValue::from_static("214 UploadServer gunzipped"));
        return Ok((told, plain).into_response());
    }
    let wanted = match header_text(headers, "range") {
        Some(range) => part(range, record.size),
        None => Part::Whole,
    };
    let (status, span) = match wanted {
        Part::Whole => (StatusCode::OK, 0..record.size),
        Part::Some(span) => {
            let range = format!("bytes {}-{}/{}", span.start, span.end - 1, record.size);
            put(&mut told, "content-range", &range);
            (StatusCode::PARTIAL_CONTENT, span)
        }
        Part::Outside => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{}", record.size))];
            let fault = Fault::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "requestedRangeNotSatisfiable",
                "Request range not satisfiable",
            );
            return Ok((range, fault.plain()).into_response());
        }
    };
    put(&mut told, "content-length", &(span.end - span.start).to_string());
    let body = read(file, span).map_err(|error| Fault::internal(error.to_string()))?;
    Ok((status, told, body).into_response())
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // What no header can say is left out.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// What is said of an object with its content.
fn described(record: &ObjectMetadata, etag: String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let field = |name: &str| record.fields.get(name).and_then(|value| value.as_str());
    put(
        &mut headers,
        "content-type",
        field("contentType").unwrap_or("application/octet-stream"),
    );
    for (header, name) in [
        ("cache-control", "cacheControl"),
        ("content-disposition", "contentDisposition"),
        ("content-encoding", "contentEncoding"),
        ("content-language", "contentLanguage"),
    ] {
        if let Some(value) = field(name) {
            put(&mut headers, header, value);
        }
    }
    put(&mut headers, "etag", &etag);
    let changed = DateTime::from_timestamp_micros(record.updated).unwrap_or_default();
    let changed = changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    put(&mut headers, "last-modified", &changed);
    put(&mut headers, "accept-ranges", "bytes");
    put(&mut headers, "x-goog-generation", &record.generation.to_string());
    put(
        &mut headers,
        "x-goog-metageneration",
        &record.metageneration.to_string(),
    );
    put(
        &mut headers,
        "x-goog-storage-class",
        field("storageClass").unwrap_or("STANDARD"),
    );
    put(
        &mut headers,
        "x-goog-stored-content-encoding",
        field("contentEncoding").unwrap_or("identity"),
    );
    put(
        &mut headers,
        "x-goog-stored-content-length",
        &record.size.to_string(),
    );
    let md5 = record.md5.as_ref().map(|md5| format!(",md5={md5}"));
    let hash = format!("crc32c={}{}", record.crc32c, md5.unwrap_or_default());
    put(&mut headers, "x-goog-hash", &hash);
    headers
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Some(Range<u64>),
    Outside,
}

/// Which part `bytes=0-9`, `bytes=5-` or `bytes=-5` is; what is no range is none.
fn part(range: &str, size: u64) -> Part {
    let Some((start, end)) = range
        .strip_prefix("bytes=")
        .filter(|span| !span.contains(','))
        .and_then(|span| span.split_once('-'))
    else {
        return Part::Whole;
    };
    let span = match (start.trim().parse::<u64>(), end.trim().parse::<u64>()) {
        (Ok(start), Ok(end)) if end < start => return Part::Whole,
        (Ok(start), Ok(end)) => start..end.saturating_add(1).min(size),
        (Ok(start), Err(_)) if end.trim().is_empty() => start..size,
        (Err(_), Ok(length)) if start.trim().is_empty() => size.saturating_sub(length)..size,
        _ => return Part::Whole,
    };
    if span.start >= span.end {
        Part::Outside
    } else {
        Part::Some(span)
    }
}

/// A part of a file, piece by piece.
fn read(mut file: File, span: Range<u64>) -> io::Result<Body> {
    file.seek(SeekFrom::Start(span.start))?;
    let state = (tokio::fs::File::from_std(file), span.end - span.start);
    Ok(Body::from_stream(stream::try_unfold(
        state,
        |(mut file, left)| async move {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            if length == 0 {
                return Ok(None);
            }
            let mut piece = vec![0; length];
            file.read_exact(&mut piece).await?;
            Ok::<_, io::Error>(Some((piece, (file, left - length as u64))))
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_part_or_none() {
        for (range, size, expected) in [
            ("bytes=0-4", 10, Part::Some(0..5)),
            ("bytes=5-", 10, Part::Some(5..10)),
            ("bytes=-3", 10, Part::Some(7..10)),
            ("bytes=-30", 10, Part::Some(0..10)),
            ("bytes=8-99", 10, Part::Some(8..10)),
            ("bytes=10-", 10, Part::Outside),
            ("bytes=0-", 0, Part::Outside),
            ("bytes=4-1", 10, Part::Whole),
            ("bytes=0-1,3-4", 10, Part::Whole),
            ("lines=1-2", 10, Part::Whole),
        ] {
            assert_eq!(part(range, size), expected, "{range}");
        }
    }
}
