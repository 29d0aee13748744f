//! The last notice, and the keys that work now: both made from the action table and the model.

use crate::tui::action::{self, Danger, Entry};
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::Paint;
use crate::tui::widget::text;
use ratatui::layout::Rect;

/// Draws the notice; how many there are before it is said at the right.
pub(super) fn notice(model: &Model, area: Rect, paint: &mut Paint) {
    let Some(notice) = model.notice() else { return };
    let older = model.notices.len() - 1;
    let more = if older > 0 {
        format!("@ {older} more, esc hides ")
    } else {
        "esc hides ".to_owned()
    };
    let room = usize::from(area.width).saturating_sub(text::width(&more) + 2);
    let words = format!("{} {}", notice.at.clock(), notice.text);
    paint.field(area, 1, 0, room, &words, paint.look.style(notice.meaning));
    paint.right(area, 0, &more, paint.look.style(Meaning::Muted));
}

/// Draws the keys; `?` is never cut off.
pub(super) fn draw(model: &Model, area: Rect, paint: &mut Paint) {
    let all = if area.width < 60 { "? keys " } else { "? all keys " };
    let room = area
        .width
        .saturating_sub(u16::try_from(text::width(all)).unwrap_or(0) + 1);
    let area_of_hints = Rect { width: room, ..area };
    let mut column = 1;
    // What can be done comes first; the rest says by its colour that it cannot, as far as there is room.
    let is_possible = |entry: &&'static Entry| (entry.condition)(model).is_none();
    let (possible, others): (Vec<&Entry>, Vec<&Entry>) =
        action::hints(model.context()).partition(is_possible);
    for entry in possible.into_iter().chain(others) {
        let wide = text::width(entry.keys[0]) + 1 + text::width(entry.hint);
        if usize::from(column) + wide > usize::from(room) {
            break;
        }
        column = hint(model, entry, area_of_hints, column, paint) + 2;
    }
    paint.right(area, 0, all, paint.look.style(Meaning::Accent));
}

/// A key and its name; muted while it can do nothing.
fn hint(model: &Model, entry: &Entry, area: Rect, column: u16, paint: &mut Paint) -> u16 {
    let is_possible = (entry.condition)(model).is_none();
    let (key, name) = match (is_possible, entry.danger) {
        (false, _) => (Meaning::Muted, Meaning::Muted),
        (true, Danger::Stops) => (Meaning::Warning, Meaning::Text),
        (true, _) => (Meaning::Accent, Meaning::Text),
    };
    let column = paint.text(area, column, 0, entry.keys[0], paint.look.style(key));
    paint.text(area, column + 1, 0, entry.hint, paint.look.style(name))
}
