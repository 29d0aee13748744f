//! Writes the pictures of `docs/tour.md`, `docs/tour/*.svg`, from the real screen, with those of the README:
//! `cargo test --test journeys -- --ignored pictures`.

use crate::home::Home;
use crate::pictures::{save, save_on, shows};
use crate::screen::Session;
use crate::svg::LIGHT;

const COLUMNS: u16 = 160;
const ROWS: u16 = 40;

/// Two runs, so that there is something to compare: one that is green, and one in which pipelines take too long.
#[test]
#[ignore = "writes docs/tour/*.svg"]
fn pictures_of_the_tour() {
    let home = Home::new();
    let mut session = crate::ready(&home, COLUMNS, ROWS);
    save(
        &mut session,
        "tour/prepare",
        "The rows before a run, and the variables beside them",
    );

    crate::run(&mut session);
    session.wait_until("the pipelines", |screen| shows(screen, "invoice", "running"));
    // Past the four tasks before the pipelines, and two of these.
    session.keys(&["3", "g", "g", "j", "j", "j", "j", "j", "j"]);
    session.wait_until("a retry", |screen| shows(screen, "ticket", "up_for_retry"));
    save(&mut session, "tour/run", "A run with its time axis");
    session.keys(&["p"]);
    session.wait_for("Stages");
    save(
        &mut session,
        "tour/stages",
        "The stages of a pipeline run with their counts",
    );
    leave(&mut session, "Stages");
    session.wait_until("the end of the run", |screen| shows(screen, " end ", "success"));
    session.keys(&[":", "r", "e", "t"]);
    session.wait_for("retry all");
    save(
        &mut session,
        "tour/palette",
        "The palette: what can be done, its key, and why something cannot be done now",
    );
    leave(&mut session, "What to do");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);

    let mut session = Session::start(
        &home,
        &[
            "--set",
            "cdf_pipeline_timeout_seconds=2",
            "--set",
            "cdf_pipeline_retries=0",
        ],
        COLUMNS,
        ROWS,
    );
    session.wait_for("6 of 8 rows active");
    crate::run(&mut session);
    session.wait_until("the end of the run", |screen| {
        shows(screen, " end ", "upstream_failed")
    });
    session.keys(&["F"]);
    session.wait_for("Failures");
    save(&mut session, "tour/failures", "Failures by their reasons");
    leave(&mut session, "Failures");
    session.keys(&["H"]);
    session.wait_for("Former runs of");
    save(
        &mut session,
        "tour/history",
        "Former runs: tasks down, runs across",
    );
    session.keys(&["c", "h", "c"]);
    session.wait_for("Two runs compared");
    save(&mut session, "tour/comparison", "Two runs, task by task");
    leave(&mut session, "Two runs compared");
    leave(&mut session, "Former runs of");
    session.press_until("\x14", "light");
    save_on(&LIGHT, &mut session, "tour/light", "The same on a light ground");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

/// Closes a window. A key that follows at once would be taken as one with alt.
fn leave(session: &mut Session, window: &str) {
    session.keys(&["<esc>"]);
    session.wait_gone(window);
}
