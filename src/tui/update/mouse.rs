//! What a click, a double click and the wheel do. They never do more than the keys: a click selects or presses a key that
//! is shown, and nothing is accepted or left in a text field by accident.

use super::perform::perform;
use super::{dialog, history, navigation, palette};
use crate::tui::action::{self, Action};
use crate::tui::context::{Context, Pane};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::mouse::{Clicked, Gesture, Target};
use std::time::Duration;

/// Two clicks within this are a double click.
const DOUBLE: Duration = Duration::from_millis(400);
/// Lines of a text for one notch of the wheel.
const LINES: i32 = 3;

/// Handles what a hand did.
pub(super) fn on_gesture(model: &mut Model, target: Target, gesture: Gesture, effects: &mut Vec<Effect>) {
    match gesture {
        Gesture::Click => click(model, target, effects),
        Gesture::Wheel(notches) => wheel(model, target, notches),
        Gesture::Drag if target.is_bar() => scroll_to(model, target),
        Gesture::Drag => {
            let text = format!(
                "Hold shift to select text, or give the mouse back to the terminal: {}.",
                action::key(Action::Mouse)
            );
            if model.notice().is_none_or(|notice| notice.text != text) {
                model.reply(text);
            } else {
                model.is_dirty = false;
            }
        }
    }
}

fn click(model: &mut Model, target: Target, effects: &mut Vec<Effect>) {
    if model.notice().is_some_and(|notice| notice.is_transient) {
        model.notices.hide();
    }
    model.pending = None;
    let before = model.clicked.replace(Clicked {
        target,
        at: model.now,
    });
    let is_double =
        before.is_some_and(|before| before.target == target && model.now.since(before.at) <= DOUBLE);
    match target {
        Target::Action(name) => press(model, name, effects),
        Target::Answer(letter) => drop(dialog::by_letter(model, letter, effects)),
        Target::WindowLine(place) if palette::is_open(model) => palette::click(model, place, effects),
        Target::WindowBar(_) if palette::is_open(model) => scroll_to(model, target),
        _ if model.context().is_typed_into() => model.reply(format!(
            "The text is still open: {} accepts it, {} leaves it.",
            action::key(Action::Commit),
            action::key(Action::Back)
        )),
        Target::Bar(..) | Target::WindowBar(_) => scroll_to(model, target),
        Target::Pane(pane) => navigation::focus(model, pane),
        Target::Line(pane, place) => {
            navigation::focus(model, pane);
            navigation::select(model, pane, place);
            if is_double {
                enter(model, effects);
            }
        }
        Target::WindowLine(place) => {
            navigation::select_in_window(model, place);
            if is_double {
                enter(model, effects);
            }
        }
        Target::WindowCell(line, column) => {
            history::select_column(model, column);
            navigation::select_in_window(model, line);
            if is_double {
                enter(model, effects);
            }
        }
        Target::Window => {}
    }
    if is_double {
        // A third click is not another one.
        model.clicked = None;
    }
}

/// Goes to the line that a row of a scroll bar stands for. While a text is being typed, its list stays where it is.
fn scroll_to(model: &mut Model, target: Target) {
    match target {
        Target::WindowBar(place) if palette::is_open(model) => palette::select(model, place),
        _ if model.context().is_typed_into() => model.is_dirty = false,
        Target::Bar(pane, place) => {
            navigation::focus(model, pane);
            navigation::select(model, pane, place);
        }
        Target::WindowBar(place) => navigation::select_in_window(model, place),
        _ => {}
    }
}

/// Presses the key that is shown, if it still means this here.
fn press(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let entry = action::named(name).filter(|entry| entry.contexts.contains(&model.context()));
    if let Some(entry) = entry {
        perform(model, entry, effects);
    }
}

/// What enter does on the selected line.
fn enter(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(entry) = action::entered(model.context()) {
        perform(model, entry, effects);
    }
}

/// Scrolls what is under the mouse, wherever the focus is. A list whose text is being typed into stays where it is.
fn wheel(model: &mut Model, target: Target, notches: i32) {
    let lines = isize::try_from(notches.saturating_mul(LINES)).unwrap_or(0);
    let notches = isize::try_from(notches).unwrap_or(0);
    match target {
        Target::Pane(Pane::Logs) | Target::Line(Pane::Logs, _) => {
            navigation::move_in(model, Pane::Logs, lines);
        }
        Target::Window | Target::WindowLine(_) | Target::WindowBar(_) if palette::is_open(model) => {
            palette::step(model, notches);
        }
        _ if model.editor().is_some() => model.is_dirty = false,
        Target::Pane(pane) | Target::Line(pane, _) | Target::Bar(pane, _) => {
            navigation::move_in(model, pane, notches);
        }
        Target::Window | Target::WindowLine(_) | Target::WindowBar(_) | Target::WindowCell(..) => {
            let is_text = matches!(model.context(), Context::Pager | Context::Plan | Context::Help);
            navigation::scroll_window(model, if is_text { lines } else { notches });
        }
        Target::Answer(_) | Target::Action(_) => model.is_dirty = false,
    }
}
