//! Downloads: the content of an object or a range of it, as it was when the response began.

use super::error::ApiError;
use super::{ApiState, resource};
use crate::body::header_text;
use crate::params::Params;
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

/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;

/// A download of the JSON API.
pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path((bucket, name)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let conditions = params.conditions()?;
        let (record, file) = open(&state, (bucket, name), conditions).await?;
        let etag = resource::etag(Some(record.generation), record.metageneration);
        content(&record, file, &headers, etag).await
    };
    answer.await.unwrap_or_else(ApiError::into_text_response)
}

/// The object and its open file.
pub(super) async fn open(
    state: &ApiState,
    (bucket, name): (String, String),
    conditions: Conditions,
) -> Result<(ObjectMetadata, File), ApiError> {
    state.check_bucket(&bucket)?;
    state
        .with_buckets(move |buckets| {
            let opened = buckets.open(&bucket, &name)?;
            conditions.check_existing((&bucket, &name), opened.as_ref().map(|(record, _)| record))?;
            let missing = io::Error::from(io::ErrorKind::NotFound);
            Ok(opened.ok_or(missing)?)
        })
        .await
}

/// The response to a download: all of the content, or the range that the request asks for.
pub(super) async fn content(
    record: &ObjectMetadata,
    file: File,
    headers: &HeaderMap,
    etag: String,
) -> Result<Response, ApiError> {
    let mut response_headers = object_headers(record, etag);
    if is_transcoded(record, headers) {
        let plain = decompressed(file).await;
        let plain = plain.map_err(|error| ApiError::internal(error.to_string()))?;
        response_headers.remove(header::CONTENT_ENCODING);
        response_headers.insert("warning", HeaderValue::from_static("214 UploadServer gunzipped"));
        return Ok((response_headers, plain).into_response());
    }
    let requested = match header_text(headers, "range") {
        Some(range) => RequestedRange::parse(range, record.size),
        None => RequestedRange::Whole,
    };
    let (status, span) = match requested {
        RequestedRange::Whole => (StatusCode::OK, 0..record.size),
        RequestedRange::Span(span) => {
            let range = format!("bytes {}-{}/{}", span.start, span.end - 1, record.size);
            put(&mut response_headers, "content-range", &range);
            (StatusCode::PARTIAL_CONTENT, span)
        }
        RequestedRange::Unsatisfiable => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{}", record.size))];
            let error = ApiError::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "requestedRangeNotSatisfiable",
                "Request range not satisfiable",
            );
            return Ok((range, error.into_text_response()).into_response());
        }
    };
    let length = (span.end - span.start).to_string();
    put(&mut response_headers, "content-length", &length);
    let body = stream_file(file, span).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok((status, response_headers, body).into_response())
}

/// Whether Google decompresses the object for this client, and then sends all of it.
fn is_transcoded(record: &ObjectMetadata, headers: &HeaderMap) -> bool {
    let field = |name: &str| record.fields.get(name).and_then(|value| value.as_str());
    let is_gzip = field("contentEncoding") == Some("gzip");
    let accepts_gzip =
        header_text(headers, "accept-encoding").is_some_and(|encodings| encodings.contains("gzip"));
    let no_transform = field("cacheControl").is_some_and(|value| value.contains("no-transform"));
    is_gzip && !accepts_gzip && !no_transform
}

/// The unpacked content in chunks. A file that is not packed is an error before the answer begins.
async fn decompressed(file: File) -> io::Result<Body> {
    let first = unpack(GzDecoder::new(file)).await?;
    Ok(Body::from_stream(stream::try_unfold(
        first,
        |(chunk, reader)| async move {
            if chunk.is_empty() {
                return Ok(None);
            }
            let next = unpack(reader).await?;
            Ok::<_, io::Error>(Some((chunk, next)))
        },
    )))
}

/// The next chunk, which is empty at the end, on a thread that may block.
async fn unpack(mut reader: GzDecoder<File>) -> io::Result<(Vec<u8>, GzDecoder<File>)> {
    let read = tokio::task::spawn_blocking(move || {
        let mut chunk = Vec::new();
        reader.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
        Ok((chunk, reader))
    });
    read.await.map_err(io::Error::other)?
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    // A value that is not valid in a header is left out.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// The headers that describe an object.
fn object_headers(record: &ObjectMetadata, etag: String) -> HeaderMap {
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
    let updated = DateTime::from_timestamp_micros(record.updated)
        .unwrap_or_default()
        .max(DateTime::UNIX_EPOCH);
    put(
        &mut headers,
        "last-modified",
        &httpdate::fmt_http_date(updated.into()),
    );
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

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum RequestedRange {
    Whole,
    Span(Range<u64>),
    Unsatisfiable,
}

impl RequestedRange {
    /// Reads `bytes=0-9`, `bytes=5-` or `bytes=-5`. Any other header is ignored, as are several ranges.
    fn parse(range: &str, size: u64) -> Self {
        let Some((start, end)) = range
            .strip_prefix("bytes=")
            .filter(|span| !span.contains(','))
            .and_then(|span| span.split_once('-'))
        else {
            return Self::Whole;
        };
        let span = match (start.trim().parse::<u64>(), end.trim().parse::<u64>()) {
            (Ok(start), Ok(end)) if end < start => return Self::Whole,
            (Ok(start), Ok(end)) => start..end.saturating_add(1).min(size),
            (Ok(start), Err(_)) if end.trim().is_empty() => start..size,
            (Err(_), Ok(length)) if start.trim().is_empty() => size.saturating_sub(length)..size,
            _ => return Self::Whole,
        };
        if span.start >= span.end {
            Self::Unsatisfiable
        } else {
            Self::Span(span)
        }
    }
}

/// A part of a file in chunks.
fn stream_file(mut file: File, span: Range<u64>) -> io::Result<Body> {
    file.seek(SeekFrom::Start(span.start))?;
    let state = (tokio::fs::File::from_std(file), span.end - span.start);
    Ok(Body::from_stream(stream::try_unfold(
        state,
        |(mut file, left)| async move {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            if length == 0 {
                return Ok(None);
            }
            let mut chunk = vec![0; length];
            file.read_exact(&mut chunk).await?;
            Ok::<_, io::Error>(Some((chunk, (file, left - length as u64))))
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_span_or_ignored() {
        for (range, size, expected) in [
            ("bytes=0-4", 10, RequestedRange::Span(0..5)),
            ("bytes=5-", 10, RequestedRange::Span(5..10)),
            ("bytes=-3", 10, RequestedRange::Span(7..10)),
            ("bytes=-30", 10, RequestedRange::Span(0..10)),
            ("bytes=8-99", 10, RequestedRange::Span(8..10)),
            ("bytes=10-", 10, RequestedRange::Unsatisfiable),
            ("bytes=0-", 0, RequestedRange::Unsatisfiable),
            ("bytes=4-1", 10, RequestedRange::Whole),
            ("bytes=0-1,3-4", 10, RequestedRange::Whole),
            ("lines=1-2", 10, RequestedRange::Whole),
        ] {
            assert_eq!(RequestedRange::parse(range, size), expected, "{range}");
        }
    }
}
