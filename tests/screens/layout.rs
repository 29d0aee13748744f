//! What has the room at which moment, and that nothing is lost by another size of the screen.

use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use domain::failure::Failure;
use downbeat::engine::Update;
use downbeat::tui::context::Pane;
use downbeat::tui::effect::Effect;
use downbeat::tui::layout::{Layout, Moment};
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

fn shown(model: &Model) -> Vec<Pane> {
    Layout::new(model)
        .panes
        .into_iter()
        .map(|(pane, _)| pane)
        .collect()
}

fn folded(model: &Model) -> Vec<Pane> {
    Layout::new(model)
        .folded
        .into_iter()
        .map(|(pane, _)| pane)
        .collect()
}

#[test]
fn before_a_run_its_rows_and_variables_have_the_room() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let model = sample::ready(width, height);
        assert_eq!(Moment::new(&model), Moment::Preparing);
        assert_eq!(shown(&model), [Pane::Configuration, Pane::Variables]);
        assert_eq!(folded(&model), [Pane::Grid, Pane::Logs]);
        let layout = Layout::new(&model);
        let (rows, form) = (layout.pane(Pane::Configuration), layout.pane(Pane::Variables));
        assert_eq!(rows.y == form.y, width >= 120, "{width}x{height}");
    }
}

#[test]
fn the_head_of_the_plan_is_in_sight_while_a_run_is_prepared() {
    let mut model = sample::ready(120, 40);
    let head =
        "r would run 6 of 8 rows of cdf_output.configuration, 5 at once; cdf_output.landing is EMPTIED first";
    assert!(picture(&model).contains(head), "{}", picture(&model));
    press(&mut model, "1 / b q _ t r u n enter enter");
    let words = ["cdf_output.landing keeps its rows", "not saved: bq_truncate"];
    for words in words {
        assert!(picture(&model).contains(words), "{words} in\n{}", picture(&model));
    }
    // What is emptied is not cut off, whatever the width.
    for (width, height) in [(40, 12), (60, 15), (80, 24)] {
        let model = sample::ready(width, height);
        let words = picture(&model).split_whitespace().collect::<Vec<_>>().join(" ");
        let head = "r would run 6 of 8 rows, 5 at once; landing is EMPTIED first";
        assert!(words.contains(head), "{width}x{height}: {words}");
    }
    let model = scene::running(120, 40);
    assert!(!picture(&model).contains("would run"), "{}", picture(&model));
}

#[test]
fn a_table_that_cannot_be_read_is_the_head_of_the_plan() {
    let mut model = sample::empty(120, 40);
    sample::configuration(
        &mut model,
        1,
        Err(Failure::permanent("Not found: Table configuration")),
    );
    let words = "No run can start: the configuration table cannot be read: Not found: Table configuration";
    assert!(picture(&model).contains(words), "{}", picture(&model));
}

#[test]
fn during_a_run_its_tasks_and_logs_have_the_whole_width() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = scene::running(width, height);
        assert_eq!(shown(&model), [Pane::Grid, Pane::Logs]);
        assert_eq!(folded(&model), [Pane::Variables, Pane::Configuration]);
        assert!(
            Layout::new(&model)
                .panes
                .iter()
                .all(|(_, area)| area.width == width)
        );
        press(&mut model, "1");
        assert!(shown(&model).contains(&Pane::Variables) && !shown(&model).contains(&Pane::Grid));
        press(&mut model, "2");
        assert!(shown(&model).contains(&Pane::Configuration));
        press(&mut model, "esc");
        assert_eq!(shown(&model), [Pane::Grid, Pane::Logs]);
        assert_eq!(model.focus, Pane::Grid);
    }
}

#[test]
fn every_pane_is_reachable_at_every_moment() {
    for make in [
        sample::ready as fn(u16, u16) -> Model,
        scene::running,
        scene::failed,
    ] {
        for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
            let mut model = make(width, height);
            for (key, pane) in ["1", "2", "3", "4", "2", "4", "1", "3"]
                .into_iter()
                .zip([0, 1, 2, 3, 1, 3, 0, 2])
            {
                press(&mut model, key);
                assert_eq!(model.focus, Pane::ALL[pane]);
                assert!(shown(&model).contains(&model.focus), "{key} at {width}x{height}");
                let (columns, rows) = Layout::new(&model).room(model.focus);
                assert!(
                    columns > 30 && rows > 2,
                    "{key} at {width}x{height}: {columns}x{rows}"
                );
            }
        }
    }
}

#[test]
fn a_zoomed_pane_has_the_body_and_gives_it_back() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        for key in ["1", "2", "3", "4"] {
            let mut model = scene::running(width, height);
            press(&mut model, key);
            let before = picture(&model);
            press(&mut model, "z");
            assert_eq!(shown(&model), [model.focus]);
            press(&mut model, "z");
            assert_eq!(picture(&model), before);
            press(&mut model, "z esc");
            assert_eq!(picture(&model), before);
        }
    }
}

#[test]
fn a_zoomed_log_has_nothing_beside_its_lines() {
    let mut model = scene::running(120, 40);
    press(&mut model, "4 z");
    let lines: Vec<_> = picture(&model).lines().map(str::to_owned).collect();
    let body = &lines[3..38];
    assert!(
        body.iter().all(|line| !line.contains(['│', '╭', '╰', '─'])),
        "{body:#?}"
    );
    assert!(
        body.iter()
            .any(|line| line.starts_with("10:00:39 ERROR BigQuery")),
        "{body:#?}"
    );
}

#[test]
fn a_notice_moves_nothing() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut model = scene::running(width, height);
        let before = Layout::new(&model).panes;
        let refused = Update::Refused(Failure::permanent("another run is going on. ".repeat(12)));
        send(&mut model, 66, Msg::Engine(Box::new(refused)));
        assert_eq!(Layout::new(&model).panes, before);
        assert!(picture(&model).contains("Refused: another run"));
    }
}

#[test]
fn an_alert_is_not_cut_without_a_word() {
    let mut model = scene::running(80, 24);
    let long = Failure::permanent(format!("{}and that is the end", "the disk is full; ".repeat(30)));
    model.trouble = Some(long.clone());
    assert!(picture(&model).contains("@ shows all"), "{}", picture(&model));
    model.trouble = Some(Failure::permanent("the disk is full. ".repeat(7) + "The end"));
    assert!(picture(&model).contains("The end"), "{}", picture(&model));
    model.trouble = Some(long);
    press(&mut model, "@ home");
    let words = picture(&model).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("and that is the end"), "{words}");
}

#[test]
fn below_the_least_size_no_key_reaches_what_is_hidden() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter");
    type_text(&mut model, "5");
    let text = |model: &Model| model.editor().map(|editor| editor.text().to_owned());
    let before = text(&model);
    send(&mut model, 1, Msg::Resized(39, 9));
    assert!(!press(&mut model, "q 7 esc enter").contains(&Effect::Leave));
    send(&mut model, 1, Msg::Pasted("9".into()));
    assert_eq!(text(&model), before);
    assert!(picture(&model).contains("ctrl-c quits"), "{}", picture(&model));
    send(&mut model, 1, Msg::Resized(120, 40));
    assert_eq!(text(&model), before, "the field is back with its text");
}

#[test]
fn below_the_least_size_a_question_is_answered_only_if_it_is_shown_whole() {
    let mut model = scene::running(39, 9);
    assert!(!press(&mut model, "q").contains(&Effect::Leave));
    let can_read = picture(&model).contains("leave");
    assert_eq!(
        !press(&mut model, "n").is_empty() || model.overlays.is_empty(),
        can_read
    );
    let mut model = scene::running(30, 3);
    press(&mut model, "q y s enter");
    assert!(!model.overlays.is_empty() && !model.is_leaving);
}
