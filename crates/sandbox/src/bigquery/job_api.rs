//! The jobs collection: insert, get, list, cancel, and the Job resource they answer with.

use super::asked::{Asked, Page};
use super::fault::{Fault, in_job};
use super::job::{self, Job, Order, Progress};
use super::work::Outcome;
use super::{Desk, encode, order, parameter};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use googlesql::{QueryOutcome, RowChanges};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

pub(super) type Answer = Result<axum::Json<Json>, Fault>;

/// How long jobs.insert waits, so that a short query is DONE in its answer, as it often is at Google.
const COURTESY: Duration = Duration::from_millis(250);

/// A JSON body, whatever its Content-Type says, packed or not.
pub(super) fn body(headers: &HeaderMap, bytes: &Bytes) -> Result<Json, Fault> {
    Ok(crate::body::json(headers, bytes)?)
}

/// The payer's project must be ours.
pub(super) fn may_create(desk: &Desk, project: &str) -> Result<(), Fault> {
    desk.check_project(project, || {
        format!(
            "Access Denied: Project {project}: User does not have bigquery.jobs.create permission in project {project}."
        )
    })
}

pub(super) async fn insert(
    State(desk): State<Arc<Desk>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    may_create(&desk, &project)?;
    let body = body(&headers, &bytes)?;
    accept(&desk, &body, None).await
}

/// Starts the job that a body describes; `data` is what was uploaded with it.
pub(super) async fn accept(desk: &Arc<Desk>, body: &Json, data: Option<Vec<u8>>) -> Answer {
    let configuration = &body["configuration"];
    let reference = &body["jobReference"];
    let location = reference["location"].as_str();
    let dry_run = parameter::truth(&configuration["dryRun"]).unwrap_or(false);
    if dry_run && configuration["query"].is_object() {
        let (sql, settings) = parameter::read(desk, &configuration["query"], location, true)?;
        let outcome = desk
            .ask(move |warehouse| warehouse.query(&sql, &settings))
            .await?;
        return Ok(axum::Json(rehearsal(desk, configuration, &outcome)));
    }
    let order = Order {
        id: reference["jobId"].as_str().map(str::to_owned),
        location: location.map(str::to_owned),
        configuration: configuration.clone(),
        work: order::work(desk, configuration, location, data)?,
    };
    let job = job::start(desk, order)?;
    job.wait(COURTESY).await;
    Ok(axum::Json(resource(desk, &job)))
}

/// Forgets a job. It must be over.
pub(super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path((project, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<StatusCode, Fault> {
    may_create(&desk, &project)?;
    let job = desk.jobs.find(&desk, &id, asked.text("location"))?;
    if !matches!(job.progress(), Progress::Done(_)) {
        return Err(Fault::invalid(format!(
            "Cannot delete job {id} that is not done."
        )));
    }
    desk.jobs.forget(&id);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path((project, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    may_create(&desk, &project)?;
    let job = desk.jobs.find(&desk, &id, asked.text("location"))?;
    Ok(axum::Json(resource(&desk, &job)))
}

pub(super) async fn cancel(
    State(desk): State<Arc<Desk>>,
    Path((project, id)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    may_create(&desk, &project)?;
    let job = desk.jobs.find(&desk, &id, asked.text("location"))?;
    job.cancel();
    let answer = json!({"kind": "bigquery#jobCancelResponse", "job": resource(&desk, &job)});
    Ok(axum::Json(answer))
}

pub(super) async fn list(State(desk): State<Arc<Desk>>, Path(project): Path<String>, asked: Asked) -> Answer {
    may_create(&desk, &project)?;
    let states: Vec<String> = asked.all("stateFilter").map(str::to_ascii_uppercase).collect();
    let mut jobs: Vec<Json> = desk.jobs.all().iter().map(|job| resource(&desk, job)).collect();
    for job in &mut jobs {
        job["state"] = job["status"]["state"].clone();
        if job["status"]["errorResult"].is_object() {
            job["errorResult"] = job["status"]["errorResult"].clone();
        }
    }
    jobs.retain(|job| states.is_empty() || states.iter().any(|state| job["state"] == **state));
    let page = asked.page()?;
    Ok(axum::Json(listed("bigquery#jobList", "jobs", &jobs, &page)))
}

/// A list answer: no list when it is empty, `nextPageToken` when there is more.
pub(super) fn listed(kind: &str, name: &str, all: &[Json], page: &Page) -> Json {
    let (part, next) = page.cut(all, 1_000);
    let mut answer = json!({"kind": kind, "etag": etag(&json!(part))});
    if !part.is_empty() {
        answer[name] = part.into();
    }
    if let Some(next) = next {
        answer["nextPageToken"] = next.write().into();
    }
    answer
}

/// Equal for what is equal, as far as a client can tell.
pub(super) fn etag(of: &Json) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    of.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The Job resource.
pub(super) fn resource(desk: &Desk, job: &Job) -> Json {
    let project = desk.warehouse.project();
    let (id, location) = (&job.id, &job.location);
    let mut statistics = json!({"creationTime": job.created.to_string()});
    let status = match job.progress() {
        Progress::Pending => json!({"state": "PENDING"}),
        Progress::Running { started } => {
            statistics["startTime"] = started.to_string().into();
            json!({"state": "RUNNING"})
        }
        Progress::Done(ending) => {
            statistics["startTime"] = ending.started.to_string().into();
            statistics["endTime"] = ending.ended.to_string().into();
            statistics["totalBytesProcessed"] = "0".into();
            match &ending.result {
                Ok(outcome) => {
                    let (name, told) = told(project, outcome);
                    statistics[name] = told;
                    json!({"state": "DONE"})
                }
                Err(error) => {
                    json!({"state": "DONE", "errorResult": in_job(error), "errors": [in_job(error)]})
                }
            }
        }
    };
    let mut job = json!({
        "kind": "bigquery#job",
        "id": format!("{project}:{location}.{id}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/jobs/{id}?location={location}"),
        "user_email": "sandbox@downbeat.invalid",
        "jobReference": {"projectId": project, "jobId": id, "location": location},
        "configuration": echoed(&job.configuration, &job.kind),
        "statistics": statistics,
        "status": status,
    });
    job["etag"] = etag(&job).into();
    job
}

/// What a job tells of its outcome, and under which name.
fn told(project: &str, outcome: &Outcome) -> (&'static str, Json) {
    match outcome {
        Outcome::Query(outcome) => ("query", query_statistics(project, outcome)),
        Outcome::Load { rows, files, bytes } => (
            "load",
            json!({
                "inputFiles": files.to_string(), "inputFileBytes": bytes.to_string(),
                "outputRows": rows.to_string(), "outputBytes": bytes.to_string(), "badRecords": "0",
            }),
        ),
        Outcome::Copy { rows } => (
            "copy",
            json!({"copiedRows": rows.to_string(), "copiedLogicalBytes": "0"}),
        ),
        Outcome::Extract { files } => {
            let counts: Vec<_> = files.iter().map(u64::to_string).collect();
            (
                "extract",
                json!({"destinationUriFileCounts": counts, "inputBytes": "0"}),
            )
        }
    }
}

fn echoed(configuration: &Json, kind: &str) -> Json {
    let mut echoed = configuration.clone();
    echoed["jobType"] = kind.into();
    if kind == "QUERY" && echoed["query"]["priority"].is_null() {
        echoed["query"]["priority"] = "INTERACTIVE".into();
    }
    echoed
}

/// Only what the statement can do is counted.
pub(super) fn dml_statistics(statement_type: &str, changes: &RowChanges) -> Json {
    let all = [
        ("insertedRowCount", changes.inserted, ["INSERT", "MERGE"]),
        ("updatedRowCount", changes.updated, ["UPDATE", "MERGE"]),
        ("deletedRowCount", changes.deleted, ["DELETE", "MERGE"]),
    ];
    let truncates = statement_type == "TRUNCATE_TABLE";
    let counted = all.iter().filter(|(name, _, statements)| {
        statements.contains(&statement_type) || (truncates && *name == "deletedRowCount")
    });
    counted
        .map(|(name, count, _)| ((*name).to_owned(), Json::from(count.to_string())))
        .collect()
}

fn query_statistics(project: &str, outcome: &QueryOutcome) -> Json {
    let mut statistics = json!({
        "statementType": outcome.statement_type,
        "totalBytesProcessed": "0",
        "totalBytesBilled": "0",
        "cacheHit": false,
    });
    if let Some(changes) = &outcome.changes {
        statistics["dmlStats"] = dml_statistics(&outcome.statement_type, changes);
        statistics["numDmlAffectedRows"] = changes.total().to_string().into();
    }
    if let Some(definition) = &outcome.definition {
        statistics["ddlOperationPerformed"] = (*definition.operation).into();
        statistics["ddlTargetTable"] =
            json!({"projectId": project, "datasetId": definition.dataset, "tableId": definition.table});
    }
    statistics
}

/// The answer to a dry run: a job that was never there.
fn rehearsal(desk: &Desk, configuration: &Json, outcome: &QueryOutcome) -> Json {
    let mut statistics = query_statistics(desk.warehouse.project(), outcome);
    if outcome.statement_type == "SELECT" {
        statistics["schema"] = encode::schema(&outcome.columns);
    }
    json!({
        "kind": "bigquery#job",
        "jobReference": {"projectId": desk.warehouse.project(), "location": desk.warehouse.location()},
        "configuration": echoed(configuration, "QUERY"),
        "statistics": {"totalBytesProcessed": "0", "query": statistics},
        "status": {"state": "DONE"},
    })
}
