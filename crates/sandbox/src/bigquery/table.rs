//! The tables collection and tabledata.list.

use super::asked::{Asked, Page};
use super::fault::Fault;
use super::job_api::{Answer, body, etag, listed};
use super::parameter::truth;
use super::{Desk, dataset, intake, order, query};
use crate::bigquery::encode;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use googlesql::kind::name as type_name;
use googlesql::value::{Column, Value};
use googlesql::{QuerySettings, TableDescription};
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
    let (sql, columns) = creation(&dataset, &name, &body)?;
    let table = name.clone();
    let into = dataset.clone();
    desk.ask(move |warehouse| {
        warehouse.query(&sql, &QuerySettings::default())?;
        match columns {
            Some(columns) => warehouse.update_schema(&into, &table, &columns),
            None => Ok(()),
        }
    })
    .await?;
    let made = find(&desk, &dataset, &name).await?;
    Ok(axum::Json(resource(&desk, &made)))
}

/// The statement that makes a table or view, and a table's columns with what they are for.
fn creation(dataset: &str, name: &str, body: &Json) -> Result<(String, Option<Vec<Column>>), Fault> {
    if let Some(query) = body["view"]["query"].as_str() {
        if truth(&body["view"]["useLegacySql"]) != Some(false) {
            return Err(Fault::new(
                "notImplemented",
                "A view in legacy SQL is not supported by the sandbox",
            ));
        }
        return Ok((format!("CREATE VIEW `{dataset}`.`{name}` AS {query}"), None));
    }
    let fields = body["schema"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
    if fields.is_empty() {
        let message = "A table without a schema is not supported by the sandbox";
        return Err(Fault::new("notImplemented", message));
    }
    let columns: Vec<Column> = fields.iter().map(order::column).collect::<Result<_, _>>()?;
    let definition = |column: &Column| {
        let required = if column.nullable { "" } else { " NOT NULL" };
        format!("`{}` {}{required}", column.name, type_name(&column.kind))
    };
    let definitions: Vec<_> = columns.iter().map(definition).collect();
    let sql = format!("CREATE TABLE `{dataset}`.`{name}` ({})", definitions.join(", "));
    Ok((sql, Some(columns)))
}

/// Changes a table: columns may be added and described.
pub(super) async fn patch(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset, table)): Named,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    check(&desk, &project, &dataset, &table)?;
    let found = find(&desk, &dataset, &table).await?;
    let body = body(&headers, &bytes)?;
    if let Some(fields) = body["schema"]["fields"]
        .as_array()
        .filter(|_| found.view.is_none())
    {
        let columns: Vec<Column> = fields.iter().map(order::column).collect::<Result<_, _>>()?;
        let (into, name) = (dataset.clone(), table.clone());
        desk.ask(move |warehouse| warehouse.update_schema(&into, &name, &columns))
            .await?;
    }
    let changed = find(&desk, &dataset, &table).await?;
    Ok(axum::Json(resource(&desk, &changed)))
}

/// tabledata.insertAll: rows at once; those that do not fit are told one by one.
pub(super) async fn insert_all(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset, table)): Named,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    check(&desk, &project, &dataset, &table)?;
    let found = find(&desk, &dataset, &table).await?;
    if found.view.is_some() {
        return Err(Fault::invalid("Cannot add rows to a table of type VIEW."));
    }
    let body = body(&headers, &bytes)?;
    let ignore_unknown = truth(&body["ignoreUnknownValues"]).unwrap_or(false);
    let skip_invalid = truth(&body["skipInvalidRows"]).unwrap_or(false);
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (index, row) in body["rows"].as_array().into_iter().flatten().enumerate() {
        match intake::of_object(&row["json"], &found.columns, ignore_unknown) {
            Ok(cells) => rows.push(cells),
            Err(message) => errors.push((index, "invalid", message)),
        }
    }
    // One bad row stops them all, unless it was said that it shall not.
    if !errors.is_empty() && !skip_invalid {
        let bad: Vec<usize> = errors.iter().map(|(index, ..)| *index).collect();
        let count = body["rows"].as_array().map_or(0, Vec::len);
        errors.extend(
            (0..count)
                .filter(|index| !bad.contains(index))
                .map(|index| (index, "stopped", String::new())),
        );
        rows.clear();
    }
    if !rows.is_empty() {
        let columns = found.columns.clone();
        desk.ask(move |warehouse| warehouse.append(&dataset, &table, &columns, &rows))
            .await?;
    }
    let mut answer = json!({"kind": "bigquery#tableDataInsertAllResponse"});
    if !errors.is_empty() {
        let told = |(index, reason, message): &(usize, &str, String)| json!({"index": index, "errors": [{"reason": reason, "location": "", "debugInfo": "", "message": message}]});
        answer["insertErrors"] = errors.iter().map(told).collect();
    }
    Ok(axum::Json(answer))
}

pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path((project, dataset, table)): Named,
) -> Result<StatusCode, Fault> {
    check(&desk, &project, &dataset, &table)?;
    let found = find(&desk, &dataset, &table).await?;
    let what = if found.view.is_some() { "VIEW" } else { "TABLE" };
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
    if found.view.is_some() {
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
        "type": if table.view.is_some() { "VIEW" } else { "TABLE" },
        "numRows": table.rows.to_string(),
        "numBytes": "0",
        "creationTime": table.created.to_string(),
        "lastModifiedTime": table.modified.to_string(),
        "location": desk.warehouse.location(),
    });
    if let Some(query) = &table.view {
        resource["view"] = json!({"query": query, "useLegacySql": false});
    }
    if let Some(description) = &table.description {
        resource["description"] = description.as_str().into();
    }
    resource["etag"] = etag(&resource).into();
    resource
}
