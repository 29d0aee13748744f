//! Journals of released versions: each recorded line still reads, is written back as it was, and the
//! lines still give the run that they gave when they were recorded.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_macros,
    reason = "the journals are files; the core under test reads none"
)]

use domain::event::{Fact, RunEvent};
use domain::run::Run;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// A run as the program journalled it: six pipelines, one of which needed a second try.
const CHAIN: &str = include_str!("journal/chain.jsonl");
/// One pipeline run by hand, with a masked argument.
const BY_HAND: &str = include_str!("journal/by_hand.jsonl");
/// A run that emptied the table and failed then, with the facts about that, as they were added later.
const EMPTIED: &str = include_str!("journal/emptied.jsonl");
/// A run of a table with other columns, with arguments of its profile.
const OTHER_COLUMNS: &str = include_str!("journal/other_columns.jsonl");
/// The facts that the runs above do not contain, one or two of each, in the same form.
const OTHER_FACTS: &str = include_str!("journal/other_facts.jsonl");

fn events(lines: &str) -> Vec<RunEvent> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn states(run: &Run) -> Vec<(&str, &str)> {
    run.tasks
        .iter()
        .map(|task| (task.id.as_str(), task.state.as_str()))
        .collect()
}

#[test]
fn recorded_lines_read_and_are_written_back_unchanged() {
    let mut names = BTreeSet::new();
    for line in [CHAIN, BY_HAND, EMPTIED, OTHER_COLUMNS, OTHER_FACTS]
        .iter()
        .flat_map(|lines| lines.lines())
    {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let event: RunEvent = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), recorded, "{line}");
        names.insert(recorded["event"].as_str().unwrap().to_owned());
    }
    let every_fact = Fact::NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names, every_fact, "every fact was recorded");
}

/// Before `start` has succeeded another machine may load the table: a window that ended before that would set the
/// watermarks back.
#[test]
fn the_window_of_a_run_ends_when_it_holds_the_table_and_then_stays() {
    let mut events = events(CHAIN);
    let is_checked = |event: &&mut RunEvent| matches!(&event.fact, Fact::TaskSucceeded { task } if task.as_str() == "start");
    let checked = events.iter_mut().find(is_checked).unwrap();
    checked.at = checked.at + Duration::from_millis(7);
    let (at, again) = (checked.at, checked.fact.clone());
    let run = Run::replay(&events[..1]).unwrap();
    assert_eq!(run.logical_start, run.started);
    let run = Run::replay(&events).unwrap();
    assert_eq!(run.logical_start, at);
    assert_eq!(run.logical_start_time(), at.millis().to_string());
    events.push(RunEvent {
        at: at + Duration::from_secs(60),
        fact: again,
    });
    assert_eq!(Run::replay(&events).unwrap().logical_start, at);
}

#[test]
fn a_recorded_chain_gives_the_run_that_it_was() {
    let run = Run::replay(&events(CHAIN)).unwrap();
    assert_eq!(run.state.as_str(), "success");
    let expected = [
        ("start", "success"),
        ("truncate_table", "success"),
        ("get_configuration", "success"),
        ("filter_arguments", "success"),
        ("start_pipeline_hr_engineer", "success"),
        ("start_pipeline_hr_payroll", "success"),
        ("start_pipeline_finance_invoice", "success"),
        ("start_pipeline_finance_expense", "success"),
        ("start_pipeline_sales_orders", "success"),
        ("start_pipeline_operations_ticket", "success"),
        ("end", "success"),
    ];
    assert_eq!(states(&run), expected);
    let ticket = run.pipelines().last().unwrap();
    assert_eq!(ticket.tries.len(), 2);
    assert!(ticket.tries[0].failure.is_some() && ticket.tries[1].records_loaded() > Some(0));
}

#[test]
fn recorded_runs_by_hand_and_stopped_runs_give_what_they_were() {
    let by_hand = Run::replay(&events(BY_HAND)).unwrap();
    let expected = [
        ("start", "success"),
        ("start_pipeline_hr_engineer", "success"),
        ("end", "success"),
    ];
    assert_eq!(states(&by_hand), expected);
    let stopped = Run::replay(&events(OTHER_FACTS)).unwrap();
    assert_eq!(stopped.state.as_str(), "stopped");
    assert_eq!(
        states(&stopped)[4..],
        [
            ("start_pipeline_hr_engineer", "timed_out"),
            ("start_pipeline_hr_payroll", "stopped"),
            ("end", "none")
        ]
    );
}

#[test]
fn a_journal_says_how_the_rows_come_back_if_it_knows_the_moment() {
    let run = Run::replay(&events(EMPTIED)).unwrap();
    assert_eq!((run.state.as_str(), run.active_at_start), ("failed", Some(6)));
    let command = run.needed_restore().unwrap().command();
    assert!(command.contains("@1795958482899 "), "{command}");
    // Older versions did not ask BigQuery for it, and this machine's clock may be wrong.
    let old = Run::replay(&events(CHAIN)).unwrap();
    assert!(old.truncate_job.is_some() && old.restore().is_none());
    let without_moment: RunEvent =
        serde_json::from_str(r#"{"at":1,"event":"output_emptied","task":"truncate_table"}"#).unwrap();
    let mut run = old;
    run.apply(&without_moment);
    assert!(run.emptied.is_some() && run.restore().is_none());
}
