//! Runs that another process left, drives, or has ended: resumed later, watched, and tried again on another day.

use super::home::{Home, PROFILE};
use super::screen::Session;
use super::server::Sandbox;
use super::stores::{Stores, distinct};
use super::{line, ready, run, stop, until_running};

/// One window for all, emptied once, loaded once.
fn assert_loaded_once(stores: &Stores) {
    let ends = stores.watermarks();
    assert_eq!(ends.len(), 1, "{ends:?}");
    let expected = stores.sources("1970-01-02 00:00:00", &ends[0]);
    assert_eq!(distinct(stores.warehouse("landing_committed")), expected);
    assert_eq!(distinct(stores.bucket()), expected);
}

/// What `downbeat runs` prints.
fn runs(home: &Home) -> String {
    let told = home.start(&["runs"]);
    assert_eq!(told.code, 0, "{}", told.all());
    told.out
}

fn leave(mut session: Session) {
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

/// A sandbox of its own process, and a profile that leads to it.
fn served(home: &Home, speed: &str) -> Sandbox {
    let state = home.path().join("sandbox");
    let sandbox = Sandbox::start(home, &["--speed", speed, "--state", state.to_str().unwrap()]);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    sandbox
}

fn far(home: &Home) -> Session {
    Session::start(home, &["--profile", "far"], 120, 40)
}

#[test]
fn a_run_that_was_killed_is_put_off_and_resumed_from_the_list() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    until_running(&mut session);
    session.kill();

    let list = runs(&home);
    assert!(
        list.contains("unwatched") && list.contains("live when last seen"),
        "{list}"
    );
    let mut again = Session::start(&home, &[], 120, 40);
    again.wait_for("Resume the unfinished run?");
    again.wait_for("Its pipeline runs ended with the sandbox that ran them.");
    again.keys(&["n"]);
    again.wait_for("\n ◇ unwatched since");
    again.wait_for("ACTIVE");
    // A new run would empty what the unfinished one has loaded.
    again.wait_for("6 of 8 rows active");
    again.keys(&["r"]);
    again.wait_for("What this run will do");
    again.keys(&["<enter>"]);
    again.wait_for("landing has an unfinished run");
    again.keys(&["H"]);
    again.wait_for("Former runs");
    again.keys(&["r"]);
    again.wait_for("Resume the unfinished run?");
    again.keys(&["y"]);
    again.wait_for("\n ✔ success");
    leave(again);
    let list = runs(&home);
    assert!(list.contains("success") && !list.contains("unwatched"), "{list}");
    assert_loaded_once(&Stores::of(&home));
}

#[test]
fn a_second_terminal_watches_and_carries_on_when_the_first_one_has_gone() {
    let home = Home::new();
    let sandbox = served(&home, "1");
    let mut first = far(&home);
    first.wait_for("6 of 8 rows active");
    run(&mut first);
    until_running(&mut first);

    let driver = format!("process {}", first.pid());
    let list = runs(&home);
    assert!(list.contains(&format!("{driver} drives it")), "{list}");
    let mut second = far(&home);
    second.wait_for(&format!("Watch the run that {driver} drives?"));
    second.keys(&["w"]);
    second.wait_until("the run of the other process", |screen| {
        line(screen, "● running").contains(&format!("{driver} drives it"))
            && line(screen, " sales_orders ").contains("running")
    });
    second.keys(&["X"]);
    second.wait_for("This run is only watched here");
    let states = sandbox.run_states();
    assert!(!states.contains(&"KILLED".to_owned()), "{states:?}");

    first.kill();
    second.wait_for("has gone before its end");
    second.wait_for("\n ◇ unwatched");
    second.keys(&["H"]);
    second.wait_for("Former runs");
    second.keys(&["r"]);
    second.wait_for("Resume the unfinished run?");
    second.keys(&["y"]);
    second.wait_for("\n ✔ success");
    leave(second);
    // One pipeline run for each row, and one more for the try that failed.
    let states = sandbox.run_states();
    let count = |wanted: &str| states.iter().filter(|state| *state == wanted).count();
    assert_eq!((count("COMPLETED"), states.len()), (6, 7), "{states:?}");
    drop(sandbox);
    assert_loaded_once(&Stores::of(&home));
}

#[test]
fn a_run_in_the_sandbox_of_another_terminal_is_watched_to_its_end() {
    let home = Home::new();
    let mut first = ready(&home, 120, 40);
    run(&mut first);
    until_running(&mut first);
    let mut second = Session::start(&home, &[], 120, 40);
    second.wait_for(&format!("Watch the run that process {} drives?", first.pid()));
    second.keys(&["w"]);
    second.wait_for("drives it");
    first.wait_for("\n ✔ success");
    second.wait_for("\n ✔ success");
    leave(second);
    leave(first);
}

#[test]
fn what_was_skipped_is_tried_again_on_another_day() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    until_running(&mut session);
    stop(&mut session);
    leave(session);

    // Five run at the same time, so that the sixth had not begun.
    let mut again = ready(&home, 120, 40);
    again.keys(&["3"]);
    again.wait_until("the run of the other day", |screen| {
        line(screen, " operations_ticket ").contains("○ skipped")
    });
    again.keys(&["3", "G", "k"]);
    again.wait_for("▌○ skipped");
    again.keys(&["R"]);
    again.wait_for("Try 1 task again?");
    again.wait_for("A former run");
    again.keys(&["y"]);
    again.wait_until("the end of that task", |screen| {
        line(screen, " operations_ticket ").contains("✔ success")
    });
    again.wait_for("\n ✖ failed");
    again.press_until("A", "did not succeed");
    again.keys(&["y"]);
    again.wait_for("\n ✔ success");
    leave(again);
    assert_eq!(runs(&home).lines().count(), 1, "{}", runs(&home));
    assert_loaded_once(&Stores::of(&home));
}
