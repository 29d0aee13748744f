//! The CDAP calls against bodies that real servers gave (`tests/recorded/cdap/`), over a real socket.

mod log;

use super::*;
use crate::client::testing::{Script, Step, ok};
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use domain::failure::FailureKind;
use domain::pipeline::{PipelineState, RunArguments};
use domain::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

macro_rules! recorded {
    ($name:literal) => {
        ok(include_str!(concat!("../../../tests/recorded/cdap/", $name)))
    };
}

const RUN: &str = "b8a9550d-e6ff-11f1-a4b2-020000000001";

fn cdap(script: &Script) -> Cdap {
    let client = script.client();
    let api = client.endpoints().cdap.clone().unwrap();
    client.cdap(&api, &Namespace::from("default"))
}

fn app() -> PipelineName {
    PipelineName::from("my pipe")
}

fn run_id() -> PipelineRunId {
    PipelineRunId::from(RUN)
}

#[tokio::test]
async fn a_pipeline_and_its_macros_are_read() {
    let missing = Step::Say(404, "'applicationreference:default.x' was not found.".into());
    let wrong = Step::Say(404, "Problem accessing: /v3/x. Reason: Not Found".into());
    let script = Script::serve([recorded!("app.json"), recorded!("plugins.json"), missing, wrong]).await;
    let cdap = cdap(&script);
    let deployed = cdap.app(&app()).await.unwrap().unwrap();
    let rules = cdap.macro_rules(&app()).await.unwrap();
    let pipeline = DeployedPipeline::read(&deployed.configuration, &rules, RuntimeArguments::default());
    let lookups = pipeline
        .stages
        .iter()
        .filter(|stage| !stage.is_outside)
        .map(|stage| {
            let names = pipeline.lookups(stage, &RuntimeArguments::default()).names;
            (
                stage.name.as_str(),
                names.into_iter().collect::<Vec<_>>().join(","),
            )
        });
    let lookups: Vec<_> = lookups.collect();
    assert_eq!(
        lookups,
        [("src", "input".to_owned()), ("sink", "output".to_owned())]
    );
    assert!(rules["src"].known.contains("path"), "{rules:?}");
    assert_eq!(cdap.app(&app()).await.unwrap(), None);
    assert!(cdap.app(&app()).await.is_err(), "a wrong endpoint proves nothing");
    assert_eq!(
        script.seen()[0].line,
        "GET /v3/namespaces/default/apps/my%20pipe HTTP/1.1"
    );
}

#[tokio::test]
async fn a_start_sends_exactly_one_item_and_learns_the_run() {
    let answer =
        format!(r#"[{{"statusCode":200,"runId":"{RUN}","appId":"plain","programType":"Workflow","x":1}}]"#);
    let script = Script::serve([ok(answer)]).await;
    let arguments = BTreeMap::from([("downbeat.token".to_owned(), "t1".to_owned())]);
    let answer = cdap(&script).start(&app(), &arguments).await;
    assert_eq!(answer, Ok(run_id()));
    let seen = script.seen().remove(0);
    assert_eq!(seen.line, "POST /v3/namespaces/default/start HTTP/1.1");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body.as_array().unwrap().len(), 1);
    assert_eq!(body[0]["runtimeargs"]["downbeat.token"], "t1");
    assert_eq!(body[0]["programId"], "DataPipelineWorkflow");
}

#[tokio::test]
async fn what_became_of_a_start_is_told_honestly() {
    let item = |text: &str| ok(format!("[{{{text}}}]"));
    for (step, outcome) in [
        (
            item(r#""statusCode":404,"error":"'program:x' was not found.""#),
            "refused",
        ),
        (item(r#""statusCode":429,"error":"maximum of 1""#), "busy"),
        (item(r#""statusCode":500,"error":"broke""#), "ambiguous"),
        (item(r#""statusCode":200"#), "ambiguous"),
        (item(r#""statusCode":200,"runId":"""#), "ambiguous"),
        (item(r#""statusCode":200,"runId":"../../apps""#), "ambiguous"),
        (ok("[]"), "ambiguous"),
        (ok("[{\"statusCode\":200,"), "ambiguous"),
        (
            Step::Say(404, "'applicationreference:default.nosuch' was not found.".into()),
            "refused",
        ),
        (Step::Say(400, "Request body is invalid json".into()), "refused"),
        (
            Step::Say(
                429,
                "Program x cannot start because the maximum of 2 outstanding runs is allowed".into(),
            ),
            "busy",
        ),
        (Step::Say(500, "null value in entry: n=null".into()), "refused"),
        (Step::Say(403, "<html>".into()), "ambiguous"),
        (Step::Say(404, "404 page not found".into()), "ambiguous"),
        (Step::SayWith(302, "location: /login", String::new()), "ambiguous"),
        (Step::Say(502, "<html>".into()), "ambiguous"),
        (Step::Say(503, String::new()), "ambiguous"),
        (Step::Reset, "ambiguous"),
    ] {
        let script = Script::serve([step.clone()]).await;
        let answer = cdap(&script).start(&app(), &BTreeMap::new()).await;
        let word = match answer.as_ref().map_err(|error| error.kind) {
            Ok(_) => "started",
            Err(FailureKind::Busy) => "busy",
            Err(FailureKind::Ambiguous) => "ambiguous",
            Err(_) => "refused",
        };
        assert_eq!(word, outcome, "{step:?}: {answer:?}");
        assert_eq!(script.seen().len(), 1, "never sent twice: {step:?}");
    }
}

#[tokio::test]
async fn a_young_record_decides_nothing_and_an_old_one_all() {
    let gone = Step::Say(404, "No run record found for program p and runID: r".into());
    let script = Script::serve([
        recorded!("run-young.json"),
        recorded!("run-running.json"),
        recorded!("run-ended.json"),
        gone,
    ])
    .await;
    let cdap = cdap(&script);
    let mut runs = Vec::new();
    while let Some(run) = cdap.run(&app(), &run_id()).await.unwrap() {
        runs.push(run);
    }
    let [young, running, ended] = <[_; 3]>::try_from(runs).unwrap();
    assert_eq!(
        (young.state, &young.arguments),
        (PipelineState::Pending, &RunArguments::Hidden)
    );
    assert_eq!(young.starting, Timestamp::from_seconds(1_795_412_141));
    let RunArguments::Visible(arguments) = &running.arguments else {
        panic!("{running:?}")
    };
    assert_eq!(arguments["input"], "/data/in/a.txt");
    assert!(!running.cluster_ended);
    assert_eq!(
        (ended.state, ended.cluster_ended),
        (PipelineState::Completed, true)
    );
}

#[tokio::test]
async fn a_list_asks_in_seconds_and_shows_rejected_runs() {
    let script = Script::serve([recorded!("runs-rejected.json")]).await;
    let since = Timestamp::from_millis(1_795_412_891_999);
    let runs = cdap(&script).runs(&app(), since, 500).await.unwrap();
    let rejected = runs
        .iter()
        .find(|run| run.state == PipelineState::Rejected)
        .unwrap();
    assert_eq!(rejected.token().unwrap().as_str(), "rejected-1");
    assert!(!rejected.cluster_ended);
    let line = &script.seen()[0].line;
    assert!(
        line.contains("/workflows/DataPipelineWorkflow/runs?start=1795412891&limit=500 "),
        "{line}"
    );
}

#[tokio::test]
async fn a_stop_of_a_run_that_is_over_is_no_error() {
    let over = Step::Say(400, "Program 'programreference:default.x' is not running.".into());
    let bad = Step::Say(400, "Invalid UUID string: x".into());
    let script = Script::serve([ok(""), over, bad]).await;
    let cdap = cdap(&script);
    assert_eq!(cdap.stop(&app(), &run_id()).await, Ok(()));
    assert_eq!(cdap.stop(&app(), &run_id()).await, Ok(()), "it is over");
    assert_eq!(
        cdap.stop(&app(), &run_id()).await.unwrap_err().kind,
        FailureKind::Permanent
    );
    assert!(script.seen()[0].line.starts_with("POST ") && script.seen()[0].line.contains("/stop "));
}

#[tokio::test]
async fn log_pages_lead_on() {
    let staged = r#"[{"log":{"timestamp":5,"logLevel":"ERROR","message":"m","stackTrace":"a\n\tb\n","loggerName":"l","mdc":{"pipeline.stage":"Read MySQL"}},"offset":"-10000.5"}]"#;
    let script = Script::serve([recorded!("logs-next.json"), ok("[]"), ok(staged)]).await;
    let cdap = cdap(&script);
    let first = cdap.logs_next(&app(), &run_id(), None, 3).await.unwrap();
    assert_eq!(
        first
            .events
            .iter()
            .map(|event| event.level.as_str())
            .collect::<Vec<_>>(),
        ["WARN", "INFO", "INFO"]
    );
    assert!(first.events[1].message.contains("started by user 'root'"));
    assert!(
        !format!("{first:?}").contains("/data/in/a.txt"),
        "arguments must not show in Debug"
    );
    assert_eq!(first.offset.as_deref(), Some("-10000.1795412478054"));
    let next = cdap
        .logs_next(&app(), &run_id(), first.offset.as_deref(), 3)
        .await
        .unwrap();
    assert_eq!((next.events.len(), &next.offset), (0, &first.offset));
    let last = cdap.logs_next(&app(), &run_id(), None, 3).await.unwrap();
    assert_eq!(last.events[0].stage.as_deref(), Some("Read MySQL"));
    assert!(
        script.seen()[1]
            .line
            .contains("logs/next?format=json&max=3&fromOffset=-10000.1795412478054 ")
    );
    assert_eq!(offset_at(Timestamp::from_millis(7)), "-10000.7");
}

#[tokio::test]
async fn the_innermost_cause_is_found() {
    let nested = r#"{"phase-1":{"nodeStatus":"COMPLETED"},"phase-2":{"nodeId":"phase-2","nodeStatus":"FAILED",
        "failureCause":{"className":"ExecutionException","message":"Job aborted.","cause":{"className":"SparkException",
        "message":"Table 'hr.nothing' doesn't exist","cause":{"className":"NullPointerException","stackTraces":[]}}}},
        "phase-3":{"nodeStatus":"KILLED"}}"#;
    let script = Script::serve([recorded!("nodes-action-failed.json"), ok(nested), ok("{}")]).await;
    let cdap = cdap(&script);
    let action = cdap.node_failures(&app(), &run_id()).await.unwrap().remove(0);
    assert_eq!(action.message, "lab: action broke");
    let nodes = cdap.node_failures(&app(), &run_id()).await.unwrap();
    assert_eq!(nodes.len(), 2, "the failed one and the killed one");
    assert_eq!(nodes[0].message, "Table 'hr.nothing' doesn't exist");
    assert_eq!(nodes[1].message, "");
    assert!(cdap.node_failures(&app(), &run_id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_classification_is_welcome_but_not_needed() {
    let unsupported = Step::Say(500, "Classification is only supported for failed runs".into());
    let unknown = Step::Say(404, "Problem accessing: x. Reason: Not Found".into());
    let script = Script::serve([
        recorded!("classify.json"),
        unsupported,
        unknown,
        Step::Say(405, "/v3".into()),
        Step::Reset,
    ])
    .await;
    let cdap = cdap(&script);
    let found = cdap.classify(&app(), &run_id()).await.unwrap().remove(0);
    assert_eq!(found.stage.as_deref(), Some("work"));
    for _ in 0..3 {
        assert_eq!(cdap.classify(&app(), &run_id()).await.unwrap(), []);
    }
    let lost = cdap.classify(&app(), &run_id()).await.unwrap_err();
    assert_eq!(lost.kind, FailureKind::Transient, "nothing was changed");
}

#[tokio::test]
async fn one_request_counts_all_runs() {
    let recorded = include_str!("../../../tests/recorded/cdap/metrics.json");
    let body = recorded.replacen("\"q\"", &format!("\"{RUN}\""), 1).replacen(
        '{',
        "{\"other\":{\"series\":[],\"resolution\":\"1s\"},",
        1,
    );
    let script = Script::serve([ok(body)]).await;
    let stages = [
        "Read MySQL",
        "Import To BigQuery",
        "Save To Cloud Storage",
        "Never",
    ]
    .map(str::to_owned);
    let runs = [run_id(), PipelineRunId::from("other")];
    let counts = cdap(&script).counts(&app(), &runs, &stages).await.unwrap();
    assert_eq!(counts.len(), 1, "a run without metrics is left out");
    let stage = |name: &str| {
        counts[&run_id()]
            .iter()
            .find(|counts| counts.stage == name)
            .cloned()
    };
    let loaded = stage("Import To BigQuery").unwrap();
    assert_eq!(
        (loaded.read, loaded.written, loaded.loaded),
        (122, 122, Some(122))
    );
    assert_eq!(stage("Save To Cloud Storage").unwrap().loaded, None);
    assert_eq!(stage("Never"), None);
    let seen = script.seen();
    assert_eq!((seen.len(), seen[0].body.contains("\"workflow\"")), (1, true));
    let none = cdap(&script).counts(&app(), &[], &stages).await.unwrap();
    assert!(
        none.is_empty() && script.seen().len() == 1,
        "nothing to ask, nothing asked"
    );
}

#[tokio::test]
async fn version_and_preferences_come_under_any_content_type() {
    let odd = Step::SayWith(
        200,
        "content-type: application/octet-stream",
        "{\"version\":\"6.11.0\"}".into(),
    );
    let script = Script::serve([
        odd,
        Step::Say(404, "Problem accessing".into()),
        ok("{\"a\":\"b\"}"),
    ])
    .await;
    assert_eq!(cdap(&script).version().await.unwrap(), "6.11.0");
    let preferences = cdap(&script).preferences_resolved(&app()).await.unwrap();
    assert_eq!(preferences["a"], "b");
    let line = &script.seen()[2].line;
    assert!(
        line.contains("/apps/my%20pipe/preferences?resolved=true "),
        "{line}"
    );
}
