//! The jobs collection: insert, get, list, cancel, delete.

use super::error::ApiError;
use super::job::{Job, Progress};
use super::job_registry::{self, JobRequest};
use super::job_resource::{dry_run, resource};
use super::load::Uploaded;
use super::response::{self, ApiResult};
use super::value::boolean;
use super::{ApiState, job_config, query_config};
use crate::body;
use crate::params::Params;
use crate::scenario::JobWait;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

/// How long jobs.insert waits, so that a short query is DONE in its answer, as it often is at Google.
const INSERT_WAIT: Duration = Duration::from_millis(250);

pub(super) async fn insert(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    wait: Option<Extension<JobWait>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> ApiResult {
    state.check_jobs(&project)?;
    let body = body::json(&headers, &bytes)?;
    let Extension(wait) = wait.unwrap_or_default();
    start(&state, &body, None, wait).await
}

/// Starts the job that a body describes; `data` is what was uploaded with it.
pub(super) async fn start(
    state: &Arc<ApiState>,
    body: &Json,
    data: Option<Uploaded>,
    JobWait(wait): JobWait,
) -> ApiResult {
    let configuration = &body["configuration"];
    let reference = &body["jobReference"];
    let location = reference["location"].as_str();
    let is_dry_run = boolean(&configuration["dryRun"]).unwrap_or(false);
    if is_dry_run && configuration["query"].is_object() {
        let (sql, settings) = query_config::from_json(state, &configuration["query"], location, true)?;
        let outcome = state
            .with_warehouse(move |warehouse| warehouse.query(&sql, &settings))
            .await?;
        return Ok(axum::Json(dry_run(state, configuration, &outcome)));
    }
    let request = JobRequest {
        id: reference["jobId"].as_str().map(str::to_owned),
        location: location.map(str::to_owned),
        configuration: configuration.clone(),
        work: job_config::work(state, configuration, location, data)?,
        wait,
    };
    let job = job_registry::start(state, request)?;
    job.wait(INSERT_WAIT).await;
    Ok(axum::Json(resource(state, &job)))
}

/// Deletes a job, which must be done.
pub(super) async fn delete(
    State(state): State<Arc<ApiState>>,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    state.check_jobs(&project)?;
    let job = state.jobs.find(&state, &id, params.text("location"))?;
    if !matches!(job.progress(), Progress::Done(_)) {
        return Err(ApiError::invalid(format!(
            "Cannot delete job {id} that is not done."
        )));
    }
    state.jobs.delete(&id);
    job_registry::forget_tables(&state, vec![job]);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn get(
    State(state): State<Arc<ApiState>>,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> ApiResult {
    state.check_jobs(&project)?;
    let job = state.jobs.find(&state, &id, params.text("location"))?;
    Ok(axum::Json(resource(&state, &job)))
}

pub(super) async fn cancel(
    State(state): State<Arc<ApiState>>,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> ApiResult {
    state.check_jobs(&project)?;
    let job = state.jobs.find(&state, &id, params.text("location"))?;
    job.cancel();
    let answer = json!({"kind": "bigquery#jobCancelResponse", "job": resource(&state, &job)});
    Ok(axum::Json(answer))
}

pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    Path(project): Path<String>,
    params: Params,
) -> ApiResult {
    state.check_jobs(&project)?;
    let states: Vec<String> = params.all("stateFilter").map(str::to_ascii_uppercase).collect();
    let is_full = params
        .text("projection")
        .is_some_and(|projection| projection.eq_ignore_ascii_case("full"));
    let mut jobs = state.jobs.all();
    jobs.retain(|job| states.is_empty() || states.iter().any(|state| state == job.progress().name()));
    let item = |job: &Arc<Job>| {
        let mut job = resource(&state, job);
        job["state"] = job["status"]["state"].clone();
        if job["status"]["errorResult"].is_object() {
            job["errorResult"] = job["status"]["errorResult"].clone();
        }
        if let Some(job) = job.as_object_mut().filter(|_| !is_full) {
            job.remove("configuration");
        }
        job
    };
    Ok(axum::Json(response::list_of(
        "bigquery#jobList",
        "jobs",
        &jobs,
        &params.page()?,
        item,
    )))
}
