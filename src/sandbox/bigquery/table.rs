//! The tables collection and tabledata.list.

use super::asked::{Asked, Page};
use super::fault::Fault;
use super::job_api::{Answer, body, etag, listed};
use super::{Desk, dataset, query};
use crate::sandbox::bigquery::encode;
use crate::sandbox::value::Value;
use crate::sandbox::warehouse::kind::from_name;
use crate::sandbox::warehouse::{QuerySettings, TableDescription};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};
use std::sync::Arc;

type Named = Path<(String, String, String)>;

fn check(desk: &Desk, project: &str, dataset: &str, table: &str) -> Result<(), Fault> {
    desk.check_project(project, || {
        format!(
            "Access Denied: Table {project}:{dataset}.{table}: Permission bigquery.tables.get denied on table \
             {project}:{dataset}.{table} (or it may not exist)."
        )
    })
}

async fn find(desk: &Desk, dataset: &str, table: &str) -> Result<TableDescription, Fault> {
    let (wanted, name) = (dataset.to_owned(), table.to_owned());
    if let Some(found) = desk.ask(move |warehouse| warehouse.table(&wanted, &name)).await? {
        return Ok(found);
    }
    // A missing dataset is said as such.
    dataset::find(desk, dataset).await?;
    let project = desk.warehouse.project();
    Err(Fault::not_found(format!(
        "Not found: Table {project}:{dataset}.{table}"
    )))
}

pub(super) async fn get(State(desk): State<Arc<Desk>>, Path((project, dataset, table)): Named) -> Answer {
    check(&desk, &project, &dataset, &table)?;
    let found = find(&desk, &dataset, &table).await?;
    Ok(axum::Json(resource(&desk, &found)))
}

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    dataset::check(&desk, &project, &dataset)?;
    dataset::find(&desk, &dataset).await?;
    let wanted = dataset.clone();
    let tables = desk
        .ask(move |warehouse| {
            let names = warehouse.tables(&wanted)?;
            let all = names.iter().map(|name| warehouse.table(&wanted, name));
            all.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let item = |table: &TableDescription| {
        let mut item = resource(&desk, table);
        if let Some(fields) = item.as_object_mut() {
            let kept = ["kind", "id", "tableReference", "type", "creationTime", "view"];
            fields.retain(|name, _| kept.contains(&name.as_str()));
        }
        item
    };
    let items: Vec<Json> = tables.iter().map(item).collect();
    let mut answer = listed("bigquery#tableList", "tables", &items, &asked.page()?);
    answer["totalItems"] = items.len().into();
    Ok(axum::Json(answer))
}

pub(super) async fn insert(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset)): Path<(String, String)>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    dataset::check(&desk, &project, &dataset)?;
    let body = body(&headers, &bytes)?;
    let name = body["tableReference"]["tableId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if name.is_empty() || name.contains(['`', '.', '\\', '"']) {
        return Err(Fault::invalid(format!("Invalid table ID \"{name}\".")));
    }
    let fields = body["schema"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
    if fields.is_empty() {
        let message = "A table without a schema, and a view, are made by SQL in the sandbox";
        return Err(Fault::new("notImplemented", message));
    }
    let columns: Vec<String> = fields.iter().map(definition).collect::<Result<_, _>>()?;
    let sql = format!("CREATE TABLE `{dataset}`.`{name}` ({})", columns.join(", "));
    desk.ask(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    let made = find(&desk, &dataset, &name).await?;
    Ok(axum::Json(resource(&desk, &made)))
}

/// A column of a schema, in SQL.
fn definition(field: &Json) -> Result<String, Fault> {
    let (name, kind) = (
        field["name"].as_str().unwrap_or_default(),
        field["type"].as_str().unwrap_or_default(),
    );
    let legal = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mode = match field["mode"].as_str() {
        None | Some("NULLABLE") => "",
        Some("REQUIRED") => " NOT NULL",
        Some(other) => {
            return Err(Fault::invalid(format!(
                "Mode {other} is not supported by the sandbox"
            )));
        }
    };
    if !legal || from_name(kind).is_none() {
        return Err(Fault::invalid(format!(
            "Invalid field \"{name}\" of type \"{kind}\""
        )));
    }
    Ok(format!("`{name}` {kind}{mode}"))
}

pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset, table)): Named,
) -> Result<StatusCode, Fault> {
    check(&desk, &project, &dataset, &table)?;
    let found = find(&desk, &dataset, &table).await?;
    let what = if found.is_view { "VIEW" } else { "TABLE" };
    let sql = format!("DROP {what} `{dataset}`.`{table}`");
    desk.ask(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn rows(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset, table)): Named,
    asked: Asked,
) -> Answer {
    check(&desk, &project, &dataset, &table)?;
    let (mut page, moments) = (asked.page()?, asked.moments()?);
    let found = find(&desk, &dataset, &table).await?;
    if found.is_view {
        return Err(Fault::invalid("Cannot list a table of type VIEW."));
    }
    let picked = picked(&found, asked.text("selectedFields"))?;
    let all = frozen(&desk, &found, &mut page).await?;
    let narrow = |row: &Vec<Value>| picked.iter().filter_map(|&i| row.get(i).cloned()).collect();
    let narrowed: Vec<Vec<Value>> = all.iter().map(narrow).collect();
    let mut answer = json!({
        "kind": "bigquery#tableDataList",
        "etag": resource(&desk, &found)["etag"],
        "totalRows": all.len().to_string(),
    });
    query::show(&mut answer, &narrowed, &page, moments);
    Ok(axum::Json(answer))
}

/// The rows that the page's token belongs to, or the table's own of this moment.
async fn frozen(
    desk: &Desk,
    table: &TableDescription,
    page: &mut Page,
) -> Result<Arc<Vec<Vec<Value>>>, Fault> {
    if let Some(id) = &page.snapshot {
        let gone = || Fault::invalid("The page token is no longer valid. Start over without one.");
        return desk.snapshots.find(id).ok_or_else(gone);
    }
    let sql = format!("SELECT * FROM `{}`.`{}`", table.dataset, table.name);
    let outcome = desk
        .ask(move |warehouse| warehouse.query(&sql, &QuerySettings::default()))
        .await?;
    let rows = Arc::new(outcome.rows);
    if page.start + page.limit.unwrap_or(usize::MAX / 2) < rows.len() {
        page.snapshot = Some(desk.snapshots.keep(rows.clone()));
    }
    Ok(rows)
}

/// The places of the selected columns, in the schema's order.
fn picked(table: &TableDescription, selected: Option<&str>) -> Result<Vec<usize>, Fault> {
    let Some(selected) = selected else {
        return Ok((0..table.columns.len()).collect());
    };
    let mut places = Vec::new();
    for name in selected.split(',').map(str::trim) {
        let place = table
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name));
        places.push(place.ok_or_else(|| Fault::invalid(format!("No such field: {name}.")))?);
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

fn resource(desk: &Desk, table: &TableDescription) -> Json {
    let project = desk.warehouse.project();
    let (dataset, name) = (&table.dataset, &table.name);
    let mut resource = json!({
        "kind": "bigquery#table",
        "id": format!("{project}:{dataset}.{name}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{name}"),
        "tableReference": {"projectId": project, "datasetId": dataset, "tableId": name},
        "schema": encode::schema(&table.columns),
        "type": if table.is_view { "VIEW" } else { "TABLE" },
        "numRows": table.rows.to_string(),
        "numBytes": "0",
        "creationTime": table.created.to_string(),
        "lastModifiedTime": table.modified.to_string(),
        "location": desk.warehouse.location(),
    });
    if table.is_view {
        resource["view"] = json!({"useLegacySql": false});
    }
    resource["etag"] = etag(&resource).into();
    resource
}
