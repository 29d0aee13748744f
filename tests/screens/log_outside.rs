//! A log in another program: the terminal is given away and taken back, and the run goes on meanwhile.

use crate::memory::{Harness, start_with_logs};
use domain::failure::Failure;
use downbeat::engine::Update;
use downbeat::signals::Signal;
use downbeat::tui::Outcome;
use downbeat::tui::viewer::Viewer;
use std::time::Duration;
use tempfile::TempDir;

/// The loop with a run whose first task has a log, and this program to show it. `GO` in it is a file that it can wait for.
async fn log(pager: &str) -> (TempDir, Harness) {
    let text = |task: &str| format!("2026-11-23T10:00:00.000Z INFO  Read | of {task}\n");
    let logs = [
        ("start", &*text("start")),
        ("truncate_table", &*text("truncate_table")),
    ];
    start_with_logs(&logs, |folder, setup| {
        let pager = pager.replace("HERE", &folder.display().to_string());
        setup.viewer = Viewer::from_environment(|name| (name == "PAGER").then(|| pager.clone()));
    })
    .await
}

/// Waits until something is so, without the clock of the test.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so() {
            return;
        }
        let pause = || std::thread::sleep(Duration::from_millis(5));
        tokio::task::spawn_blocking(pause).await.unwrap();
    }
    panic!("never so: {what}");
}

/// A program that copies what it shows, and ends when it is told to. A file is there before its text is, so `path` is
/// moved to its place.
const PATIENT: &str = "sh -c 'cp \"$1\" HERE/shown; printf %s \"$1\" > HERE/new; mv HERE/new HERE/path; while [ -e HERE/path ] && ! [ -e HERE/go ]; do sleep 0.01; done' sh";

#[tokio::test(start_paused = true)]
async fn the_terminal_is_lent_and_the_engine_is_heard_meanwhile() {
    let (folder, mut harness) = log(PATIENT).await;
    let here = |name: &str| folder.path().join(name);
    harness.press("ctrl-o");
    until("the log is shown", || here("path").exists()).await;
    let shown = std::fs::read_to_string(here("path")).unwrap();
    assert_eq!(
        shown,
        here("start.1").display().to_string(),
        "it is the file of the log"
    );
    assert!(harness.sequences.lock().unwrap().contains("[lent]"));
    // It takes more than fits into the channel; ctrl-c was typed for the other program.
    harness.signals.send(Signal::Interrupt).unwrap();
    let before = harness.frames.borrow().0;
    for number in 0..100 {
        let failure = Failure::permanent(format!("no {number}"));
        harness.updates.send(Update::Refused(failure)).await.unwrap();
    }
    assert_eq!(
        harness.frames.borrow().0,
        before,
        "nothing is drawn over the other program"
    );
    std::fs::write(here("go"), "").unwrap();
    harness.shows("no 99").await;
    assert!(!harness.frames.borrow().1.contains("Leave Downbeat?"));
    let sequences = harness.sequences.lock().unwrap().clone();
    let (_, after) = sequences.split_once("[back]").unwrap();
    assert!(after.contains("1000h"), "the mouse is ours again: {after:?}");
    harness.press("3");
    harness.shows("─ 3 Tasks").await;
}

#[tokio::test(start_paused = true)]
async fn several_logs_are_shown_in_a_file_that_is_nobody_elses_and_gone_after() {
    let (folder, mut harness) = log(PATIENT).await;
    let here = |name: &str| folder.path().join(name);
    harness.press("M");
    harness.shows("all tasks").await;
    harness.press("ctrl-o");
    until("the log is shown", || here("path").exists()).await;
    let path = std::path::PathBuf::from(std::fs::read_to_string(here("path")).unwrap());
    let text = std::fs::read_to_string(here("shown")).unwrap();
    assert!(
        text.starts_with("start | 2026") && text.ends_with("of start\n"),
        "{text}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(here("go"), "").unwrap();
    until("the file is gone", || !path.exists()).await;
    // A signal ends both.
    std::fs::remove_file(here("go")).unwrap();
    std::fs::remove_file(here("path")).unwrap();
    harness.shows("all tasks").await;
    harness.press("ctrl-o");
    until("the log is shown again", || here("path").exists()).await;
    let path = std::path::PathBuf::from(std::fs::read_to_string(here("path")).unwrap());
    harness.signals.send(Signal::Terminate).unwrap();
    let outcome = harness.task.await.unwrap().unwrap();
    assert!(matches!(outcome, Outcome::LeftRunning(_)), "{outcome:?}");
    assert!(!path.exists());
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_not_there_or_fails_is_said() {
    for (pager, words) in [
        (
            "no-such-program-of-ours",
            "There is no program no-such-program-of-ours.",
        ),
        ("sh -c 'exit 3' sh", "has ended with a failure: exit status: 3."),
        ("", "There is no program to show a file."),
    ] {
        let (_folder, mut harness) = log(pager).await;
        harness.press("ctrl-o");
        harness.shows("The log was not shown:").await;
        harness.shows(words).await;
        harness.press("2");
        harness.shows("─ 2 Configuration").await;
    }
}
