//! The object of an upload before its content is complete, and how it becomes an object.

use super::ApiState;
use super::content::append;
use super::error::ApiError;
use super::object::check_fields;
use super::resource;
use crate::body::header_text;
use crate::params::Params;
use axum::body::Body;
use axum::http::HeaderMap;
use pipelines::bucket::{Conditions, Fields, ObjectMetadata, PendingObject, object_name_error};
use serde_json::Value as Json;

/// An object to be written.
#[derive(Clone, Debug)]
pub(super) struct UploadRequest {
    pub bucket: String,
    pub name: String,
    pub fields: Fields,
    pub conditions: Conditions,
    md5: Option<String>,
    crc32c: Option<String>,
}

impl UploadRequest {
    /// From the parameters, the metadata and the headers; `content_type` is that of the content.
    pub fn new(
        bucket: String,
        params: &Params,
        headers: &HeaderMap,
        metadata: &Json,
        content_type: Option<&str>,
    ) -> Result<Self, ApiError> {
        check_fields(metadata)?;
        let name = metadata["name"].as_str().or_else(|| params.text("name"));
        let name = name.ok_or_else(|| ApiError::required("Required"))?.to_owned();
        if let Some(error) = object_name_error(&name) {
            return Err(ApiError::invalid(error));
        }
        let mut fields = resource::writable_fields(metadata, &resource::OBJECT_FIELDS);
        if let Some(encoding) = params.text("contentEncoding") {
            fields.insert("contentEncoding".into(), encoding.into());
        }
        fields
            .entry("contentType")
            .or_insert_with(|| content_type.unwrap_or("application/octet-stream").into());
        let text = |field: &str| metadata[field].as_str().map(str::to_owned);
        let mut request = Self {
            bucket,
            name,
            fields,
            conditions: params.target_conditions()?,
            md5: text("md5Hash"),
            crc32c: text("crc32c"),
        };
        request.read_hashes(headers);
        Ok(request)
    }

    /// Reads `x-goog-hash`, which may come with any request of an upload.
    pub fn read_hashes(&mut self, headers: &HeaderMap) {
        let hashes = header_text(headers, "x-goog-hash").unwrap_or_default();
        for hash in hashes.split(',') {
            match hash.trim().split_once('=') {
                Some(("md5", hash)) => self.md5 = Some(hash.to_owned()),
                Some(("crc32c", hash)) => self.crc32c = Some(hash.to_owned()),
                _ => {}
            }
        }
    }

    /// Compares the content with the hashes that the client sent.
    fn check(&self, pending: &PendingObject) -> Result<(), ApiError> {
        let mismatch = |provided: &Option<String>, calculated: &str| {
            provided
                .as_ref()
                .filter(|provided| *provided != calculated)
                .cloned()
        };
        if let Some(provided) = mismatch(&self.md5, &pending.md5()) {
            return Err(ApiError::invalid(format!(
                "Provided MD5 hash \"{provided}\" doesn't match calculated MD5 hash \"{}\".",
                pending.md5()
            )));
        }
        if let Some(provided) = mismatch(&self.crc32c, &pending.crc32c()) {
            return Err(ApiError::invalid(format!(
                "Provided CRC32C \"{provided}\" doesn't match calculated CRC32C \"{}\".",
                pending.crc32c()
            )));
        }
        Ok(())
    }

    /// Writes a content as it comes, and makes it the object when it is complete.
    pub async fn store(self, state: &ApiState, content: Body) -> Result<ObjectMetadata, ApiError> {
        let mut pending = state
            .with_buckets(|buckets| Ok(buckets.create_pending()?))
            .await?;
        append(&mut pending, content, 0).await?;
        self.commit(state, pending).await
    }

    /// Makes a complete content the object.
    pub async fn commit(self, state: &ApiState, pending: PendingObject) -> Result<ObjectMetadata, ApiError> {
        self.check(&pending)?;
        state
            .with_buckets(move |buckets| {
                let path = (self.bucket.as_str(), self.name.as_str());
                buckets.commit(pending, path, self.fields, &self.conditions)
            })
            .await
    }
}
