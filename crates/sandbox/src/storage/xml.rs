//! The objects of the XML API, `/BUCKET/OBJECT`, which Go's client, signed URLs and curl use.
//!
//! The XML API's lists, buckets and multipart uploads are not supported.

use super::error::ApiError;
use super::upload_request::UploadRequest;
use super::{ApiState, media};
use crate::body::header_text;
use crate::params::Params;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipelines::bucket::{Conditions, bucket_name_error};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Bucket and name.
type ObjectPath = (String, String);

/// First segments of other paths of the sandbox, which are not buckets here.
const RESERVED: [&str; 10] = [
    "api",
    "v1beta1",
    "sandbox",
    "bigquery",
    "storage",
    "upload",
    "download",
    "batch",
    "resumable",
    "discovery",
];

/// Whether a path can be that of an object.
pub(crate) fn is_object(path: &str) -> bool {
    let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    parts.is_some_and(|(bucket, name)| is_bucket(bucket) && !name.is_empty())
}

fn is_bucket(name: &str) -> bool {
    bucket_name_error(name).is_none() && !RESERVED.contains(&name)
}

pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path(path): Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        check_bucket_name(&path)?;
        let conditions = Conditions {
            generation: params.number("generation")?,
            ..conditions(&headers)
        };
        let (record, file) = media::open(&state, path.clone(), conditions).await?;
        let etag = md5_etag(record.md5.as_deref());
        media::content(&record, file, &headers, etag).await
    };
    answer.await.unwrap_or_else(|error| error_response(&error, &path))
}

pub(super) async fn put(
    State(state): State<Arc<ApiState>>,
    Path(path): Path<ObjectPath>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answer = async {
        check_bucket_name(&path)?;
        state.check_bucket(&path.0)?;
        let (bucket, name) = path.clone();
        let metadata = metadata(&name, &headers);
        let params = Params::parse("");
        let content_type = header_text(&headers, "content-type");
        let mut request = UploadRequest::new(bucket, &params, &headers, &metadata, content_type)?;
        request.conditions = conditions(&headers);
        let record = request.store(&state, body).await?;
        let headers = [
            ("etag", md5_etag(record.md5.as_deref())),
            ("x-goog-generation", record.generation.to_string()),
            ("x-goog-metageneration", record.metageneration.to_string()),
        ];
        Ok((StatusCode::OK, headers).into_response())
    };
    answer
        .await
        .unwrap_or_else(|error: ApiError| error_response(&error, &path))
}

pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path(path): Path<ObjectPath>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        check_bucket_name(&path)?;
        state.check_bucket(&path.0)?;
        let (bucket, name) = path.clone();
        let conditions = conditions(&headers);
        state
            .with_buckets(move |buckets| buckets.remove((&bucket, &name), &conditions))
            .await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer
        .await
        .unwrap_or_else(|error: ApiError| error_response(&error, &path))
}

/// A path that cannot be a bucket's is an unknown path: 404 without a body.
fn check_bucket_name((bucket, _): &ObjectPath) -> Result<(), ApiError> {
    if is_bucket(bucket) {
        Ok(())
    } else {
        Err(ApiError::not_found(String::new()))
    }
}

/// The metadata in the headers.
fn metadata(name: &str, headers: &HeaderMap) -> Json {
    let mut metadata = json!({ "name": name });
    for (header, field) in [
        ("cache-control", "cacheControl"),
        ("content-disposition", "contentDisposition"),
        ("content-encoding", "contentEncoding"),
        ("content-language", "contentLanguage"),
        ("x-goog-storage-class", "storageClass"),
    ] {
        if let Some(value) = header_text(headers, header) {
            metadata[field] = value.into();
        }
    }
    for (header, value) in headers {
        if let (Some(key), Ok(value)) = (header.as_str().strip_prefix("x-goog-meta-"), value.to_str()) {
            metadata["metadata"][key] = value.into();
        }
    }
    metadata
}

fn conditions(headers: &HeaderMap) -> Conditions {
    let number = |name: &str| header_text(headers, name).and_then(|text| text.parse().ok());
    Conditions {
        generation_match: number("x-goog-if-generation-match"),
        metageneration_match: number("x-goog-if-metageneration-match"),
        ..Conditions::default()
    }
}

/// The XML API's etag: the MD5 in hex, quoted.
fn md5_etag(md5: Option<&str>) -> String {
    let bytes = md5.and_then(|md5| STANDARD.decode(md5).ok()).unwrap_or_default();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{}\"", hex.concat())
}

/// An error as the XML API writes it.
fn error_response(error: &ApiError, (bucket, name): &ObjectPath) -> Response {
    if error.message.is_empty() || error.status == StatusCode::NOT_MODIFIED {
        return error.status.into_response();
    }
    let no_bucket = ApiError::no_bucket().message;
    let (code, message, details) = match error.status {
        StatusCode::NOT_FOUND if error.message == no_bucket => ("NoSuchBucket", no_bucket, None),
        StatusCode::NOT_FOUND => (
            "NoSuchKey",
            "The specified key does not exist.".to_owned(),
            Some(format!("No such object: {bucket}/{name}")),
        ),
        StatusCode::PRECONDITION_FAILED => ("PreconditionFailed", error.message.clone(), None),
        StatusCode::RANGE_NOT_SATISFIABLE => (
            "InvalidRange",
            "The requested range cannot be satisfied.".to_owned(),
            None,
        ),
        StatusCode::BAD_REQUEST => (
            "InvalidArgument",
            "Invalid argument.".to_owned(),
            Some(error.message.clone()),
        ),
        _ => ("InternalError", error.message.clone(), None),
    };
    let details = details.map(|text| format!("<Details>{}</Details>", escape(&text)));
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{}</Message>{}</Error>",
        escape(&message),
        details.unwrap_or_default()
    );
    let content_type = [(header::CONTENT_TYPE, "application/xml; charset=UTF-8")];
    (error.status, content_type, body).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
