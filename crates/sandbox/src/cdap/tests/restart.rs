//! What a folder keeps over a restart, in good order and after a power cut.

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
    let mut lab = lab_with(kept(folder.path(), 50.0)).await;
    let run = lab.start(json!({ "downbeat.token": "t" })).await;
    let record = lab.over(&run).await;
    let logs = lab.get(&format!("{P}/runs/{run}/logs?format=json")).await;
    let apps = lab.get("/v3/namespaces/default/apps").await;
    lab.put("/v3/namespaces/default/preferences", r#"{"a":"b"}"#)
        .await;
    lab.running.take().unwrap().shutdown().await;
    let lab = lab_with(kept(folder.path(), 50.0)).await;
    assert_eq!(lab.record(&run).await, record);
    assert_eq!(lab.get(&format!("{P}/runs/{run}/logs?format=json")).await, logs);
    assert_eq!(lab.get("/v3/namespaces/default/apps").await, apps);
    assert_eq!(
        lab.get("/v3/namespaces/default/preferences").await.body,
        r#"{"a":"b"}"#
    );
    let url = format!("/v3/metrics/query?tag=run:{run}&metric=user.Read%20MySQL.records.out");
    assert_eq!(
        lab.post(&url, "").await.json()["series"][0]["data"][0]["value"],
        122
    );
    assert_eq!(
        lab.get("/v3/namespaces/default/securekeys/mysql-password")
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
    let _lab = lab_with(kept(folder.path(), 50.0)).await;
    let mode = std::fs::metadata(folder.path().join("cdap.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn after_a_power_cut_running_runs_are_dead_and_waiting_ones_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab_with(kept(folder.path(), 20.0)).await;
    let dead = lab.start(json!({ "hold": "1" })).await;
    lab.until(&dead, has("RUNNING")).await;
    let waiting = lab.start(json!({})).await;
    // Dropped without a shutdown: nothing more is written.
    drop(lab.running.take());
    let lab = lab_with(kept(folder.path(), 50.0)).await;
    assert_eq!(lab.over(&waiting).await["status"], "COMPLETED");
    assert_eq!(lab.record(&dead).await["status"], "RUNNING");
    assert_eq!(lab.post(&format!("{P}/runs/{dead}/stop"), "").await.status, 200);
    assert_eq!(lab.over(&dead).await["status"], "KILLED");
    let nodes = lab.get(&format!("{P}/runs/{dead}/nodes/state")).await.json();
    assert_eq!(
        nodes["phase-2"]["nodeStatus"], "RUNNING",
        "nobody was there to end it"
    );
}

#[tokio::test]
async fn a_shutdown_in_good_order_ends_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab_with(kept(folder.path(), 50.0)).await;
    let run = lab.start(json!({ "hold": "1" })).await;
    lab.until(&run, has("RUNNING")).await;
    lab.running.take().unwrap().shutdown().await;
    let lab = lab_with(kept(folder.path(), 50.0)).await;
    let record = lab.record(&run).await;
    assert_eq!(
        record["status"], "FAILED",
        "its Spark node was aborted (measured)"
    );
    let nodes = lab.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
    let cause = &nodes["phase-2"]["failureCause"];
    assert_eq!(cause["message"], "org.apache.spark.SparkException: Job aborted.");
    let logs = lab.get(&format!("{P}/runs/{run}/logs")).await.body;
    assert!(logs.contains("failed with error: Job 0 cancelled because SparkContext was shut down."));
    assert!(
        record.get("stopping").is_none(),
        "nobody asked it to stop: {record}"
    );
}
