//! The files of a journal: what is taken for one, reading without a right to write, and what is saved of damaged ones.

use super::*;
use std::fs;

/// Closes the writer, so that only the file itself is left.
async fn written(path: &Path) {
    let journal = Journal::open(path).unwrap();
    for run in ["a", "b"] {
        journal.append(&run.into(), &story(run, 1)).await.unwrap();
    }
    drop(journal);
    let wal = schema::beside(path, "-wal");
    for _ in 0..1000 {
        if !wal.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the writer does not end");
}

#[derive(Debug, PartialEq)]
struct Ended(Option<StoreError>);

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self(Some(error))
    }
}

/// The facts with their runs, the places that cannot be read, and whether everything could be.
type Whole = (Vec<(String, RunEvent)>, Vec<(i64, i64)>, bool);

fn exported(path: &Path) -> Result<Whole, StoreError> {
    let (mut facts, mut gaps) = (Vec::new(), Vec::new());
    let whole = Journal::export::<Ended>(path, &mut |exported| {
        match exported {
            Exported::Fact { run, at, body } => {
                let fact = serde_json::from_value(body.into()).unwrap();
                facts.push((run, RunEvent { at, fact }));
            }
            Exported::Unreadable { from, to, .. } => gaps.push((from, to)),
        }
        Ok(())
    });
    whole
        .map(|whole| (facts, gaps, whole))
        .map_err(|ended| ended.0.unwrap())
}

fn both_stories() -> Vec<(String, RunEvent)> {
    let of = |run: &'static str| {
        story(run, 1)
            .into_iter()
            .map(move |event| (run.to_owned(), event))
    };
    of("a").chain(of("b")).collect()
}

#[tokio::test]
async fn an_empty_file_is_never_taken_for_a_new_journal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("downbeat.db");
    written(&path).await;
    fs::write(&path, "").unwrap();
    for error in [
        Journal::open(&path).unwrap_err(),
        Journal::open_to_read(&path).unwrap_err(),
    ] {
        assert!(error.to_string().contains("is empty (0 bytes)"), "{error}");
        assert!(error.hint().contains("backup") && error.hint().contains("downbeat export journal"));
    }
    assert!(exported(&path).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"");
    // Moved away, as the error says, it makes place for a new one.
    fs::rename(&path, dir.path().join("away")).unwrap();
    assert!(Journal::open_to_read(&path).unwrap().is_none());
    assert!(!path.exists(), "reading makes no journal");
    assert_eq!(Journal::open(&path).unwrap().last_runs(9).await.unwrap(), []);
}

#[tokio::test]
async fn facts_that_only_the_neighbour_holds_are_not_removed() {
    let (dir, journal) = journal();
    journal.append(&"a".into(), &story("a", 1)).await.unwrap();
    let lost = dir.path().join("lost.db");
    let (wal, kept) = (
        schema::beside(&journal.path, "-wal"),
        schema::beside(&lost, "-wal"),
    );
    fs::copy(&wal, &kept).unwrap();
    for contents in [None, Some("")] {
        if let Some(contents) = contents {
            fs::write(&lost, contents).unwrap();
        }
        let error = Journal::open(&lost).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        assert_eq!(fs::read(&kept).unwrap(), fs::read(&wal).unwrap());
        let (facts, _, whole) = exported(&lost).unwrap();
        let expected: Vec<_> = both_stories().into_iter().filter(|(run, _)| run == "a").collect();
        assert_eq!((facts, whole), (expected, false));
    }
}

#[tokio::test]
async fn of_two_that_make_a_journal_at_once_both_have_the_same() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("downbeat.db");
        let open = || Journal::open(&path).unwrap();
        let journals = std::thread::scope(|scope| {
            let others: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            others
                .into_iter()
                .map(|other| other.join().unwrap())
                .collect::<Vec<_>>()
        });
        for (number, journal) in journals.iter().enumerate() {
            let run = number.to_string();
            journal
                .append(&run.as_str().into(), &[started(&run, 1)])
                .await
                .unwrap();
        }
        assert_eq!(open().last_runs(9).await.unwrap().len(), 4);
        let drafts = fs::read_dir(dir.path()).unwrap().flatten();
        let drafts: Vec<_> = drafts
            .filter(|file| file.file_name().to_string_lossy().contains(".new"))
            .collect();
        assert!(drafts.is_empty(), "{drafts:?}");
    }
}

#[tokio::test]
async fn reading_changes_nothing_and_sees_what_is_being_written() {
    let dir = tempfile::tempdir().unwrap();
    // Also where the name has letters that mean something in an address.
    let path = dir.path().join("what? 100% #1").join("downbeat.db");
    assert!(Journal::open_to_read(&path).unwrap().is_none());
    assert!(!path.parent().unwrap().exists());
    written(&path).await;
    let bytes = fs::read(&path).unwrap();
    let reader = Journal::open_to_read(&path).unwrap().unwrap();
    assert_eq!(reader.last_runs(9).await.unwrap().len(), 2);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(
        reader.append(&"a".into(), &[at(9, Fact::RunStopAsked)]).await,
        Err(StoreError::Closed)
    );

    let writer = Journal::open(&path).unwrap();
    writer.append(&"c".into(), &story("c", 2)).await.unwrap();
    assert_eq!(reader.last_runs(9).await.unwrap().len(), 3);
    assert_eq!(reader.events(&"c".into()).await.unwrap(), story("c", 2));
}

#[tokio::test]
async fn a_damaged_page_loses_what_is_on_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("downbeat.db");
    let journal = Journal::open(&path).unwrap();
    let mut expected = Vec::new();
    for number in 0..60 {
        let run = format!("run-{number}");
        journal
            .append(&run.as_str().into(), &story(&run, 1))
            .await
            .unwrap();
        expected.extend(story(&run, 1).into_iter().map(|event| (run.clone(), event)));
    }
    let all = expected.len();
    assert_eq!(exported(&path).unwrap(), (expected.clone(), vec![], true));
    drop(journal);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    // A page of the facts themselves, and not the first one, which says where the others are.
    let sql = "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 5";
    let page: Option<u64> = connection
        .query_row(sql, [], |row| row.get::<_, i64>(0))
        .ok()
        .map(i64::unsigned_abs);
    drop(connection);
    let page = usize::try_from(page.unwrap_or(30)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    fs::write(&path, &bytes).unwrap();

    let (facts, gaps, whole) = exported(&path).unwrap();
    assert!(!whole && !gaps.is_empty());
    assert!(
        facts.len() < all && facts.len() > all * 3 / 4,
        "{} of {all}: {gaps:?}",
        facts.len()
    );
    let mut rest = expected.iter();
    assert!(
        facts.iter().all(|fact| rest.any(|other| other == fact)),
        "in order, and unchanged"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn a_journal_without_its_head_or_its_end_gives_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("downbeat.db");
    written(&path).await;
    let whole = fs::read(&path).unwrap();
    let mut headless = whole.clone();
    headless[..4096].fill(0);
    let cut = &whole[..whole.len() - 4096];
    for damaged in [&headless[..], cut] {
        fs::write(&path, damaged).unwrap();
        let error = Journal::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
        let (facts, _, whole) = exported(&path).unwrap();
        assert_eq!((facts, whole), (both_stories(), false));
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
    fs::write(&path, "no database, by any means").unwrap();
    let error = exported(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn an_export_stops_where_its_reader_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("downbeat.db");
    written(&path).await;
    let mut taken = 0;
    let ended = Journal::export(&path, &mut |_| {
        taken += 1;
        if taken == 3 { Err(Ended(None)) } else { Ok(()) }
    });
    assert_eq!((ended, taken), (Err(Ended(None)), 3));
    let none = Journal::export::<Ended>(&dir.path().join("none.db"), &mut |_| panic!("there is nothing"));
    assert_eq!(none, Ok(true));
}
