//! Schedules of clients: their triggers, their constraints, and what a restart keeps.

use super::*;
use crate::cdap::store::Store;

const APP: &str = "/v3/namespaces/default/apps/second";
const RUNS: &str = "/v3/namespaces/default/apps/second/workflows/DataPipelineWorkflow/runs";

/// The shipped pipeline, and the same without its schedule as `second`.
async fn with_second(settings: Settings) -> TestServer {
    let server = start_with(settings).await;
    let app = include_str!("../../../../../assets/cdf-mysql-to-bigquery.json");
    let mut app: Json = serde_json::from_str(app).unwrap();
    app["config"]["schedule"] = Json::Null;
    assert_eq!(server.put(APP, app.to_string()).await.status, 200);
    server
}

fn kept(folder: &std::path::Path) -> Settings {
    Settings {
        state: State::Directory(folder.to_owned()),
        ..fast()
    }
}

/// The end of a run of the shipped pipeline, as a trigger.
fn after(statuses: &[&str]) -> Json {
    json!({
        "type": "PROGRAM_STATUS",
        "programId": {
            "namespace": "default", "application": "cdf_mysql_to_bigquery", "version": "-SNAPSHOT",
            "type": "WORKFLOW", "entity": "PROGRAM", "program": "DataPipelineWorkflow",
        },
        "programStatuses": statuses,
    })
}

impl TestServer {
    /// Adds a schedule of `second`, and enables it.
    async fn schedule(&self, name: &str, rest: Json) {
        let mut body =
            json!({ "program": { "programName": "DataPipelineWorkflow", "programType": "WORKFLOW" } });
        let (Some(body), Json::Object(rest)) = (body.as_object_mut(), rest) else {
            panic!("no objects");
        };
        body.extend(rest);
        let path = format!("{APP}/schedules/{name}");
        let added = self.put(&path, Json::Object(body.clone()).to_string()).await;
        assert_eq!(added.status, 200, "{added:?}");
        assert_eq!(self.post(&format!("{path}/enable"), "").await.status, 200);
    }

    async fn scheduled_runs(&self) -> Vec<Json> {
        self.get(RUNS).await.json().as_array().unwrap().clone()
    }

    /// Polls until the runs of `second` are as wanted.
    async fn until_scheduled_runs(&self, is_done: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let runs = self.scheduled_runs().await;
            if is_done(&runs) {
                return runs;
            }
            assert!(Instant::now() < deadline, "not reached: {runs:#?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn ended(runs: &[Json]) -> usize {
    runs.iter()
        .filter(|run| run["cluster"]["status"] == "DEPROVISIONED")
        .count()
}

fn arguments(run: &Json) -> Json {
    serde_json::from_str(run["properties"]["runtimeArgs"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_end_of_a_run_triggers_once_and_only_while_enabled() {
    let server = with_second(fast()).await;
    let properties = json!({ "trigger": after(&["COMPLETED"]), "properties": { "lines": "3" } });
    server.schedule("next", properties).await;
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    let runs = server.until_scheduled_runs(|runs| ended(runs) == 1).await;
    assert_eq!(
        arguments(&runs[0])["lines"],
        "3",
        "the schedule's properties are arguments"
    );
    assert_eq!(
        arguments(&runs[0]).get("scheduleName"),
        None,
        "only a fire time passes the schedule's name"
    );
    // It ends with another status than the trigger's.
    let run = server.start(json!({ "fail": "1" })).await;
    server.until_end(&run).await;
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    server.until_scheduled_runs(|runs| ended(runs) == 2).await;
    let disabled = server.post(&format!("{APP}/schedules/next/disable"), "").await;
    assert_eq!(disabled.status, 200);
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    // A triggered run would exist as soon as the end is visible.
    assert_eq!(server.scheduled_runs().await.len(), 2);
}

#[tokio::test]
async fn a_young_triggered_run_shows_what_triggered_it() {
    let server = with_second(Settings { speed: 5.0, ..fast() }).await;
    server
        .schedule("next", json!({ "trigger": after(&["FAILED", "COMPLETED"]) }))
        .await;
    let run = server.start(json!({ "mine": "1" })).await;
    let young = server.until_scheduled_runs(|runs| !runs.is_empty()).await;
    let early = arguments(&young[0]);
    assert_eq!(early["triggeringScheduleInfoType"], "\"PROGRAM_STATUS\"");
    let info: Json = serde_json::from_str(early["triggeringScheduleInfo"].as_str().unwrap()).unwrap();
    let trigger = &info["triggerInfos"][0];
    assert_eq!(trigger["runId"], *run);
    assert_eq!(trigger["programStatus"], "COMPLETED");
    assert_eq!(trigger["runtimeArguments"]["mine"], "1");
    let user = &trigger["workflowToken"]["tokenValueMap"]["USER"];
    assert_eq!(
        user["watermark"][0],
        json!({ "nodeName": "phase-1", "value": { "value": "0" } })
    );
    let grown = server
        .until_scheduled_runs(|runs| arguments(&runs[0]).get("logical.start.time").is_some())
        .await;
    assert_eq!(arguments(&grown[0]).get("triggeringScheduleInfo"), None);
}

#[tokio::test]
async fn both_parts_of_an_and_must_be_met_and_a_constraint_may_wait() {
    let server = with_second(fast()).await;
    let both = json!({ "type": "AND", "triggers": [after(&["COMPLETED"]), after(&["FAILED"])] });
    let one = json!([{ "type": "CONCURRENCY", "maxConcurrency": 1, "waitUntilMet": true }]);
    server
        .schedule("both", json!({ "trigger": both, "constraints": one }))
        .await;
    let held = json!([{ "appId": "second", "programType": "Workflow", "programId": "DataPipelineWorkflow",
        "runtimeargs": { "hold": "1" } }]);
    let started = server
        .post("/v3/namespaces/default/start", held.to_string())
        .await;
    assert_eq!(started.status, 200, "{started:?}");
    server
        .until_scheduled_runs(|runs| runs.iter().all(|run| run["status"] == "RUNNING"))
        .await;
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    let run = server.start(json!({ "fail": "1" })).await;
    server.until_end(&run).await;
    assert_eq!(
        server.scheduled_runs().await.len(),
        1,
        "the held run holds back the next"
    );
    let stop = "/v3/namespaces/default/apps/second/workflows/DataPipelineWorkflow/stop";
    assert_eq!(server.post(stop, "").await.status, 200);
    server.until_scheduled_runs(|runs| ended(runs) == 2).await;
}

#[tokio::test]
async fn a_restart_keeps_schedules_and_their_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = with_second(kept(folder.path())).await;
    let both = json!({ "type": "AND", "triggers": [after(&["COMPLETED"]), after(&["FAILED"])] });
    server
        .schedule("both", json!({ "trigger": both, "description": "d" }))
        .await;
    server
        .schedule(
            "a",
            json!({ "trigger": { "type": "TIME", "cronExpression": "0 1 * * *" } }),
        )
        .await;
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    let list = server.get(&format!("{APP}/schedules")).await;
    server.running.take().unwrap().shutdown().await;
    let server = start_with(kept(folder.path())).await;
    assert_eq!(server.get(&format!("{APP}/schedules")).await, list);
    let names: Vec<_> = list
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(names, ["a", "both"]);
    let run = server.start(json!({ "fail": "1" })).await;
    server.until_end(&run).await;
    server.until_scheduled_runs(|runs| ended(runs) == 1).await;
    // Without the app the trigger can never be met.
    let shipped = "/v3/namespaces/default/apps/cdf_mysql_to_bigquery";
    assert_eq!(server.ask(Method::DELETE, shipped, None).await.status, 200);
    let left = server.get(&format!("{APP}/schedules")).await.json();
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    assert_eq!(left[0]["name"], "a");
}

#[tokio::test]
async fn a_schedule_of_an_earlier_release_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = with_second(kept(folder.path())).await;
    server.running.take().unwrap().shutdown().await;
    let store = Store::open(&State::Directory(folder.path().to_owned())).unwrap();
    let former =
        json!({ "cron": "0 1 * * *", "concurrency": 3, "enabled": true, "updated": 1000, "since": 1000 });
    store.put("schedule", "default/second", &former);
    drop(store);
    for _ in 0..2 {
        let mut server = start_with(kept(folder.path())).await;
        let list = server.get(&format!("{APP}/schedules")).await.json();
        assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
        assert_eq!(list[0]["name"], "dataPipelineSchedule");
        assert_eq!(list[0]["status"], "SCHEDULED");
        assert_eq!(list[0]["constraints"][0]["maxConcurrency"], 3);
        server.running.take().unwrap().shutdown().await;
    }
}

#[tokio::test]
async fn invalid_changes_are_refused() {
    let server = with_second(fast()).await;
    server
        .schedule("next", json!({ "trigger": after(&["COMPLETED", "KILLED"]) }))
        .await;
    let path = format!("{APP}/schedules/next");
    let other = r#"{"program":{"programName":"phase-2","programType":"SPARK"}}"#;
    let refused = server.post(&format!("{path}/update"), other).await;
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (
            400,
            "Must update the schedule 'next' with the same program as \
             'program:default.second.-SNAPSHOT.workflow.DataPipelineWorkflow'. To change the program in a schedule, \
             please delete the schedule and create a new one."
        )
    );
    let refused = server.post(&format!("{path}/pause"), "").await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let query = "/v3/namespaces/default/schedules/trigger-type/program-status?trigger-namespace-id=default&\
        trigger-app-name=cdf_mysql_to_bigquery&trigger-program-type=workflows&\
        trigger-program-name=DataPipelineWorkflow&trigger-program-statuses=";
    for (statuses, found) in [("FAILED", 0), ("FAILED,KILLED", 1), ("RUNNING", 0)] {
        let list = server.get(&format!("{query}{statuses}")).await.json();
        assert_eq!(list.as_array().unwrap().len(), found, "{statuses}: {list}");
    }
    assert_eq!(server.get(&format!("{query}ODD")).await.status, 400);
    // Schedules that were disabled in a window are enabled again.
    assert_eq!(server.post(&format!("{path}/disable"), "").await.status, 200);
    let again = "/v3/namespaces/default/schedules/re-enable?start-time-millis=";
    let before = format!("{again}0&end-time-millis=1");
    assert_eq!(server.put(&before, "").await.status, 200);
    assert_eq!(server.get(&path).await.json()["status"], "SUSPENDED");
    let ever = format!("{again}0&end-time-millis=9000000000000");
    assert_eq!(server.put(&ever, "").await.status, 200);
    assert_eq!(server.get(&path).await.json()["status"], "SCHEDULED");
}

/// A due schedule starts one run, with its name as an argument.
#[tokio::test]
async fn an_enabled_schedule_starts_runs() {
    let server = start().await;
    let app = include_str!("../../../../../assets/cdf-mysql-to-bigquery.json");
    let mut app: Json = serde_json::from_str(app).unwrap();
    app["config"]["schedule"] = json!("* * * * * ?");
    let deployed = server
        .put(
            "/v3/namespaces/default/apps/cdf_mysql_to_bigquery",
            app.to_string(),
        )
        .await;
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let schedule = "/v3/namespaces/default/apps/cdf_mysql_to_bigquery/schedules/dataPipelineSchedule";
    assert_eq!(
        server.get(&format!("{schedule}/status")).await.body,
        r#"{"status":"SUSPENDED"}"#
    );
    assert_eq!(server.post(&format!("{schedule}/enable"), "").await.body, "OK");
    let deadline = Instant::now() + Duration::from_secs(20);
    let run = loop {
        let runs = server.get(&format!("{P}/runs?status=COMPLETED")).await.json();
        if let Some(run) = runs.as_array().and_then(|runs| runs.first()) {
            break run.clone();
        }
        assert!(Instant::now() < deadline, "it never fired");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let arguments: Json = serde_json::from_str(run["properties"]["runtimeArgs"].as_str().unwrap()).unwrap();
    assert_eq!(arguments["scheduleName"], "dataPipelineSchedule");
    assert_eq!(server.post(&format!("{schedule}/disable"), "").await.status, 200);
    let refused = server.post(&format!("{schedule}/suspend"), "").await;
    assert_eq!(refused.status, 409, "{refused:?}");
}
