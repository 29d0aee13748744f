//! The datasets collection.

use super::ApiState;
use super::error::ApiError;
use super::params::Page;
use super::response::{self, ApiResult};
use crate::body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use googlesql::{DatasetDescription, QuerySettings, Warehouse};
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn is_legal_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 1_024 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    params: Params,
) -> ApiResult {
    state.check_datasets(&project)?;
    let mut datasets = state.with_warehouse(Warehouse::datasets).await?;
    let with_hidden = params.is_true("all");
    datasets.retain(|dataset| with_hidden || !dataset.is_hidden());
    let location = state.warehouse.location();
    let item = |DatasetDescription { name, .. }: &DatasetDescription| {
        json!({
            "kind": "bigquery#dataset",
            "id": format!("{project}:{name}"),
            "datasetReference": {"projectId": project, "datasetId": name},
            "location": location,
        })
    };
    let items: Vec<Json> = datasets.iter().map(item).collect();
    Ok(axum::Json(response::list(
        "bigquery#datasetList",
        "datasets",
        &items,
        &params.page()?,
    )))
}

pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    find(&state, &dataset)
        .await
        .map(|found| axum::Json(resource(&state, &found)))
}

pub(super) async fn insert(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = body::json(&headers, &bytes)?;
    let name = body["datasetReference"]["datasetId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    state.check_dataset(&project, &name)?;
    if !is_legal_id(&name) {
        return Err(ApiError::invalid(format!(
            "Invalid dataset ID \"{name}\". Dataset IDs must be alphanumeric (plus underscores) and must be at \
             most 1024 characters long."
        )));
    }
    let wanted = body["location"].as_str().unwrap_or(state.warehouse.location());
    if !wanted.eq_ignore_ascii_case(state.warehouse.location()) {
        let only = state.warehouse.location();
        return Err(ApiError::invalid(format!(
            "Location {wanted} is not supported by the sandbox: everything here is in {only}"
        )));
    }
    let sql = format!("CREATE SCHEMA `{name}`");
    state
        .with_warehouse(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    find(&state, &name)
        .await
        .map(|found| axum::Json(resource(&state, &found)))
}

/// Deletes a dataset; one with tables only with `deleteContents`.
pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    state.check_dataset(&project, &dataset)?;
    find(&state, &dataset).await?;
    let contents = params.is_true("deleteContents");
    state
        .with_warehouse(move |warehouse| warehouse.drop_dataset(&dataset, contents))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The sandbox stores only the name of a dataset, so it refuses every other field that is set.
pub(super) async fn patch(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    let found = find(&state, &dataset).await?;
    let ignored = [
        "kind",
        "id",
        "selfLink",
        "datasetReference",
        "location",
        "etag",
        "type",
        "creationTime",
        "lastModifiedTime",
    ];
    let body = body::json(&headers, &bytes)?;
    let is_set = |value: &Json| !value.is_null() && value != "" && value != &json!({}) && value != &json!([]);
    let fields = body.as_object().into_iter().flatten();
    if let Some((name, _)) = fields
        .into_iter()
        .find(|(name, value)| !ignored.contains(&name.as_str()) && is_set(value))
    {
        let message = format!("{name} of a dataset is not supported by the sandbox");
        return Err(ApiError::new("notImplemented", message));
    }
    Ok(axum::Json(resource(&state, &found)))
}

/// projects.list, with the only project.
pub(super) async fn projects(State(state): State<Arc<ApiState>>) -> ApiResult {
    let project = state.warehouse.project();
    let item = json!({
        "kind": "bigquery#project", "id": project, "numericId": "1",
        "projectReference": {"projectId": project}, "friendlyName": project,
    });
    let mut answer = response::list("bigquery#projectList", "projects", &[item], &Page::default());
    answer["totalItems"] = 1.into();
    Ok(axum::Json(answer))
}

/// The dataset, or a 404 with its name.
pub(super) async fn find(state: &ApiState, name: &str) -> Result<DatasetDescription, ApiError> {
    let wanted = name.to_owned();
    let found = state
        .with_warehouse(move |warehouse| warehouse.dataset(&wanted))
        .await?;
    let project = state.warehouse.project();
    found.ok_or_else(|| ApiError::not_found(format!("Not found: Dataset {project}:{name}")))
}

fn resource(state: &ApiState, dataset: &DatasetDescription) -> Json {
    let (project, name) = (state.warehouse.project(), &dataset.name);
    let mut resource = json!({
        "kind": "bigquery#dataset",
        "id": format!("{project}:{name}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/datasets/{name}"),
        "datasetReference": {"projectId": project, "datasetId": name},
        "location": state.warehouse.location(),
        "creationTime": dataset.created.to_string(),
        "lastModifiedTime": dataset.created.to_string(),
        "type": "DEFAULT",
    });
    resource["etag"] = response::etag(&resource).into();
    resource
}
