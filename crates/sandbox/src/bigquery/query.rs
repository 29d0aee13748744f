//! jobs.query and jobs.getQueryResults: submit, wait, read page by page.
//!
//! A query that failed is an HTTP error with the job's reason here, while jobs.get shows it as a job.

use super::encode::RowPage;
use super::error::ApiError;
use super::job::{Job, Outcome};
use super::job_registry::{self, JobRequest};
use super::job_resource::dml_statistics;
use super::params::{Page, PageToken, TimestampFormat, body_number, wait_time};
use super::response::ApiResult;
use super::value::boolean;
use super::work::{Query, Work};
use super::{ApiState, query_config, schema};
use crate::body;
use crate::params::Params;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use googlesql::value::Row;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most rows of one answer.
pub(super) const MAX_ROWS: usize = 100_000;

pub(super) async fn query(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    state.check_jobs(&project)?;
    let body = body::json(&headers, &bytes)?;
    let options = &body["formatOptions"];
    let int64 = boolean(&options["useInt64Timestamp"]).map(|int64| int64.to_string());
    let timestamps =
        TimestampFormat::from_options(int64.as_deref(), options["timestampOutputFormat"].as_str())?;
    let page = Page {
        limit: body_number(&body, "maxResults")?.map(|max| usize::try_from(max).unwrap_or(usize::MAX)),
        ..Page::default()
    };
    let timeout = wait_time(body_number(&body, "timeoutMs")?);
    if boolean(&body["dryRun"]).unwrap_or(false) {
        return dry_run(&state, &body).await.map(IntoResponse::into_response);
    }
    let job = submit(&state, &body)?;
    drop(body);
    let kind = "bigquery#queryResponse";
    answer(&state, &job, kind, timeout, &page, timestamps).await
}

pub(super) async fn results(
    State(state): State<Arc<ApiState>>,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    state.check_jobs(&project)?;
    let (page, timestamps) = (params.page()?, params.timestamp_format()?);
    let timeout = wait_time(params.number("timeoutMs")?);
    let job = state.jobs.find(&state, &id, params.text("location"))?;
    let kind = "bigquery#getQueryResultsResponse";
    answer(&state, &job, kind, timeout, &page, timestamps).await
}

/// Starts the job, or finds the one that an equal request with the same `requestId` started.
fn submit(state: &Arc<ApiState>, body: &Json) -> Result<Arc<Job>, ApiError> {
    let request_id = body["requestId"].as_str().filter(|id| !id.is_empty());
    let repeated = request_id.map(|id| (id, compared(body)));
    if let Some((id, compared)) = &repeated
        && let Some(job) = state.jobs.find_request(id, compared)
    {
        return Ok(job);
    }
    let location = body["location"].as_str().filter(|location| !location.is_empty());
    let (sql, settings) = query_config::from_json(state, body, location, false)?;
    let mut configuration = json!({"query": {"query": sql, "useLegacySql": false}});
    if body["labels"].is_object() {
        configuration["labels"] = body["labels"].clone();
    }
    if !body["jobTimeoutMs"].is_null() {
        configuration["jobTimeoutMs"] = body["jobTimeoutMs"].clone();
    }
    let request = JobRequest {
        id: None,
        location: location.map(str::to_owned),
        configuration,
        work: Work::Query(Query {
            sql,
            settings,
            destination: None,
        }),
        wait: Duration::ZERO,
    };
    let job = job_registry::start(state, request)?;
    if let Some((id, compared)) = repeated {
        state.jobs.add_request(id, compared, &job);
    }
    Ok(job)
}

/// The text of a request without what may differ between it and its repetition.
fn compared(body: &Json) -> String {
    let may_differ = ["timeoutMs", "maxResults", "formatOptions"];
    let fields = body.as_object().into_iter().flatten();
    let fields: BTreeMap<_, _> = fields
        .filter(|(name, _)| !may_differ.contains(&name.as_str()))
        .collect();
    serde_json::to_string(&fields).unwrap_or_default()
}

/// Checks the query without starting a job.
async fn dry_run(state: &ApiState, body: &Json) -> ApiResult {
    let (sql, settings) = query_config::from_json(state, body, body["location"].as_str(), true)?;
    let outcome = state
        .with_warehouse(move |warehouse| warehouse.query(&sql, &settings))
        .await?;
    Ok(axum::Json(json!({
        "kind": "bigquery#queryResponse",
        "jobComplete": true,
        "jobReference": {"projectId": state.warehouse.project(), "location": state.warehouse.location()},
        "schema": schema::to_json(&outcome.columns),
        "totalRows": "0",
        "totalBytesProcessed": "0",
        "cacheHit": false,
    })))
}

/// The answer once the job has ended, or after a while.
async fn answer(
    state: &ApiState,
    job: &Job,
    kind: &str,
    timeout: Duration,
    page: &Page,
    timestamps: TimestampFormat,
) -> Result<Response, ApiError> {
    let ended = job.wait(timeout).await;
    let reference =
        json!({"projectId": state.warehouse.project(), "jobId": job.id, "location": job.location});
    let mut answer = json!({"kind": kind, "jobComplete": ended.is_some(), "jobReference": reference});
    let Some(completion) = ended else {
        return Ok(axum::Json(answer).into_response());
    };
    let outcome = completion
        .result
        .as_ref()
        .map_err(|error| ApiError::from(error.clone()))?;
    let Outcome::Query(outcome) = outcome else {
        return Err(ApiError::invalid(
            "Cannot get query results from a job that is not a query job.",
        ));
    };
    answer["totalBytesProcessed"] = "0".into();
    answer["cacheHit"] = false.into();
    if let Some(changes) = &outcome.changes {
        answer["numDmlAffectedRows"] = changes.total().to_string().into();
        answer["dmlStats"] = dml_statistics(&outcome.statement_type, changes);
    }
    // Clients recognise a statement without a result by its missing schema and totalRows.
    if outcome.statement_type != "SELECT" {
        return Ok(axum::Json(answer).into_response());
    }
    answer["schema"] = schema::to_json(&outcome.columns);
    let total = completion.size.rows;
    answer["totalRows"] = total.to_string().into();
    let _turn = state.page_turn.lock().await;
    if completion.has_rows() {
        let (rows, _) = page.slice(&outcome.rows, MAX_ROWS);
        return with_rows(answer, rows, total, page, timestamps);
    }
    let (store, id) = (Arc::clone(state.jobs.store()), job.id.clone());
    let (start, limit) = (page.start, page.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS));
    let rows = state.blocking(move || store.rows(&id, start, limit)).await?;
    with_rows(answer, &rows, total, page, timestamps)
}

/// An answer with a page of rows, `rows` being those from its start on, and with the token of the next page.
pub(super) fn with_rows(
    mut answer: Json,
    rows: &[Row],
    total: usize,
    page: &Page,
    timestamps: TimestampFormat,
) -> Result<Response, ApiError> {
    let rows = RowPage::new(rows, timestamps)?;
    // A page of large rows is cut short, so the token counts the rows that are in it.
    let next = PageToken {
        offset: page.start.saturating_add(rows.len()),
        snapshot: page.snapshot.clone(),
    };
    if next.offset < total {
        answer["pageToken"] = next.encode().into();
    }
    rows.answer(&answer)
}
