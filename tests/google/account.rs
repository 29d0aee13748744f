//! A run goes on as the account with which it has begun: nobody else's token is used, nothing fails for want of one, and it
//! goes on when the account is back.

use super::google::{Call, Login};
use super::home::signal;
use super::lab::{Lab, Live, callers};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

const REVOKED: Login = Login::Refused(
    400,
    r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
);

/// The pipelines run one after the other; once the first is over, the login gives something else. The list that shows its end
/// still goes through, and the next start does not.
fn changes_after_the_first_end(lab: &Lab, to: Login) {
    let sandbox = lab.sandbox.clone();
    lab.google.watch(move |call: &Call, logins| {
        let is_list = call.method == "GET" && call.path.contains("/runs?");
        if is_list && sandbox.run_states().iter().any(|state| state == "COMPLETED") {
            logins.insert("r".into(), vec![to.clone()]);
        }
    });
}

/// One pipeline after the other.
const ONE: &str = "max_active_pipelines = 1\n";

/// Once so many pipelines have been started, the login gives something else.
fn changes_after_starts(lab: &Lab, starts: usize, to: Login) {
    let mut seen = 0;
    lab.google.watch(move |call: &Call, logins| {
        seen += usize::from(call.method == "POST" && call.path.ends_with("/start"));
        if seen >= starts {
            logins.insert("r".into(), vec![to.clone()]);
        }
    });
}

/// The login is what it was again.
fn comes_back(lab: &Lab) {
    lab.google.watch(|_, _| {});
    lab.google.logs_in("r", &[Login::As(ANN)]);
}

fn is(event: &'static str) -> impl Fn(&Value) -> bool {
    move |line| line["event"] == event
}

/// Each task by its name.
fn tasks(summary: &Value) -> BTreeMap<String, Value> {
    let tasks = summary["tasks"].as_array().unwrap().iter();
    let named = tasks.map(|task| (task["task"].as_str().unwrap().to_owned(), task.clone()));
    named.collect()
}

/// Every row was loaded; the demo's ticket pipeline fails once by itself, and nothing else has failed.
fn is_whole(lines: &[Value]) {
    let summary = lines.last().unwrap();
    assert_eq!(summary["event"], "summary", "{summary}");
    for (name, task) in tasks(summary) {
        let tries = if name == "start_pipeline_operations_ticket" {
            2
        } else {
            1
        };
        assert_eq!(task["state"], "success", "{task}");
        assert_eq!(task["tries"], tries, "{task}");
    }
}

#[test]
fn a_token_of_another_account_is_not_used_and_the_run_waits_for_its_own() {
    let lab = Lab::with(ONE);
    let login = lab.short_login();
    lab.google.logs_in("r", &[Login::As(ANN)]);
    changes_after_the_first_end(&lab, Login::As(BOB));
    let mut run = Live::new(lab.command(&login, &["run", "--output", "json"]));
    let refused = run.wait_for("a start that is refused", is("start_refused"));
    let reason = &refused["reason"];
    let why = reason["reason"].as_str().unwrap();
    assert!(why.contains(ANN) && why.contains(BOB), "{refused}");
    assert_eq!(reason["kind"], "unauthorised", "{refused}");
    assert!(
        reason["remedy"]
            .as_str()
            .unwrap()
            .contains("Log in as ann@example.com"),
        "{refused}"
    );
    // It is asked for again, in growing pauses, and not by each of the rows that wait.
    lab.google.asked();
    let since = Instant::now();
    for _ in 0..12 {
        run.wait_for("a start that is refused again", is("start_refused"));
    }
    let most = since.elapsed().as_secs() / 5 + 2;
    let asked = lab.google.asked();
    assert!(asked.len() as u64 <= most, "{} of {most}: {asked:?}", asked.len());
    comes_back(&lab);
    let (code, lines) = run.end();
    assert_eq!(code, 0, "{lines:#?}");
    is_whole(&lines);
    let calls = lab.google.calls();
    assert_eq!(callers(&calls), [ANN].into());
}

#[test]
fn another_process_carries_a_run_on_as_the_account_of_the_journal() {
    let lab = Lab::with(ONE);
    let login = lab.short_login();
    lab.google.logs_in("r", &[Login::As(ANN)]);
    let mut run = Live::new(lab.command(&login, &["run", "--output", "json"]));
    let begun = run.wait_for("the beginning", is("run_started"));
    run.wait_for("a pipeline run", is("pipeline_started"));
    signal(run.child.id(), "KILL");
    run.end();
    assert_eq!(callers(&lab.google.calls()), [ANN].into());

    lab.google.logs_in("r", &[Login::As(BOB)]);
    let id = begun["run"].as_str().unwrap();
    let mut run = Live::new(lab.command(&login, &["resume", id, "--output", "json"]));
    let trouble = run.wait_for("trouble with watching", is("connection_degraded"));
    let why = trouble["reason"]["reason"].as_str().unwrap();
    assert!(why.contains(ANN) && why.contains(BOB), "{trouble}");
    assert_eq!(lab.google.calls(), [], "{trouble}");

    lab.google.logs_in("r", &[Login::As(ANN)]);
    let (code, lines) = run.end();
    assert_eq!(code, 0, "{lines:#?}");
    is_whole(&lines);
    assert_eq!(callers(&lab.google.calls()), [ANN].into());
}

#[test]
fn live_pipelines_are_seen_to_their_end_when_the_account_is_back() {
    let lab = Lab::new();
    let login = lab.short_login();
    lab.google.logs_in("r", &[Login::As(ANN)]);
    changes_after_starts(&lab, 3, REVOKED);
    let mut run = Live::new(lab.command(&login, &["run", "--output", "json"]));
    let trouble = run.wait_for("trouble with watching", is("connection_degraded"));
    let reason = &trouble["reason"];
    assert!(
        reason["reason"].as_str().unwrap().contains("invalid_grant"),
        "{trouble}"
    );
    assert!(
        reason["remedy"]
            .as_str()
            .unwrap()
            .contains("gcloud auth application-default login"),
        "{trouble}"
    );
    comes_back(&lab);
    run.wait_for("watching", is("connection_restored"));
    let (code, lines) = run.end();
    assert_eq!(code, 0, "{lines:#?}");
    is_whole(&lines);
}

#[test]
fn a_login_that_stays_revoked_ends_at_the_time_limit_with_the_reason() {
    let lab = Lab::with(&format!("{ONE}dag_timeout_minutes = 0.4\n"));
    let login = lab.short_login();
    lab.google.logs_in("r", &[Login::As(ANN)]);
    changes_after_the_first_end(&lab, REVOKED);
    let told = lab.start(&login, &["run"]);
    assert_eq!(told.code, 3, "{}", told.all());
    for words in [
        "not now: ",
        "invalid_grant",
        "gcloud auth application-default login",
        "skipped: dag_timeout_minutes had passed before it began. It could not be done: ",
    ] {
        assert!(told.all().contains(words), "{words}: {}", told.all());
    }
    assert!(!told.out.contains(": failed"), "{}", told.all());
    assert_eq!(lab.sandbox.run_states(), ["COMPLETED"]);
}

#[test]
fn nothing_begins_with_a_login_that_does_not_hold() {
    let lab = Lab::new();
    let login = lab.short_login();
    lab.google.logs_in("r", &[REVOKED]);
    let told = lab.start(&login, &["run"]);
    assert_eq!(told.code, 2, "{}", told.all());
    assert!(told.all().contains("invalid_grant"), "{}", told.all());
    assert_eq!(lab.google.calls(), []);
    // Several checks ask at the same time, and one of them is refused for all.
    assert_eq!(
        lab.google.asked(),
        ["oauth2.googleapis.com/token"],
        "{}",
        told.all()
    );
}
