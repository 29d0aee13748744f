//! What can follow the first of two keys, above the footer, for whoever waits.

use crate::tui::action::keymap::keymap;
use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use ratatui::layout::Rect;

/// Draws the keys that can follow, once it has taken a while.
pub(super) fn draw(model: &Model, screen: &Layout, canvas: &mut Canvas) {
    let Some(pending) = model.pending.filter(|pending| pending.wait(model.now).is_none()) else {
        return;
    };
    let followers = keymap().followers(pending.key, model.context());
    let widest = followers
        .iter()
        .map(|(_, entry)| text::width(entry.description) + 14)
        .max();
    let width = u16::try_from(widest.unwrap_or(0)).unwrap_or(u16::MAX);
    let width = width.min(model.area.width);
    let above = screen.footer.y;
    let height = u16::try_from(followers.len() + 2).unwrap_or(u16::MAX).min(above);
    let area = Rect::new(0, above - height, width, height);
    canvas.clear(area);
    let inside = canvas.frame(area, canvas.look.style(Meaning::Accent));
    let title = format!(" {} ", pending.key);
    canvas.text(area, 2, 0, &title, canvas.look.style(Meaning::Accent));
    for (row, (key, entry)) in (0..inside.height).zip(followers) {
        let is_possible = entry.why_not(model).is_none();
        let (lead, words) = if is_possible {
            (Meaning::Accent, Meaning::Text)
        } else {
            (Meaning::Muted, Meaning::Muted)
        };
        canvas.text(inside, 1, row, &key.to_string(), canvas.look.style(lead));
        canvas.text(inside, 10, row, entry.description, canvas.look.style(words));
    }
}
