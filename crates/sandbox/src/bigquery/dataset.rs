//! The datasets collection.

use super::Desk;
use super::asked::Asked;
use super::fault::Fault;
use super::job_api::{Answer, body, etag, listed};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use googlesql::{DatasetDescription, QuerySettings, Warehouse};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Somebody else's dataset is neither there nor not there.
pub(super) fn check(desk: &Desk, project: &str, dataset: &str) -> Result<(), Fault> {
    desk.check_project(project, || {
        format!(
            "Access Denied: Dataset {project}:{dataset}: Permission bigquery.datasets.get denied on dataset \
             {project}:{dataset} (or it may not exist)."
        )
    })
}

/// Whether an id is letters, digits and underscores.
fn is_legal(id: &str) -> bool {
    !id.is_empty() && id.len() <= 1_024 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) async fn list(State(desk): State<Arc<Desk>>, Path(project): Path<String>, asked: Asked) -> Answer {
    desk.check_project(&project, || {
        format!(
            "Access Denied: Project {project}: User does not have bigquery.datasets.list permission in project {project}."
        )
    })?;
    let names = desk.ask(Warehouse::datasets).await?;
    let location = desk.warehouse.location();
    let item = |name: &String| {
        json!({
            "kind": "bigquery#dataset",
            "id": format!("{project}:{name}"),
            "datasetReference": {"projectId": project, "datasetId": name},
            "location": location,
        })
    };
    let items: Vec<Json> = names.iter().map(item).collect();
    Ok(axum::Json(listed(
        "bigquery#datasetList",
        "datasets",
        &items,
        &asked.page()?,
    )))
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset)): Path<(String, String)>,
) -> Answer {
    check(&desk, &project, &dataset)?;
    find(&desk, &dataset)
        .await
        .map(|found| axum::Json(resource(&desk, &found)))
}

pub(super) async fn insert(
    State(desk): State<Arc<Desk>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = body(&headers, &bytes)?;
    let name = body["datasetReference"]["datasetId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    check(&desk, &project, &name)?;
    if !is_legal(&name) {
        return Err(Fault::invalid(format!(
            "Invalid dataset ID \"{name}\". Dataset IDs must be alphanumeric (plus underscores) and must be at \
             most 1024 characters long."
        )));
    }
    let wanted = body["location"].as_str().unwrap_or(desk.warehouse.location());
    if !wanted.eq_ignore_ascii_case(desk.warehouse.location()) {
        let only = desk.warehouse.location();
        return Err(Fault::invalid(format!(
            "Location {wanted} is not supported by the sandbox: everything here is in {only}"
        )));
    }
    let sql = format!("CREATE SCHEMA `{name}`");
    desk.ask(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    find(&desk, &name)
        .await
        .map(|found| axum::Json(resource(&desk, &found)))
}

/// Removes a dataset; what is in it only with `deleteContents`.
pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset)): Path<(String, String)>,
    asked: Asked,
) -> Result<StatusCode, Fault> {
    check(&desk, &project, &dataset)?;
    find(&desk, &dataset).await?;
    let contents = asked
        .text("deleteContents")
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    desk.ask(move |warehouse| warehouse.drop_dataset(&dataset, contents))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes what the sandbox keeps of a dataset: nothing but its name, so anything else is refused.
pub(super) async fn patch(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    check(&desk, &project, &dataset)?;
    let found = find(&desk, &dataset).await?;
    let kept = [
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
    let body = body(&headers, &bytes)?;
    let is_set = |value: &Json| !value.is_null() && value != "" && value != &json!({}) && value != &json!([]);
    let fields = body.as_object().into_iter().flatten();
    if let Some((name, _)) = fields
        .into_iter()
        .find(|(name, value)| !kept.contains(&name.as_str()) && is_set(value))
    {
        return Err(Fault::new(
            "notImplemented",
            format!("{name} of a dataset is not supported by the sandbox"),
        ));
    }
    Ok(axum::Json(resource(&desk, &found)))
}

/// `projects.list`: the one there is.
pub(super) async fn projects(State(desk): State<Arc<Desk>>) -> Answer {
    let project = desk.warehouse.project();
    let item = json!({
        "kind": "bigquery#project", "id": project, "numericId": "1",
        "projectReference": {"projectId": project}, "friendlyName": project,
    });
    let mut answer = listed(
        "bigquery#projectList",
        "projects",
        &[item],
        &super::asked::Page::default(),
    );
    answer["totalItems"] = 1.into();
    Ok(axum::Json(answer))
}

/// The dataset, or the 404 that names it.
pub(super) async fn find(desk: &Desk, name: &str) -> Result<DatasetDescription, Fault> {
    let wanted = name.to_owned();
    let found = desk.ask(move |warehouse| warehouse.dataset(&wanted)).await?;
    let project = desk.warehouse.project();
    found.ok_or_else(|| Fault::not_found(format!("Not found: Dataset {project}:{name}")))
}

fn resource(desk: &Desk, dataset: &DatasetDescription) -> Json {
    let (project, name) = (desk.warehouse.project(), &dataset.name);
    let mut resource = json!({
        "kind": "bigquery#dataset",
        "id": format!("{project}:{name}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/datasets/{name}"),
        "datasetReference": {"projectId": project, "datasetId": name},
        "location": desk.warehouse.location(),
        "creationTime": dataset.created.to_string(),
        "lastModifiedTime": dataset.created.to_string(),
        "type": "DEFAULT",
    });
    resource["etag"] = etag(&resource).into();
    resource
}
