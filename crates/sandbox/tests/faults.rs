//! Each fault as a client sees it on the wire, and the endpoint that starts and ends them.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "support/served.rs"]
mod served;

use serde_json::{Value, json};
use served::{Served, wait_for};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

const RUNS: &str =
    "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery/workflows/DataPipelineWorkflow/runs";
const APP: &str = "/api/v3/namespaces/default/apps/cdf_mysql_to_bigquery";
const START: &str = "/api/v3/namespaces/default/start";

struct Lab {
    sandbox: Served,
}

impl Lab {
    fn new() -> Self {
        Self {
            sandbox: Served::start(),
        }
    }

    /// The records of all runs of the pipeline.
    fn runs(&self) -> Vec<Value> {
        let runs = self.sandbox.get(&format!("{RUNS}?limit=10000"));
        runs.as_array().unwrap().clone()
    }

    /// Replaces the scenario.
    fn play(&self, scenario: &str) {
        let (status, body) = self.sandbox.ask("PUT", "/sandbox/scenario", scenario);
        assert_eq!(status, 200, "{body}");
    }

    /// All bytes of the answer, and whether it ended with a reset.
    fn raw(&self, path: &str) -> (Vec<u8>, bool) {
        let mut stream = self.sandbox.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ));
        let mut all = Vec::new();
        match stream.read_to_end(&mut all) {
            Ok(_) => (all, false),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
                (all, true)
            }
        }
    }

    fn start(&self, arguments: &Value) -> (u16, String) {
        let body = json!([{
            "appId": "cdf_mysql_to_bigquery", "programType": "Workflow", "programId": "DataPipelineWorkflow",
            "runtimeargs": arguments,
        }]);
        self.sandbox.ask("POST", START, &body.to_string())
    }

    fn started(&self, arguments: &Value) -> String {
        let (status, body) = self.start(arguments);
        assert_eq!(status, 200, "{body}");
        let items: Value = serde_json::from_str(&body).unwrap();
        items[0]["runId"].as_str().unwrap().to_owned()
    }

    fn record(&self, run: &str) -> Value {
        self.sandbox.get(&format!("{RUNS}/{run}"))
    }

    fn until(&self, run: &str, status: &str) -> Value {
        wait_for(&format!("run {run} {status}"), || {
            let record = self.record(run);
            (record["status"] == status).then_some(record)
        })
    }
}

/// Head and body of an answer.
fn parts(raw: &[u8]) -> (String, Vec<u8>) {
    let at = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (
        String::from_utf8_lossy(&raw[..at]).into_owned(),
        raw[at + 4..].to_vec(),
    )
}

fn length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    line.unwrap().parse().unwrap()
}

#[test]
fn a_reset_is_a_reset_and_comes_before_or_after_the_effect() {
    let lab = Lab::new();
    for (when, runs) in [("before", 0), ("after", 1)] {
        lab.play(&format!(
            "[[request]]\noperation = 'start'\nfirst = 1\nreset = '{when}'"
        ));
        let body = r#"[{"appId":"cdf_mysql_to_bigquery","programType":"Workflow","programId":"DataPipelineWorkflow"}]"#;
        let size = body.len();
        let mut stream = lab.sandbox.send(&format!(
            "POST {START} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n{body}"
        ));
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(lab.runs().len(), runs, "{when}");
    }
}

#[test]
fn bodies_are_cut_in_both_ways_and_come_drop_by_drop() {
    let lab = Lab::new();
    let (whole, _) = lab.raw(APP);
    let (_, whole) = parts(&whole);
    assert!(whole.len() > 1000);

    lab.play("[[request]]\noperation = 'app'\ntruncate = 0.5");
    let (head, body) = parts(&lab.raw(APP).0);
    assert_eq!(length(&head), whole.len(), "the length that was to come");
    assert_eq!(body, whole[..body.len()]);
    assert_eq!(body.len(), whole.len() / 2);

    lab.play("[[request]]\noperation = 'app'\ntruncate = 0.5\nlength = 'sent'");
    let (head, body) = parts(&lab.raw(APP).0);
    assert_eq!((length(&head), body.len()), (body.len(), whole.len() / 2));
    assert!(serde_json::from_slice::<Value>(&body).is_err());

    lab.play("[[request]]\noperation = 'app'\ntrickle = '20s'");
    let began = Instant::now();
    let (head, body) = parts(&lab.raw(APP).0);
    assert_eq!((length(&head), &body), (whole.len(), &whole), "late, but whole");
    // Twenty seconds of the scenario are one here; nine of ten pauses lie between ten drops.
    assert!(
        began.elapsed() >= Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn answers_of_somebody_else_look_like_theirs() {
    let lab = Lab::new();
    let query = "/bigquery/v2/projects/downbeat-sandbox/datasets";
    for (rule, path, status, words) in [
        (
            "answer = 503",
            RUNS,
            "503",
            "No endpoint strategy found for request GET /v3/namespaces/",
        ),
        (
            "answer = 401",
            RUNS,
            "401",
            "www-authenticate: Bearer realm=\"cdap\" error=\"invalid_token\"",
        ),
        ("answer = 401", query, "401", "\"reason\":\"authError\""),
        ("answer = 429\nretry_after = 7", query, "429", "retry-after: 7"),
        ("answer = 503", query, "503", "\"reason\":\"backendError\""),
        ("html = 502", RUNS, "502", "<!DOCTYPE html>"),
        (
            "answer = 200\ntext = 'hello'\ncontent_type = 'text/x'",
            RUNS,
            "200",
            "content-type: text/x",
        ),
    ] {
        lab.play(&format!("[[request]]\n{rule}"));
        let (raw, reset) = lab.raw(path);
        let text = String::from_utf8(raw).unwrap();
        assert!(
            !reset && text.starts_with(&format!("HTTP/1.1 {status} ")),
            "{rule}: {text}"
        );
        assert!(text.contains(words), "{rule}: {text}");
        assert!(
            !text.to_ascii_lowercase().contains("downbeat"),
            "nothing gives it away: {text}"
        );
    }
}

#[test]
fn what_was_decided_is_the_same_for_a_seed() {
    let pattern = |seed: u64| {
        let lab = Lab::new();
        lab.play(&format!(
            "seed = {seed}\n[[request]]\noperation = 'list'\nchance = 0.5\nanswer = 503"
        ));
        let statuses: Vec<_> = (0..40).map(|_| lab.sandbox.ask("GET", RUNS, "").0).collect();
        let given = lab.sandbox.get("/sandbox/faults");
        let refused = statuses.iter().filter(|status| **status == 503).count();
        assert_eq!(given["given"].as_u64(), Some(refused as u64));
        statuses
    };
    assert_eq!(pattern(5), pattern(5));
    assert_ne!(pattern(5), pattern(6));
}

#[test]
fn a_scenario_is_switched_looked_at_and_ended_while_the_server_runs() {
    let lab = Lab::new();
    assert_eq!(lab.sandbox.get("/sandbox/scenario")["rules"], json!([]));
    lab.play("redeploy");
    let standing = lab.sandbox.get("/sandbox/scenario");
    assert_eq!(
        standing["title"],
        "the pipeline is deployed again during its runs"
    );
    assert_eq!(standing["rules"][0]["kind"], "event");

    let (status, text) = lab
        .sandbox
        .ask("PUT", "/sandbox/scenario", "[[request]]\nreset = 'never'");
    assert_eq!(
        (status, text.as_str()),
        (400, "2:9: reset must be before or after.\n")
    );
    assert_eq!(
        lab.sandbox.get("/sandbox/scenario")["rules"][0]["kind"],
        "event",
        "the old one goes on"
    );

    lab.play("[[request]]\nname = 'no lists'\noperation = 'list'\nanswer = 500");
    assert_eq!(lab.sandbox.ask("GET", RUNS, "").0, 500);
    let faults = lab.sandbox.get("/sandbox/faults");
    assert_eq!(faults["given"], 1);
    let fault = &faults["faults"][0];
    assert_eq!(
        (&fault["rule"], &fault["befell"]),
        (&json!("no lists"), &json!(format!("GET {RUNS}")))
    );
    assert_eq!(lab.sandbox.ask("DELETE", "/sandbox/scenario", "").0, 200);
    assert_eq!(lab.sandbox.ask("GET", RUNS, "").0, 200);
}

#[test]
fn fates_of_runs_show_in_their_records() {
    let lab = Lab::new();
    lab.play(
        "[[run]]\nwhere = { n = 1 }\nhidden = '60s'\n[[run]]\nwhere = { n = 2 }\narguments_hidden = '60s'\n\
         [[run]]\nwhere = { n = 3 }\nrefuse = 'outstanding'\n[[run]]\nwhere = { n = 4 }\nstarting = 'forever'\n\
         [[run]]\nwhere = { n = 5 }\nskip = ['STARTING', 'RUNNING']\n[[run]]\nwhere = { n = 6 }\nunlisted = '60s'",
    );
    let began = Instant::now();
    let hidden = lab.started(&json!({ "n": "1" }));
    let path = format!("{RUNS}/{hidden}");
    assert_eq!(lab.sandbox.ask("GET", &path, "").0, 404);
    wait_for("the record", || {
        (lab.sandbox.ask("GET", &path, "").0 == 200).then_some(())
    });
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());

    let young = lab.started(&json!({ "n": "2" }));
    let shown = |record: &Value| record["properties"]["runtimeArgs"].as_str().unwrap().to_owned();
    assert!(shown(&lab.record(&young)).contains("clusterMode"));
    wait_for("its own arguments", || {
        shown(&lab.record(&young)).contains(r#""n":"2""#).then_some(())
    });

    let (status, text) = lab.start(&json!({ "n": "3" }));
    assert_eq!(status, 429, "{text}");
    assert!(text.ends_with("outstanding runs is allowed"), "{text}");
    let rejected = |run: &Value| run["status"] == "REJECTED" && shown(run).contains(r#""n":"3""#);
    wait_for("the REJECTED record", || {
        lab.runs().iter().any(rejected).then_some(())
    });

    let stuck = lab.started(&json!({ "n": "4" }));
    lab.until(&stuck, "STARTING");
    let skipping = lab.started(&json!({ "n": "5" }));
    let unlisted = lab.started(&json!({ "n": "6" }));
    let listed = || lab.runs().iter().any(|run| run["runid"] == unlisted.as_str());
    assert!(!listed() && lab.record(&unlisted)["runid"] == unlisted.as_str());
    let mut seen = Vec::new();
    wait_for("its end", || {
        let status = lab.record(&skipping)["status"].as_str().unwrap().to_owned();
        if seen.last() != Some(&status) {
            seen.push(status.clone());
        }
        ["COMPLETED", "FAILED"].contains(&status.as_str()).then_some(())
    });
    assert_eq!(seen, ["PENDING", "FAILED"], "it has no arguments to work with");
    wait_for("its place in the list", || listed().then_some(()));

    assert_eq!(lab.record(&stuck)["status"], "STARTING");
    assert_eq!(
        lab.sandbox.ask("POST", &format!("{RUNS}/{stuck}/stop"), "").0,
        200
    );
    lab.until(&stuck, "KILLED");
}

#[test]
fn a_kill_by_hand_cuts_off_cdap_alone_and_is_outlived() {
    let lab = Lab::new();
    let (status, text) = lab.sandbox.ask("POST", "/sandbox/kill?away=soon", "");
    assert_eq!((status, text.contains("500ms, 2s")), (400, true), "{text}");

    let run = lab.started(&json!({}));
    assert_eq!(lab.sandbox.ask("POST", "/sandbox/kill?away=20s", "").0, 200);
    assert!(lab.raw(RUNS).1, "reset");
    assert_eq!(lab.sandbox.get("/sandbox/scenario")["away"], true);
    let datasets = "/bigquery/v2/projects/downbeat-sandbox/datasets";
    assert_eq!(
        lab.sandbox.ask("GET", datasets, "").0,
        200,
        "BigQuery is somebody else's"
    );
    wait_for("its return", || {
        (lab.sandbox.get("/sandbox/scenario")["away"] == false).then_some(())
    });
    let record = lab.until(&run, "FAILED");
    assert_eq!(
        record["runid"],
        run.as_str(),
        "it waited, so it went on under its id"
    );

    let versions = || lab.sandbox.get(&format!("{APP}/versions"));
    let before = versions().as_array().unwrap().len();
    assert_eq!(
        lab.sandbox.ask("POST", "/sandbox/redeploy?app=nothing", "").0,
        404
    );
    assert_eq!(lab.sandbox.ask("POST", "/sandbox/redeploy", "").0, 200);
    assert_eq!(versions().as_array().unwrap().len(), before + 1);
    let by_hand = lab.sandbox.get("/sandbox/faults");
    assert_eq!(by_hand["given"], 2, "{by_hand}");
}

#[test]
fn a_token_is_over_when_the_scenario_says_so() {
    let lab = Lab::new();
    let grant = || {
        let asked = "grant_type=refresh_token&refresh_token=x";
        let (status, body) = lab.sandbox.ask("POST", "/token", asked);
        assert_eq!(status, 200, "{body}");
        let told: Value = serde_json::from_str(&body).unwrap();
        told["access_token"].as_str().unwrap().to_owned()
    };
    let paths = [
        "/bigquery/v2/projects",
        "/storage/v1/b?project=downbeat-sandbox",
        "/v1/projects/downbeat-sandbox/locations",
        APP,
    ];
    let with = |token: &str, path: &str| {
        let mut stream = lab.sandbox.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        ));
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        parts(&all)
    };
    let first = grant();
    lab.play("[[event]]\nat = '1ms'\nexpire_tokens = true");
    wait_for("the end of all tokens", || {
        with(&first, paths[0]).0.starts_with("HTTP/1.1 401").then_some(())
    });
    for path in paths {
        let (head, body) = with(&first, path);
        assert!(
            head.starts_with("HTTP/1.1 401") && head.contains("www-authenticate: Bearer"),
            "{path}: {head}"
        );
        serde_json::from_slice::<Value>(&body).unwrap();
        // A new one is taken, and so are foreign ones.
        for token in [grant(), "foreign".to_owned()] {
            let (head, _) = with(&token, path);
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        }
    }
    assert_eq!(
        lab.sandbox.get("/sandbox/faults")["faults"][0]["what"],
        "all tokens expired"
    );
}

/// A job of BigQuery waits in a queue: nothing is done before its turn, and a cancel takes it out.
#[test]
fn a_job_waits_for_its_turn_or_for_a_cancel() {
    let lab = Lab::new();
    let jobs = "/bigquery/v2/projects/downbeat-sandbox/jobs";
    let insert = |id: &str| {
        let body = json!({
            "jobReference": {"jobId": id, "location": "us-west1"},
            "configuration": {"query": {"query": format!("SELECT '{id}'"), "useLegacySql": false}},
        });
        let (status, answer) = lab.sandbox.ask("POST", jobs, &body.to_string());
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    let look = |id: &str| lab.sandbox.get(&format!("{jobs}/{id}?location=us-west1"));

    lab.play("[[request]]\noperation = 'insert'\nbody = 'held'\npending = 'forever'");
    let held = insert("held");
    assert_eq!(held["status"], json!({"state": "PENDING"}));
    assert!(held["statistics"]["startTime"].is_null(), "{held}");
    let (status, _) = lab
        .sandbox
        .ask("POST", &format!("{jobs}/held/cancel?location=us-west1"), "");
    assert_eq!(status, 200);
    let ended = wait_for("the end of the cancelled job", || {
        let job = look("held");
        (job["status"]["state"] == "DONE").then_some(job)
    });
    assert_eq!(ended["status"]["errorResult"]["reason"], "stopped");
    assert!(
        ended["statistics"]["query"].is_null(),
        "it changed nothing: {ended}"
    );

    lab.play("[[request]]\noperation = 'insert'\npending = '20s'");
    assert_eq!(insert("late")["status"]["state"], "PENDING");
    let done = wait_for("the job's turn", || {
        let job = look("late");
        (job["status"]["state"] == "DONE").then_some(job)
    });
    assert!(done["status"]["errorResult"].is_null(), "{done}");
    let time = |name: &str| done["statistics"][name].as_str().unwrap().parse::<i64>().unwrap();
    assert!(time("startTime") - time("creationTime") >= 900, "{done}");
    let what = &lab.sandbox.get("/sandbox/faults")["faults"][0]["what"];
    assert_eq!(what, "its job PENDING for 20s");
}
