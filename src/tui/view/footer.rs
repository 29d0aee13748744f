//! The last notice, and the keys that work now.

use crate::tui::action::{self, Action, Danger, Entry};
use crate::tui::context::Context;
use crate::tui::model::Model;
use crate::tui::mouse::Target;
use crate::tui::notice::NoticeRows;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use ratatui::layout::Rect;

/// Draws the notice, with the keys that hide it or show more.
pub(super) fn notice(model: &Model, area: Rect, canvas: &mut Canvas) {
    let (Some(notice), Some(shown)) = (model.notice(), NoticeRows::new(model)) else {
        return;
    };
    canvas.clear(area);
    let last = area.height.saturating_sub(1);
    let beside_keys = usize::from(area.width).saturating_sub(text::width(&shown.keys) + 2);
    for (row, words) in (0..area.height).zip(&shown.rows) {
        let room = if row == last {
            beside_keys
        } else {
            usize::from(area.width)
        };
        canvas.field(area, 1, row, room, words, canvas.look.style(notice.meaning));
    }
    canvas.right(area, last, &shown.keys, canvas.look.style(Meaning::Muted));
}

/// Draws the keys; the key of the help is never cut off.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let all = help(model, if area.width < 60 { "keys" } else { "all keys" });
    let room = area
        .width
        .saturating_sub(u16::try_from(text::width(&all)).unwrap_or(0) + 1);
    let area_of_hints = Rect { width: room, ..area };
    let mut column = 1;
    // What can be done comes first; the rest is muted, as far as it fits.
    let is_possible = |entry: &&'static Entry| entry.why_not(model).is_none();
    let (possible, others): (Vec<&Entry>, Vec<&Entry>) =
        action::hints(model.context()).partition(is_possible);
    // What works in another of the windows that are only read is no choice here.
    let others = others.into_iter().filter(|_| model.context() != Context::Pager);
    for entry in possible.into_iter().chain(others) {
        let brackets = if is_bracketed(model, entry, canvas) { 2 } else { 0 };
        let wide = text::width(entry.key()) + 1 + text::width(entry.hint) + brackets;
        if usize::from(column) + wide > usize::from(room) {
            break;
        }
        column = hint(model, entry, area_of_hints, column, canvas) + 2;
    }
    let from = canvas.right(area, 0, &all, canvas.look.style(Meaning::Accent));
    let place = Rect::new(
        area.x + from,
        area.y,
        area.width.saturating_sub(from),
        area.height,
    );
    canvas.targets.push(place, Target::Action(Action::Help.name()));
}

/// The key of the help with a word; empty where the key does not work.
pub(super) fn help(model: &Model, word: &str) -> String {
    let is_here = |entry: &Entry| entry.contexts.contains(&model.context());
    match action::entry(Action::Help) {
        Some(entry) if is_here(entry) => format!("{} {word} ", entry.key()),
        _ => String::new(),
    }
}

/// Without colours brackets say that it cannot be done now.
fn is_bracketed(model: &Model, entry: &Entry, canvas: &Canvas) -> bool {
    canvas.look.is_plain() && entry.why_not(model).is_some()
}

/// Draws a key and its hint, muted while it can do nothing.
fn hint(model: &Model, entry: &Entry, area: Rect, column: u16, canvas: &mut Canvas) -> u16 {
    let is_possible = entry.why_not(model).is_none();
    let (key, name) = match (is_possible, entry.danger) {
        (false, _) => (Meaning::Muted, Meaning::Muted),
        (true, Danger::Stops) => (Meaning::Warning, Meaning::Text),
        (true, _) => (Meaning::Accent, Meaning::Text),
    };
    let (open, close) = if is_bracketed(model, entry, canvas) {
        ("(", ")")
    } else {
        ("", "")
    };
    let words = format!("{open}{}", entry.key());
    let end = canvas.text(area, column, 0, &words, canvas.look.style(key));
    let words = format!("{}{close}", entry.hint);
    let end = canvas.text(area, end + 1, 0, &words, canvas.look.style(name));
    let place = Rect::new(area.x + column, area.y, end - column, 1);
    canvas.targets.push(place, Target::Action(entry.action.name()));
    end
}
