//! The built program as a guest of a terminal: what it leaves, what it sets again, what it learns of another one. No service
//! answers here; none is needed for that.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/listener.rs"]
mod listener;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "support/screen.rs"]
mod screen;

use domain::arguments::RuntimeArguments;
use domain::event::{Fact, RunEvent};
use domain::id::DagRunId;
use domain::request::{RunRequest, Scope};
use domain::variable::Variables;
use downbeat::engine;
use downbeat::store::{Journal, Lease};
use home::{Home, PROFILE, PROGRAM, signal};
use listener::listen;
use screen::Session;
use std::path::Path;

/// A profile whose services are behind a closed door.
fn home() -> Home {
    home_with("")
}

/// The same with settings of the screen.
fn home_with(settings: &str) -> Home {
    let home = Home::new();
    let nowhere = "http://127.0.0.1:9";
    home.configure(&format!(
        "{settings}\n[profile.far]\n{PROFILE}datafusion_endpoint = '{nowhere}'\nbigquery_endpoint = '{nowhere}'\ncredentials = 'none'\n"
    ));
    home
}

fn start(home: &Home) -> Session {
    let mut session = Session::start(home, &["--profile", "far"], 120, 40);
    session.wait_for("Variables");
    session
}

#[test]
fn a_signal_while_typing_leaves_a_draft_that_the_next_start_offers() {
    for name in ["TERM", "HUP"] {
        let home = home();
        let mut session = start(&home);
        session.keys(&["1", "<enter>", "5"]);
        session.wait_for("105");
        signal(session.pid(), name);
        let (_, said) = session.end_saying();
        assert!(said.contains("are kept"), "{name}: {said}");
        let mut session = start(&home);
        session.wait_for("Take up the edits again?");
        session.wait_for("Variables: bq_config_max_results.");
        session.keys(&["y"]);
        session.wait_gone("Take up the edits again?");
        session.wait_for("105");
        session.keys(&["q", "y"]);
        assert_eq!(session.end(), 0);
    }
}

#[test]
fn a_pause_gives_the_title_back_and_takes_it_again() {
    let home = home();
    let folder = home.path();
    let mut session = Session::spawn(
        Path::new("bash"),
        &home,
        &["--norc", "--noprofile", "-i"],
        120,
        40,
    );
    let command = format!(
        "PS1='shell> '; {PROGRAM} --home {} --profile far\r",
        folder.display()
    );
    session.keys(&[&command]);
    session.wait_for("Variables");
    session.settle();
    let count = |session: &Session, text: &str| session.seen().matches(text).count();
    let (title, back) = ("\u{1b}]2;far - downbeat\u{1b}\\", "\u{1b}[23;2t");
    assert_eq!((count(&session, title), count(&session, back)), (1, 0));
    session.keys(&["\u{1a}"]);
    session.wait_for("shell> ");
    session.settle();
    assert_eq!(
        (count(&session, title), count(&session, back)),
        (1, 1),
        "{:?}",
        session.seen()
    );
    assert!(!session.screen().alternate_screen());
    session.keys(&["fg\r"]);
    session.wait_until("the screen again", |screen| {
        screen.contains("Variables") && !screen.contains("shell> ")
    });
    session.settle();
    assert_eq!((count(&session, title), count(&session, back)), (2, 1));
    session.keys(&["q"]);
    session.wait_for("shell> ");
    assert_eq!(
        (count(&session, title), count(&session, back)),
        (2, 2),
        "left as it was"
    );
    session.keys(&["exit\r"]);
}

/// Begins a run as another process would, and drives it until the lease is dropped.
fn begin_elsewhere(home: &Home, run: &DagRunId) -> Lease {
    let lease = Lease::run(&home.path(), run).unwrap();
    let request = RunRequest {
        profile: "far".into(),
        variables: Variables::default(),
        scope: Scope::Chain,
        arguments: RuntimeArguments::default(),
        edits: [].into(),
        allow_unresolved_sink: false,
        only: [].into(),
        beside: false,
    };
    let fact = Fact::RunStarted {
        run: run.clone(),
        request: Box::new(request),
    };
    let event = RunEvent {
        at: engine::now(),
        fact,
    };
    let journal = Journal::open(&home.path().join("downbeat.db")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(journal.append(run, &[event])).unwrap();
    lease
}

#[test]
fn a_run_that_another_process_begins_later_is_offered_to_who_comes_back() {
    let home = home();
    let mut session = start(&home);
    session.settle();
    let lease = begin_elsewhere(&home, &"2026-11-23T10-00-00-4f2a".into());
    // The terminal gets the focus.
    session.keys(&["\u{1b}[I"]);
    session.wait_for(&format!(
        "Watch the run that process {} drives?",
        std::process::id()
    ));
    session.keys(&["n"]);
    session.wait_gone("Watch the run");
    drop(lease);
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_newer_version_is_told_once_where_a_person_is() {
    let (address, requests) = listen(
        "200 OK",
        r#"{"tag_name": "v9.10.0", "html_url": "https://github.com/acme/downbeat/releases/tag/v9.10.0"}"#,
    );
    let home = home_with(&format!("update_check = '{address}/latest'"));
    let folder = home.path();
    let leave = |mut session: Session| {
        session.keys(&["q"]);
        assert_eq!(session.end(), 0);
    };
    let unattended = [
        "CI=true",
        PROGRAM,
        "--home",
        folder.to_str().unwrap(),
        "--profile",
        "far",
    ];
    let mut session = Session::spawn(Path::new("env"), &home, &unattended, 120, 40);
    session.wait_for("Variables");
    session.settle();
    leave(session);
    assert!(
        requests.try_recv().is_err(),
        "a machine without a person asks nothing"
    );

    let mut session = start(&home);
    session.wait_for("Downbeat 9.10.0 is out");
    session.wait_for("https://github.com/acme/downbeat/releases/tag/v9.10.0");
    let head = requests.recv().unwrap().head;
    assert!(head.starts_with("get /latest http/1.1"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    leave(session);

    let mut session = start(&home);
    session.settle();
    assert!(!session.text().contains("9.10.0"), "{}", session.text());
    // It is not lost.
    session.keys(&["@"]);
    session.wait_for("Downbeat 9.10.0 is out");
    session.keys(&["<esc>"]);
    session.wait_gone("9.10.0");
    leave(session);
    assert!(requests.try_recv().is_err(), "it was asked twice in a day");
}
