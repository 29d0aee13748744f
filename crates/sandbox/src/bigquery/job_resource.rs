//! The Job resource and its statistics.

use super::error::error_proto;
use super::job::{Job, Outcome, Progress};
use super::{ApiState, destination, response, schema};
use googlesql::{QueryOutcome, RowChanges};
use serde_json::{Value as Json, json};

/// The Job resource.
pub(super) fn resource(state: &ApiState, job: &Job) -> Json {
    let project = state.warehouse.project();
    let (id, location) = (&job.id, &job.location);
    let mut statistics = json!({"creationTime": job.created.to_string()});
    let status = match job.progress() {
        Progress::Pending => json!({"state": "PENDING"}),
        Progress::Running { started } => {
            statistics["startTime"] = started.to_string().into();
            json!({"state": "RUNNING"})
        }
        Progress::Done(completion) => {
            statistics["startTime"] = completion.started.to_string().into();
            statistics["endTime"] = completion.ended.to_string().into();
            statistics["totalBytesProcessed"] = "0".into();
            match &completion.result {
                Ok(outcome) => {
                    let (name, own) = outcome_statistics(project, outcome);
                    statistics[name] = own;
                    json!({"state": "DONE"})
                }
                Err(error) => {
                    json!({"state": "DONE", "errorResult": error_proto(error), "errors": [error_proto(error)]})
                }
            }
        }
    };
    let mut configuration = shown_configuration(&job.configuration, &job.kind);
    if let Some(query) = configuration.get_mut("query").and_then(Json::as_object_mut) {
        destination::add(state, job, query);
    }
    let mut job = json!({
        "kind": "bigquery#job",
        "id": format!("{project}:{location}.{id}"),
        "selfLink": format!("/bigquery/v2/projects/{project}/jobs/{id}?location={location}"),
        "user_email": "sandbox@downbeat.invalid",
        "jobReference": {"projectId": project, "jobId": id, "location": location},
        "configuration": configuration,
        "statistics": statistics,
        "status": status,
    });
    job["etag"] = response::etag(&job).into();
    job
}

/// The statistics of the job's type, and the name of their field.
fn outcome_statistics(project: &str, outcome: &Outcome) -> (&'static str, Json) {
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

/// The configuration as it was sent, with the defaults that Google adds.
fn shown_configuration(configuration: &Json, kind: &str) -> Json {
    let mut shown = configuration.clone();
    shown["jobType"] = kind.into();
    if kind == "QUERY" && shown["query"]["priority"].is_null() {
        shown["query"]["priority"] = "INTERACTIVE".into();
    }
    shown
}

/// The counts that the statement type has.
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

/// The answer to a dry run: a job without an id, which is not stored.
pub(super) fn dry_run(state: &ApiState, configuration: &Json, outcome: &QueryOutcome) -> Json {
    let mut statistics = query_statistics(state.warehouse.project(), outcome);
    if outcome.statement_type == "SELECT" {
        statistics["schema"] = schema::to_json(&outcome.columns);
    }
    json!({
        "kind": "bigquery#job",
        "jobReference": {"projectId": state.warehouse.project(), "location": state.warehouse.location()},
        "configuration": shown_configuration(configuration, "QUERY"),
        "statistics": {"totalBytesProcessed": "0", "query": statistics},
        "status": {"state": "DONE"},
    })
}
