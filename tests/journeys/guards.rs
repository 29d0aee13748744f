//! Safety, end to end: a profile that is only read, one that asks for a name, and going from one to the other.

use super::home::{Home, PROFILE};
use super::screen::Session;
use super::server::Sandbox;
use super::{line, until_running};

const CTRL_P: &str = "\x10";

/// A sandbox of its own process, and these profiles that lead to it, each with more lines.
fn served(home: &Home, speed: &str, profiles: &[(&str, &str)]) -> Sandbox {
    let state = home.path().join("sandbox");
    let sandbox = Sandbox::start(home, &["--speed", speed, "--state", state.to_str().unwrap()]);
    let way = sandbox.way();
    let text = profiles
        .iter()
        .map(|(name, more)| format!("[profile.{name}]\n{PROFILE}{way}{more}\n"));
    home.configure(&text.collect::<String>());
    sandbox
}

#[test]
fn nothing_is_started_from_a_profile_that_is_only_read() {
    let home = Home::new();
    let sandbox = served(&home, "60", &[("far", "read_only = true")]);
    let mut session = Session::start(&home, &["--profile", "far"], 120, 40);
    session.wait_for("read-only");
    session.wait_for("6 of 8 rows active");
    // The plan may be read.
    session.keys(&["r"]);
    session.wait_for("cdf_output.landing is EMPTIED first");
    session.keys(&["<enter>"]);
    session.wait_for("The profile far is read-only: nothing is started");
    session.leave("What this run will do");
    session.keys(&["a"]);
    session.wait_for("config.toml says so");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);

    let before = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    for arguments in [
        &["--profile", "far", "run"][..],
        &["--profile", "far", "run", "--only", "hr/engineer"],
    ] {
        let told = home.start(arguments);
        assert_ne!(told.code, 0, "{}", told.all());
        assert!(
            told.err.contains("The profile far is read-only"),
            "{}",
            told.all()
        );
    }
    // What only looks is not refused.
    let told = home.start(&["--profile", "far", "run", "--dry-run"]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(sandbox.run_states(), Vec::<String>::new());
    assert_eq!(
        std::fs::read_to_string(home.path().join("config.toml")).unwrap(),
        before
    );
}

#[test]
fn a_protected_profile_asks_for_names_before_it_starts_and_stops() {
    let home = Home::new();
    let sandbox = served(&home, "1", &[("far", "protected = true")]);
    let mut session = Session::start(&home, &["--profile", "far"], 120, 40);
    session.wait_for("protected");
    session.wait_for("6 of 8 rows active");
    session.keys(&["r"]);
    session.wait_for("What this run will do");
    session.keys(&["<enter>"]);
    session.wait_for("Type landing, the name of the output table");
    session.keys(&["landin", "<enter>"]);
    session.wait_for("This is not landing.");
    assert_eq!(sandbox.run_states(), Vec::<String>::new());
    session.keys(&["g", "<enter>"]);
    session.wait_for("● running");
    until_running(&mut session);

    session.press_until("X", "Stop the whole run?");
    session.keys(&["y"]);
    session.wait_for("Type far, the name of the profile");
    session.keys(&["<esc>"]);
    session.wait_for("Nothing was done.");
    assert!(!sandbox.run_states().contains(&"KILLED".to_owned()));
    session.press_until("X", "Stop the whole run?");
    session.keys(&["y"]);
    session.wait_for("Type far, the name of the profile");
    session.keys(&["far", "<enter>"]);
    session.wait_for("Stopping the whole run in ");
    session.keys(&["X"]);
    session.wait_for("\n ⊘ stopped");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
    let states = sandbox.run_states();
    assert!(
        !states.is_empty() && states.iter().all(|state| state == "KILLED"),
        "{states:?}"
    );
}

/// The letter of the answer with these words.
fn letter(session: &Session, words: &str) -> String {
    let screen = session.text();
    let before = line(&screen, words).split(words).next().unwrap_or_default();
    before
        .split_whitespace()
        .next_back()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn another_profile_is_opened_in_the_same_program() {
    let home = Home::new();
    let _sandbox = served(
        &home,
        "60",
        &[
            ("first", ""),
            (
                "second",
                "protected = true\ncolour = 'red'\nmax_active_pipelines = 2",
            ),
        ],
    );
    let mut session = Session::start(&home, &["--profile", "first"], 120, 40);
    session.wait_for(" first ");
    session.wait_for("6 of 8 rows active");
    let pid = session.pid();
    session.keys(&[CTRL_P]);
    session.wait_for("Go to another profile?");
    session.wait_for("second: downbeat-sandbox / sandbox, red, protected");
    session.keys(&[&letter(&session, "second: ")]);
    session.wait_until("the other profile", |screen| {
        line(screen, "protected").contains(" second ") && screen.contains("6 of 8 rows active")
    });
    session.wait_for("2 at once");
    assert_eq!(session.pid(), pid);
    session.keys(&[CTRL_P]);
    session.wait_for("first: downbeat-sandbox / sandbox");
    session.keys(&[&letter(&session, "first: ")]);
    session.wait_until("the first one again", |screen| {
        screen.starts_with(" first ") && screen.contains("6 of 8 rows active")
    });
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}
