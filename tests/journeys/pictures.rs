//! Writes the README's pictures, `docs/*.svg`, from the real screen:
//! `cargo test --test journeys -- --ignored pictures`.
//!
//! It presses the keys that a person would press on a fresh sandbox, and waits for what they should see.

use crate::home::Home;
use crate::screen::Session;
use crate::svg;
use std::path::Path;

const COLUMNS: u16 = 120;
const ROWS: u16 = 36;

#[test]
#[ignore = "writes docs/*.svg"]
fn pictures_of_the_readme() {
    let home = Home::new();
    let mut session = crate::ready(&home, COLUMNS, ROWS);

    // Six at once, so that the first five still run when the sixth fails.
    session.keys(&[":", "variable max_active_pipelines", "<enter>"]);
    session.wait_for("How many pipelines run");
    session.keys(&["<enter>", "<backspace>", "6", "<enter>"]);
    session.wait_for("1 change not saved");
    session.keys(&["r"]);
    session.wait_for("What this run will do");
    save(
        &mut session,
        "plan",
        "What a run will do, before anything is started",
    );

    // The last pipeline of the list is the one whose source fails on its first try.
    session.keys(&["<enter>"]);
    session.wait_until("the pipelines", |screen| shows(screen, "ticket", "running"));
    session.keys(&["3", "G", "k"]);
    session.wait_until("a retry beside running pipelines", |screen| {
        shows(screen, "ticket", "up_for_retry")
            && screen.contains(" in ")
            && shows(screen, "sales_orders", "running")
    });
    save(
        &mut session,
        "run",
        "A run in progress; one pipeline waits for its second try",
    );

    session.wait_until("the end of the run", |screen| shows(screen, " end ", "success"));
    session.keys(&["4", "["]);
    session.wait_for("ERROR");
    save(
        &mut session,
        "logs",
        "The log of the try that failed, after the run has succeeded",
    );

    session.keys(&["2", "<enter>"]);
    session.wait_for("for the next run");
    session.keys(&["a", "load_reason", "<enter>", "backfill", "<enter>"]);
    session.wait_for("added; the row does not have it");
    save(
        &mut session,
        "arguments",
        "The arguments of one row, edited for the next run",
    );

    session.keys(&["<esc>"]);
    session.wait_gone("for the next run");
    session.keys(&["q"]);
    session.wait_for("Leave without saving?");
    session.keys(&["y"]);
    assert_eq!(session.end(), 0);
}

/// Whether a line of the screen shows both.
pub fn shows(screen: &str, one: &str, other: &str) -> bool {
    screen
        .lines()
        .any(|line| line.contains(one) && line.contains(other))
}

pub fn save(session: &mut Session, name: &str, title: &str) {
    save_on(&svg::DARK, session, name, title);
}

/// The same from a terminal with other colours of its own.
pub fn save_on(terminal: &svg::Ground, session: &mut Session, name: &str, title: &str) {
    session.settle();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let path = folder.join(format!("{name}.svg"));
    std::fs::write(path, svg::draw(session.screen(), terminal, title)).unwrap();
}
