//! The field for a name that is typed before something is started or stopped in a protected profile.

use super::field;
use super::window;
use crate::tui::model::Model;
use crate::tui::model::guard::Confirmation;
use crate::tui::model::overlay::Overlay;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;

/// The widest it gets.
const COLUMNS: usize = 64;

/// Draws the field below what happens then.
pub(super) fn draw(model: &Model, confirmation: &Confirmation, canvas: &mut Canvas) {
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let lines: Vec<_> = confirmation
        .body
        .iter()
        .flat_map(|line| text::wrap(line, columns))
        .collect();
    let area = window::open(model, Overlay::PROTECTED, columns, lines.len() + 2, canvas);
    // The field and what is wrong with its text are visible at any height.
    let below = area.height.saturating_sub(2);
    for (row, line) in (0..below).zip(&lines) {
        canvas.text(area, 0, row, line, canvas.look.style(Meaning::Text));
    }
    let column = canvas.text(area, 0, below, "> ", canvas.look.style(Meaning::Accent));
    field::draw(&confirmation.editor, area, column, below, canvas);
    if let Some(fault) = &confirmation.editor.fault {
        let words = format!("^ {fault}");
        canvas.text(area, 0, below + 1, &words, canvas.look.style(Meaning::Danger));
    }
}
