//! The palette's list above its text: key, name, and what it does, or why not now, or where.

use crate::tui::layout::Layout;
use crate::tui::model::Model;
use crate::tui::mouse::Target;
use crate::tui::palette::{self, NOTHING, Reach};
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use ratatui::layout::Rect;

/// The widest it gets.
const COLUMNS: u16 = 116;
/// Columns of the keys.
const KEYS: u16 = 12;

/// Draws it, if it is open.
pub(super) fn draw(model: &Model, screen: &Layout, canvas: &mut Canvas) {
    let (Some(typed), Some(prompt)) = (model.palette_text(), &model.prompt) else {
        return;
    };
    let choices = palette::choices(model, typed);
    let selected = prompt.selected.min(choices.len().saturating_sub(1));
    let most = (screen.footer.y * 2 / 3).max(3);
    let height = u16::try_from(choices.len().max(1) + 2)
        .unwrap_or(u16::MAX)
        .min(most);
    let width = COLUMNS.min(model.area.width);
    let area = Rect::new(0, screen.footer.y - height.min(screen.footer.y), width, height);
    canvas.clear(area);
    canvas.targets.cover();
    canvas.targets.push(area, Target::Window);
    let inside = canvas.frame(area, canvas.look.style(Meaning::Accent));
    let title = format!(
        " What to do: {} of {} ",
        selected + usize::from(!choices.is_empty()),
        choices.len()
    );
    canvas.text(area, 2, 0, &title, canvas.look.style(Meaning::Accent));
    let names = choices
        .iter()
        .map(|choice| text::width(&choice.words))
        .max()
        .unwrap_or(0);
    let names = names.min(usize::from(width) / 3);
    let words_at = KEYS + 2 + u16::try_from(names).unwrap_or(0);
    let shown = list::around(selected, choices.len(), usize::from(inside.height));
    canvas.scroll_bar(inside, shown.clone(), choices.len(), |place| {
        Some(Target::WindowBar(place))
    });
    for (row, place) in (0..).zip(shown) {
        let choice = &choices[place];
        let (lead, name) = match choice.reach {
            Reach::Now => (Meaning::Accent, Meaning::Text),
            Reach::NotNow | Reach::Elsewhere => (Meaning::Muted, Meaning::Muted),
        };
        canvas.target(inside, row, Target::WindowLine(place));
        canvas.field(
            inside,
            1,
            row,
            usize::from(KEYS) - 2,
            &choice.keys,
            canvas.look.style(lead),
        );
        canvas.field(inside, KEYS, row, names, &choice.words, canvas.look.style(name));
        let words = choice.remark.as_deref().unwrap_or(choice.description);
        let meaning = if choice.reach == Reach::NotNow {
            Meaning::Warning
        } else {
            Meaning::Muted
        };
        canvas.text(inside, words_at, row, words, canvas.look.style(meaning));
        if place == selected {
            canvas.selected(inside, row, true);
        }
    }
    if choices.is_empty() {
        canvas.text(inside, 1, 0, NOTHING, canvas.look.style(Meaning::Muted));
    }
}
