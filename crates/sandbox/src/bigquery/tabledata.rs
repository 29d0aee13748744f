//! The rows of tables: tabledata.list and tabledata.insertAll.

use super::error::ApiError;
use super::params::{Page, TimestampFormat};
use super::record::row_from_object;
use super::response::ApiResult;
use super::snapshot::Rows;
use super::table::{TablePath, find, resource};
use super::value::boolean;
use super::{ApiState, query};
use crate::body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use googlesql::TableDescription;
use googlesql::memory::bytes_of_row;
use googlesql::value::Value;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;

/// The most rows of one request, as at Google.
const MAX_INSERTED: usize = 50_000;

/// How many cells a table may have whose rows are kept for the next pages.
const MAX_SNAPSHOT_CELLS: u64 = 20_000;

/// How many bytes its rows may take in memory.
const MAX_SNAPSHOT_BYTES: usize = 16 << 20;

/// What a page token of a larger table begins with, before the time of the table's last change.
const STAMP: &str = "m";

pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, table)): TablePath,
    params: Params,
) -> Result<Response, ApiError> {
    state.check_table(&project, &dataset, &table)?;
    let (mut page, timestamps) = (params.page()?, params.timestamp_format()?);
    let found = find(&state, &dataset, &table).await?;
    if found.view.is_some() {
        return Err(ApiError::invalid("Cannot list a table of type VIEW."));
    }
    let selected = selected_columns(&found, params.text("selectedFields"))?;
    let _turn = state.page_turn.lock().await;
    let stamp = format!("{STAMP}{}", found.modified);
    let is_direct = match &page.snapshot {
        Some(id) => id.starts_with(STAMP),
        None => found.rows.saturating_mul(found.columns.len() as u64) > MAX_SNAPSHOT_CELLS,
    };
    let snapshot = if is_direct {
        None
    } else {
        snapshot(&state, &found, &mut page).await?
    };
    let Some(all) = snapshot else {
        if page.snapshot.as_ref().is_some_and(|id| *id != stamp) {
            return Err(expired());
        }
        page.snapshot = Some(stamp);
        return direct(&state, found, selected, page, timestamps).await;
    };
    let answer = json!({
        "kind": "bigquery#tableDataList",
        "etag": resource(&state, &found)["etag"],
        "totalRows": all.len().to_string(),
    });
    let (rows, _) = page.slice(&all, query::MAX_ROWS);
    if selected.len() == found.columns.len() {
        return query::with_rows(answer, rows, all.len(), &page, timestamps);
    }
    let project_row = |row: &Vec<Value>| selected.iter().filter_map(|&i| row.get(i).cloned()).collect();
    let projected: Vec<Vec<Value>> = rows.iter().map(project_row).collect();
    query::with_rows(answer, &projected, all.len(), &page, timestamps)
}

/// A page of a large table: only its rows and columns are read, and the token of the next page holds as long as the
/// table does not change.
async fn direct(
    state: &ApiState,
    found: TableDescription,
    selected: Vec<usize>,
    page: Page,
    timestamps: TimestampFormat,
) -> Result<Response, ApiError> {
    let (total, etag) = (found.rows, resource(state, &found)["etag"].clone());
    let start = page.start;
    let limit = page.limit.unwrap_or(query::MAX_ROWS).min(query::MAX_ROWS);
    let rows = state
        .with_warehouse(move |warehouse| warehouse.page(&found.dataset, &found.name, &selected, start, limit))
        .await?;
    let answer = json!({"kind": "bigquery#tableDataList", "etag": etag, "totalRows": total.to_string()});
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    query::with_rows(answer, &rows, total, &page, timestamps)
}

fn expired() -> ApiError {
    ApiError::invalid("The page token is no longer valid. Start over without one.")
}

/// tabledata.insertAll: appends rows, and reports each row that does not fit.
pub(super) async fn insert_all(
    State(state): State<Arc<ApiState>>,
    Path((project, dataset, table)): TablePath,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    state.check_table(&project, &dataset, &table)?;
    let found = find(&state, &dataset, &table).await?;
    if found.view.is_some() {
        return Err(ApiError::invalid("Cannot add rows to a table of type VIEW."));
    }
    let mut body = body::json(&headers, &bytes)?;
    let ignore_unknown = boolean(&body["ignoreUnknownValues"]).unwrap_or(false);
    let skip_invalid = boolean(&body["skipInvalidRows"]).unwrap_or(false);
    let given = match body.get_mut("rows").map(Json::take).unwrap_or_default() {
        Json::Array(given) => given,
        _ => Vec::new(),
    };
    let count = given.len();
    if count > MAX_INSERTED {
        return Err(ApiError::invalid(format!(
            "too many rows present in the request, limit: {MAX_INSERTED} row count: {count}."
        )));
    }
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (index, row) in given.into_iter().enumerate() {
        match row_from_object(&row["json"], &found.columns, ignore_unknown) {
            Ok(cells) => rows.push(cells),
            Err(message) => errors.push((index, "invalid", message)),
        }
    }
    // One bad row stops all others, unless the request says otherwise.
    if !errors.is_empty() && !skip_invalid {
        let bad: HashSet<usize> = errors.iter().map(|(index, ..)| *index).collect();
        errors.extend(
            (0..count)
                .filter(|index| !bad.contains(index))
                .map(|index| (index, "stopped", String::new())),
        );
        rows.clear();
    }
    if !rows.is_empty() {
        let columns = found.columns.clone();
        state
            .with_warehouse(move |warehouse| warehouse.append(&dataset, &table, &columns, &rows))
            .await?;
    }
    let mut answer = json!({"kind": "bigquery#tableDataInsertAllResponse"});
    if !errors.is_empty() {
        let insert_error = |(index, reason, message): &(usize, &str, String)| {
            let error = json!({"reason": reason, "location": "", "debugInfo": "", "message": message});
            json!({"index": index, "errors": [error]})
        };
        answer["insertErrors"] = errors.iter().map(insert_error).collect();
    }
    Ok(axum::Json(answer))
}

/// The rows of the page token's snapshot, or the current rows, with a new snapshot if there is a next page. `None` if
/// the rows are too large to be kept.
async fn snapshot(
    state: &ApiState,
    table: &TableDescription,
    page: &mut Page,
) -> Result<Option<Rows>, ApiError> {
    if let Some(id) = &page.snapshot {
        return state.snapshots.find(id).ok_or_else(expired).map(Some);
    }
    let (dataset, name) = (table.dataset.clone(), table.name.clone());
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    let count = usize::try_from(table.rows).unwrap_or(usize::MAX);
    // No more of it is read than a page may have.
    let rows = state
        .with_warehouse(move |warehouse| warehouse.page(&dataset, &name, &columns, 0, count))
        .await?;
    let bytes: usize = rows.iter().map(|row| bytes_of_row(row)).sum();
    if rows.len() < count || bytes > MAX_SNAPSHOT_BYTES {
        return Ok(None);
    }
    let rows = Arc::new(rows);
    if page.start.saturating_add(page.limit.unwrap_or(usize::MAX)) < rows.len() {
        page.snapshot = Some(state.snapshots.add(rows.clone()));
    }
    Ok(Some(rows))
}

/// The indices of the selected columns, in the order of the schema.
fn selected_columns(table: &TableDescription, selected: Option<&str>) -> Result<Vec<usize>, ApiError> {
    let Some(selected) = selected else {
        return Ok((0..table.columns.len()).collect());
    };
    let mut indices = Vec::new();
    for name in selected.split(',').map(str::trim) {
        let index = table
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name));
        indices.push(index.ok_or_else(|| ApiError::invalid(format!("No such field: {name}.")))?);
    }
    indices.sort_unstable();
    indices.dedup();
    Ok(indices)
}
