//! Finding and acting: filters, marks, the palette, the help; and forms that lose nothing.

use super::home::{Home, PROFILE};
use super::screen::Session;
use super::server::Sandbox;
use super::{line, ready};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rows of the output table by their source, asked over HTTP.
fn loaded(sandbox: &Sandbox) -> BTreeMap<String, u64> {
    let query =
        "SELECT data_source, COUNT(*) FROM `downbeat-sandbox.cdf_output.landing` GROUP BY data_source";
    let body = json!({"query": query, "useLegacySql": false}).to_string();
    let (status, answer) = sandbox.ask("POST", "/bigquery/v2/projects/downbeat-sandbox/queries", &body);
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    let cell = |row: &Value, place: usize| row["f"][place]["v"].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (cell(row, 0), cell(row, 1).parse().unwrap()))
        .collect()
}

#[test]
fn what_a_filter_shows_is_marked_and_run_alone() {
    let home = Home::new();
    let state = home.path().join("sandbox");
    let sandbox = Sandbox::start(&home, &["--speed", "60", "--state", state.to_str().unwrap()]);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let mut session = Session::start(&home, &["--profile", "far"], 120, 40);
    session.wait_for("6 of 8 rows active");
    session.keys(&["2", "/", "unit:hr source:pay", "<enter>"]);
    session.wait_for("1 of 8");
    session.keys(&["*"]);
    session.wait_for("1 marked");
    session.leave("/unit:hr");
    session.keys(&["/", "source:orders", "<enter>"]);
    session.wait_for("/source:orders 1 of 8");
    session.keys(&[" "]);
    session.wait_for("2 marked");
    session.leave("/source:orders");
    session.keys(&["r"]);
    session.wait_for("filter_arguments: keeps only hr/payroll, sales/orders");
    session.keys(&["<enter>"]);
    session.wait_for("\n ✔ success");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
    let rows = loaded(&sandbox);
    let sources: Vec<_> = rows.keys().map(String::as_str).collect();
    assert_eq!(sources, ["orders", "payroll"]);

    // The same without a screen: those rows come on top, and nothing is emptied.
    let told = home.start(&["--profile", "far", "run", "--only", "hr/engineer"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let now = loaded(&sandbox);
    let sources: Vec<_> = now.keys().map(String::as_str).collect();
    assert_eq!(sources, ["engineer", "orders", "payroll"]);
    assert!(
        rows.iter().all(|(source, count)| now[source] == *count),
        "{rows:?} {now:?}"
    );
}

#[test]
fn the_help_and_the_palette_find_do_and_lead_back() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    session.keys(&["r"]);
    session.wait_for("What this run will do");
    session.keys(&["?"]);
    session.wait_for("All keys");
    session.keys(&["/", "time axis", "<enter>"]);
    session.wait_for("Show the tasks on a time axis.");
    session.wait_gone("Stop the whole run; asks first.");
    session.keys(&["?"]);
    session.wait_gone("All keys");
    session.wait_for("What this run will do");
    session.leave("What this run will do");

    session.keys(&[":", "stop run"]);
    session.wait_until("why it cannot be done", |screen| {
        screen.contains("What to do") && line(screen, " stop run ").contains("No run is live")
    });
    session.leave("What to do");
    session.keys(&[":", "history", "<enter>"]);
    session.wait_for("No former run yet");
    session.keys(&[":", "notices", "<enter>"]);
    session.wait_for("─ Notices");
    session.leave("─ Notices");
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
}

#[test]
fn an_edited_argument_is_asked_about_kept_as_a_preset_and_gone_after_its_run() {
    let home = Home::new();
    let mut session = ready(&home, 120, 40);
    session.keys(&["2", "<enter>"]);
    session.wait_for("for the next run");
    session.keys(&["a", "load_reason", "<enter>", "backfill", "<enter>"]);
    session.wait_for("backfill");
    session.keys(&["P", "by hand", "<enter>"]);
    session.wait_for("Saved as the preset by hand");
    session.leave("Arguments of");
    session.wait_for("1 edit");
    session.keys(&["q"]);
    session.wait_for("Leave");
    session.wait_for("stay");
    session.leave("Leave");
    session.keys(&[" ", "r"]);
    session.wait_for("only some rows run");
    session.keys(&["<enter>"]);
    session.wait_for("\n ✔ success");
    session.keys(&["2", "g", "g", "<enter>"]);
    session.wait_for("for the next run");
    assert!(!session.text().contains("backfill"), "{}", session.text());
    session.keys(&["p"]);
    session.wait_for("Presets");
    session.wait_for("load_reason = backfill");
    session.keys(&["<enter>"]);
    session.wait_until("the preset in the form", |screen| {
        line(screen, "load_reason").contains("backfill")
    });
    session.leave("Arguments of");
    session.keys(&["q"]);
    session.wait_for("Leave");
    session.keys(&["y"]);
    assert_eq!(session.end(), 0);
}
