//! The buckets collection: list, get, insert, patch, update, delete, and the IAM policy, which has no effect.

use super::error::ApiError;
use super::{ApiState, json_body, resource};
use crate::body;
use crate::params::Params;
use crate::resource_names::{ResourceNames, with_sandbox_notice};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use pipelines::bucket::{BucketError, Conditions, Fields, bucket_name_error};
use serde_json::{Value as Json, json};
use std::io::ErrorKind;
use std::sync::Arc;

type ApiResult = Result<Response, ApiError>;

/// Refuses another project than the sandbox's own, which also has a number; Python's client writes `<none>` if it has none.
fn check_project(params: &Params, permission: &str) -> Result<(), ApiError> {
    let project = params
        .text("project")
        .ok_or_else(|| ApiError::required("Required parameter: project"))?;
    if project == ResourceNames::default().project || matches!(project, "1" | "<none>") {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        with_sandbox_notice(&format!(
            "The caller does not have {permission} access to the Google Cloud project. Permission '{permission}' denied on \
             resource (or it may not exist)."
        )),
    ))
}

pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    params: Params,
    headers: HeaderMap,
) -> ApiResult {
    check_project(&params, "storage.buckets.list")?;
    let prefix = params.text("prefix").unwrap_or_default().to_owned();
    let max = super::list::max_results(&params)?;
    let after = super::list::last_name(&params)?;
    let (found, more) = state
        .with_buckets(move |buckets| {
            let is_listed =
                |name: &String| name.starts_with(&prefix) && after.as_ref().is_none_or(|after| name > after);
            let mut names = buckets.bucket_names().into_iter().filter(is_listed);
            let mut found = Vec::new();
            for name in names.by_ref().take(max) {
                found.extend(buckets.bucket(&name)?);
            }
            Ok((found, names.next().is_some()))
        })
        .await?;
    let mut answer = json!({"kind": "storage#buckets"});
    if let Some(last) = found.last().filter(|_| more) {
        answer["nextPageToken"] = super::list::token(&last.name).into();
    }
    let base_url = body::base_url(&headers);
    let items: Vec<Json> = found
        .iter()
        .map(|bucket| resource::bucket(&base_url, bucket))
        .collect();
    if !items.is_empty() {
        answer["items"] = items.into();
    }
    Ok(resource::json(&answer))
}

pub(super) async fn insert(
    State(state): State<Arc<ApiState>>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    check_project(&params, "storage.buckets.create")?;
    let body = json_body(&headers, &bytes)?;
    let name = body["name"]
        .as_str()
        .ok_or_else(|| ApiError::required("Required"))?
        .to_owned();
    if let Some(error) = bucket_name_error(&name) {
        return Err(ApiError::invalid(error));
    }
    let fields = fields(&body)?;
    let created = state
        .with_buckets(move |buckets| match buckets.create_bucket(&name, fields) {
            Ok(bucket) => Ok(Some(bucket)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error.into()),
        })
        .await?;
    let bucket = created.ok_or_else(|| {
        ApiError::conflict(
            "Your previous request to create the named bucket succeeded and you already own it.",
        )
    })?;
    Ok(resource::json(&resource::bucket(
        &body::base_url(&headers),
        &bucket,
    )))
}

/// The fields that a body sets. Refuses what the sandbox does not support.
fn fields(body: &Json) -> Result<Fields, ApiError> {
    if body["versioning"]["enabled"] == true {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "notImplemented",
            "Object versioning is not supported by the sandbox: it keeps the live generation only",
        ));
    }
    Ok(resource::writable_fields(body, &resource::BUCKET_FIELDS))
}

pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> ApiResult {
    let conditions = params.conditions()?;
    let found = state.with_buckets(move |buckets| {
        let found = buckets.bucket(&name)?;
        if let Some(bucket) = &found {
            bucket.check(&conditions)?;
        }
        Ok(found)
    });
    let bucket = found.await?.ok_or_else(ApiError::no_bucket)?;
    Ok(resource::json(&resource::bucket(
        &body::base_url(&headers),
        &bucket,
    )))
}

pub(super) async fn patch(
    state: State<Arc<ApiState>>,
    path: Path<String>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = json_body(&headers, &bytes)?;
    fields(&body)?;
    edit(state, path, params, headers, move |fields| {
        resource::patch(fields, &body, &resource::BUCKET_FIELDS);
    })
    .await
}

pub(super) async fn update(
    state: State<Arc<ApiState>>,
    path: Path<String>,
    params: Params,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let new = fields(&json_body(&headers, &bytes)?)?;
    edit(state, path, params, headers, move |fields| {
        // An update changes neither the location nor the policy.
        let kept = ["location", "iam"].map(|name| (name, fields.remove(name)));
        *fields = new;
        for (name, value) in kept {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
    })
    .await
}

async fn edit(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
    params: Params,
    headers: HeaderMap,
    change: impl FnOnce(&mut Fields) + Send + 'static,
) -> ApiResult {
    let conditions = params.conditions()?;
    let edited = state.with_buckets(move |buckets| buckets.update_bucket(&name, &conditions, change));
    let bucket = edited.await?.ok_or_else(ApiError::no_bucket)?;
    Ok(resource::json(&resource::bucket(
        &body::base_url(&headers),
        &bucket,
    )))
}

pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
    params: Params,
) -> ApiResult {
    let conditions = params.conditions()?;
    let outcome = state.with_buckets(move |buckets| match buckets.remove_bucket(&name, &conditions) {
        Err(BucketError::Io(error)) => match error.kind() {
            ErrorKind::NotFound => Ok(Some(ApiError::no_bucket())),
            ErrorKind::DirectoryNotEmpty => Ok(Some(ApiError::conflict(
                "The bucket you tried to delete is not empty.",
            ))),
            _ => Err(error.into()),
        },
        other => other.map(|()| None),
    });
    match outcome.await? {
        Some(error) => Err(error),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// The IAM policy that was set. It has no effect.
pub(super) async fn policy(State(state): State<Arc<ApiState>>, Path(name): Path<String>) -> ApiResult {
    let id = name.clone();
    let found = state.with_buckets(move |buckets| Ok(buckets.bucket(&name)?));
    let bucket = found.await?.ok_or_else(ApiError::no_bucket)?;
    Ok(resource::json(&shown_policy(&id, bucket.fields.get("iam"))))
}

pub(super) async fn set_policy(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = json_body(&headers, &bytes)?;
    let id = name.clone();
    let edited = state.with_buckets(move |buckets| {
        buckets.update_bucket(&name, &Conditions::default(), |fields| {
            fields.insert(
                "iam".into(),
                resource::writable_fields(&body, &["version", "bindings"]).into(),
            );
        })
    });
    let bucket = edited.await?.ok_or_else(ApiError::no_bucket)?;
    Ok(resource::json(&shown_policy(&id, bucket.fields.get("iam"))))
}

fn shown_policy(bucket: &str, policy: Option<&Json>) -> Json {
    let mut shown = json!({
        "kind": "storage#policy",
        "resourceId": format!("projects/_/buckets/{bucket}"),
        "version": 1,
        "etag": "CAE=",
        "bindings": [],
    });
    for (name, value) in policy.and_then(Json::as_object).into_iter().flatten() {
        shown[name] = value.clone();
    }
    shown
}

/// All permissions that the request asks for.
pub(super) async fn permissions(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
    params: Params,
) -> ApiResult {
    state.check_bucket(&name)?;
    let all: Vec<&str> = params.all("permissions").collect();
    Ok(resource::json(
        &json!({"kind": "storage#testIamPermissionsResponse", "permissions": all}),
    ))
}

/// The layout: without a hierarchical namespace.
pub(super) async fn layout(State(state): State<Arc<ApiState>>, Path(name): Path<String>) -> ApiResult {
    let found = state.with_buckets(move |buckets| Ok(buckets.bucket(&name)?));
    let bucket = resource::bucket("", &found.await?.ok_or_else(ApiError::no_bucket)?);
    Ok(resource::json(&json!({
        "kind": "storage#storageLayout", "bucket": bucket["name"], "location": bucket["location"],
        "locationType": bucket["locationType"], "hierarchicalNamespace": {"enabled": false},
    })))
}

/// No managed folders. gcloud asks for them before it deletes a bucket.
pub(super) async fn managed_folders(
    State(state): State<Arc<ApiState>>,
    Path(name): Path<String>,
) -> ApiResult {
    state.check_bucket(&name)?;
    Ok(resource::json(&json!({"kind": "storage#managedFolders"})))
}
