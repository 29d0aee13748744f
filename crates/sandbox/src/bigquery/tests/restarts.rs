//! Jobs after a restart of the sandbox on the same folder.

use super::*;

const VALUES: &str = "SELECT 1 n, NUMERIC '1.5' price, CAST('nan' AS FLOAT64) x, 0.1 y, TIMESTAMP '2026-11-23 06:00:00+00' moment, \
    DATE '2024-02-29' day, [1, 2] list, STRUCT('a' AS word, NULL AS nothing) pair, b'\\x00\\xff' bytes";

#[tokio::test]
async fn a_job_and_its_result_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::Directory(folder.path().to_owned());
    let results = "/projects/p-1/queries/once?location=us-west1&timeoutMs=10000";
    let job = "/projects/p-1/jobs/once?location=us-west1";
    let first = Service::with_state("us-west1", &state).await;
    assert_eq!(first.insert("once", VALUES).await.0, 200);
    assert_eq!(
        first
            .insert("wrong", "SELECT nothing FROM nowhere.at_all")
            .await
            .0,
        200
    );
    let before = first.get(results).await;
    assert_eq!((before.0, &before.1["jobComplete"]), (200, &json!(true)));
    let shown = first.get(job).await;

    let second = Service::with_state("us-west1", &state).await;
    assert_eq!(second.get(results).await, before);
    assert_eq!(second.get(job).await, shown);
    let (status, answer) = second.insert("once", "SELECT 1").await;
    assert_eq!(
        (status, &answer["error"]["errors"][0]["reason"]),
        (409, &json!("duplicate"))
    );
    let (_, listed) = second.get("/projects/p-1/jobs").await;
    let ids = listed["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["jobReference"]["jobId"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["wrong", "once"]);

    let gone = "/projects/p-1/jobs/once/delete?location=us-west1";
    assert_eq!(second.ask(Verb::DELETE, gone, None).await.0, 204);
    let third = Service::with_state("us-west1", &state).await;
    assert_eq!(third.get(job).await.0, 404);
}

#[tokio::test]
async fn an_interrupted_job_has_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::Directory(folder.path().to_owned());
    drop(JobStore::open(&state).unwrap());
    let body = json!({"location": "us-west1", "configuration": {"query": {"query": "SELECT 1"}}, "created": 1, "kind": "QUERY"});
    rusqlite::Connection::open(folder.path().join("jobs.db"))
        .unwrap()
        .execute(
            "INSERT INTO job (id, body) VALUES ('interrupted', ?1)",
            [body.to_string()],
        )
        .unwrap();
    let service = Service::with_state("us-west1", &state).await;
    let (status, job) = service
        .get("/projects/p-1/jobs/interrupted?location=us-west1")
        .await;
    assert_eq!((status, &job["status"]["state"]), (200, &json!("DONE")));
    assert_eq!(job["status"]["errorResult"]["reason"], "backendError");
}

#[tokio::test]
async fn a_result_of_an_older_version_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::Directory(folder.path().to_owned());
    drop(JobStore::open(&state).unwrap());
    let outcome = json!({"statement_type": "SELECT", "columns": [], "rows": [[], []], "changes": null, "definition": null});
    let body = json!({
        "location": "US", "configuration": {"query": {"query": "SELECT 1"}}, "created": 1, "kind": "QUERY",
        "ending": {"started": 1, "ended": 2, "result": {"Ok": {"Query": outcome}}},
    });
    rusqlite::Connection::open(folder.path().join("jobs.db"))
        .unwrap()
        .execute(
            "INSERT INTO job (id, body) VALUES ('old', ?1)",
            [body.to_string()],
        )
        .unwrap();
    let service = Service::with_state("US", &state).await;
    let (status, answer) = service.get("/projects/p-1/queries/old").await;
    assert_eq!((status, &answer["totalRows"]), (200, &json!("2")), "{answer}");
    assert_eq!(answer["rows"], json!([{"f": []}, {"f": []}]));
}

#[test]
fn a_damaged_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("jobs.db"),
        "no database, but long enough to be taken for one".repeat(40),
    )
    .unwrap();
    let state = State::Directory(folder.path().to_owned());
    let warehouse = Arc::new(Warehouse::open(None, "p-1", "us-west1").unwrap());
    let error = router(warehouse, Buckets::new(folder.path()), &state).unwrap_err();
    assert!(error.to_string().contains("jobs.db"), "{error}");
}
