//! The BigQuery calls, over a real socket, against answers of the shapes that the service gives.

mod change;
mod labels;

use super::*;
use crate::client::Client;
use crate::client::testing::{Script, Step, ok};
use domain::failure::FailureKind;
use domain::id::JobId;
use domain::time::Timestamp;
use domain::truncate::Emptied;
use domain::warehouse::TableAddress;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SQL: &str = "TRUNCATE TABLE `my-project.d.t`";

fn bigquery(script: &Script) -> BigQuery {
    let client: Client = script.client();
    client.bigquery(&ProjectId::from("my-project"), &Location::from("us-west1"))
}

fn job() -> JobId {
    JobId::from("downbeat_1")
}

fn found(sql: &str) -> Step {
    ok(json!({"status": {"state": "RUNNING"}, "configuration": {"query": {"query": sql}}}).to_string())
}

fn google_error(code: u16, reason: &str) -> Step {
    Step::Say(
        code,
        json!({"error": {"code": code, "message": reason, "errors": [{"reason": reason}]}}).to_string(),
    )
}

async fn insert(script: &Script) -> Result<JobStatus, ClientError> {
    bigquery(script).insert_query(&job(), SQL, &BTreeMap::new()).await
}

#[tokio::test]
async fn a_statement_is_sent_under_our_id() {
    let script = Script::serve([ok("{\"kind\":\"bigquery#job\"}")]).await;
    insert(&script).await.unwrap();
    let seen = script.seen().remove(0);
    assert_eq!(seen.line, "POST /bigquery/v2/projects/my-project/jobs HTTP/1.1");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["jobReference"]["jobId"], "downbeat_1");
    assert_eq!(body["jobReference"]["location"], "us-west1");
    assert_eq!(body["configuration"]["query"]["useLegacySql"], false);
}

#[tokio::test]
async fn a_lost_submission_is_cleared_up_with_the_same_body() {
    for lost in [
        Step::Reset,
        Step::Say(503, "<html>".into()),
        Step::Half("{".into()),
    ] {
        let duplicate = google_error(409, "duplicate");
        // jobs.get may not see the job for a moment.
        let script = Script::serve([lost, duplicate, google_error(404, "notFound"), found(SQL)]).await;
        insert(&script).await.unwrap();
        let seen = script.seen();
        assert_eq!(seen[0].body, seen[1].body);
        assert_eq!(
            seen[3].line,
            "GET /bigquery/v2/projects/my-project/jobs/downbeat_1?location=us-west1 HTTP/1.1"
        );
    }
}

#[tokio::test]
async fn a_strangers_job_is_not_taken_for_ours() {
    let script = Script::serve([google_error(409, "duplicate"), found("SELECT 1")]).await;
    let found = insert(&script).await.unwrap();
    assert_eq!(found, JobStatus::Foreign { is_void: false });
}

#[tokio::test]
async fn what_stays_unclear_is_said_to_be() {
    let script = Script::serve(vec![Step::Reset; 9]).await;
    assert_eq!(insert(&script).await.unwrap_err().kind, FailureKind::Ambiguous);
    let script = Script::serve([Step::Reset, google_error(403, "accessDenied")]).await;
    assert_eq!(
        insert(&script).await.unwrap_err().kind,
        FailureKind::Ambiguous,
        "the first may have arrived"
    );
    let script = Script::serve([Step::Reset, google_error(400, "invalid")]).await;
    let error = insert(&script).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Ambiguous, "the same holds for a refusal");
    let script = Script::serve([google_error(400, "invalidQuery")]).await;
    let error = insert(&script).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason()),
        (FailureKind::Permanent, Some("invalidQuery"))
    );
}

async fn look(steps: impl IntoIterator<Item = Step>) -> Result<JobStatus, ClientError> {
    let script = Script::serve(steps).await;
    bigquery(&script).job_status(&job(), SQL).await
}

fn of_statement(sql: &str, status: &Value, statistics: &Value) -> Step {
    let configuration = json!({"query": {"query": sql}});
    ok(json!({"status": status, "statistics": statistics, "configuration": configuration}).to_string())
}

#[tokio::test]
async fn a_look_tells_how_a_job_stands_through_trouble() {
    let created = json!({"creationTime": "1795428000000"});
    let times = json!({"creationTime": "1795428000000", "startTime": "1795428000500",
        "query": {"numDmlAffectedRows": "7"}});
    let emptied = |started, rows| JobStatus::Done(Emptied { started, rows });
    let at = Timestamp::from_millis;
    for (state, statistics, expected) in [
        ("PENDING", &created, JobStatus::Pending),
        ("RUNNING", &times, JobStatus::Running),
        ("SOMETHING_NEW", &times, JobStatus::Running),
        ("DONE", &times, emptied(Some(at(1_795_428_000_500)), Some(7))),
        ("DONE", &created, emptied(Some(at(1_795_428_000_000)), None)),
        ("DONE", &json!({"creationTime": "soon"}), emptied(None, None)),
    ] {
        let answer = of_statement(SQL, &json!({"state": state}), statistics);
        let trouble = [Step::Say(502, "<html>".into()), Step::Reset, answer];
        assert_eq!(look(trouble).await.unwrap(), expected, "{state} {statistics}");
    }
    for (other, is_void) in [
        ("SELECT 1", false),
        ("SELECT 'cancelled before it arrived'", true),
    ] {
        let answer = of_statement(other, &json!({"state": "DONE"}), &times);
        assert_eq!(look([answer]).await.unwrap(), JobStatus::Foreign { is_void });
    }
}

#[tokio::test]
async fn a_failed_job_is_told_from_a_failed_look() {
    let failed = |reason: &str, message: &str| json!({"state": "DONE", "errorResult": {"reason": reason, "message": message}});
    let dead = failed("notFound", "Not found: Table p:d.t");
    let JobStatus::Failed(error) = look([of_statement(SQL, &dead, &json!({}))]).await.unwrap() else {
        panic!("not failed")
    };
    assert_eq!(
        (error.kind, error.text()),
        (FailureKind::Permanent, "Not found: Table p:d.t")
    );
    let backend = failed("jobBackendError", "m");
    let JobStatus::Failed(error) = look([of_statement(SQL, &backend, &json!({}))]).await.unwrap() else {
        panic!("not failed")
    };
    assert_eq!(error.kind, FailureKind::Transient, "a new job may do better");
    let missing = google_error(404, "notFound");
    assert_eq!(look([missing]).await.unwrap(), JobStatus::Missing);
    let refusals = [403, 403].map(|status| google_error(status, "accessDenied"));
    let denied = look(refusals).await.unwrap_err();
    assert_eq!(denied.kind, FailureKind::Unauthorised);
}

#[tokio::test]
async fn a_cancel_that_came_too_late_is_seen() {
    let stopped = json!({"state": "DONE", "errorResult": {"reason": "stopped", "message": "m"}});
    let nothing = look([of_statement(SQL, &stopped, &json!({"creationTime": "1"}))])
        .await
        .unwrap();
    assert!(matches!(nothing, JobStatus::Failed(error) if error.reason() == Some("stopped")));
    let applied = json!({"startTime": "5", "query": {"numDmlAffectedRows": "3"}});
    let emptied = look([of_statement(SQL, &stopped, &applied)]).await.unwrap();
    assert!(matches!(emptied, JobStatus::Done(Emptied { rows: Some(3), .. })));
}

#[tokio::test]
async fn an_id_is_used_up_by_a_statement_that_does_nothing() {
    let script = Script::serve([
        ok("{}"),
        google_error(409, "duplicate"),
        google_error(403, "accessDenied"),
        google_error(403, "accessDenied"),
    ])
    .await;
    let bigquery = bigquery(&script);
    bigquery.use_up(&job()).await.unwrap();
    bigquery.use_up(&job()).await.unwrap();
    bigquery.use_up(&job()).await.unwrap_err();
    let body: Value = serde_json::from_str(&script.seen()[0].body).unwrap();
    assert_eq!(body["jobReference"]["jobId"], "downbeat_1");
    let sql = body["configuration"]["query"]["query"].as_str().unwrap();
    assert!(sql.starts_with("SELECT '"), "{sql}");
}

#[tokio::test]
async fn live_jobs_of_the_statement_are_listed() {
    let item = |id: &str, sql: &str| json!({"jobReference": {"jobId": id}, "status": {"state": "PENDING"}, "configuration": {"query": {"query": sql}}});
    let list = json!({"jobs": [item("a", "SELECT 1"), item("b", SQL), {"configuration": {"load": {}}}]});
    let script = Script::serve([ok(list.to_string()), ok("{\"kind\":\"bigquery#jobList\"}")]).await;
    let bigquery = bigquery(&script);
    let found = bigquery.live_jobs(SQL).await.unwrap();
    assert_eq!(found, [(JobId::from("b"), "PENDING".to_owned())]);
    assert_eq!(bigquery.live_jobs(SQL).await.unwrap(), []);
    let line = &script.seen()[0].line;
    assert!(
        line.contains("stateFilter=pending&stateFilter=running&projection=full"),
        "{line}"
    );
}

fn page(rows: &[&str], token: Option<&str>) -> Step {
    let rows: Vec<_> = rows
        .iter()
        .map(|text| json!({"f": [{"v": text}, {"v": "true"}, {"v": null}]}))
        .collect();
    let mut body = json!({
        // The last page ends with the last row.
        "jobComplete": true, "totalRows": token.map_or(rows.len(), |_| 5).to_string(), "rows": rows,
        "jobReference": {"projectId": "p", "jobId": "j-1", "location": "EU"},
        "schema": {"fields": [{"name": "name", "type": "STRING", "mode": "NULLABLE"},
            {"name": "is_active", "type": "BOOL"}, {"name": "n", "type": "INT64"}]},
    });
    if let Some(token) = token {
        body["pageToken"] = json!(token);
    }
    ok(body.to_string())
}

#[tokio::test]
async fn rows_are_read_over_short_and_empty_pages_up_to_the_limit() {
    let pending = ok("{\"jobComplete\":false,\"jobReference\":{\"jobId\":\"j-1\",\"location\":\"EU\"}}");
    let script = Script::serve([
        pending,
        page(&["a"], Some("t/1")),
        page(&[], Some("t2")),
        page(&["b", "c", "d"], Some("t3")),
    ])
    .await;
    let table = bigquery(&script).query("SELECT 1", 3).await.unwrap();
    let names: Vec<_> = table.rows.iter().filter_map(|row| row[0].text()).collect();
    assert_eq!((names.join(""), table.total_rows), ("abc".to_owned(), 5));
    assert_eq!(table.rows[0][1..], [Cell::Bool(true), Cell::Null]);
    assert_eq!(table.columns[1].kind, "BOOLEAN");
    let seen = script.seen();
    assert_eq!(seen.len(), 4, "the limit ends the paging");
    let body: Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!(body["requestId"].as_str().map(str::len), Some(36));
    assert!(
        seen[2].line.contains("location=EU") && seen[2].line.contains("pageToken=t%2F1"),
        "{}",
        seen[2].line
    );
}

#[tokio::test]
async fn an_answer_that_is_none_is_asked_for_again() {
    let short = |rows: &str| {
        ok(format!(
            r#"{{"jobComplete":true,"schema":{{"fields":[{{"name":"a","type":"INTEGER"}}]}},"totalRows":"2","rows":{rows}}}"#
        ))
    };
    let odd = [
        ok("{}"),
        ok(r#"{"jobComplete":true}"#),
        short(r#"[{"f":[{"v":"1"}]}]"#),
        short(r#"[{"f":[]},{"f":[]}]"#),
        short(r#"[{"f":[{"v":"x"}]},{"f":[{"v":"2"}]}]"#),
    ];
    for answer in odd {
        let good = short(r#"[{"f":[{"v":"1"}]},{"f":[{"v":"2"}]}]"#);
        let script = Script::serve([answer.clone(), good]).await;
        let table = bigquery(&script).query("SELECT 1", 10).await.unwrap();
        assert_eq!(table.rows, [[Cell::Int(1)], [Cell::Int(2)]], "{answer:?}");
        let script = Script::serve(vec![answer.clone(); 9]).await;
        let error = bigquery(&script).query("SELECT 1", 10).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Transient, "{answer:?}");
        assert_eq!(script.seen().len(), 3, "{answer:?}");
    }
}

#[tokio::test]
async fn an_empty_result_has_columns_and_no_rows() {
    let script = Script::serve([page(&[], None)]).await;
    let table = bigquery(&script).query("SELECT 1", 10).await.unwrap();
    assert_eq!((table.columns.len(), table.rows.len()), (3, 0));
}

#[tokio::test]
async fn a_query_is_repeated_with_the_same_request_id() {
    let script = Script::serve([Step::Reset, page(&["a"], None)]).await;
    bigquery(&script).query("SELECT 1", 10).await.unwrap();
    assert_eq!(script.seen()[0].body, script.seen()[1].body);
    let script = Script::serve([google_error(400, "invalidQuery")]).await;
    let error = bigquery(&script).query("SELEC", 10).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason()),
        (FailureKind::Permanent, Some("invalidQuery"))
    );
    let reported =
        ok(r#"{"jobComplete":true,"errors":[{"reason":"invalidQuery","message":"Syntax error"}]}"#);
    let script = Script::serve([reported]).await;
    let error = bigquery(&script).query("SELEC", 10).await.unwrap_err();
    assert_eq!(error.text(), "Syntax error");
}

#[tokio::test]
async fn a_table_is_described() {
    let body = json!({
        "kind": "bigquery#table", "type": "TABLE", "numRows": "12", "location": "US", "lastModifiedTime": "1700000000000",
        "schema": {"fields": [{"name": "a", "type": "INTEGER"}, {"name": "b", "type": "STRUCT", "mode": "REPEATED"}]},
        "streamingBuffer": {"estimatedRows": "1"},
    });
    let script = Script::serve([ok(body.to_string()), google_error(404, "notFound")]).await;
    let bigquery = bigquery(&script);
    let table = address("my table");
    let found = bigquery.table(&table).await.unwrap();
    assert_eq!((found.kind.as_str(), found.has_streaming_buffer), ("TABLE", true));
    assert!(bigquery.table(&table).await.unwrap_err().is_not_found());
    assert!(script.seen()[0].line.contains("/datasets/d/tables/my%20table "));
}

/// A table of the project that pays.
fn address(table: &str) -> TableAddress {
    TableAddress {
        project: "my-project".into(),
        dataset: "d".into(),
        table: table.into(),
    }
}

#[tokio::test]
async fn a_table_of_another_project_is_looked_for_there_and_labelled_there() {
    let script = Script::serve([ok("{\"type\":\"TABLE\"}"), ok("{\"etag\":\"E1\"}")]).await;
    let other = TableAddress {
        project: "other-project".into(),
        ..address("t")
    };
    let bigquery = bigquery(&script);
    bigquery.table(&other).await.unwrap();
    bigquery
        .patch_labels(&other, &LabelChanges::new(), "E0")
        .await
        .unwrap();
    for seen in script.seen() {
        let path = "/bigquery/v2/projects/other-project/datasets/d/tables/t ";
        assert!(seen.line.contains(path), "{}", seen.line);
    }
}

#[tokio::test]
async fn a_cancel_names_job_and_place() {
    let script = Script::serve([ok("{\"kind\":\"bigquery#jobCancelResponse\"}")]).await;
    bigquery(&script).cancel(&job()).await.unwrap();
    assert!(
        script.seen()[0]
            .line
            .contains("/jobs/downbeat_1/cancel?location=us-west1 ")
    );
}
