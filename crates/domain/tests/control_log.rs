//! The logs of the control tasks, made of recorded journals.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_macros,
    reason = "the journals are files; the core under test reads none"
)]

use domain::check::Check;
use domain::control_log::{ControlLine, ControlLog};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::TaskId;
use domain::log::{Level, LogLine};
use domain::time::Timestamp;
use std::collections::BTreeMap;

const CHAIN: &str = include_str!("journal/chain.jsonl");
const BY_HAND: &str = include_str!("journal/by_hand.jsonl");
const EMPTIED: &str = include_str!("journal/emptied.jsonl");
const OTHER_FACTS: &str = include_str!("journal/other_facts.jsonl");

fn events(lines: &str) -> Vec<RunEvent> {
    let events = lines.lines().map(|line| serde_json::from_str(line).unwrap());
    events.collect()
}

fn lines(events: &[RunEvent]) -> Vec<ControlLine> {
    ControlLog::replay(events).unwrap().1
}

/// What the log of a task says, without times.
fn said(events: &[RunEvent], task: &str) -> Vec<(Level, String)> {
    let lines = lines(events)
        .into_iter()
        .filter(|line| line.task.as_str() == task);
    lines.map(|line| (line.line.level, line.line.message)).collect()
}

fn contains(said: &[(Level, String)], text: &str) -> bool {
    said.iter().any(|(_, message)| message.contains(text))
}

#[test]
fn every_control_task_of_an_old_journal_has_a_log() {
    let events = events(CHAIN);
    for (task, texts) in [
        (
            "start",
            vec!["Checks settings, rights, pipeline and tables", "Done in "],
        ),
        ("truncate_table", vec!["Empties ", "TRUNCATE TABLE", "Done in "]),
        (
            "get_configuration",
            vec!["Reads ", " has 8 rows: 6 active, 2 not."],
        ),
        (
            "filter_arguments",
            vec![
                "Kept: start_pipeline_hr_engineer, priority ",
                "because is_active is not true.",
                "6 pipeline runs planned, 2 rows left out; the arguments are written back",
            ],
        ),
        (
            "end",
            vec!["The run ends success after ", "6 success", " rows read, "],
        ),
    ] {
        let said = said(&events, task);
        for text in texts {
            assert!(contains(&said, text), "{task}: {text} in {said:#?}");
        }
    }
    assert!(
        lines(&events)
            .iter()
            .all(|line| !line.task.as_str().contains("pipeline_"))
    );
}

#[test]
fn the_rows_that_were_removed_and_how_they_come_back_are_said() {
    let said = said(&events(EMPTIED), "truncate_table");
    assert!(contains(&said, " rows from "), "{said:#?}");
    assert!(contains(&said, "To get the rows back: `bq cp"), "{said:#?}");
}

#[test]
fn a_pipeline_by_hand_is_planned_in_the_log_of_start() {
    let said = said(&events(BY_HAND), "start");
    assert!(contains(&said, "Kept: start_pipeline_hr_engineer"), "{said:#?}");
    assert!(contains(&said, "1 pipeline run by hand."), "{said:#?}");
}

#[test]
fn the_same_events_give_the_same_lines_one_by_one() {
    for journal in [CHAIN, BY_HAND, EMPTIED, OTHER_FACTS] {
        let events = events(journal);
        let mut log = ControlLog::begin(&events[0]).unwrap();
        let one_by_one: Vec<_> = events[1..].iter().flat_map(|event| log.apply(event)).collect();
        assert_eq!(one_by_one, lines(&events));
        assert!(one_by_one.is_sorted_by_key(|line| line.line.at));
    }
}

/// A finding belongs to the task that is at work, a failure and the next try to their own.
#[test]
fn each_try_has_a_log_of_its_own() {
    let mut events = events(CHAIN);
    events.truncate(1);
    let start: TaskId = "start".into();
    let reason = || Failure::permanent("It broke.").with_remedy("Mend it.");
    let facts = [
        Fact::TryStarted { task: start.clone() },
        Fact::Checked {
            task: start.clone(),
            checks: vec![Check::new("clock", "It is right.")],
            callers: BTreeMap::new(),
        },
        Fact::Noticed {
            finding: Finding::error("bq_output_table", "It is a view.", "Name a table."),
        },
        Fact::TryFailed {
            task: start.clone(),
            failure: reason(),
            retry_at: Timestamp::from_seconds(90),
        },
        Fact::TryStarted { task: start.clone() },
        Fact::TaskSucceeded { task: start },
        Fact::Noticed {
            finding: Finding::warning("nobody", "Nobody is at work.", "Wait."),
        },
        Fact::UpstreamFailed { task: "end".into() },
    ];
    let began = events[0].at;
    events.extend(facts.map(|fact| RunEvent { at: began, fact }));
    let lines = lines(&events);
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let LogLine {
                level,
                source,
                message,
                ..
            } = &line.line;
            let short: String = message.chars().take(24).collect();
            (line.task.as_str(), line.number, *level, source.as_str(), short)
        })
        .collect();
    let line = |task, number, level, source, text: &str| (task, number, level, source, text.to_owned());
    assert_eq!(
        told,
        [
            line("start", 1, Level::Info, "start", "Checks settings, rights,"),
            line("start", 1, Level::Info, "clock", "It is right."),
            line(
                "start",
                1,
                Level::Error,
                "bq_output_table",
                "It is a view. Name a tab"
            ),
            line("start", 1, Level::Error, "start", "It broke. Mend it."),
            line("start", 1, Level::Info, "start", "The next try begins at 1"),
            line("start", 2, Level::Info, "start", "Checks settings, rights,"),
            line("start", 2, Level::Info, "start", "Done in 0.0 s."),
            line("end", 1, Level::Warn, "end", "It does not begin, becau"),
        ]
    );
}
