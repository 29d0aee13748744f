//! objects.insert: media and multipart uploads, and the start of resumable ones (`storage/resumable.rs`).

use super::error::ApiError;
use super::upload_request::UploadRequest;
use super::{ApiState, json_body, resource, resumable};
use crate::body::{Related, header_text, related};
use crate::params::Params;
use crate::upload_kind::UploadKind;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value as Json;
use std::sync::Arc;

pub(super) async fn post(
    State(state): State<Arc<ApiState>>,
    Path(bucket): Path<String>,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let content_type = header_text(&headers, "content-type");
    let id = bucket.clone();
    let record = match UploadKind::new(&params, &headers) {
        UploadKind::Chunk => return resumable::resume(State(state), params, headers, body).await,
        UploadKind::Resumable => {
            let bytes = whole(body).await?;
            state.check_bucket(&bucket)?;
            let metadata = json_body(&headers, &bytes)?;
            let content_type = header_text(&headers, "x-upload-content-type");
            let request = UploadRequest::new(bucket, &params, &headers, &metadata, content_type)?;
            return resumable::begin(&state, request, &headers).await;
        }
        UploadKind::Multipart => {
            let bytes = whole(body).await?;
            state.check_bucket(&bucket)?;
            let Related {
                metadata,
                content_type,
                content,
            } = related(&headers, &bytes)?;
            let content_type = content_type.as_deref();
            let request = UploadRequest::new(bucket, &params, &headers, &metadata, content_type)?;
            request.store(&state, Body::from(content)).await?
        }
        UploadKind::Media => {
            state.check_bucket(&bucket)?;
            let request = UploadRequest::new(bucket, &params, &headers, &Json::Null, content_type)?;
            request.store(&state, body).await?
        }
        UploadKind::Unknown(other) => {
            return Err(ApiError::invalid(format!("Invalid upload type {other}")));
        }
    };
    Ok(resource::object_response(&headers, &id, &record))
}

/// The whole body, which was bounded on its way in.
async fn whole(body: Body) -> Result<Bytes, ApiError> {
    let bytes = to_bytes(body, usize::MAX).await;
    bytes.map_err(|error| ApiError::invalid(format!("The body cannot be read: {error}")))
}
