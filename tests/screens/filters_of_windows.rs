//! `/` in the windows over the panes: the same line at the bottom, the same syntax, the same way out.

use crate::former::{has_all, picture};
use crate::forms::HR;
use crate::history::with_history;
use crate::sample::{self, press, send, type_text};
use crate::scroll_bars;
use domain::draft::KeptChange;
use domain::id::TaskId;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::msg::Msg;
use downbeat::tui::theme::Meaning;

fn filter(model: &mut Model, text: &str) {
    press(model, "/");
    type_text(model, text);
}

#[test]
fn every_window_with_lines_is_filtered_and_esc_shows_all_again() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        for (name, mut model) in scroll_bars::all(width, height) {
            if ["configuration", "tasks", "help", "palette", "profiles"].contains(&name) {
                continue;
            }
            let (before, windows) = (picture(&model), model.overlays.iter().count());
            filter(&mut model, "qqqzzz");
            press(&mut model, "enter");
            let shown = picture(&model);
            assert!(
                shown.contains("Nothing fits"),
                "{name} at {width}x{height}\n{shown}"
            );
            // What is not seen cannot be meant.
            for key in ["enter", "d", "G", "g g", "pgdn"] {
                if name != "plan" {
                    press(&mut model, key);
                }
            }
            assert_eq!(model.overlays.iter().count(), windows, "{name}");
            if name == "time axis" {
                // Its filter is that of the tasks below it.
                continue;
            }
            press(&mut model, "esc");
            if model.overlays.iter().count() == windows && picture(&model).contains("Nothing fits") {
                press(&mut model, "esc");
            }
            assert_eq!(
                model.overlays.iter().count(),
                windows,
                "{name}: only the filter is left"
            );
            assert!(!picture(&model).contains("Nothing fits"), "{name}\n{before}");
        }
    }
}

#[test]
fn arguments_are_found_by_name_by_value_and_by_where_they_come_from() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter home");
    let names = |model: &Model| -> Vec<String> {
        let shown = picture(model);
        let lines = shown.lines().filter(|line| line.contains('│'));
        let known = ["business_unit", "data_source", "db_password", "source_table"];
        let found = known.iter().filter(|name| {
            let is_line = |line: &&str| line.contains(&format!(" {name}  "));
            lines.clone().any(|line| is_line(&line))
        });
        found.map(|name| (*name).to_owned()).collect()
    };
    for (text, expected) in [
        ("sotable", vec!["source_table"]),
        ("engineer_v2", vec!["source_table"]),
        ("value:engineer", vec!["data_source", "source_table"]),
        ("edited:yes", vec!["source_table"]),
        ("from:row", vec!["business_unit", "data_source", "db_password"]),
    ] {
        filter(&mut model, text);
        press(&mut model, "enter");
        assert_eq!(names(&model), expected, "{text}\n{}", picture(&model));
        has_all(&picture(&model), &[&format!("/{text} {} of 4", expected.len())]);
        press(&mut model, "esc");
        assert_eq!(names(&model).len(), 4, "{text}");
    }
    // What is changed is what is seen.
    filter(&mut model, "data");
    press(&mut model, "enter d");
    let edit = &model.configuration.edits[&TaskId::from(HR)];
    assert_eq!(
        (edit.get("data_source"), edit.get("business_unit")),
        (None, Some("hr"))
    );
    press(&mut model, "esc");
    filter(&mut model, "qqq");
    press(&mut model, "enter");
    let before = model.configuration.edits.clone();
    press(&mut model, "d u enter");
    assert_eq!(model.configuration.edits, before);
    assert!(model.notice().unwrap().text.contains("Nothing is selected"));
    press(&mut model, "esc a");
    type_text(&mut model, "limit");
    press(&mut model, "enter 5 enter");
    assert!(picture(&model).contains("limit"), "what was added is seen");
}

#[test]
fn a_filter_is_gone_with_its_window() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home enter");
    filter(&mut model, "data");
    press(&mut model, "enter ?");
    press(&mut model, "esc");
    assert!(
        picture(&model).contains("/data 1 of 4"),
        "a window over it takes nothing away"
    );
    press(&mut model, "esc esc enter");
    assert!(!picture(&model).contains("/data"), "{}", picture(&model));
}

#[test]
fn the_grid_of_former_runs_shows_the_runs_that_fit() {
    let mut model = with_history(120, 40);
    press(&mut model, "H");
    filter(&mut model, "state:failed");
    press(&mut model, "enter");
    let window = model.history_window().unwrap();
    assert_eq!((window.columns().len(), window.run.as_str()), (1, "run-001"));
    has_all(&picture(&model), &["/state:failed 1 of 30", "1 run"]);
    press(&mut model, "esc");
    assert_eq!(model.history_window().unwrap().columns().len(), 30);
    filter(&mut model, "state:success");
    press(&mut model, "enter");
    let window = model.history_window().unwrap();
    assert_eq!((window.columns().len(), window.run.as_str()), (29, "run-002"));
    press(&mut model, "tab");
    has_all(&picture(&model), &["/state:success 29 of 30"]);
    press(&mut model, "tab esc");
    filter(&mut model, "state:stopped");
    press(&mut model, "enter");
    let shown = picture(&model);
    assert!(shown.contains("Nothing fits"), "{shown}");
    assert_eq!(press(&mut model, "enter"), [], "no run is meant");
    press(&mut model, "esc");
    assert!(
        model.history_window().is_some(),
        "the filter first, then the window"
    );
}

#[test]
fn another_profile_s_runs_do_not_take_over_the_grid() {
    let mut model = with_history(120, 40);
    model.history[1].profile = "prod".into();
    press(&mut model, "H");
    filter(&mut model, "state:success");
    press(&mut model, "enter");
    let window = model.history_window().unwrap();
    assert_eq!(window.run.as_str(), "run-003", "the next of the same profile");
}

#[test]
fn a_text_keeps_the_lines_with_these_words() {
    let mut model = sample::ready(120, 40);
    for n in 0..30 {
        model.notify(Meaning::Warning, format!("Notice {n} at 10:15."));
    }
    press(&mut model, "@");
    filter(&mut model, "notice 17 10:15");
    let shown = picture(&model);
    assert!(
        shown.contains("Notice 17 at") && !shown.contains("Notice 16 at"),
        "{shown}"
    );
    assert!(shown.contains("1 of 31"), "{shown}");
    press(&mut model, "enter tab");
    assert!(matches!(model.overlays.top(), Some(Overlay::Actions { .. })));
    assert!(
        !picture(&model).contains("/notice"),
        "the other page has no filter"
    );
}

#[test]
fn a_forgotten_preset_is_not_the_one_beside_it() {
    let (_, mut model) = scroll_bars::all(120, 40)
        .into_iter()
        .find(|(name, _)| *name == "presets")
        .unwrap();
    filter(&mut model, "\"preset 4\"");
    press(&mut model, "enter G");
    let change = KeptChange::Forget("preset 49".into());
    assert_eq!(press(&mut model, "d"), [Effect::KeepEdits(change.clone())]);
    let mut kept = model.kept.clone();
    kept.apply(&change);
    send(&mut model, 1, Msg::EditsKept(change, Ok(kept)));
    let change = KeptChange::Forget("preset 48".into());
    assert_eq!(press(&mut model, "d"), [Effect::KeepEdits(change)]);
}
