//! `runs`, `runs show`, `logs` and `prune` of a journal that another process wrote or writes.

use super::home::{Home, wait_for};
use super::{done, lines, refused};
use domain::event::{Fact, RunEvent};
use domain::id::{DagRunId, TaskId};
use domain::log::{Level, LogLine};
use domain::time::Timestamp;
use downbeat::store::{Journal, Lease, LogFolder};
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};

const CHAIN: &str = include_str!("../../crates/domain/tests/journal/chain.jsonl");

/// `operations_ticket` fails in its first try, and succeeds in its second one.
const TICKET: &str = "start_pipeline_operations_ticket";
pub const FIRST_TRY_RUNS: usize = 61;
const SECOND_TRY_RUNS: usize = 69;

/// The recorded run under another name and profile.
pub fn events(run: &str, profile: &str) -> Vec<RunEvent> {
    let events = CHAIN.lines().map(|line| serde_json::from_str(line).unwrap());
    let named = |mut event: RunEvent| {
        if let Fact::RunStarted { run: id, request } = &mut event.fact {
            *id = run.into();
            request.profile = profile.into();
        }
        event
    };
    events.map(named).collect()
}

pub fn append(home: &Home, run: &str, events: &[RunEvent]) {
    let journal = Journal::open(&home.path().join("downbeat.db")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(journal.append(&run.into(), events)).unwrap();
}

fn log(home: &Home, run: &str, number: u32, level: Level, message: &str) {
    let line = LogLine::new(
        Timestamp::from_seconds(1_763_876_478),
        level,
        "Read MySQL",
        message,
    );
    let logs = LogFolder::new(&home.path());
    logs.append(&run.into(), &TaskId::from(TICKET), number, &[line])
        .unwrap();
}

/// A home with an ended run of each of two profiles.
fn ended() -> Home {
    let home = Home::new();
    for (run, profile) in [("0199-a", "prod"), ("0200-b", "test")] {
        append(&home, run, &events(run, profile));
        log(
            &home,
            run,
            1,
            Level::Error,
            "Communications link failure\nat java.sql",
        );
        log(&home, run, 2, Level::Info, "210 rows");
    }
    home
}

#[test]
fn runs_are_listed_by_profile_and_shown_one_by_one() {
    let home = ended();
    let names = |arguments: &[&str]| -> Vec<String> {
        let lines = lines(&home, arguments);
        lines
            .iter()
            .map(|line| line["run"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&["runs"]).len(), 2);
    assert_eq!(names(&["runs", "--profile", "prod"]), ["0199-a"]);
    assert_eq!(names(&["runs", "--profile", "test", "--limit", "1"]), ["0200-b"]);
    assert!(names(&["runs", "--profile", "gone"]).is_empty());
    assert!(done(&home, &["runs", "--profile", "gone"]).contains("no runs of profile gone"));

    let shown = done(&home, &["runs", "show", "0199"]);
    for words in [
        "prod",
        "output table: ",
        "operations_ticket",
        "success try 2/3",
        "rows loaded",
    ] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
    let json = lines(&home, &["runs", "show", "0199"]);
    let tasks = json[0]["tasks"].as_array().unwrap();
    let ticket = tasks.iter().find(|task| task["task"] == TICKET).unwrap();
    let tries = ticket["each_try"].as_array().unwrap();
    assert_eq!(tries.len(), 2);
    assert!(
        tries[0]["reason"]
            .as_str()
            .unwrap()
            .contains("Communications link failure"),
        "{ticket}"
    );
    let file = tries[1]["log"].as_str().unwrap();
    assert!(std::fs::read_to_string(file).unwrap().contains("210 rows"));
    assert!(
        refused(&home, &["runs", "show", "0300"])
            .err
            .contains("no run whose id begins")
    );
    assert!(refused(&home, &["runs", "show", "0"]).err.contains("2 runs"));
}

#[test]
fn a_log_is_printed_by_any_name_of_its_task_and_by_try() {
    let home = ended();
    for task in [TICKET, "operations_ticket", "operations/ticket"] {
        let text = done(&home, &["logs", "0199", task]);
        assert!(
            text.contains("INFO  Read MySQL | 210 rows") && !text.contains("Communications"),
            "{text}"
        );
    }
    let first = done(&home, &["logs", "0199", "operations_ticket", "--try", "1"]);
    assert!(
        first.contains("Communications link failure\n    at java.sql"),
        "{first}"
    );
    let json = lines(&home, &["logs", "0199", "operations_ticket", "--try", "1"]);
    assert_eq!(json.len(), 1);
    assert_eq!(json[0]["text"], "Communications link failure\nat java.sql");
    assert_eq!((&json[0]["level"], &json[0]["try"]), (&"ERROR".into(), &1.into()));
    // A task that runs no pipeline has a log too: it is made of the facts.
    let control = done(&home, &["logs", "0199", "truncate_table"]);
    assert!(control.contains(" INFO  truncate_table | "), "{control}");
    // It has ended, so that there is nothing to wait for.
    let followed = done(&home, &["logs", "0199", "operations_ticket", "--follow"]);
    assert!(followed.contains("210 rows"), "{followed}");

    let told = refused(&home, &["logs", "0199", "operations_tickets"]);
    assert!(told.err.contains("Its tasks are start, "), "{}", told.err);
    let told = refused(&home, &["logs", "0199", "operations_ticket", "--try", "3"]);
    assert!(told.err.contains("has 2 tries"), "{}", told.err);
    let silent = home.start(&["logs", "0199", "hr_engineer"]);
    assert_eq!((silent.code, silent.out.as_str()), (0, ""), "{}", silent.all());
    assert!(
        silent.err.contains("has written nothing in try 1"),
        "{}",
        silent.err
    );
    assert!(
        refused(&Home::new(), &["logs", "0199", "start"])
            .err
            .contains("no runs yet")
    );
}

/// The lines of a program, as they come.
fn output(child: &mut Child) -> Receiver<String> {
    let (send, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        out.lines()
            .map_while(Result::ok)
            .try_for_each(|line| send.send(line))
    });
    lines
}

#[test]
fn a_log_of_another_process_is_followed_through_the_tries_to_the_end_of_the_task() {
    let home = Home::new();
    let run = "0199-a";
    let events = events(run, "prod");
    let lease = Lease::run(&home.path(), &DagRunId::from(run)).unwrap();
    append(&home, run, &events[..FIRST_TRY_RUNS]);
    log(&home, run, 1, Level::Info, "reading");
    let mut child = home.spawn(&["logs", run, "operations_ticket", "--follow"]);
    let lines = output(&mut child);
    let next = |words: &str| {
        wait_for(words, || {
            lines.try_recv().ok().filter(|line| line.contains(words))
        })
    };
    next("reading");
    log(&home, run, 1, Level::Error, "Communications link failure");
    next("Communications");
    append(&home, run, &events[FIRST_TRY_RUNS..SECOND_TRY_RUNS]);
    log(&home, run, 2, Level::Info, "reading again");
    next("reading again");
    assert!(child.try_wait().unwrap().is_none(), "the task has not ended");
    append(&home, run, &events[SECOND_TRY_RUNS..]);
    // The last lines come after the end of the run.
    log(&home, run, 2, Level::Info, "210 rows");
    next("210 rows");
    let code = wait_for("the end", || child.try_wait().unwrap());
    drop(lease);
    assert_eq!(code.code(), Some(0));
}

#[test]
fn a_run_that_nobody_drives_any_more_ends_the_following_and_says_so() {
    let home = Home::new();
    append(&home, "0199-a", &events("0199-a", "prod")[..FIRST_TRY_RUNS]);
    log(&home, "0199-a", 1, Level::Info, "reading");
    let told = home.start(&["logs", "0199", "operations_ticket", "--follow"]);
    assert_eq!(told.code, 1, "{}", told.all());
    assert!(
        told.out.contains("reading") && told.err.contains("downbeat resume 0199-a"),
        "{}",
        told.all()
    );
}

#[test]
fn a_reader_that_has_enough_ends_a_following() {
    let home = Home::new();
    let run = "0199-a";
    let _lease = Lease::run(&home.path(), &DagRunId::from(run)).unwrap();
    append(&home, run, &events(run, "prod")[..FIRST_TRY_RUNS]);
    log(&home, run, 1, Level::Info, "reading");
    let mut child = home.spawn(&["logs", run, "operations_ticket", "--follow"]);
    drop(child.stdout.take());
    log(&home, run, 1, Level::Info, "more");
    let code = wait_for("the end", || child.try_wait().unwrap());
    assert_eq!(code.code(), Some(0));
}

#[test]
fn what_prune_removes_is_told_to_scripts_too() {
    let home = ended();
    let mut old = events("0100-c", "prod");
    for event in &mut old {
        event.at = Timestamp::from_millis(event.at.millis() - 864_000_000);
    }
    append(&home, "0100-c", &old);
    home.configure("journal_days = 9\njournal_runs = 1\n");
    let dry = lines(&home, &["prune", "--dry-run"]);
    assert_eq!(
        (&dry[0]["removed"], &dry[0]["dry_run"]),
        (&1.into(), &true.into())
    );
    let done = lines(&home, &["prune"]);
    assert_eq!((&done[0]["removed"], &done[0]["kept"]), (&1.into(), &2.into()));
    assert_eq!(lines(&home, &["runs"]).len(), 2);
    assert_eq!(lines(&Home::new(), &["prune"])[0]["removed"], 0);
}
