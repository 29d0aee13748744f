//! The life of a run, stops, failures, lists, metrics, flow control.

use super::*;

#[tokio::test]
async fn a_run_goes_through_the_measured_statuses() {
    let server = start().await;
    let run = server
        .start(json!({ "downbeat.token": "t=1", "mysql_user": "mine" }))
        .await;
    let seen = server
        .until(&run, |record| record["cluster"]["status"] == "DEPROVISIONED")
        .await;
    let mut states: Vec<_> = seen
        .iter()
        .map(|r| r["status"].as_str().unwrap().to_owned())
        .collect();
    states.dedup();
    let order = ["PENDING", "STARTING", "RUNNING", "COMPLETED"];
    let places: Vec<_> = states
        .iter()
        .map(|s| order.iter().position(|o| o == s).expect("a known state"))
        .collect();
    assert!(places.is_sorted() && places.last() == Some(&3), "{states:?}");
    let last = seen.last().unwrap();
    let arguments: Json = serde_json::from_str(last["properties"]["runtimeArgs"].as_str().unwrap()).unwrap();
    assert_eq!(arguments["downbeat.token"], "t=1");
    assert_eq!(arguments["mysql_user"], "mine");
    assert_eq!(arguments["bq_dataset_id"], "cdf_output");
    let starting = last["starting"].as_i64().unwrap();
    let logical: i64 = arguments["logical.start.time"].as_str().unwrap().parse().unwrap();
    assert_eq!(logical / 1000, starting);
    let (seconds, _) = uuid::Uuid::parse_str(&run)
        .unwrap()
        .get_timestamp()
        .unwrap()
        .to_unix();
    assert_eq!(i64::try_from(seconds).unwrap(), starting);
    assert!(
        last["properties"].get("phase-1").is_none(),
        "actions have no run of their own"
    );
    let inner = last["properties"]["phase-2"].as_str().unwrap();
    let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await;
    assert_eq!(
        nodes.body,
        format!(
            r#"{{"phase-1":{{"nodeId":"phase-1","nodeStatus":"COMPLETED"}},"phase-2":{{"nodeId":"phase-2","nodeStatus":"COMPLETED","runId":"{inner}"}}}}"#
        )
    );
    let token = server.get(&format!("{P}/runs/{run}/token")).await;
    assert_eq!(
        token.body,
        r#"{"field.operations":[{"node":"phase-2","value":"{\"Read MySQL\":[],\"Add Processed Columns\":[],\"Save To Cloud Storage\":[],\"Import To BigQuery\":[]}"}],"watermark":[{"node":"phase-1","value":"0"}]}"#
    );
}

#[tokio::test]
async fn a_young_record_shows_the_systems_arguments() {
    let server = start_with(Settings {
        speed: 1.0,
        ..Settings::default()
    })
    .await;
    let run = server.start(json!({ "downbeat.token": "t" })).await;
    let first = server.record(&run).await;
    assert_eq!(
        (&first["status"], &first["cluster"]["status"]),
        (&json!("PENDING"), &json!("PROVISIONING"))
    );
    let early = first["properties"]["runtimeArgs"].as_str().unwrap();
    assert!(
        early.contains("clusterMode") && !early.contains("downbeat.token"),
        "{early}"
    );
    assert!(!early.contains("logical.start.time"), "{early}");
}

#[tokio::test]
async fn a_young_record_shows_the_profile_that_was_asked_for() {
    let server = start_with(Settings {
        speed: 1.0,
        ..Settings::default()
    })
    .await;
    for (asked, shown) in [
        (json!({}), ["SYSTEM:native", "native", "ON_PREMISE"]),
        (
            json!({ "system.profile.name": "SYSTEM:dataproc" }),
            ["SYSTEM:dataproc", "gcp-dataproc", "ISOLATED"],
        ),
    ] {
        let run = server.start(asked).await;
        let record = server.record(&run).await;
        let early = record["properties"]["runtimeArgs"].as_str().unwrap();
        let early: Json = serde_json::from_str(early).unwrap();
        let names = ["system.profile.name", "system.profile.provisioner", "clusterMode"];
        assert_eq!(names.map(|name| early[name].as_str().unwrap()), shown);
    }
}

#[tokio::test]
async fn the_older_release_hides_a_young_run() {
    let server = start_with(Settings {
        personality: Personality::V6_10,
        speed: 2.0,
        ..Settings::default()
    })
    .await;
    let run = server.start(json!({ "downbeat.token": "t" })).await;
    let reply = server.get(&format!("{P}/runs/{run}")).await;
    let text = format!(
        "No run record found for program programreference:default.cdf_mysql_to_bigquery.workflow.DataPipelineWorkflow and runID: {run}"
    );
    assert_eq!((reply.status, reply.body), (404, text));
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let reply = server.get(&format!("{P}/runs/{run}")).await;
        if reply.status == 200 {
            assert!(reply.body.contains("downbeat.token"), "{reply:?}");
            break;
        }
        assert!(Instant::now() < deadline);
    }
}

#[tokio::test]
async fn a_stop_is_asynchronous_and_refused_afterwards() {
    let server = start().await;
    let run = server.start(json!({ "hold": "1" })).await;
    server.until(&run, has("RUNNING")).await;
    assert_eq!(server.post(&format!("{P}/runs/{run}/stop"), "").await.status, 200);
    let seen = server.until(&run, has("KILLED")).await;
    let record = seen.last().unwrap();
    let (stopping, terminate) = (
        record["stopping"].as_i64().unwrap(),
        record["terminate"].as_i64().unwrap(),
    );
    assert_eq!(terminate - stopping, 300);
    let refused = server.post(&format!("{P}/runs/{run}/stop"), "").await;
    let text = "Program 'programreference:default.cdf_mysql_to_bigquery.workflow.DataPipelineWorkflow' is not running.";
    assert_eq!((refused.status, refused.body.as_str()), (400, text));
    let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
    assert_eq!(nodes["phase-2"]["nodeStatus"], "KILLED");
    let odd = server.post(&format!("{P}/runs/not-a-uuid/stop"), "").await;
    assert_eq!(
        (odd.status, odd.kind.as_str(), odd.body.as_str()),
        (400, "application/json", "Invalid UUID string: not-a-uuid")
    );
}

#[tokio::test]
async fn a_stop_right_after_the_start_ends_the_run_before_it_works() {
    let server = start_with(Settings {
        speed: 5.0,
        ..Settings::default()
    })
    .await;
    let run = server.start(json!({ "hold": "1" })).await;
    assert_eq!(server.post(&format!("{P}/runs/{run}/stop"), "").await.status, 200);
    let record = server.until_end(&run).await;
    assert_eq!(record["status"], "KILLED");
    assert!(record.get("start").is_none(), "{record}");
}

#[tokio::test]
async fn a_failure_can_be_traced_to_its_stage() {
    let server = start().await;
    let run = server.start(json!({ "fail": "1" })).await;
    let record = server.until_end(&run).await;
    assert_eq!(record["status"], "FAILED");
    let nodes = server.get(&format!("{P}/runs/{run}/nodes/state")).await.json();
    let mut cause = &nodes["phase-2"]["failureCause"];
    while cause.get("cause").is_some() {
        cause = &cause["cause"];
    }
    assert_eq!(cause["message"], "Table 'hr.nothing' doesn't exist");
    let logs = server
        .get(&format!(
            "{P}/runs/{run}/logs?filter=loglevel%3DERROR&escape=false"
        ))
        .await;
    assert!(
        logs.body.contains(
            "Spark program 'phase-2' failed with error: Stage 'Read MySQL' encountered : java.sql.SQLException: \
             Table 'hr.nothing' doesn't exist. Please check the system logs for more details."
        ),
        "{logs:?}"
    );
    let classified = server.post(&format!("{P}/runs/{run}/classify"), "").await.json();
    assert_eq!(classified[0]["stageName"], "Read MySQL");
    assert_eq!(classified[0]["errorType"], "USER");
    let good = server.start(json!({})).await;
    server.until_end(&good).await;
    let refused = server.post(&format!("{P}/runs/{good}/classify"), "").await;
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (500, "Classification is only supported for failed runs")
    );
}

#[tokio::test]
async fn a_defect_of_the_executor_fails_its_run_only() {
    let server = start().await;
    let run = server.start(json!({ "panic": "1" })).await;
    assert_eq!(server.until_end(&run).await["status"], "FAILED");
    let next = server.start(json!({})).await;
    assert_eq!(server.until_end(&next).await["status"], "COMPLETED");
}

#[tokio::test]
async fn an_invalid_start_time_fails_without_nodes_or_lines() {
    let server = start().await;
    let run = server.start(json!({ "logical.start.time": "yesterday" })).await;
    assert_eq!(server.until_end(&run).await["status"], "FAILED");
    assert_eq!(
        server.get(&format!("{P}/runs/{run}/nodes/state")).await.body,
        "{}"
    );
    assert_eq!(server.get(&format!("{P}/runs/{run}/logs")).await.body, "");
    assert_eq!(
        server.post(&format!("{P}/runs/{run}/classify"), "").await.body,
        "[]"
    );
}

#[tokio::test]
async fn lists_put_unfinished_runs_first_and_cut_before_they_filter() {
    let server = start().await;
    let failed = server.start(json!({ "fail": "1" })).await;
    server.until_end(&failed).await;
    let held = server.start(json!({ "hold": "1" })).await;
    server.until(&held, has("RUNNING")).await;
    // A second later, so that the order by second is strict.
    let second = server.record(&held).await["starting"].as_i64().unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while chrono::Utc::now().timestamp() <= second {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..8 {
        let run = server.start(json!({})).await;
        server.until_end(&run).await;
    }
    let lab_ref = &server;
    let list = |query: &str| {
        let path = format!("{P}/runs?{query}");
        async move { lab_ref.get(&path).await.json().as_array().unwrap().clone() }
    };
    assert_eq!(list("limit=1").await[0]["runid"], held.as_str());
    assert_eq!(list("status=FAILED&limit=1").await.len(), 0);
    assert_eq!(list("status=FAILED&limit=2").await.len(), 0);
    assert_eq!(list("status=failed&limit=3").await.len(), 1);
    assert_eq!(list(&format!("start={second}&end={second}")).await.len(), 0);
    assert!(list(&format!("end={}", second + 1)).await.len() >= 2);
    for (query, status, text) in [
        (
            "status=",
            500,
            "No enum constant io.cdap.cdap.proto.ProgramRunStatus.",
        ),
        (
            "status=bogus",
            500,
            "No enum constant io.cdap.cdap.proto.ProgramRunStatus.BOGUS",
        ),
        ("start=now-1h", 400, "Invalid vaule now-1h for start"),
        (
            "start=5&end=1",
            400,
            "Invalid end time 1. It must be greater than the start time 5",
        ),
        ("limit=0", 200, "[]"),
        ("limit=-1", 200, "[]"),
    ] {
        let reply = server.get(&format!("{P}/runs?{query}")).await;
        assert_eq!((reply.status, reply.body.as_str()), (status, text), "{query}");
    }
    let reply = server.get(&format!("{P}/runs?limit=x")).await;
    assert_eq!(
        (reply.status, reply.body),
        (500, format!("Error in executing request: GET {P}/runs?limit=x"))
    );
    assert_eq!(server.get(&format!("{P}/runcount")).await.body, "10");
}

#[tokio::test]
async fn metrics_are_sums_and_absent_when_never_written() {
    let server = start().await;
    let run = server.start(json!({})).await;
    server.until_end(&run).await;
    let tags = json!({ "namespace": "default", "app": "cdf_mysql_to_bigquery",
        "workflow": "DataPipelineWorkflow", "run": run });
    let body = json!({
        "a": { "tags": tags, "metrics": ["user.Read MySQL.records.out", "user.nosuch"] },
        "b": { "tags": tags, "metrics": ["user.Import To BigQuery.records.updated"], "timeRange": { "aggregate": "true" } },
    });
    let reply = server.post("/v3/metrics/query", body.to_string()).await.json();
    assert_eq!(reply["a"]["series"].as_array().unwrap().len(), 1);
    assert_eq!(
        reply["a"]["series"][0]["data"],
        json!([{ "time": 0, "value": 122 }])
    );
    assert_eq!(
        reply["b"]["series"][0]["metricName"],
        "user.Import To BigQuery.records.updated"
    );
    let url = format!(
        "/v3/metrics/query?tag=namespace:default&tag=run:{run}&metric=user.Read%20MySQL.records.out&aggregate=true"
    );
    let reply = server.post(&url, "").await;
    assert!(
        reply.body.starts_with(r#"{"startTime":0,"endTime":"#),
        "{reply:?}"
    );
    assert!(
        reply.body.ends_with(
            r#""series":[{"metricName":"user.Read MySQL.records.out","grouping":{},"data":[{"time":0,"value":122}]}],"resolution":"2147483647s"}"#
        ),
        "{reply:?}"
    );
    let names = server
        .post(&format!("/v3/metrics/search?target=metric&tag=run:{run}"), "")
        .await
        .json();
    assert!(
        names.as_array().unwrap().contains(&json!("system.app.log.info")),
        "{names}"
    );
    for (path, body, status, text) in [
        ("/v3/metrics/query", "", 400, "Batch request with empty content"),
        ("/v3/metrics/query", "{}", 200, "{}"),
        (
            "/v3/metrics/query",
            "{\"a\":",
            500,
            "Internal error while querying for metrics",
        ),
        (
            "/v3/metrics/query",
            r#"{"q":{"tags":{}}}"#,
            400,
            "Missing metrics parameter in the query",
        ),
        ("/v3/metrics/search", "", 400, "Required target param is missing"),
        (
            "/v3/metrics/search?target=bogus",
            "",
            400,
            "Unknown target param value: bogus",
        ),
    ] {
        let reply = server.post(path, body).await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (status, text),
            "{path} {body}"
        );
    }
}

#[tokio::test]
async fn flow_control_refuses_and_leaves_a_rejected_record() {
    let limits = Limits {
        outstanding: Some(1),
        launching: None,
    };
    let server = start_with(Settings { limits, ..fast() }).await;
    let held = server.start(json!({ "hold": "1" })).await;
    server.until(&held, has("RUNNING")).await;
    let refused = server
        .post(&format!("{P}/start"), r#"{"downbeat.token":"refused"}"#)
        .await;
    assert_eq!(refused.status, 429);
    assert!(
        refused
            .body
            .ends_with("cannot start because the maximum of 1 outstanding runs is allowed"),
        "{refused:?}"
    );
    let deadline = Instant::now() + Duration::from_secs(5);
    let rejected = loop {
        let list = server.get(&format!("{P}/runs?status=REJECTED")).await.json();
        if let Some(run) = list.get(0) {
            break run.clone();
        }
        assert!(Instant::now() < deadline);
    };
    assert!(
        rejected["properties"]["runtimeArgs"]
            .as_str()
            .unwrap()
            .contains("refused")
    );
    assert_eq!(rejected["cluster"], json!({ "status": "PROVISIONING" }));
    assert_eq!(rejected["end"], rejected["starting"]);
}

#[tokio::test]
async fn a_program_level_stop_ends_all_runs_of_the_newest_version_only() {
    let server = start().await;
    let old = server.start(json!({ "hold": "1" })).await;
    server.until(&old, has("RUNNING")).await;
    let pipeline = include_str!("../../../../../assets/cdf-mysql-to-bigquery.json");
    assert_eq!(
        server
            .put("/v3/namespaces/default/apps/cdf_mysql_to_bigquery", pipeline)
            .await
            .status,
        200
    );
    assert_eq!(
        server.get(&format!("{P}/status")).await.body,
        r#"{"status":"STOPPED"}"#
    );
    assert_eq!(server.post(&format!("{P}/stop"), "").await.status, 400);
    let new = [
        server.start(json!({ "hold": "1" })).await,
        server.start(json!({ "hold": "1" })).await,
    ];
    assert_eq!(server.post(&format!("{P}/stop"), "").await.status, 200);
    for run in new {
        let record = server.until_end(&run).await;
        assert_eq!(
            (&record["status"], &record["terminate"]),
            (&json!("KILLED"), &record["stopping"])
        );
    }
    assert_eq!(server.record(&old).await["status"], "RUNNING");
    let deleted = server
        .ask(
            Method::DELETE,
            "/v3/namespaces/default/apps/cdf_mysql_to_bigquery",
            None,
        )
        .await;
    assert_eq!(deleted.status, 409, "{deleted:?}");
    assert!(
        deleted
            .body
            .ends_with("are still running: phase-2,DataPipelineWorkflow"),
        "{deleted:?}"
    );
}

#[tokio::test]
async fn a_thousand_runs_are_listed_at_once() {
    let server = start_with(Settings {
        speed: 1000.0,
        ..Settings::default()
    })
    .await;
    let item = json!({ "appId": "cdf_mysql_to_bigquery", "programType": "Workflow", "programId": "DataPipelineWorkflow",
        "runtimeargs": { "lines": "0" } });
    let batch = Json::Array(vec![item; 100]).to_string();
    for _ in 0..10 {
        assert_eq!(
            server
                .post("/v3/namespaces/default/start", batch.clone())
                .await
                .status,
            200
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        while server.get(&format!("{P}/status")).await.json()["status"] != "STOPPED" {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let began = Instant::now();
    let list = server.get(&format!("{P}/runs?limit=1000")).await.json();
    assert_eq!(list.as_array().unwrap().len(), 1000);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
