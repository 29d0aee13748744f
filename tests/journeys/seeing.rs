//! A run seen in every way while it goes on and afterwards: the time axis, the stages, its log that stays with its reader,
//! the summary, and former runs as a grid, side by side.

use super::home::Home;
use super::screen::Session;
use super::{line, ready, run, until_running};

const PAGE_UP: &str = "\x1b[5~";

#[test]
fn a_run_is_seen_on_its_axis_by_its_stages_and_in_sum() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    until_running(&mut session);
    session.keys(&["T"]);
    session.wait_until("the bars of the axis", |screen| {
        screen.contains("Time axis") && line(screen, " sales_orders ").contains('█')
    });
    session.leave("Time axis");
    // The selection is the reader's from the first move on.
    session.keys(&["3", "g", "g", "j", "j", "j", "j"]);
    session.wait_for("▌");
    session.wait_for("reading (f)");
    session.keys(&["p"]);
    session.wait_for("Stages");
    session.wait_for("Read MySQL");
    session.leave("─ Stages");

    session.wait_for("\n ✔ success");
    session.wait_for("The run ended: success");
    session.keys(&["S"]);
    session.wait_for("Summary of the run");
    session.wait_for("6 success");
    session.leave("Summary of the run");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_log_that_is_read_is_not_taken_away_when_its_task_and_its_run_end() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    run(&mut session);
    until_running(&mut session);
    session.keys(&["3", "G", "k", "4"]);
    session.wait_until("the log of the task", |screen| {
        line(screen, "4 Logs").contains("operations_ticket")
    });
    // By then it has more lines than the pane.
    session.wait_for("java.sql.SQLException");
    session.keys(&[PAGE_UP]);
    session.wait_until("the log as it is read", |screen| {
        line(screen, "4 Logs").contains("reading")
    });
    session.wait_for("\n ✔ success");
    let screen = session.text();
    let title = line(&screen, "4 Logs");
    assert!(
        title.contains("reading") && title.contains("operations_ticket"),
        "{title}"
    );
    session.keys(&["f"]);
    session.wait_for("following: operations_ticket");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn former_runs_are_a_grid_and_two_of_them_are_compared() {
    let home = Home::new();
    for source in ["hr/engineer", "hr/payroll"] {
        let told = home.start(&["run", "--only", source]);
        assert_eq!(told.code, 0, "{}", told.all());
    }
    let mut session = Session::start(&home, &[], 120, 40);
    session.wait_for("6 of 8 rows active");
    session.keys(&["H"]);
    session.wait_for("Former runs of cdf_mysql_to_bigquery in sandbox");
    session.wait_until("both runs with both tasks", |screen| {
        let glyphs = |name: &str| line(screen, name).chars().filter(|glyph| *glyph == '✔').count();
        glyphs("  run ") + glyphs("▌run ") == 2 && glyphs(" hr_engineer ") == 1 && glyphs(" hr_payroll ") == 1
    });
    session.keys(&["c"]);
    session.wait_for("Marked. c on another run compares");
    session.keys(&["h", "c"]);
    session.wait_for("Two runs compared");
    session.wait_until("what is in one of them only", |screen| {
        line(screen, " hr_payroll ").contains("new") && line(screen, " hr_engineer ").contains("gone")
    });
    session.leave("Two runs compared");
    session.keys(&["<enter>"]);
    session.wait_for("former run ");
    assert!(
        line(&session.text(), " hr_engineer ").contains("✔ success"),
        "{}",
        session.text()
    );
    session.leave("former run ");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}
