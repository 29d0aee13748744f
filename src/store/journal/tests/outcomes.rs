//! What became of the tasks of ended runs: the same as their facts say, whoever wrote them and whatever is missing.

use super::*;
use domain::history::RunRecord;
use domain::state::TaskState;
use std::collections::BTreeMap;

fn folded(events: &[RunEvent]) -> RunRecord {
    let run = Run::replay(events).unwrap();
    RunRecord::new(&run, run.last_event)
}

async fn records(journal: &Journal) -> Vec<RunRecord> {
    journal.records(journal.all_runs().await.unwrap()).await.unwrap()
}

/// How many runs have an outcome that is as new as their facts, and how many tasks are in all of them.
fn kept(journal: &Journal) -> (i64, i64) {
    let sql = "SELECT
        (SELECT count(*) FROM outcomes WHERE seq = (SELECT max(seq) FROM events WHERE run = outcomes.run)),
        (SELECT count(*) FROM task_outcomes)";
    let connection = Connection::open(&journal.path).unwrap();
    connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

/// What a Downbeat without these tables does with a file: it knows only those of format 1.
fn older(journal: &Journal, sql: &str) {
    let connection = Connection::open(&journal.path).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON;").unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn an_outcome_is_written_with_the_end_and_follows_what_comes_after() {
    let (_dir, journal) = journal();
    let run = DagRunId::new("r");
    let mut story = story("r", 1);
    let (end, tasks) = (story.pop().unwrap(), 7);
    journal.append(&run, &story).await.unwrap();
    assert_eq!(kept(&journal), (0, 0), "it has no end yet");
    assert_eq!(records(&journal).await, [folded(&story)]);

    story.push(end);
    journal.append(&run, &story[story.len() - 1..]).await.unwrap();
    assert_eq!(kept(&journal), (1, tasks));
    assert_eq!(records(&journal).await, [folded(&story)]);
    // Counts may grow after the end.
    let counted = Fact::RecordsCounted {
        task: "a".into(),
        counts: vec![domain::pipeline::StageCounts {
            stage: "Sink".into(),
            loaded: Some(12),
            ..Default::default()
        }],
    };
    story.push(at(9, counted));
    journal.append(&run, &story[story.len() - 1..]).await.unwrap();
    assert_eq!(kept(&journal), (1, tasks));
    let found = records(&journal).await;
    assert_eq!(found, [folded(&story)]);
    assert_eq!(found[0].task(&"a".into()).unwrap().loaded, Some(12));

    let again = Fact::RetryAsked {
        task: "b".into(),
        arguments: None,
        changed: [].into(),
    };
    story.push(at(10, again));
    journal.append(&run, &story[story.len() - 1..]).await.unwrap();
    assert_eq!(kept(&journal), (0, 0), "it goes on");
    assert_eq!(records(&journal).await, [folded(&story)]);
}

#[tokio::test]
async fn all_counts_are_there_after_a_restart() {
    let (_dir, journal) = journal();
    let mut events = story("r", 1);
    let skipped = Fact::TaskSkipped {
        task: "c".into(),
        reason: Failure::permanent("Nobody needs it."),
    };
    events[1] = planned(&["a", "b", "c"]);
    events.insert(7, at(7, skipped));
    journal.append(&"r".into(), &events).await.unwrap();
    let expected: BTreeMap<_, _> = [TaskState::Success, TaskState::Failed, TaskState::Skipped]
        .map(|state| (state, 1))
        .into();
    let again = Journal::open(&journal.path).unwrap();
    assert_eq!(again.last_runs(1).await.unwrap()[0].counts, expected);
    assert_eq!(again.counted_runs(1).await.unwrap()[0].counts, expected);
}

#[tokio::test]
async fn a_journal_of_an_older_downbeat_is_folded_once() {
    let (_dir, journal) = journal();
    for (run, second) in [("1", 1), ("2", 2), ("3", 3)] {
        journal.append(&run.into(), &story(run, second)).await.unwrap();
    }
    journal
        .append(&"open".into(), &[started("open", 9)])
        .await
        .unwrap();
    older(&journal, "DROP TABLE task_outcomes; DROP TABLE outcomes;");
    let bytes = std::fs::read(&journal.path).unwrap();
    // Reading alone makes nothing, and knows everything all the same.
    let reader = Journal::open_to_read(&journal.path).unwrap().unwrap();
    let expected = BTreeMap::from([(TaskState::Success, 1), (TaskState::Failed, 1)]);
    let counted = reader.counted_runs(9).await.unwrap();
    assert_eq!(counted.len(), 4);
    assert!(
        counted[1..].iter().all(|run| run.counts == expected),
        "{counted:?}"
    );
    assert_eq!(std::fs::read(&journal.path).unwrap(), bytes);

    let opened = Journal::open(&journal.path).unwrap();
    assert_eq!(kept(&opened), (0, 0));
    let first = records(&opened).await;
    let runs: Vec<_> = first.iter().map(|record| record.summary.id.as_str()).collect();
    assert_eq!(runs, ["open", "3", "2", "1"]);
    assert_eq!(first[1], folded(&story("3", 3)));
    assert_eq!(kept(&opened), (3, 21));
    assert_eq!(records(&opened).await, first);
}

#[tokio::test]
async fn an_older_downbeat_beside_us_is_noticed() {
    let (_dir, journal) = journal();
    for run in ["a", "b"] {
        journal.append(&run.into(), &story(run, 1)).await.unwrap();
    }
    let body = r#"{"event":"task_succeeded","task":"b"}"#;
    let sql = format!("INSERT INTO events VALUES ('a', 9, 9000, 'task_succeeded', '{body}')");
    older(&journal, &sql);
    let found = records(&journal).await;
    let of_a = found
        .iter()
        .find(|record| record.summary.id.as_str() == "a")
        .unwrap();
    assert_eq!(of_a.task(&"b".into()).unwrap().state, TaskState::Success);
    // Its way to remove a run takes what it does not know along.
    older(
        &journal,
        "DELETE FROM events WHERE run = 'a'; DELETE FROM runs WHERE id = 'a';",
    );
    assert_eq!(kept(&journal), (1, 7));
    let gone = journal.records(vec![RunSummary::new(&Run::replay(&story("a", 1)).unwrap())]);
    assert_eq!(gone.await.unwrap(), []);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_read_is_folded_anew_and_a_run_that_cannot_is_left_out() {
    let (_dir, journal) = journal();
    for run in ["a", "b"] {
        journal.append(&run.into(), &story(run, 1)).await.unwrap();
    }
    older(
        &journal,
        r#"UPDATE task_outcomes SET body = '{"task":"a","kind":"pipeline","state":"of_tomorrow"}' WHERE run = 'a';"#,
    );
    assert_eq!(records(&journal).await.len(), 2);
    older(
        &journal,
        "UPDATE events SET body = '{}' WHERE run = 'b' AND seq = 3; DELETE FROM outcomes;",
    );
    assert_eq!(journal.counted_runs(9).await.unwrap().len(), 2);
    let left = records(&journal).await;
    assert_eq!(left, [folded(&story("a", 1))]);
}

#[tokio::test]
async fn a_removed_run_takes_its_outcome_along() {
    let (_dir, journal) = journal();
    let data = journal.path.parent().unwrap();
    for run in ["a", "b"] {
        journal.append(&run.into(), &story(run, 1)).await.unwrap();
    }
    assert_eq!(journal.remove(data, &["a".into()]), Ok(1));
    assert_eq!(kept(&journal), (1, 7));
}

/// Two processes write to one journal while a third reads: what is kept is what the facts say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_beside_each_other_keep_what_the_facts_say() {
    let (_dir, journal) = journal();
    let other = Journal::open(&journal.path).unwrap();
    let run = DagRunId::new("r");
    let mut story = story("r", 1);
    journal.append(&run, &story).await.unwrap();
    for second in 10..30 {
        let writer = if second % 2 == 0 { &journal } else { &other };
        let asked = Fact::RetryAsked {
            task: "b".into(),
            arguments: None,
            changed: [].into(),
        };
        let ended = Fact::RunEnded {
            state: RunState::Failed,
        };
        let facts = [at(second, asked), at(second, ended)];
        let (written, read) = tokio::join!(writer.append(&run, &facts), journal.all_runs());
        written.unwrap();
        read.unwrap();
        story.extend(facts);
        assert_eq!(records(&journal).await, [folded(&story)]);
    }
    assert_eq!(kept(&journal), (1, 7));
}

/// With hundreds of runs of an hour each, reading facts would take seconds: of what is kept none is looked at.
#[tokio::test]
async fn what_is_kept_is_read_without_a_single_fact() {
    let (_dir, journal) = journal();
    let mut expected = Vec::new();
    for second in 1..=20 {
        let run = format!("run-{second:02}");
        journal
            .append(&run.as_str().into(), &story(&run, second))
            .await
            .unwrap();
        expected.insert(0, folded(&story(&run, second)));
    }
    older(
        &journal,
        "UPDATE events SET body = 'not even JSON', name = 'run_started';",
    );
    assert_eq!(records(&journal).await, expected);
    let listed: Vec<_> = expected.into_iter().map(|record| record.summary).collect();
    assert_eq!(journal.last_runs(99).await.unwrap(), listed);
    assert_eq!(journal.counted_runs(99).await.unwrap(), listed);
}
