//! `configuration.query.destinationTable` of a job that was sent without one: where its result is, or what it changed.

use super::job::{Job, Outcome, Progress};
use super::{ApiState, anonymous};
use serde_json::{Map, Value as Json, json};

/// Adds the table to the configuration of a query job.
pub(super) fn add(state: &ApiState, job: &Job, query: &mut Map<String, Json>) {
    if query.get("destinationTable").is_some_and(Json::is_object) {
        return;
    }
    let target = match job.progress() {
        Progress::Done(completion) => match &completion.result {
            Ok(Outcome::Query(outcome)) if outcome.statement_type == "SELECT" => None,
            Ok(Outcome::Query(outcome)) => match &outcome.target {
                Some(target) => Some(target.clone()),
                // CREATE SCHEMA has none.
                None => return,
            },
            _ if is_query(query) => None,
            _ => return,
        },
        // What another statement changes is known when it has ended.
        _ if is_query(query) => None,
        _ => return,
    };
    let is_result = target.is_none();
    let (dataset, table) =
        target.unwrap_or_else(|| (anonymous::dataset(&state.warehouse), anonymous::table(job)));
    let reference = json!({"projectId": state.warehouse.project(), "datasetId": dataset, "tableId": table});
    query.insert("destinationTable".into(), reference);
    if is_result {
        query.insert("createDisposition".into(), "CREATE_IF_NEEDED".into());
        query.insert("writeDisposition".into(), "WRITE_TRUNCATE".into());
    }
}

/// Whether the statement is a query.
fn is_query(query: &Map<String, Json>) -> bool {
    let sql = query.get("query").and_then(Json::as_str);
    sql.is_some_and(googlesql::is_query)
}
