//! Uploads that begin, and those that are whole at once: media and multipart.
//!
//! `storage/resumable.rs` has those that come in pieces.

use super::asked::Asked;
use super::fault::Fault;
use super::object::{check_fields, resource};
use super::{Desk, LARGEST_BODY, resumable, said, show};
use crate::body::{Related, header_text, related};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use pipelines::bucket::{BucketError, Conditions, Fields, ObjectMetadata, PendingObject, object_name_error};
use serde_json::Value as Json;
use std::io::Write;
use std::sync::Arc;

/// What an object will be, before its content is there.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub bucket: String,
    pub name: String,
    pub fields: Fields,
    pub conditions: Conditions,
    md5: Option<String>,
    crc32c: Option<String>,
}

impl Intent {
    /// From the parameters, the metadata and the headers; `kind` is the type that the content came with.
    pub fn of(
        bucket: String,
        asked: &Asked,
        headers: &HeaderMap,
        about: &Json,
        kind: Option<&str>,
    ) -> Result<Self, Fault> {
        check_fields(about)?;
        let name = about["name"].as_str().or_else(|| asked.text("name"));
        let name = name.ok_or_else(|| Fault::required("Required"))?.to_owned();
        if let Some(wrong) = object_name_error(&name) {
            return Err(Fault::invalid(wrong));
        }
        let mut fields = show::chosen(about, &show::OBJECT_FIELDS);
        if let Some(coding) = asked.text("contentEncoding") {
            fields.insert("contentEncoding".into(), coding.into());
        }
        fields
            .entry("contentType")
            .or_insert_with(|| kind.unwrap_or("application/octet-stream").into());
        let told = |field: &str| about[field].as_str().map(str::to_owned);
        let mut intent = Self {
            bucket,
            name,
            fields,
            conditions: asked.target_conditions()?,
            md5: told("md5Hash"),
            crc32c: told("crc32c"),
        };
        intent.hear(headers);
        Ok(intent)
    }

    /// Sums may come with any request of an upload.
    pub fn hear(&mut self, headers: &HeaderMap) {
        let hashes = header_text(headers, "x-goog-hash").unwrap_or_default();
        for hash in hashes.split(',') {
            match hash.trim().split_once('=') {
                Some(("md5", sum)) => self.md5 = Some(sum.to_owned()),
                Some(("crc32c", sum)) => self.crc32c = Some(sum.to_owned()),
                _ => {}
            }
        }
    }

    /// Whether the content is what was announced.
    pub fn check(&self, draft: &PendingObject) -> Result<(), Fault> {
        let differ = |announced: &Option<String>, sum: &str| {
            announced.as_ref().filter(|announced| *announced != sum).cloned()
        };
        if let Some(announced) = differ(&self.md5, &draft.md5()) {
            return Err(Fault::invalid(format!(
                "Provided MD5 hash \"{announced}\" doesn't match calculated MD5 hash \"{}\".",
                draft.md5()
            )));
        }
        if let Some(announced) = differ(&self.crc32c, &draft.crc32c()) {
            return Err(Fault::invalid(format!(
                "Provided CRC32C \"{announced}\" doesn't match calculated CRC32C \"{}\".",
                draft.crc32c()
            )));
        }
        Ok(())
    }
}

pub(super) async fn post(
    State(desk): State<Arc<Desk>>,
    Path(bucket): Path<String>,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    // Go's client sends the pieces by POST.
    if asked.text("upload_id").is_some() {
        return resumable::go_on(State(desk), asked, headers, body).await;
    }
    let bytes = to_bytes(body, LARGEST_BODY).await;
    let bytes = bytes.map_err(|error| Fault::invalid(format!("The body cannot be read: {error}")))?;
    desk.check_bucket(&bucket)?;
    let kind = header_text(&headers, "content-type");
    match asked
        .text("uploadType")
        .or_else(|| header_text(&headers, "x-goog-upload-protocol"))
    {
        Some("resumable") => {
            let about = said(&headers, &bytes)?;
            let kind = header_text(&headers, "x-upload-content-type");
            let intent = Intent::of(bucket, &asked, &headers, &about, kind)?;
            resumable::open(&desk, intent, &headers).await
        }
        Some("multipart") => {
            let Related {
                metadata,
                content_type,
                content,
            } = related(&headers, &bytes)?;
            let intent = Intent::of(bucket, &asked, &headers, &metadata, content_type.as_deref())?;
            whole(&desk, intent, &headers, content).await
        }
        Some("media") => {
            let intent = Intent::of(bucket, &asked, &headers, &Json::Null, kind)?;
            whole(&desk, intent, &headers, bytes).await
        }
        other => Err(Fault::invalid(format!(
            "Invalid upload type {}",
            other.unwrap_or_default()
        ))),
    }
}

async fn whole(desk: &Desk, intent: Intent, headers: &HeaderMap, content: Bytes) -> Result<Response, Fault> {
    let bucket = intent.bucket.clone();
    let record = store(desk, intent, content).await?;
    Ok(resource(headers, &bucket, &record))
}

/// A content that is there at once.
pub(super) async fn store(desk: &Desk, intent: Intent, content: Bytes) -> Result<ObjectMetadata, Fault> {
    let draft = desk
        .ask(move |buckets| {
            let mut draft = buckets.create_pending()?;
            draft.write_all(&content).map_err(BucketError::from)?;
            Ok(draft)
        })
        .await?;
    commit(desk, intent, draft).await
}

/// Makes a content an object.
pub(super) async fn commit(
    desk: &Desk,
    intent: Intent,
    draft: PendingObject,
) -> Result<ObjectMetadata, Fault> {
    intent.check(&draft)?;
    desk.ask(move |buckets| {
        let place = (intent.bucket.as_str(), intent.name.as_str());
        buckets.commit(draft, place, intent.fields, &intent.conditions)
    })
    .await
}
