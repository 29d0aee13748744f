//! Many jobs at once.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/served.rs"]
mod served;

use serde_json::json;
use served::{Served, wait_for};

/// A look at a hundred thousand rows for each of a hundred thousand.
const ENDLESS: &str = "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a \
                       WHERE (SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS b WHERE b < a) = 0";

#[test]
fn statements_without_end_keep_nobody_out() {
    let sandbox = Served::start();
    let jobs = "/bigquery/v2/projects/downbeat-sandbox/jobs";
    let start = |id: usize, sql: &str| {
        let job = json!({
            "jobReference": {"jobId": format!("endless{id}"), "location": "US"},
            "configuration": {"query": {"query": sql, "useLegacySql": false}},
        });
        sandbox.ask("POST", jobs, &job.to_string()).0
    };
    let deletes = format!("DELETE FROM cdf_output.configuration WHERE ({ENDLESS}) > 0");
    for id in 0..20 {
        let sql = if id % 2 == 0 { ENDLESS } else { &deletes };
        assert_eq!(start(id, sql), 200);
    }
    let create = json!({"query": "CREATE TABLE cdf_output.new AS SELECT 1 AS x", "useLegacySql": false, "timeoutMs": 60_000});
    let path = "/bigquery/v2/projects/downbeat-sandbox/queries";
    let (status, answer) = sandbox.ask("POST", path, &create.to_string());
    assert_eq!(
        (status, answer.contains("\"jobComplete\":true")),
        (200, true),
        "{answer}"
    );
    for id in 0..20 {
        let cancel = format!("{jobs}/endless{id}/cancel?location=US");
        assert_eq!(sandbox.ask("POST", &cancel, "").0, 200);
    }
}

#[test]
fn jobs_that_have_not_ended_are_not_too_large_together() {
    let sandbox = Served::start();
    let jobs = "/bigquery/v2/projects/downbeat-sandbox/jobs";
    let start = |id: usize| {
        let job = json!({
            "jobReference": {"jobId": format!("endless{id}"), "location": "US"},
            "configuration": {"labels": {"text": "x".repeat(8 << 20)}, "query": {"query": ENDLESS, "useLegacySql": false}},
        });
        sandbox.ask("POST", jobs, &job.to_string())
    };
    let (refused, answer) = (0..20)
        .map(|id| (id, start(id)))
        .find(|(_, (status, _))| *status != 200)
        .unwrap();
    assert!(answer.1.contains("quotaExceeded"), "{}", answer.1);
    let cancel = |id: usize| {
        let path = format!("{jobs}/endless{id}/cancel?location=US");
        assert_eq!(sandbox.ask("POST", &path, "").0, 200);
    };
    cancel(0);
    wait_for("room for another job", || (start(refused).0 == 200).then_some(()));
    (1..=refused).for_each(cancel);
}
