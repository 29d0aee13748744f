//! Contents on their way to disk: a body is written as it comes, and never held whole.

use super::error::ApiError;
use axum::body::Body;
use futures_util::TryStreamExt;
use pipelines::bucket::{BucketError, PendingObject};
use std::io::Write;

/// Appends a chunk without its first `skip` bytes; returns the length of the whole chunk. When the body breaks off,
/// the bytes that arrived are kept.
pub(super) async fn append(pending: &mut PendingObject, body: Body, mut skip: u64) -> Result<u64, ApiError> {
    let mut frames = body.into_data_stream();
    let mut length = 0;
    while let Some(bytes) = frames
        .try_next()
        .await
        .map_err(|error| ApiError::invalid(format!("The body is incomplete: {error}")))?
    {
        let frame_length = bytes.len() as u64;
        let skipped = skip.min(frame_length);
        skip -= skipped;
        length += frame_length;
        let new = &bytes[usize::try_from(skipped).unwrap_or(bytes.len())..];
        pending.write_all(new).map_err(BucketError::from)?;
    }
    Ok(length)
}
