//! The mouse: what is under it is what it acts on, at every size.

use crate::sample::{self, COLOUR, press};
use crate::scene;
use domain::command::RunCommand;
use downbeat::engine::Command;
use downbeat::tui::context::{Context, Pane};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::{Gesture, Target, Targets};
use downbeat::tui::msg::Msg;
use downbeat::tui::update::update;
use downbeat::tui::view::view;
use ratatui::buffer::Buffer;
use std::time::Duration;

fn targets(model: &Model) -> Targets {
    view(model, &COLOUR, &mut Buffer::empty(model.area))
}

/// Does something at the first place of the frame where these words are.
fn at_words(model: &mut Model, words: &str, gesture: Gesture) -> Vec<Effect> {
    let picture = sample::picture(model, &COLOUR);
    let lines = picture.lines().enumerate();
    let mut found = lines.filter_map(|(row, line)| {
        let byte = line.find(words)?;
        Some((line[..byte].chars().count(), row))
    });
    let (column, row) = found.next().unwrap_or_else(|| panic!("{words} in\n{picture}"));
    let (column, row) = (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
    let target = targets(model).at(column, row);
    let target = target.unwrap_or_else(|| panic!("nothing at {words}"));
    let now = model.now;
    update(model, now, Msg::Mouse(target, gesture))
}

fn click(model: &mut Model, words: &str) -> Vec<Effect> {
    at_words(model, words, Gesture::Click)
}

#[test]
fn a_click_on_a_reason_below_the_tasks_opens_the_groups() {
    let mut model = scene::failed(200, 50);
    press(&mut model, "3 z");
    click(&mut model, "1 × 60 s had passed");
    assert!(matches!(model.overlays.top(), Some(Overlay::Failures(_))));
}

#[test]
fn a_click_selects_the_task_that_is_under_it() {
    for (width, height) in [(200, 50), (120, 40), (80, 30)] {
        let mut model = scene::running(width, height);
        press(&mut model, "4");
        click(&mut model, "finance_ledger");
        assert_eq!(model.focus, Pane::Grid, "{width}x{height}");
        assert_eq!(
            model.selected_task().unwrap().id,
            "start_pipeline_finance_ledger".into()
        );
    }
}

#[test]
fn a_double_click_is_enter_and_two_slow_clicks_are_not() {
    let mut model = scene::running(120, 40);
    click(&mut model, "finance_ledger");
    model.now = model.now + Duration::from_millis(900);
    click(&mut model, "finance_ledger");
    assert_eq!(model.focus, Pane::Grid);
    click(&mut model, "finance_ledger");
    assert_eq!(model.focus, Pane::Logs);
    let mut model = sample::ready(120, 40);
    click(&mut model, "finance / ledger");
    assert_eq!(
        model.configuration.row().unwrap().name.values().last(),
        Some("ledger")
    );
    click(&mut model, "finance / ledger");
    assert_eq!(model.context(), Context::Arguments);
}

#[test]
fn every_hint_of_the_footer_does_what_its_key_does() {
    for (width, height) in [(200, 50), (120, 40), (80, 24)] {
        let mut model = scene::running(width, height);
        click(&mut model, "x stop task");
        assert_eq!(model.context(), Context::Dialog, "{width}x{height}");
    }
    let mut model = scene::running(120, 40);
    click(&mut model, "? all keys");
    assert!(matches!(model.overlays.top(), Some(Overlay::Help(_))));
    let hints = |model: &Model| {
        let all = targets(model);
        let hints = all
            .iter()
            .filter(|(_, target)| matches!(target, Target::Action(_)));
        hints.count()
    };
    assert!(hints(&scene::running(120, 40)) >= 6);
}

#[test]
fn an_answer_is_chosen_by_a_click_and_nothing_beside_the_question_is_hit() {
    let mut model = scene::running(120, 40);
    press(&mut model, "X");
    let below = targets(&model);
    assert!(
        below
            .iter()
            .all(|(_, target)| !matches!(target, Target::Line(..) | Target::Pane(_)))
    );
    let effects = click(&mut model, "let it run");
    assert!(effects.is_empty() && model.overlays.is_empty());
    press(&mut model, "X");
    let effects = click(&mut model, "stop 3 runs");
    assert!(effects.contains(&Effect::Send(Command::Run(RunCommand::Stop))));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_stops_at_its_ends() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    let task = model.selected_task().unwrap().id.clone();
    let now = model.now;
    let logs = Target::Pane(Pane::Logs);
    update(&mut model, now, Msg::Mouse(logs, Gesture::Wheel(-2)));
    assert!(!model.logs.follows, "the wheel stops the following");
    assert_eq!(model.selected_task().unwrap().id, task);
    assert_eq!(model.focus, Pane::Grid, "the focus stays");
    update(&mut model, now, Msg::Mouse(logs, Gesture::Wheel(24)));
    assert!(model.logs.follows, "at the end it is followed again");
    let tasks = Target::Pane(Pane::Grid);
    for _ in 0..5 {
        update(&mut model, now, Msg::Mouse(tasks, Gesture::Wheel(-24)));
    }
    assert_eq!(model.selected_task().unwrap().id, "start".into());
    press(&mut model, "?");
    update(&mut model, now, Msg::Mouse(Target::Window, Gesture::Wheel(1)));
    assert!(matches!(model.overlays.top(), Some(Overlay::Help(pane)) if pane.selected == 3));
}

#[test]
fn nothing_typed_is_lost_by_a_click_or_the_wheel() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 G k enter 7");
    let (text, selected) = (
        model.editor().unwrap().text().to_owned(),
        model.variables.selected,
    );
    click(&mut model, "finance / ledger");
    let now = model.now;
    update(
        &mut model,
        now,
        Msg::Mouse(Target::Pane(Pane::Variables), Gesture::Wheel(-3)),
    );
    assert_eq!(model.editor().unwrap().text(), text);
    assert_eq!(model.variables.selected, selected);
    assert_eq!(model.focus, Pane::Variables);
}

#[test]
fn the_mouse_is_given_back_and_taken_again() {
    let mut model = sample::ready(120, 40);
    assert!(press(&mut model, "F2").contains(&Effect::CaptureMouse(false)));
    assert!(model.notice().unwrap().text.contains("belongs to the terminal"));
    assert!(press(&mut model, "F2").contains(&Effect::CaptureMouse(true)));
    let now = model.now;
    update(
        &mut model,
        now,
        Msg::Mouse(Target::Pane(Pane::Logs), Gesture::Drag),
    );
    assert!(model.notice().unwrap().text.contains("Hold shift"));
}

#[test]
fn who_learns_is_told_first() {
    let mut model = scene::running(120, 40);
    press(&mut model, ":");
    sample::type_text(&mut model, "learn");
    press(&mut model, "enter");
    press(&mut model, "j k r");
    press(&mut model, "X");
    assert!(model.overlays.is_empty());
    let told = model.notice().unwrap().text.clone();
    assert!(told.contains("X would do this: Stop the whole run"), "{told}");
    press(&mut model, "X");
    assert_eq!(model.context(), Context::Dialog);
    press(&mut model, "esc X j X");
    assert!(model.overlays.is_empty(), "another key in between begins anew");
}
