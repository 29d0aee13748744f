//! jobs.query and jobs.getQueryResults: submit, wait, read page by page.
//!
//! A query that failed is an HTTP error with the job's reason here, while jobs.get shows it as a job.

use super::asked::{Asked, Moments, Page, body_number, patience};
use super::fault::Fault;
use super::job::{self, Ending, Job, Order};
use super::job_api::{Answer, body, may_create};
use super::work::{Outcome, Query, Work};
use super::{Desk, encode, parameter};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The most rows of one answer.
const MOST_ROWS: usize = 100_000;

pub(super) async fn query(
    State(desk): State<Arc<Desk>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    may_create(&desk, &project)?;
    let body = body(&headers, &bytes)?;
    let options = &body["formatOptions"];
    let int64 = parameter::truth(&options["useInt64Timestamp"]).map(|truth| truth.to_string());
    let moments = Moments::choose(int64.as_deref(), options["timestampOutputFormat"].as_str())?;
    let page = Page {
        limit: body_number(&body, "maxResults")?.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
        ..Page::default()
    };
    let patience = patience(body_number(&body, "timeoutMs")?);
    if parameter::truth(&body["dryRun"]).unwrap_or(false) {
        return rehearse(&desk, &body).await;
    }
    let job = submit(&desk, &body)?;
    let answer = match job.wait(patience).await {
        Some(ending) => complete(&desk, &job, &ending, &page, moments)?,
        None => incomplete(&desk, &job),
    };
    Ok(axum::Json(of_kind("bigquery#queryResponse", answer)))
}

pub(super) async fn results(
    State(desk): State<Arc<Desk>>,
    Path((project, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    may_create(&desk, &project)?;
    let (page, moments) = (asked.page()?, asked.moments()?);
    let patience = patience(asked.number("timeoutMs")?);
    let job = desk.jobs.find(&desk, &id, asked.text("location"))?;
    let answer = match job.wait(patience).await {
        Some(ending) => complete(&desk, &job, &ending, &page, moments)?,
        None => incomplete(&desk, &job),
    };
    Ok(axum::Json(of_kind("bigquery#getQueryResultsResponse", answer)))
}

/// Starts the job, or finds the one that the same request started before.
fn submit(desk: &Arc<Desk>, body: &Json) -> Result<Arc<Job>, Fault> {
    let request_id = body["requestId"].as_str().unwrap_or_default();
    let mut request = body.clone();
    // How long to wait and how much to show may differ between a request and its repetition.
    for field in ["timeoutMs", "maxResults", "formatOptions"] {
        if let Some(fields) = request.as_object_mut() {
            fields.remove(field);
        }
    }
    if let Some(job) = desk.jobs.repeated(request_id, &request) {
        return Ok(job);
    }
    let location = body["location"].as_str().filter(|place| !place.is_empty());
    let (sql, settings) = parameter::read(desk, body, location, false)?;
    let mut configuration = json!({"query": {"query": sql, "useLegacySql": false}});
    if body["labels"].is_object() {
        configuration["labels"] = body["labels"].clone();
    }
    let order = Order {
        id: None,
        location: location.map(str::to_owned),
        configuration,
        work: Work::Query(Query {
            sql,
            settings,
            destination: None,
        }),
    };
    let job = job::start(desk, order)?;
    if !request_id.is_empty() {
        desk.jobs.remember(request_id, request, &job);
    }
    Ok(job)
}

async fn rehearse(desk: &Desk, body: &Json) -> Answer {
    let (sql, settings) = parameter::read(desk, body, body["location"].as_str(), true)?;
    let outcome = desk
        .ask(move |warehouse| warehouse.query(&sql, &settings))
        .await?;
    Ok(axum::Json(json!({
        "kind": "bigquery#queryResponse",
        "jobComplete": true,
        "jobReference": {"projectId": desk.warehouse.project(), "location": desk.warehouse.location()},
        "schema": encode::schema(&outcome.columns),
        "totalRows": "0",
        "totalBytesProcessed": "0",
        "cacheHit": false,
    })))
}

fn of_kind(kind: &str, mut answer: Json) -> Json {
    answer["kind"] = kind.into();
    answer
}

fn incomplete(desk: &Desk, job: &Job) -> Json {
    let reference = json!({"projectId": desk.warehouse.project(), "jobId": job.id, "location": job.location});
    json!({"jobComplete": false, "jobReference": reference})
}

fn complete(desk: &Desk, job: &Job, ending: &Ending, page: &Page, moments: Moments) -> Result<Json, Fault> {
    let outcome = ending
        .result
        .as_ref()
        .map_err(|error| Fault::from(error.clone()))?;
    let Outcome::Query(outcome) = outcome else {
        return Err(Fault::invalid(
            "Cannot get query results from a job that is no query job.",
        ));
    };
    let mut answer = incomplete(desk, job);
    answer["jobComplete"] = true.into();
    answer["totalBytesProcessed"] = "0".into();
    answer["cacheHit"] = false.into();
    if let Some(changes) = &outcome.changes {
        answer["numDmlAffectedRows"] = changes.total().to_string().into();
        answer["dmlStats"] = super::job_api::dml_statistics(&outcome.statement_type, changes);
    }
    // A statement without a result has neither schema nor totalRows: clients tell it apart by that.
    if outcome.statement_type != "SELECT" {
        return Ok(answer);
    }
    answer["schema"] = encode::schema(&outcome.columns);
    answer["totalRows"] = outcome.rows.len().to_string().into();
    show(&mut answer, &outcome.rows, page, moments);
    Ok(answer)
}

/// Puts a page of rows and the token of the next one into an answer.
pub(super) fn show(answer: &mut Json, all: &[Vec<googlesql::value::Value>], page: &Page, moments: Moments) {
    let (part, _) = page.cut(all, MOST_ROWS);
    let rows = encode::rows(part, moments);
    // The page may have come out shorter than asked for: the token goes by what is in it.
    let taken = Page {
        limit: Some(rows.len()),
        ..page.clone()
    };
    if let (_, Some(next)) = taken.cut(all, MOST_ROWS) {
        answer["pageToken"] = next.write().into();
    }
    if !rows.is_empty() {
        answer["rows"] = rows.into();
    }
}
