//! The XML API's objects, `/BUCKET/OBJECT`: what Go's client, signed addresses and curl use to read and write.
//!
//! Lists, buckets and multipart uploads of the XML API are not here.

use super::asked::Asked;
use super::fault::Fault;
use super::upload::{Intent, store};
use super::{Desk, media};
use crate::body::header_text;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pipelines::bucket::{Conditions, bucket_name_error};
use serde_json::{Value as Json, json};
use std::sync::Arc;

type Place = (String, String);

/// First parts of other paths, which could be buckets by their length.
const OTHERS: [&str; 10] = [
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

/// Whether a path can be an object's; any other one is nobody's.
pub(crate) fn is_object(path: &str) -> bool {
    let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    parts.is_some_and(|(bucket, name)| is_bucket(bucket) && !name.is_empty())
}

fn is_bucket(name: &str) -> bool {
    bucket_name_error(name).is_none() && !OTHERS.contains(&name)
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path(place): Path<Place>,
    asked: Asked,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        check(&place)?;
        let conditions = Conditions {
            generation: asked.number("generation")?,
            ..conditions(&headers)
        };
        let (record, file) = media::open(&desk, place.clone(), conditions).await?;
        let etag = quoted(record.md5.as_deref());
        media::content(&record, file, &headers, etag).await
    };
    answer.await.unwrap_or_else(|fault| refuse(&fault, &place))
}

pub(super) async fn put(
    State(desk): State<Arc<Desk>>,
    Path(place): Path<Place>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let answer = async {
        check(&place)?;
        desk.check_bucket(&place.0)?;
        let (bucket, name) = place.clone();
        let about = about(&name, &headers);
        let asked = Asked::of("");
        let kind = header_text(&headers, "content-type");
        let mut intent = Intent::of(bucket, &asked, &headers, &about, kind)?;
        intent.conditions = conditions(&headers);
        let record = store(&desk, intent, bytes).await?;
        let told = [
            ("etag", quoted(record.md5.as_deref())),
            ("x-goog-generation", record.generation.to_string()),
            ("x-goog-metageneration", record.metageneration.to_string()),
        ];
        Ok((StatusCode::OK, told).into_response())
    };
    answer.await.unwrap_or_else(|fault: Fault| refuse(&fault, &place))
}

pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(place): Path<Place>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        check(&place)?;
        desk.check_bucket(&place.0)?;
        let (bucket, name) = place.clone();
        let conditions = conditions(&headers);
        desk.ask(move |buckets| buckets.remove((&bucket, &name), &conditions))
            .await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer.await.unwrap_or_else(|fault: Fault| refuse(&fault, &place))
}

/// A path that is none of the store's is nobody's.
fn check((bucket, _): &Place) -> Result<(), Fault> {
    if is_bucket(bucket) {
        Ok(())
    } else {
        Err(Fault::not_found(String::new()))
    }
}

/// Metadata that comes as headers.
fn about(name: &str, headers: &HeaderMap) -> Json {
    let mut about = json!({ "name": name });
    for (header, field) in [
        ("cache-control", "cacheControl"),
        ("content-disposition", "contentDisposition"),
        ("content-encoding", "contentEncoding"),
        ("content-language", "contentLanguage"),
        ("x-goog-storage-class", "storageClass"),
    ] {
        if let Some(value) = header_text(headers, header) {
            about[field] = value.into();
        }
    }
    for (header, value) in headers {
        if let (Some(key), Ok(value)) = (header.as_str().strip_prefix("x-goog-meta-"), value.to_str()) {
            about["metadata"][key] = value.into();
        }
    }
    about
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
fn quoted(md5: Option<&str>) -> String {
    let bytes = md5.and_then(|md5| STANDARD.decode(md5).ok()).unwrap_or_default();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{}\"", hex.concat())
}

/// A error as the XML API words it.
fn refuse(fault: &Fault, (bucket, name): &Place) -> Response {
    if fault.message.is_empty() || fault.status == StatusCode::NOT_MODIFIED {
        return fault.status.into_response();
    }
    let no_bucket = Fault::no_bucket().message;
    let (code, message, details) = match fault.status {
        StatusCode::NOT_FOUND if fault.message == no_bucket => ("NoSuchBucket", no_bucket, None),
        StatusCode::NOT_FOUND => (
            "NoSuchKey",
            "The specified key does not exist.".to_owned(),
            Some(format!("No such object: {bucket}/{name}")),
        ),
        StatusCode::PRECONDITION_FAILED => ("PreconditionFailed", fault.message.clone(), None),
        StatusCode::RANGE_NOT_SATISFIABLE => (
            "InvalidRange",
            "The requested range cannot be satisfied.".to_owned(),
            None,
        ),
        StatusCode::BAD_REQUEST => (
            "InvalidArgument",
            "Invalid argument.".to_owned(),
            Some(fault.message.clone()),
        ),
        _ => ("InternalError", fault.message.clone(), None),
    };
    let details = details.map(|text| format!("<Details>{}</Details>", escaped(&text)));
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{}</Message>{}</Error>",
        escaped(&message),
        details.unwrap_or_default()
    );
    let kind = [(header::CONTENT_TYPE, "application/xml; charset=UTF-8")];
    (fault.status, kind, body).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
