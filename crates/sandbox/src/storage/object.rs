//! The objects collection, except lists and uploads: get, patch, update, delete, copy, rewrite, move, compose.

use super::error::ApiError;
use super::{ApiState, json_body, media, resource};
use crate::body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::{BucketError, Conditions, Fields, ObjectMetadata, object_name_error};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// How many objects one compose request may have.
const MAX_SOURCES: usize = 32;

type ApiResult = Result<Response, ApiError>;

/// Bucket and name.
type ObjectPath = (String, String);

/// Bucket and name of the source, bucket and name of the copy.
type CopyPath = (String, String, String, String);

pub(super) async fn get(
    state: State<Arc<ApiState>>,
    Path((bucket, name)): Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
) -> Response {
    if params.text("alt") == Some("media") {
        return media::get(state, Path((bucket, name)), params, headers).await;
    }
    metadata(&state.0, (bucket, name), &params, &headers)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn metadata(
    state: &ApiState,
    (bucket, name): ObjectPath,
    params: &Params,
    headers: &HeaderMap,
) -> ApiResult {
    state.check_bucket(&bucket)?;
    let conditions = params.conditions()?;
    let id = bucket.clone();
    let found = state.with_buckets(move |buckets| {
        let found = buckets.object(&bucket, &name)?;
        conditions
            .check_existing((&bucket, &name), found.as_ref())
            .cloned()
    });
    Ok(resource::object_response(headers, &id, &found.await?))
}

pub(super) async fn patch(
    state: State<Arc<ApiState>>,
    path: Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = json_body(&headers, &bytes)?;
    check_fields(&body)?;
    edit(state, path, params, headers, move |fields| {
        resource::patch(fields, &body, &resource::OBJECT_FIELDS);
    })
    .await
}

pub(super) async fn update(
    state: State<Arc<ApiState>>,
    path: Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = json_body(&headers, &bytes)?;
    check_fields(&body)?;
    let new = resource::writable_fields(&body, &resource::OBJECT_FIELDS);
    edit(state, path, params, headers, move |fields| *fields = new).await
}

async fn edit(
    State(state): State<Arc<ApiState>>,
    Path((bucket, name)): Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
    change: impl FnOnce(&mut Fields) + Send + 'static,
) -> ApiResult {
    state.check_bucket(&bucket)?;
    let conditions = params.conditions()?;
    let id = bucket.clone();
    let edited = state.with_buckets(move |buckets| buckets.update((&bucket, &name), &conditions, change));
    Ok(resource::object_response(&headers, &id, &edited.await?))
}

/// The most bytes of an object's own metadata, keys and values together (cloud.google.com/storage/quotas).
const MAX_METADATA: usize = 8 << 10;

/// Refuses fields that the sandbox does not support, and too many of them.
pub(super) fn check_fields(body: &Json) -> Result<(), ApiError> {
    let is_held =
        body["temporaryHold"] == true || body["eventBasedHold"] == true || body["retention"].is_object();
    if is_held {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "notImplemented",
            "Holds and retention are not supported by the sandbox",
        ));
    }
    let metadata = body["metadata"].as_object().into_iter().flatten();
    if metadata
        .into_iter()
        .any(|(_, value)| !value.is_string() && !value.is_null())
    {
        return Err(ApiError::invalid("Metadata values must be strings"));
    }
    let size: usize = body["metadata"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > MAX_METADATA {
        let text = format!("The custom metadata of an object has at most {MAX_METADATA} bytes.");
        return Err(ApiError::invalid(text));
    }
    Ok(())
}

pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path((bucket, name)): Path<ObjectPath>,
    params: Params,
) -> ApiResult {
    state.check_bucket(&bucket)?;
    let conditions = params.conditions()?;
    let removed = state.with_buckets(move |buckets| buckets.remove((&bucket, &name), &conditions));
    removed.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn copy(
    State(state): State<Arc<ApiState>>,
    Path(path): Path<CopyPath>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let bucket = path.2.clone();
    let record = copy_object(&state, path, &params, &headers, &bytes).await?;
    Ok(resource::object_response(&headers, &bucket, &record))
}

/// A copy that reports its progress; here it is done at once.
pub(super) async fn rewrite(
    State(state): State<Arc<ApiState>>,
    Path(path): Path<CopyPath>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let bucket = path.2.clone();
    let record = copy_object(&state, path, &params, &headers, &bytes).await?;
    let size = record.size.to_string();
    Ok(resource::json(&json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": size,
        "objectSize": size,
        "done": true,
        "resource": resource::object(&body::base_url(&headers), &bucket, &record),
    })))
}

async fn copy_object(
    state: &ApiState,
    (from_bucket, from, to_bucket, to): CopyPath,
    params: &Params,
    headers: &HeaderMap,
    bytes: &Bytes,
) -> Result<ObjectMetadata, ApiError> {
    state.check_bucket(&from_bucket)?;
    state.check_bucket(&to_bucket)?;
    if let Some(error) = object_name_error(&to) {
        return Err(ApiError::invalid(error));
    }
    let (source, target) = (params.source_conditions()?, params.target_conditions()?);
    let body = json_body(headers, bytes)?;
    check_fields(&body)?;
    // An empty body leaves the metadata unchanged.
    let fields =
        Some(resource::writable_fields(&body, &resource::OBJECT_FIELDS)).filter(|fields| !fields.is_empty());
    state
        .with_buckets(move |buckets| {
            let current = buckets.object(&from_bucket, &from)?;
            source.check_existing((&from_bucket, &from), current.as_ref())?;
            buckets.copy_object((&from_bucket, &from), (&to_bucket, &to), fields, &target)
        })
        .await
}

pub(super) async fn move_to(
    State(state): State<Arc<ApiState>>,
    Path((bucket, from, to)): Path<(String, String, String)>,
    params: Params,
    headers: HeaderMap,
) -> ApiResult {
    let path = (bucket.clone(), from.clone(), bucket.clone(), to);
    let record = copy_object(&state, path, &params, &headers, &Bytes::new()).await?;
    if record.name != from {
        let id = bucket.clone();
        state
            .with_buckets(move |buckets| buckets.remove((&id, &from), &Conditions::default()))
            .await?;
    }
    Ok(resource::object_response(&headers, &bucket, &record))
}

pub(super) async fn compose(
    State(state): State<Arc<ApiState>>,
    Path((bucket, name)): Path<ObjectPath>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    state.check_bucket(&bucket)?;
    if let Some(error) = object_name_error(&name) {
        return Err(ApiError::invalid(error));
    }
    let body = json_body(&headers, &bytes)?;
    check_fields(&body["destination"])?;
    let sources = sources(&body)?;
    let fields = resource::writable_fields(&body["destination"], &resource::OBJECT_FIELDS);
    let conditions = params.target_conditions()?;
    let id = bucket.clone();
    let composed = state.with_buckets(move |buckets| -> Result<ObjectMetadata, BucketError> {
        buckets.compose(&sources, (&bucket, &name), fields, &conditions)
    });
    Ok(resource::object_response(&headers, &id, &composed.await?))
}

fn sources(body: &Json) -> Result<Vec<(String, Conditions)>, ApiError> {
    let list = body["sourceObjects"].as_array().cloned().unwrap_or_default();
    if list.is_empty() {
        return Err(ApiError::required(
            "You must provide at least one source component.",
        ));
    }
    if list.len() > MAX_SOURCES {
        return Err(ApiError::invalid(format!(
            "The number of source components provided ({}) exceeds the maximum ({MAX_SOURCES})",
            list.len()
        )));
    }
    // 64-bit integers are text in JSON.
    let number = |value: &Json| value.as_i64().or_else(|| value.as_str()?.parse().ok());
    let source = |source: &Json| {
        let name = source["name"]
            .as_str()
            .ok_or_else(|| ApiError::required("Required"))?;
        let conditions = Conditions {
            generation: number(&source["generation"]),
            generation_match: number(&source["objectPreconditions"]["ifGenerationMatch"]),
            ..Conditions::default()
        };
        Ok((name.to_owned(), conditions))
    };
    list.iter().map(source).collect()
}
