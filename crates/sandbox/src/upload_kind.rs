//! What the body of a request to an upload address is. Storage, BigQuery and the limits on bodies
//! (`server/intake`) read it alike.

use crate::body::header_text;
use crate::params::Params;
use axum::http::HeaderMap;

/// What comes with an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UploadKind {
    /// The beginning of a resumable upload: JSON, no content yet.
    Resumable,
    /// A part of the content of a resumable upload. Go's client sends it by POST.
    Chunk,
    /// JSON and the content.
    Multipart,
    /// The content.
    Media,
    /// Another `uploadType`, or none.
    Unknown(String),
}

impl UploadKind {
    pub fn new(params: &Params, headers: &HeaderMap) -> Self {
        if params.text("upload_id").is_some() {
            return Self::Chunk;
        }
        let named = params
            .text("uploadType")
            .or_else(|| header_text(headers, "x-goog-upload-protocol"));
        match named {
            Some("resumable") => Self::Resumable,
            Some("multipart") => Self::Multipart,
            Some("media") => Self::Media,
            other => Self::Unknown(other.unwrap_or_default().to_owned()),
        }
    }
}
