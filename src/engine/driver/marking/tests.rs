//! Marks on runs of the journal, by an engine whose services nobody answers for.

use super::*;
use crate::client::{Client, Credentials, Endpoints};
use crate::engine::{Command, Engine, Parts, SharedSecrets, spawn};
use crate::store::{Journal, Lease, LogFolder};
use domain::event::Fact;
use domain::request::RunRequest;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::time::Timestamp;
use domain::variable::Variables;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

fn events(id: &str, is_over: bool) -> Vec<RunEvent> {
    let request = json!({"profile": "p", "variables": Variables::default(), "scope": "chain"});
    let request: Box<RunRequest> = serde_json::from_value(request).unwrap();
    let task = || TaskId::from("start");
    let failure = Failure::permanent("No right.");
    let begins = [
        Fact::RunStarted {
            run: id.into(),
            request,
        },
        Fact::TryStarted { task: task() },
        Fact::TaskFailed {
            task: task(),
            failure,
        },
    ];
    let state = RunState::Failed;
    let facts = begins
        .into_iter()
        .chain(is_over.then_some(Fact::RunEnded { state }));
    let at = Timestamp::from_seconds(1_700_000_000);
    facts.map(|fact| RunEvent { at, fact }).collect()
}

fn engine(data: &Path, journal: &Journal) -> Engine {
    let nowhere = "http://127.0.0.1:9";
    let parts = Parts {
        client: Client::new(
            Endpoints::parse(nowhere, nowhere, None).unwrap(),
            Credentials::none(),
        )
        .unwrap(),
        journal: journal.clone(),
        logs: LogFolder::new(data),
        data: data.to_owned(),
        save_arguments: Arc::new(|_, _| Ok(())),
        tell_end: None,
        secrets: SharedSecrets::default(),
    };
    spawn(async { Ok(parts) })
}

async fn mark(engine: &mut Engine, run: &str, handling: Handling) -> Update {
    let command = Command::Mark {
        run: run.into(),
        tasks: vec!["start".into()],
        handling,
    };
    engine.commands.send(command).await.unwrap();
    engine.updates.recv().await.unwrap()
}

#[tokio::test]
async fn an_ended_run_is_marked_without_any_service_and_keeps_its_states() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&dir.path().join("journal.db")).unwrap();
    let id = DagRunId::from("over");
    journal.append(&id, &events("over", true)).await.unwrap();
    let mut engine = engine(dir.path(), &journal);
    let said = mark(&mut engine, "over", Handling::done("password=hunter2")).await;
    let Update::Marked { run, events } = said else {
        panic!("{said:?}");
    };
    assert_eq!((run.as_str(), events.len()), ("over", 1));
    let read = async || Run::replay(&journal.events(&id).await.unwrap()).unwrap();
    let run = read().await;
    let task = &run.tasks[0];
    assert_eq!((run.state, task.state), (RunState::Failed, TaskState::Failed));
    let note = task.handled().unwrap().note.clone().unwrap();
    assert!(!note.contains("hunter2"), "{note}");
    let listed = journal.counted_runs(9).await.unwrap();
    assert_eq!((listed[0].handled, listed[0].failed()), (1, 0));
    let records = journal.records(listed).await.unwrap();
    assert!(records[0].tasks[0].handled.is_some());
    assert!(
        Lease::driver_of(dir.path(), &id).is_none(),
        "the lock is given back"
    );
    assert!(matches!(
        mark(&mut engine, "over", Handling::TakenBack).await,
        Update::Marked { .. }
    ));
    assert_eq!(read().await.handled().count(), 0);
    assert!(matches!(
        mark(&mut engine, "over", Handling::TakenBack).await,
        Update::Refused(_)
    ));
}

#[tokio::test]
async fn a_run_that_another_process_holds_or_nobody_watches_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&dir.path().join("journal.db")).unwrap();
    for (id, is_over) in [("over", true), ("left", false)] {
        journal.append(&id.into(), &events(id, is_over)).await.unwrap();
    }
    let mut engine = engine(dir.path(), &journal);
    let lock = Lease::run(dir.path(), &"over".into()).unwrap();
    for (id, why) in [
        ("over", "is driven by another process"),
        ("left", "is not over, and nobody watches it"),
        ("none", "none"),
    ] {
        let Update::Refused(failure) = mark(&mut engine, id, Handling::done("")).await else {
            panic!("{id}");
        };
        assert!(failure.reason.contains(why), "{failure:?}");
        let before = events(id, id == "over");
        let held = journal.events(&id.into()).await.unwrap();
        assert!(held.is_empty() || held == before, "{id}: nothing was written");
    }
    drop(lock);
    assert!(matches!(
        mark(&mut engine, "over", Handling::done("")).await,
        Update::Marked { .. }
    ));
}
