//! Removing runs: what goes, what stays, and the space of the file.

use super::*;
use std::fs;

async fn runs(journal: &Journal, ids: &[&str]) {
    for (second, id) in ids.iter().enumerate() {
        let second = i64::try_from(second).unwrap();
        journal.append(&(*id).into(), &story(id, second)).await.unwrap();
        let line = domain::log::LogLine::new(
            Timestamp::from_seconds(1),
            domain::log::Level::Info,
            "Read",
            "one",
        );
        let logs = LogFolder::new(journal.path.parent().unwrap());
        logs.append(&(*id).into(), &"a".into(), 1, &[line]).unwrap();
    }
}

async fn listed(journal: &Journal) -> Vec<String> {
    let runs = journal.all_runs().await.unwrap();
    runs.iter().map(|run| run.id.to_string()).collect()
}

#[tokio::test]
async fn ended_runs_go_with_their_logs_and_locks_and_no_others_do() {
    let (_dir, journal) = journal();
    let data = journal.path.parent().unwrap();
    runs(&journal, &["a", "b", "c", "driven"]).await;
    journal
        .append(&"open".into(), &[started("open", 9)])
        .await
        .unwrap();
    let driver = Lease::run(data, &"driven".into()).unwrap();
    let all = ["a", "b", "open", "driven", "nothing"].map(DagRunId::new);
    assert_eq!(journal.remove(data, &all), Ok(2));
    assert_eq!(listed(&journal).await, ["open", "driven", "c"]);
    assert_eq!(journal.events(&"a".into()).await.unwrap(), []);
    assert_eq!(journal.events(&"c".into()).await.unwrap(), story("c", 2));
    let logs: Vec<_> = fs::read_dir(data.join("logs")).unwrap().flatten().collect();
    assert_eq!(logs.len(), 2, "{logs:?}");
    assert!(!data.join("leases/run+a.lock").exists() && data.join("leases/run+driven.lock").exists());

    drop(driver);
    assert_eq!(journal.remove(data, &all), Ok(1));
    // The writer knows nothing of it and goes on.
    journal
        .append(&"c".into(), &[at(20, Fact::RunStopAsked)])
        .await
        .unwrap();
    let gone = journal.append(&"a".into(), &[at(20, Fact::RunStopAsked)]).await;
    assert_eq!(gone, Err(StoreError::UnknownRun { run: "a".into() }));
}

#[tokio::test]
async fn the_file_shrinks_beside_a_reader_and_a_writer() {
    let (_dir, journal) = journal();
    let data = journal.path.parent().unwrap();
    let ids: Vec<_> = (0..40).map(|number| format!("run-{number}")).collect();
    for id in &ids {
        let many = (0..600).map(|second| at(second, Fact::SilenceBroken { task: "a".into() }));
        let events: Vec<_> = std::iter::once(started(id, 1)).chain(many).collect();
        journal.append(&id.as_str().into(), &events).await.unwrap();
        let end = Fact::RunEnded {
            state: RunState::Success,
        };
        journal
            .append(&id.as_str().into(), &[at(700, end)])
            .await
            .unwrap();
    }
    journal.shrink(true).unwrap();
    let size = || fs::metadata(&journal.path).unwrap().len();
    let before = size();
    let reader = Journal::open_to_read(&journal.path).unwrap().unwrap();
    let old: Vec<_> = ids[..36].iter().map(|id| id.as_str().into()).collect();
    assert_eq!(journal.remove(data, &old), Ok(36));
    assert!(size() * 2 > before, "the space is free, and still the file's");
    journal.shrink(false).unwrap();
    assert!(size() * 5 < before, "{} of {before}", size());
    assert_eq!(listed(&reader).await.len(), 4);
    journal.append(&"next".into(), &story("next", 1)).await.unwrap();
    assert_eq!(listed(&reader).await.len(), 5);
    assert_eq!(reader.events(&"run-39".into()).await.unwrap().len(), 602);
}
