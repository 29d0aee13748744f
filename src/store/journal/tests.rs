//! What the journal promises: nothing acknowledged is lost, nothing foreign is touched, nothing
//! secret is written.

mod files;
mod outcomes;
mod prune;

use super::*;
use domain::arguments::RuntimeArguments;
use domain::event::{Discovery, Fact};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::key::RowName;
use domain::pipeline::PipelineState;
use domain::plan::PlannedPipeline;
use domain::request::{RunRequest, Scope};
use domain::row::{Configuration, ConfigurationRow};
use domain::run::Run;
use domain::state::RunState;
use domain::time::Timestamp;
use domain::variable::Variables;
use std::time::Duration;

fn at(seconds: i64, fact: Fact) -> RunEvent {
    RunEvent {
        at: Timestamp::from_seconds(seconds),
        fact,
    }
}

fn secrets(value: &str) -> RuntimeArguments {
    [("db_password", value), ("business_unit", "hr")]
        .into_iter()
        .collect()
}

fn request(scope: Scope) -> RunRequest {
    let variables = Variables {
        cdf_pipeline_name: "mysql_to_bq".into(),
        ..Variables::default()
    };
    RunRequest::new("sandbox", variables, scope)
}

fn started(run: &str, second: i64) -> RunEvent {
    let fact = Fact::RunStarted {
        run: run.into(),
        request: Box::new(request(Scope::Chain)),
    };
    at(second, fact)
}

fn planned(tasks: &[&str]) -> RunEvent {
    let pipelines = tasks.iter().map(|task| PlannedPipeline {
        task: (*task).into(),
        priority: 100,
        timeout: Duration::from_secs(2),
        allowed_tries: 3,
        arguments: [("business_unit", "hr")].into_iter().collect(),
    });
    at(
        2,
        Fact::PipelinesPlanned {
            pipelines: pipelines.collect(),
        },
    )
}

/// A run of two pipelines, of which one succeeds and one fails.
fn story(run: &str, second: i64) -> Vec<RunEvent> {
    let task = || TaskId::new("a");
    let failure = Failure::transient("It broke.").with_remedy("Try again.");
    vec![
        started(run, second),
        planned(&["a", "b"]),
        at(
            3,
            Fact::StartIntended {
                task: task(),
                number: 1,
                token: "t-1".into(),
            },
        ),
        at(
            4,
            Fact::PipelineStarted {
                task: task(),
                run_id: "r-1".into(),
                found: Discovery::Adopted,
            },
        ),
        at(
            5,
            Fact::PipelineSeen {
                task: task(),
                state: PipelineState::Completed,
                cluster_ended: true,
            },
        ),
        at(6, Fact::TaskSucceeded { task: task() }),
        at(
            7,
            Fact::TaskFailed {
                task: "b".into(),
                failure,
            },
        ),
        at(
            8,
            Fact::RunEnded {
                state: RunState::Failed,
            },
        ),
    ]
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(&dir.path().join("new/downbeat.db")).unwrap();
    (dir, journal)
}

#[tokio::test]
async fn a_second_open_tells_what_was_acknowledged() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("run-1");
    let story = story("run-1", 1);
    journal.append(&run, &story[..3]).await.unwrap();
    let second = Journal::open(&journal.path).unwrap();
    assert_eq!(second.events(&run).await.unwrap(), story[..3]);
    let unfinished = second.unfinished().await.unwrap();
    assert_eq!((unfinished.len(), unfinished[0].total), (1, 2));

    // Two processes may write; each folds what the other one wrote.
    second.append(&run, &story[3..6]).await.unwrap();
    journal.append(&run, &story[6..]).await.unwrap();
    let events = journal.events(&run).await.unwrap();
    assert_eq!(events, story);
    let expected = RunSummary::new(&Run::replay(&story).unwrap());
    assert_eq!(
        (expected.succeeded(), expected.failed(), expected.total),
        (1, 1, 2)
    );
    assert_eq!(journal.last_runs(10).await.unwrap(), [expected]);
    assert_eq!(journal.unfinished().await.unwrap(), []);

    let retry = at(
        9,
        Fact::RetryAsked {
            task: "b".into(),
            arguments: None,
            changed: std::collections::BTreeSet::new(),
        },
    );
    journal.append(&run, &[retry]).await.unwrap();
    let reopened = &journal.unfinished().await.unwrap()[0];
    assert_eq!((reopened.state, reopened.ended), (RunState::Running, None));
}

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let (_dir, journal) = journal();
    for (run, second) in [("old", 10), ("new", 30), ("middle", 20)] {
        journal
            .append(&run.into(), &[started(run, second)])
            .await
            .unwrap();
    }
    let names = |runs: Vec<RunSummary>| runs.into_iter().map(|run| run.id.to_string()).collect::<Vec<_>>();
    assert_eq!(names(journal.last_runs(2).await.unwrap()), ["new", "middle"]);
    assert_eq!(
        names(journal.unfinished().await.unwrap()),
        ["new", "middle", "old"]
    );
}

#[tokio::test]
async fn a_later_run_that_changed_the_table_overtakes_an_earlier_one() {
    let (_dir, journal) = journal();
    journal.append(&"old".into(), &story("old", 50)).await.unwrap();
    let overtaking = async || {
        let found = journal.overtaking(&"old".into()).await.unwrap();
        found.map(|run| run.id)
    };
    assert_eq!(overtaking().await, None);
    // A run that was refused changed nothing. The clock was set back before it began.
    journal
        .append(&"refused".into(), &[started("refused", 1)])
        .await
        .unwrap();
    assert_eq!(overtaking().await, None);
    for (run, second) in [("new", 2), ("newest", 1)] {
        journal.append(&run.into(), &story(run, second)).await.unwrap();
        assert_eq!(overtaking().await, Some(run.into()));
    }
    let last = journal.overtaking(&"newest".into()).await.unwrap();
    assert_eq!(last, None);
}

#[tokio::test]
async fn facts_without_a_start_and_second_starts_are_refused_whole() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("run-1");
    let stop = || at(2, Fact::RunStopAsked);
    let error = journal.append(&run, &[stop()]).await.unwrap_err();
    assert_eq!(error, StoreError::UnknownRun { run: run.clone() });
    journal.append(&run, &[started("run-1", 1)]).await.unwrap();
    let error = journal
        .append(&run, &[stop(), started("run-1", 1)])
        .await
        .unwrap_err();
    assert_eq!(error, StoreError::RunExists { run: run.clone() });
    assert_eq!(journal.events(&run).await.unwrap().len(), 1);
    assert_eq!(journal.unfinished().await.unwrap()[0].state, RunState::Running);
}

#[tokio::test]
async fn a_kill_within_a_write_loses_only_what_was_not_acknowledged() {
    let (dir, journal) = journal();
    let run = DagRunId::new("run-1");
    let story = story("run-1", 1);
    journal.append(&run, &story[..3]).await.unwrap();
    journal.append(&run, &story[3..]).await.unwrap();
    // The files as a kill within the second write leaves them.
    let copy = dir.path().join("copy.db");
    std::fs::copy(&journal.path, &copy).unwrap();
    let mut wal = std::fs::read(journal.path.with_extension("db-wal")).unwrap();
    wal.truncate(wal.len() - 100);
    std::fs::write(dir.path().join("copy.db-wal"), wal).unwrap();
    let resumed = Journal::open(&copy).unwrap();
    assert_eq!(resumed.events(&run).await.unwrap(), story[..3]);
    resumed.append(&run, &story[3..]).await.unwrap();
    assert_eq!(resumed.events(&run).await.unwrap(), story);
}

#[tokio::test]
async fn newer_damaged_and_foreign_files_are_refused_and_left_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("damaged"), "no database, by any means; not even a short one").unwrap();
    for (name, sql) in [
        ("newer", "CREATE TABLE runs(x); PRAGMA user_version = 99;"),
        ("foreign", "CREATE TABLE bookmarks(x);"),
    ] {
        Connection::open(path(name)).unwrap().execute_batch(sql).unwrap();
    }
    for (name, words) in [
        ("damaged", "is damaged"),
        ("newer", "has format 99"),
        ("foreign", "of another program"),
    ] {
        let before = std::fs::read(path(name)).unwrap();
        let error = Journal::open(&path(name)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains(name) && !error.hint().is_empty());
        assert_eq!(std::fs::read(path(name)).unwrap(), before);
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3, "no neighbours");
    let error = Journal::open(&path("damaged").join("downbeat.db")).unwrap_err();
    assert!(matches!(error, StoreError::NotWritable { .. }), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, journal) = journal();
    journal.append(&"r".into(), &[started("r", 1)]).await.unwrap();
    let folder = journal.path.parent().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert_eq!(files.len(), 3, "the database and its two neighbours");
    for file in files {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    std::fs::set_permissions(&journal.path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let again = Journal::open(&journal.path).unwrap();
    assert_eq!(mode(&again.path), 0o600);
}

#[tokio::test]
async fn secrets_reach_no_file() {
    let (_dir, journal) = journal();
    let mut request = request(Scope::Single(secrets("hunter-scope")));
    request.variables.cdf_pipeline_run_arguments.0 = vec![secrets("hunter-variable")];
    request.edits.insert("a".into(), secrets("hunter-edit"));
    let row = ConfigurationRow {
        task: "a".into(),
        name: RowName::usual("hr", "mysql"),
        active: true,
        priority: 1,
        timeout: None,
        max_retries: None,
        description: None,
        arguments: secrets("hunter-row"),
    };
    let configuration = Configuration {
        rows: vec![row],
        ..Configuration::default()
    };
    let mut plan = planned(&["a"]);
    if let Fact::PipelinesPlanned { pipelines } = &mut plan.fact {
        pipelines[0].arguments = secrets("hunter-plan");
    }
    let start = Fact::RunStarted {
        run: "r".into(),
        request: Box::new(request),
    };
    let events = [
        at(1, start),
        at(2, Fact::ConfigurationRead { configuration }),
        plan,
    ];
    journal.append(&"r".into(), &events).await.unwrap();
    for file in std::fs::read_dir(journal.path.parent().unwrap()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|six| six == b"hunter"));
    }
    let events = journal.events(&"r".into()).await.unwrap();
    let text = serde_json::to_string(&events).unwrap();
    assert_eq!(text.matches(r#""db_password":"***""#).count(), 4, "{text}");
    assert_eq!(
        text.matches(r#""db_password":"*** (typed)""#).count(),
        1,
        "{text}"
    );
}

#[tokio::test]
async fn facts_of_a_newer_version_are_left_out_and_broken_ones_are_errors() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("r");
    journal.append(&run, &[started("r", 1)]).await.unwrap();
    let other = Connection::open(&journal.path).unwrap();
    let insert = "INSERT INTO events VALUES ('r', ?1, 2000, ?2, ?3)";
    let newer = r#"{"event":"coffee_made","cups":2}"#;
    other.execute(insert, (2, "coffee_made", newer)).unwrap();
    let events = journal.events(&run).await.unwrap();
    assert_eq!(events.len(), 1);
    journal.append(&run, &[at(3, Fact::RunStopAsked)]).await.unwrap();
    assert_eq!(journal.last_runs(1).await.unwrap()[0].state, RunState::Stopping);

    let broken = r#"{"event":"start_intended","task":7}"#;
    other.execute(insert, (4, "start_intended", broken)).unwrap();
    let error = journal.events(&run).await.unwrap_err();
    assert!(
        matches!(error, StoreError::UnreadableEvent { seq: 4, .. }),
        "{error:?}"
    );
}

/// A run whose beginning this version does not understand, as an older one does not understand a run of some rows.
#[tokio::test]
async fn a_run_that_a_newer_version_asked_for_is_refused_alone() {
    let (_dir, journal) = journal();
    for (run, second) in [("old", 0), ("newer", 100), ("last", 200)] {
        journal.append(&run.into(), &story(run, second)).await.unwrap();
    }
    let other = Connection::open(&journal.path).unwrap();
    let sql =
        "UPDATE events SET body = replace(body, 'chain', 'of_tomorrow') WHERE run = 'newer' AND seq = 1";
    assert_eq!(other.execute(sql, []).unwrap(), 1);
    let refused = journal.events(&"newer".into()).await;
    assert!(
        matches!(refused, Err(StoreError::UnreadableEvent { seq: 1, .. })),
        "{refused:?}"
    );
    assert!(!journal.events(&"old".into()).await.unwrap().is_empty());
    assert_eq!(journal.counted_runs(9).await.unwrap().len(), 3, "all are listed");
    other
        .execute("DELETE FROM events WHERE run = 'last'", [])
        .unwrap();
    let overtaking = journal.overtaking(&"old".into()).await.unwrap();
    assert!(
        overtaking.is_some_and(|run| run.id.as_str() == "newer"),
        "it may have emptied the table"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_the_writer_do_not_disturb_each_other() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("r");
    journal.append(&run, &[started("r", 1)]).await.unwrap();
    let (reading, its_run) = (journal.clone(), run.clone());
    let reader = tokio::spawn(async move {
        let mut seen = 0;
        while seen < 101 {
            let events = reading.events(&its_run).await.unwrap();
            assert!(
                events.len() >= seen && events.len() % 2 == 1,
                "whole batches only"
            );
            seen = events.len();
        }
    });
    for second in 0..50 {
        let degraded = at(second, Fact::SilenceBroken { task: "a".into() });
        journal.append(&run, &[degraded.clone(), degraded]).await.unwrap();
    }
    reader.await.unwrap();
}

#[tokio::test]
async fn a_hundred_thousand_facts_come_back_in_order() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("r");
    let mut story = vec![started("r", 1)];
    story.extend((1..100_000).map(|second| at(second, Fact::SilenceBroken { task: "a".into() })));
    for batch in story.chunks(10_000) {
        journal.append(&run, batch).await.unwrap();
    }
    assert!(journal.events(&run).await.unwrap() == story);
}

/// A backup that locks the file is waited for by whoever writes; what failed is written by the next call, once.
#[tokio::test]
async fn a_write_that_a_lock_has_refused_succeeds_when_it_is_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("downbeat.db");
    let journal = Journal::open(&path).unwrap();
    let run = DagRunId::new("r");
    let backup = Connection::open(&path).unwrap();
    backup.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = journal.append(&run, &[started("r", 1)]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Busy { .. }), "{refused:?}");
    assert!(refused.trouble().is_some());
    assert!(journal.events(&run).await.unwrap().is_empty());
    backup.execute_batch("ROLLBACK").unwrap();
    journal.append(&run, &[started("r", 1)]).await.unwrap();
    assert_eq!(journal.events(&run).await.unwrap().len(), 1);
}
