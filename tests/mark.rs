//! `downbeat mark` in a process of its own: what a person says of a task that failed is in the journal, and nothing else has
//! changed.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/home.rs"]
mod home;

use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::plan::PlannedPipeline;
use domain::request::{RunRequest, Scope};
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::time::Timestamp;
use domain::variable::Variables;
use downbeat::store::{Journal, Lease};
use home::{Home, PROFILE, Told};
use serde_json::json;
use std::time::Duration;

const RUN: &str = "2026-11-23T10-00-00-4f2a";

/// A run of two pipelines: one succeeds, one fails. It may have no end.
fn home_with(state: Option<RunState>) -> Home {
    let home = Home::new();
    home.configure(&format!("[profile.far]\n{PROFILE}credentials = 'none'\n"));
    let request = RunRequest::new("far", Variables::default(), Scope::Chain);
    let pipelines = ["good", "bad"].map(|task| PlannedPipeline {
        task: task.into(),
        priority: 1,
        timeout: Duration::from_secs(60),
        allowed_tries: 1,
        arguments: [("business_unit", "hr")].into_iter().collect(),
    });
    let facts = [
        Fact::RunStarted {
            run: RUN.into(),
            request: Box::new(request),
        },
        Fact::PipelinesPlanned {
            pipelines: pipelines.into(),
        },
        Fact::TaskSucceeded { task: "good".into() },
        Fact::TaskFailed {
            task: "bad".into(),
            failure: Failure::permanent("It broke."),
        },
    ];
    let facts = facts
        .into_iter()
        .chain(state.map(|state| Fact::RunEnded { state }));
    let at = Timestamp::from_seconds(1_795_428_000);
    let events: Vec<_> = facts.map(|fact| RunEvent { at, fact }).collect();
    runtime()
        .block_on(journal(&home).append(&RUN.into(), &events))
        .unwrap();
    home
}

fn journal(home: &Home) -> Journal {
    Journal::open(&home.path().join("downbeat.db")).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

fn kept(home: &Home) -> Run {
    Run::replay(&runtime().block_on(journal(home).events(&RUN.into())).unwrap()).unwrap()
}

fn mark(home: &Home, arguments: &[&str]) -> Told {
    home.start(&[&["mark"], arguments].concat())
}

#[test]
fn what_a_person_says_is_kept_and_can_be_taken_back() {
    let home = home_with(Some(RunState::Failed));
    let told = mark(&home, &["2026", "bad", "--note", "loaded by hand\n(OPS-17)"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(told.out.contains("bad"), "{}", told.all());
    assert!(told.out.contains("loaded by hand"), "{}", told.all());
    let run = kept(&home);
    let bad = run.task(&"bad".into()).unwrap();
    let note = bad.handled().unwrap().note.clone().unwrap();
    assert!(
        note.starts_with("loaded by hand") && !note.contains('\n'),
        "{note}"
    );
    assert_eq!((run.state, bad.state), (RunState::Failed, TaskState::Failed));

    let again = mark(&home, &[RUN, "bad", "--note", "loaded by hand\n(OPS-17)"]);
    assert_eq!(again.code, 0, "{}", again.all());
    assert!(again.err.contains("already"), "{}", again.all());

    let retry = home.start(&["retry", RUN]);
    assert!(retry.all().contains("left alone: bad"), "{}", retry.all());

    let back = mark(&home, &[RUN, "bad", "--not-handled", "--output", "json"]);
    assert_eq!(back.code, 0, "{}", back.all());
    let lines = back.lines();
    assert_eq!(lines[0]["doing"], "mark");
    assert_eq!(lines[1]["event"], "handling_taken_back");
    assert_eq!(
        (&lines[1]["task"], &lines[1]["run"]),
        (&json!("bad"), &json!(RUN))
    );
    let summary = back.summary();
    assert_eq!(
        (&summary["state"], &summary["exit"]),
        (&json!("failed"), &json!(0))
    );
    assert_eq!(lines.len(), 3, "{}", back.all());
    assert_eq!(kept(&home).handled().count(), 0);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let home = home_with(Some(RunState::Failed));
    for (arguments, words) in [
        (vec![RUN, "bad", "worse"], "has no task worse. Its tasks are"),
        (vec![RUN, "bad", "good"], "The task good of run"),
        (vec![RUN, "end"], "It follows from the tasks before it."),
        (vec!["1999", "bad"], "no run whose id begins with '1999'"),
        (vec![RUN], "<TASK>"),
        (
            vec![RUN, "bad", "--note", "a", "--not-handled"],
            "cannot be used with",
        ),
    ] {
        let told = mark(&home, &arguments);
        assert!(told.all().contains(words), "{arguments:?}: {}", told.all());
        assert_eq!(told.code, 2, "{}", told.all());
    }
    assert_eq!(kept(&home).handled().count(), 0);
}

#[test]
fn a_run_that_is_not_over_or_driven_elsewhere_is_left_alone() {
    let home = home_with(None);
    let told = mark(&home, &[RUN, "bad"]);
    assert_eq!(told.code, 5, "{}", told.all());
    assert!(told.err.contains("nobody watches it"), "{}", told.all());
    assert!(told.err.contains("downbeat resume"), "{}", told.all());
    let lease = Lease::run(&home.path(), &DagRunId::from(RUN)).unwrap();
    let told = mark(&home, &[RUN, "bad"]);
    assert_eq!(told.code, 5, "{}", told.all());
    assert!(told.err.contains("driven by another process"), "{}", told.all());
    drop(lease);
    assert_eq!(kept(&home).handled().count(), 0);
}

#[test]
fn a_read_only_profile_says_nothing_of_a_task() {
    let home = home_with(Some(RunState::Failed));
    home.configure(&format!("[profile.far]\n{PROFILE}read_only = true\n"));
    let told = mark(&home, &[RUN, "bad"]);
    assert!(told.err.contains("is read-only"), "{}", told.all());
    assert_ne!(told.code, 0);
    assert_eq!(kept(&home).handled().count(), 0);
}
