//! The tables collection.

use super::error::ApiError;
use super::label::LabelChange;
use super::precondition::IfMatch;
use super::response::{self, ApiResult};
use super::table_reference::check_table_id;
use super::value::boolean;
use super::{ApiState, anonymous, dataset, schema};
use crate::body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use googlesql::kind::name as type_name;
use googlesql::value::Column;
use googlesql::{QuerySettings, TableDescription, TableUpdate};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(super) type TablePath = Path<(String, String, String)>;

pub(super) async fn find(state: &ApiState, dataset: &str, table: &str) -> Result<TableDescription, ApiError> {
    check_table_id(table)?;
    let (wanted, name) = (dataset.to_owned(), table.to_owned());
    let result = anonymous::result_in(state, dataset, table);
    if let Some(found) = state
        .with_warehouse(move |warehouse| {
            if let Some(result) = result {
                result.write(warehouse, &wanted, &name)?;
            }
            warehouse.table(&wanted, &name)
        })
        .await?
    {
        return Ok(found);
    }
    // If the dataset is missing, that is the error.
    dataset::find(state, dataset).await?;
    let project = state.warehouse.project();
    Err(ApiError::not_found(format!(
        "Not found: Table {project}:{dataset}.{table}"
    )))
}

pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, table)): TablePath,
) -> ApiResult {
    state.check_table(&project, &dataset, &table)?;
    let found = find(&state, &dataset, &table).await?;
    Ok(axum::Json(resource(&state, &found)))
}

pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
    params: Params,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    dataset::find(&state, &dataset).await?;
    let wanted = dataset.clone();
    let tables = state
        .with_warehouse(move |warehouse| {
            let names = warehouse.tables(&wanted)?;
            let all = names.iter().map(|name| warehouse.table(&wanted, name));
            all.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let item = |table: &TableDescription| {
        let mut item = resource(&state, table);
        if let Some(fields) = item.as_object_mut() {
            let kept = [
                "kind",
                "id",
                "tableReference",
                "type",
                "creationTime",
                "view",
                "labels",
            ];
            fields.retain(|name, _| kept.contains(&name.as_str()));
        }
        item
    };
    let items: Vec<Json> = tables.iter().map(item).collect();
    let mut answer = response::list("bigquery#tableList", "tables", &items, &params.page()?);
    answer["totalItems"] = items.len().into();
    Ok(axum::Json(answer))
}

pub(super) async fn insert(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    state.check_dataset(&project, &dataset)?;
    let body = body::json(&headers, &bytes)?;
    let name = body["tableReference"]["tableId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    check_table_id(&name)?;
    let (sql, columns) = create_statement(&dataset, &name, &body)?;
    let labels = LabelChange::from_resource(&body)?;
    let table = name.clone();
    let into = dataset.clone();
    state
        .with_warehouse(move |warehouse| {
            warehouse.query(&sql, &QuerySettings::default())?;
            warehouse.update_table(&into, &table, |created| {
                Ok(TableUpdate {
                    columns,
                    labels: labels.apply(&created.labels)?,
                })
            })
        })
        .await?;
    let created = find(&state, &dataset, &name).await?;
    Ok(axum::Json(resource(&state, &created)))
}

/// The statement that creates a table or view, and a table's columns with their descriptions.
fn create_statement(
    dataset: &str,
    name: &str,
    body: &Json,
) -> Result<(String, Option<Vec<Column>>), ApiError> {
    if let Some(query) = body["view"]["query"].as_str() {
        if boolean(&body["view"]["useLegacySql"]) != Some(false) {
            return Err(ApiError::new(
                "notImplemented",
                "A view in legacy SQL is not supported by the sandbox",
            ));
        }
        return Ok((format!("CREATE VIEW `{dataset}`.`{name}` AS {query}"), None));
    }
    let fields = body["schema"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
    if fields.is_empty() {
        let message = "A table without a schema is not supported by the sandbox";
        return Err(ApiError::new("notImplemented", message));
    }
    let columns: Vec<Column> = schema::columns(fields)?;
    let definition = |column: &Column| {
        let required = if column.nullable { "" } else { " NOT NULL" };
        format!("`{}` {}{required}", column.name, type_name(&column.kind))
    };
    let definitions: Vec<_> = columns.iter().map(definition).collect();
    let sql = format!("CREATE TABLE `{dataset}`.`{name}` ({})", definitions.join(", "));
    Ok((sql, Some(columns)))
}

/// Adds columns to a table, describes columns, and merges labels.
pub(super) async fn patch(
    state: State<Arc<ApiState>>,
    path: TablePath,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = body::json(&headers, &bytes)?;
    let labels = LabelChange::from_patch(&body)?;
    change(state, path, &headers, &body, labels).await
}

/// As [`patch()`], and the labels of the body are all that the table has afterwards.
pub(super) async fn update(
    state: State<Arc<ApiState>>,
    path: TablePath,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    let body = body::json(&headers, &bytes)?;
    let labels = LabelChange::from_resource(&body)?;
    change(state, path, &headers, &body, labels).await
}

/// Changes a table if it still has the etag of `If-Match`.
async fn change(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, table)): TablePath,
    headers: &HeaderMap,
    body: &Json,
    labels: LabelChange,
) -> ApiResult {
    state.check_table(&project, &dataset, &table)?;
    check_table_id(&table)?;
    let fields = body["schema"]["fields"].as_array();
    let columns = fields.map(|fields| schema::columns(fields)).transpose()?;
    let condition = IfMatch::from_headers(headers);
    let (into, name, sees) = (dataset.clone(), table.clone(), Arc::clone(&state));
    let changed = state
        .with_warehouse(move |warehouse| {
            warehouse.update_table(&into, &name, |found| {
                condition.check(&etag(&sees, found))?;
                Ok(TableUpdate {
                    columns: columns.filter(|_| found.view.is_none()),
                    labels: labels.apply(&found.labels)?,
                })
            })
        })
        .await?;
    let changed = match changed {
        Some(changed) => changed,
        None => find(&state, &dataset, &table).await?,
    };
    Ok(axum::Json(resource(&state, &changed)))
}

fn etag(state: &ApiState, table: &TableDescription) -> String {
    resource(state, table)["etag"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, table)): TablePath,
) -> Result<StatusCode, ApiError> {
    state.check_table(&project, &dataset, &table)?;
    let found = find(&state, &dataset, &table).await?;
    let what = if found.view.is_some() { "VIEW" } else { "TABLE" };
    let sql = format!("DROP {what} `{dataset}`.`{table}`");
    state
        .with_warehouse(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn resource(state: &ApiState, table: &TableDescription) -> Json {
    let project = state.warehouse.project();
    let (dataset, name) = (&table.dataset, &table.name);
    let mut resource = json!({
        "kind": "bigquery#table",
        "id": format!("{project}:{dataset}.{name}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{name}"),
        "tableReference": {"projectId": project, "datasetId": dataset, "tableId": name},
        "schema": schema::to_json(&table.columns),
        "type": if table.view.is_some() { "VIEW" } else { "TABLE" },
        "numRows": table.rows.to_string(),
        "numBytes": "0",
        "creationTime": table.created.to_string(),
        "lastModifiedTime": table.modified.to_string(),
        "location": state.warehouse.location(),
    });
    if let Some(query) = &table.view {
        resource["view"] = json!({"query": query, "useLegacySql": false});
    }
    if let Some(description) = &table.description {
        resource["description"] = description.as_str().into();
    }
    if !table.labels.is_empty() {
        resource["labels"] = json!(table.labels);
    }
    resource["etag"] = response::etag(&resource).into();
    resource
}
