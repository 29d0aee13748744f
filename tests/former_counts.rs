//! `downbeat runs` in a process of its own: all counts of a run are there after the program that drove it has gone.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::plan::PlannedPipeline;
use domain::request::{RunRequest, Scope};
use domain::state::RunState;
use domain::time::Timestamp;
use domain::variable::Variables;
use downbeat::store::Journal;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// A run of four pipelines: two succeed, one fails, one is stopped.
fn events() -> Vec<RunEvent> {
    let request = RunRequest::new("prod", Variables::default(), Scope::Chain);
    let pipelines = ["a", "b", "c", "d"].map(|task| PlannedPipeline {
        task: task.into(),
        priority: 1,
        timeout: Duration::from_secs(60),
        allowed_tries: 1,
        arguments: [("business_unit", "hr")].into_iter().collect(),
    });
    let failure = || Failure::permanent("It broke.");
    let facts = [
        Fact::RunStarted {
            run: "r".into(),
            request: Box::new(request),
        },
        Fact::PipelinesPlanned {
            pipelines: pipelines.into(),
        },
        Fact::TaskSucceeded { task: "a".into() },
        Fact::TaskSucceeded { task: "b".into() },
        Fact::TaskFailed {
            task: "c".into(),
            failure: failure(),
        },
        Fact::TaskStopped {
            task: "d".into(),
            failure: failure(),
        },
        Fact::RunEnded {
            state: RunState::Failed,
        },
    ];
    let at = Timestamp::from_seconds(1_795_428_000);
    facts.map(|fact| RunEvent { at, fact }).into()
}

fn listed(home: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_downbeat"))
        .arg("runs")
        .args(arguments)
        .env("DOWNBEAT_HOME", home)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn all_counts_are_there_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&home.path().join("downbeat.db")).unwrap();
        journal.append(&"r".into(), &events()).await.unwrap();
    });
    let line: Value = serde_json::from_str(&listed(home.path(), &["--output", "json"])).unwrap();
    assert_eq!(line["counts"], json!({"success": 2, "failed": 1, "stopped": 1}));
    assert_eq!(
        (&line["succeeded"], &line["failed"], &line["total"]),
        (&json!(2), &json!(1), &json!(4))
    );
    let text = listed(home.path(), &[]);
    assert!(
        text.contains("  2/4  ") && text.contains("  1 failed, 1 stopped"),
        "{text}"
    );
}
