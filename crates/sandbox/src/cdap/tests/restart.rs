//! What a folder keeps over a restart, after a shutdown and after a power cut.

use super::*;

fn kept(folder: &std::path::Path, speed: f64) -> Settings {
    Settings {
        state: State::Directory(folder.to_owned()),
        speed,
        ..Settings::default()
    }
}

#[tokio::test]
async fn finished_runs_logs_and_metrics_survive() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start_with(kept(folder.path(), 50.0)).await;
    let run = server.start(json!({ "downbeat.token": "t" })).await;
    let record = server.until_end(&run).await;
    let logs = server.get(&format!("{P}/runs/{run}/logs?format=json")).await;
    let apps = server.get("/v3/namespaces/default/apps").await;
    server
        .put("/v3/namespaces/default/preferences", r#"{"a":"b"}"#)
        .await;
    server.running.take().unwrap().shutdown().await;
    let server = start_with(kept(folder.path(), 50.0)).await;
    assert_eq!(server.record(&run).await, record);
    assert_eq!(
        server.get(&format!("{P}/runs/{run}/logs?format=json")).await,
        logs
    );
    assert_eq!(server.get("/v3/namespaces/default/apps").await, apps);
    assert_eq!(
        server.get("/v3/namespaces/default/preferences").await.body,
        r#"{"a":"b"}"#
    );
    let url = format!("/v3/metrics/query?tag=run:{run}&metric=user.Read%20MySQL.records.out");
    assert_eq!(
        server.post(&url, "").await.json()["series"][0]["data"][0]["value"],
        122
    );
    assert_eq!(
        server
            .get("/v3/namespaces/default/securekeys/mysql-password")
            .await
            .status,
        200
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_store_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _server = start_with(kept(folder.path(), 50.0)).await;
    let mode = std::fs::metadata(folder.path().join("cdap.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn after_a_power_cut_running_runs_have_no_worker_and_pending_ones_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let kept = |speed| Settings {
        keep_abandoned: true,
        ..kept(folder.path(), speed)
    };
    let mut server = start_with(kept(20.0)).await;
    let dead = server.start(json!({ "hold": "1" })).await;
    server.until(&dead, has("RUNNING")).await;
    let waiting = server.start(json!({})).await;
    // Dropped without a shutdown: nothing more is written.
    drop(server.running.take());
    let server = start_with(kept(50.0)).await;
    assert_eq!(server.until_end(&waiting).await["status"], "COMPLETED");
    assert_eq!(server.record(&dead).await["status"], "RUNNING");
    assert_eq!(
        server.post(&format!("{P}/runs/{dead}/stop"), "").await.status,
        200
    );
    assert_eq!(server.until_end(&dead).await["status"], "KILLED");
    let nodes = server.get(&format!("{P}/runs/{dead}/nodes/state")).await.json();
    assert_eq!(
        nodes["phase-2"]["nodeStatus"], "RUNNING",
        "it has no worker that could end it"
    );
}

#[tokio::test]
async fn a_shutdown_ends_running_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start_with(kept(folder.path(), 50.0)).await;
    let run = server.start(json!({ "hold": "1" })).await;
    server.until(&run, has("RUNNING")).await;
    server.running.take().unwrap().shutdown().await;
    let server = start_with(kept(folder.path(), 50.0)).await;
    let record = server.record(&run).await;
    assert_eq!(
        record["status"], "FAILED",
        "its Spark node was aborted (measured)"
    );
    let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
    let cause = &nodes["phase-2"]["failureCause"];
    assert_eq!(cause["message"], "org.apache.spark.SparkException: Job aborted.");
    let logs = server.get(&format!("{P}/runs/{run}/logs")).await.body;
    assert!(logs.contains("failed with error: Job 0 cancelled because SparkContext was shut down."));
    assert!(
        record.get("stopping").is_none(),
        "no client asked it to stop: {record}"
    );
}

#[tokio::test]
async fn a_run_that_nobody_works_on_ends_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start_with(kept(folder.path(), 20.0)).await;
    let working = server.start(json!({ "hold": "1" })).await;
    let paused = server.start(json!({ "hold": "1" })).await;
    for run in [&working, &paused] {
        server.until(run, has("RUNNING")).await;
    }
    let answer = server.post(&format!("{P}/runs/{paused}/suspend"), "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    server.until(&paused, has("SUSPENDED")).await;
    drop(server.running.take());

    let mut server = start_with(kept(folder.path(), 50.0)).await;
    for run in [&working, &paused] {
        let record = server.record(run).await;
        assert_eq!(record["status"], "FAILED", "from the first answer on: {record}");
        assert!(
            record["end"].is_number() && record.get("stopping").is_none(),
            "{record}"
        );
        server.until_end(run).await;
        let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
        assert_eq!(nodes["phase-1"]["nodeStatus"], "COMPLETED");
        let cause = &nodes["phase-2"]["failureCause"]["message"];
        assert_eq!(cause, "the sandbox ended while it executed this run");
        let logs = server.get(&format!("{P}/runs/{run}/logs")).await.body;
        assert_eq!(
            logs.matches("failed with error: the sandbox ended while").count(),
            1,
            "{logs}"
        );
    }
    // It is said once, whatever follows.
    drop(server.running.take());
    let server = start_with(kept(folder.path(), 50.0)).await;
    let logs = server.get(&format!("{P}/runs/{working}/logs")).await.body;
    assert_eq!(logs.matches("failed with error").count(), 1, "{logs}");
}

#[tokio::test]
async fn a_refused_start_does_not_execute_after_a_power_cut() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        limits: Limits {
            outstanding: Some(0),
            ..Limits::default()
        },
        // Slow, so that the refusal is not shown yet when the power is cut.
        ..kept(folder.path(), 0.01)
    };
    let mut server = start_with(settings).await;
    let answer = server.post(&format!("{P}/start"), "{}").await;
    assert_eq!(answer.status, 429, "{answer:?}");
    let runs = server.get(&format!("{P}/runs")).await.json();
    assert_eq!(runs[0]["status"], "PENDING", "{runs}");
    let run = runs[0]["runid"].as_str().unwrap();
    drop(server.running.take());
    let server = start_with(kept(folder.path(), 50.0)).await;
    let seen = server.until(run, |record| record["status"] != "PENDING").await;
    assert_eq!(seen.last().unwrap()["status"], "REJECTED", "{seen:?}");
}

#[tokio::test]
async fn the_oldest_ended_runs_go_with_their_logs_and_open_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |keep_runs| Settings {
        keep_runs,
        ..kept(folder.path(), 50.0)
    };
    let mut server = start_with(settings(10)).await;
    let open = server.start(json!({ "hold": "1" })).await;
    let mut ended = Vec::new();
    for _ in 0..14 {
        let run = server.start(json!({})).await;
        server.until_end(&run).await;
        ended.push(run);
    }
    let listed = |server: &TestServer| {
        let list = server.client.get(format!("{}{P}/runs?limit=100", server.base));
        async move {
            let runs: Json = serde_json::from_str(&list.send().await.unwrap().text().await.unwrap()).unwrap();
            let runs = runs.as_array().unwrap().iter();
            runs.map(|run| run["runid"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    let now = listed(&server).await;
    assert!(
        (11..=12).contains(&now.len()),
        "ten or eleven, and the open one: {now:?}"
    );
    assert!(
        now.contains(&open) && ended[4..].iter().all(|run| now.contains(run)),
        "{now:?}"
    );
    let gone = &ended[0];
    assert_eq!(server.get(&format!("{P}/runs/{gone}")).await.status, 404);
    server.running.take().unwrap().shutdown().await;

    let lines = |run: &str| {
        let store = rusqlite::Connection::open(folder.path().join("cdap.db")).unwrap();
        let sql = "SELECT count(*) FROM line WHERE run = ?1";
        store.query_row(sql, [run], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(lines(gone), 0);
    assert!(lines(&ended[13]) > 0);
    let server = start_with(settings(3)).await;
    let left = listed(&server).await;
    assert!(
        ended[12..].iter().all(|run| left.contains(run)) && left.len() <= 4,
        "{left:?}"
    );
}
