//! The program as a person meets it: the built binary on a pseudo-terminal, keys in, a screen out.
//!
//! | what | where |
//! | --- | --- |
//! | sizes, lines instead of a screen, signals, a panic | here |
//! | seeing a run: axis, stages, summary, former runs side by side; a log stays with its reader | `seeing.rs` |
//! | finding and acting: filters, marks, help, palette; rows counted over HTTP; forms that lose nothing | `finding.rs`, `rows.rs` |
//! | a log in a pager, while the run goes on | `viewer.rs` |
//! | runs of other processes and other days | `former.rs` |
//! | telling: title, taskbar, bell, notification | `telling.rs` |
//! | safety: read-only and protected profiles, going from one to another | `guards.rs` |

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[path = "journeys/demo.rs"]
mod demo;
#[path = "journeys/finding.rs"]
mod finding;
#[path = "journeys/former.rs"]
mod former;
#[path = "journeys/guards.rs"]
mod guards;
#[expect(dead_code, reason = "lines of JSON are read in end_to_end.rs")]
#[path = "support/home.rs"]
mod home;
#[path = "journeys/pictures.rs"]
mod pictures;
#[path = "journeys/rows.rs"]
mod rows;
#[expect(dead_code, reason = "crash.rs looks at a program that is killed")]
#[path = "support/screen.rs"]
mod screen;
#[path = "journeys/seeing.rs"]
mod seeing;
#[expect(dead_code, reason = "end_to_end.rs serves what a run has left")]
#[path = "support/server.rs"]
mod server;
#[expect(dead_code, reason = "rows arrive in end_to_end.rs")]
#[path = "support/stores.rs"]
mod stores;
#[path = "journeys/svg.rs"]
mod svg;
#[path = "journeys/telling.rs"]
mod telling;
#[path = "journeys/tour.rs"]
mod tour;
#[path = "journeys/viewer.rs"]
mod viewer;

use downbeat::tui::terminal::{TerminalSession, Tty};
use home::{Home, PROFILE, signal, wait_for};
use screen::Session;
use server::Sandbox;
use std::io::Read;
use stores::{Stores, distinct};

/// A start on a fresh sandbox, ready for keys.
fn ready(home: &Home, columns: u16, rows: u16) -> Session {
    let mut session = Session::start(home, &[], columns, rows);
    session.wait_for("SANDBOX");
    // The instance has answered and the table is read.
    session.wait_for("ACTIVE");
    session.wait_for("6 of 8 rows active");
    session
}

/// Starts a run through its plan.
fn run(session: &mut Session) {
    session.keys(&["r"]);
    session.wait_for("What this run will do");
    session.wait_for("cdf_output.landing is EMPTIED first");
    session.keys(&["<enter>"]);
    session.wait_for("● running");
}

/// Stops the whole run, without the seconds in which that can be taken back.
fn stop(session: &mut Session) {
    // The screen shows a run before the engine has taken it up; a key that comes too early is answered.
    session.press_until("X", "Stop the whole run?");
    session.keys(&["y"]);
    session.wait_for("Stopping the whole run in ");
    session.keys(&["X"]);
    session.wait_for("\n ⊘ stopped");
}

/// Waits until pipelines are at work. A row says first what its pipeline waits for, the header counts it from its start on.
fn until_running(session: &mut Session) {
    session.wait_for("5 running");
}

/// The screen's line with this text; empty if there is none.
fn line<'a>(screen: &'a str, text: &str) -> &'a str {
    screen
        .lines()
        .find(|line| line.contains(text))
        .unwrap_or_default()
}

#[test]
fn from_the_variables_to_a_green_grid_and_the_log_of_a_try_that_failed() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);

    // max_active_pipelines is in the lower part of the form.
    session.keys(&["1", "G"]);
    session.keys(&["k"; 7]);
    session.wait_for("▌ max_active_pipelines");
    session.keys(&["e", "<backspace>", "9", "<enter>"]);
    session.wait_for("1 change not saved");
    assert!(
        line(&session.text(), "✱max_active_pipelines").contains('9'),
        "{}",
        session.text()
    );
    session.keys(&["s"]);
    session.wait_until("the saved value", |screen| {
        line(screen, "max_active_pipelines").contains("profile")
    });
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    assert!(text.contains("max_active_pipelines = 9"), "{text}");

    run(&mut session);
    session.wait_for("\n ✔ success");
    let screen = session.text();
    for task in [
        " start ",
        " hr_engineer ",
        " hr_payroll ",
        " finance_invoice ",
        " sales_orders ",
        " end ",
    ] {
        assert!(line(&screen, task).contains("✔ success"), "{task} in\n{screen}");
    }
    assert!(line(&screen, " operations_ticket ").contains("2/3"), "{screen}");

    // From the end of the list one up: the task that was tried twice.
    session.keys(&["3", "G", "k"]);
    session.wait_until("the selected task", |screen| {
        line(screen, " operations_ticket ").contains("▌✔ success")
    });
    session.keys(&["["]);
    session.wait_for("java.sql.SQLException");
    session.keys(&["]"]);
    session.wait_gone("java.sql.SQLException");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);

    let mut again = ready(&home, 120, 40);
    again.wait_for("6 success");
    again.keys(&["3"]);
    again.wait_for("─ 3 Tasks");
    again.wait_until("the tries of the other day", |screen| {
        line(screen, " operations_ticket ").contains("2/3")
    });
    again.keys(&["q"]);
    assert_eq!(again.end(), 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let home = Home::new();
    for name in ["TERM", "HUP"] {
        let session = ready(&home, 120, 30);
        signal(session.pid(), name);
        let (code, shell) = session.end_saying();
        assert_eq!(code, 130, "{name}");
        assert!(shell.contains("A signal ended the terminal"), "{name}:\n{shell}");
    }
}

#[test]
fn a_run_that_is_left_is_named_on_the_shell_with_the_way_back() {
    for way in ["a key", "a signal"] {
        let home = Home::new();
        let mut session = ready(&home, 120, 40);
        run(&mut session);
        until_running(&mut session);
        if way == "a signal" {
            signal(session.pid(), "TERM");
        } else {
            session.keys(&["q", "y"]);
        }
        let (code, shell) = session.end_saying();
        assert_eq!(code, 130, "{way}");
        let back = format!("`downbeat --home {} resume ", home.path().display());
        for words in ["downbeat: Run ", "is left before its end", &back, "carries it on"] {
            assert!(shell.contains(words), "{way}: '{words}' is not on:\n{shell}");
        }
    }
}

#[test]
fn a_terminal_without_abilities_gets_lines() {
    let home = Home::new();
    for term in [Some("dumb"), None] {
        let session = Session::start_on(
            term,
            &home,
            &["run", "--args", "business_unit=hr,data_source=payroll"],
        );
        let (code, text) = session.end_of_lines();
        assert_eq!(code, 0, "{text}");
        for words in [
            "profile sandbox",
            "start_pipeline_hr_payroll: success",
            ": success (1 success)",
        ] {
            assert!(text.contains(words), "{term:?}: '{words}' is not in:\n{text}");
        }
        assert!(!text.contains('\x1b'), "{term:?}: {text:?}");
    }
    let (code, text) = Session::start_on(None, &home, &[]).end_of_lines();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("TERM") && text.contains("`downbeat run`"), "{text}");
}

#[test]
fn lines_are_printed_for_those_who_cannot_see_a_screen() {
    for (term, arguments) in [("dumb", &[][..]), ("xterm-256color", &["--linear"])] {
        let home = Home::new();
        let mut session = Session::start_on(Some(term), &home, arguments);
        session.wait_for("Downbeat in lines. Profile SANDBOX.");
        session.keys(&["2"]);
        session.wait_for("hr / engineer");
        session.keys(&["r"]);
        session.wait_for("What this run will do");
        session.keys(&["<enter>"]);
        session.wait_for("start: success");
        session.wait_for("start_pipeline_hr_engineer: running");
        session.wait_for("The run ended: ");
        session.keys(&["q"]);
        let (code, text) = session.end_of_lines();
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("`downbeat --home"), "how to come back: {text}");
        assert!(!text.contains('\x1b'), "{term}: {text:?}");
    }
}

#[test]
fn a_sandbox_that_nobody_chose_says_so() {
    let home = Home::new();
    home.configure("[profile.prod]\nproject_id = 'my-project'\n");
    let mut session = Session::start(&home, &[], 120, 40);
    session.wait_for("Which profile?");
    session.wait_for("none is chosen");
    session.keys(&["n"]);
    session.wait_gone("Which profile?");
    session.wait_for("SANDBOX");
    session.wait_for("6 of 8 rows active");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_readable_there() {
    let home = Home::new();
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "panics_on_a_terminal_of_its_own", "--nocapture"];
    let mut session = Session::spawn(&this, &home, &arguments, 80, 24);
    session.wait_for("an abrupt end");
    assert_eq!(session.end(), 101);
}

/// What the journey above starts in its terminal; elsewhere it does nothing.
#[test]
fn panics_on_a_terminal_of_its_own() {
    if std::env::var_os(screen::ON_A_TERMINAL).is_some() {
        let mut terminal = Tty::enter().unwrap();
        terminal.control("\x1b[?25l").unwrap();
        panic!("an abrupt end");
    }
}

#[test]
fn a_panic_of_another_thread_leaves_the_screen_as_it_is() {
    let home = Home::new();
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "a_thread_panics_beside_a_terminal", "--nocapture"];
    let mut session = Session::spawn(&this, &home, &arguments, 80, 24);
    // The alternate screen, with nothing else on it; the message comes when it is left.
    session.wait_for("still drawn");
    assert!(!session.text().contains("a broken request"), "{}", session.text());
    session.keys(&["q"]);
    session.wait_for("a broken request");
    assert_eq!(session.end(), 0);
}

/// What the journey above starts in its terminal; elsewhere it does nothing.
#[test]
fn a_thread_panics_beside_a_terminal() {
    if std::env::var_os(screen::ON_A_TERMINAL).is_some() {
        let mut terminal = Tty::enter().unwrap();
        let broken = std::thread::spawn(|| panic!("a broken request"));
        assert!(broken.join().is_err());
        terminal.control("still drawn").unwrap();
        std::io::stdin().read_exact(&mut [0]).unwrap();
    }
}

#[test]
fn any_size_is_survived_and_the_smallest_still_quits() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    for step in 0..60_u16 {
        session.resize(10 + (step * 37) % 200, 5 + (step * 23) % 60);
    }
    session.resize(10, 5);
    session.wait_for("10x5");
    // Keys for what cannot be seen do nothing.
    session.keys(&["r", "<enter>", "x", "1"]);
    // A frame of another small size comes after the keys; a large one could overtake them.
    session.resize(11, 5);
    session.wait_for("11x5");
    session.resize(120, 40);
    session.wait_for("1 Variables");
    session.wait_for("No run yet");
    assert!(!session.text().contains("What this run will do"));
    session.resize(39, 9);
    session.wait_for("39x9");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_run_is_stopped_only_after_a_yes() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    until_running(&mut session);
    stop(&mut session);
    assert!(
        line(&session.text(), " sales_orders ").contains("⊘ stopped"),
        "{}",
        session.text()
    );
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_run_that_was_killed_is_carried_on_to_its_end() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    // One task waits for its second try, all others are done.
    session.wait_for("5 success");
    session.wait_until("a retry", |screen| {
        line(screen, " operations_ticket ").contains("↻ up_for_retry")
    });
    session.kill();

    let mut again = Session::start(&home, &[], 120, 40);
    again.wait_for("Resume the unfinished run?");
    again.keys(&["y"]);
    again.wait_for("\n ✔ success");
    // The source of the new sandbox fails once more, so that two tries or three are right.
    let screen = again.text();
    assert!(
        line(&screen, " operations_ticket ").contains("✔ success"),
        "{screen}"
    );
    assert!(!line(&screen, " operations_ticket ").contains("1/3"), "{screen}");
    again.keys(&["q"]);
    assert_eq!(again.end(), 0);

    // One window for all, emptied once, loaded once.
    let stores = Stores::of(&home);
    let ends = stores.watermarks();
    assert_eq!(ends.len(), 1, "{ends:?}");
    let expected = stores.sources("1970-01-02 00:00:00", &ends[0]);
    assert_eq!(distinct(stores.warehouse("landing_committed")), expected);
    assert_eq!(distinct(stores.bucket()), expected);
}

#[test]
fn runs_that_nobody_works_on_any_more_are_shown_and_can_be_stopped() {
    let home = Home::new();
    let folder = home.path().join("far");
    let state = folder.to_str().unwrap();
    let served = ["--speed", "1", "--keep-abandoned", "--state", state];
    let sandbox = Sandbox::start(&home, &served);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let mut session = Session::start(&home, &["--profile", "far"], 120, 40);
    session.wait_for("6 of 8 rows active");
    run(&mut session);
    wait_for("pipelines at work", || {
        let states = sandbox.run_states();
        (states.len() == 5 && states.iter().all(|state| state == "RUNNING")).then_some(())
    });
    session.kill();
    sandbox.kill();

    // A killed control plane leaves RUNNING runs behind for ever.
    let sandbox = Sandbox::start(&home, &served);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let mut again = Session::start(&home, &["--profile", "far"], 120, 40);
    again.wait_for("Resume the unfinished run?");
    again.keys(&["y"]);
    again.wait_for("\n ● running");
    until_running(&mut again);
    stop(&mut again);
    assert!(
        line(&again.text(), " sales_orders ").contains("⊘ stopped"),
        "{}",
        again.text()
    );
    again.keys(&["q"]);
    assert_eq!(again.end(), 0);
    assert_eq!(sandbox.run_states(), vec!["KILLED"; 5]);
}
