//! Draws a text over the panes, in the middle of the screen.

use crate::tui::model::Model;
use crate::tui::pager::Page;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;

pub(super) fn draw(model: &Model, page: &Page, canvas: &mut Canvas) {
    let shown = page.visible();
    let number = page.rows.len();
    let title = if number > page.height {
        format!(
            "{} ({} to {} of {number})",
            page.title,
            shown.start + 1,
            shown.end
        )
    } else {
        page.title.to_owned()
    };
    let rows = page.head.len() + number.min(page.height);
    let area = super::window(model, &title, page.columns, rows, canvas);
    for (row, line) in (0..area.height).zip(page.head.iter().chain(&page.rows[shown])) {
        canvas.text(area, 0, row, &line.lead, canvas.look.style(Meaning::Accent));
        let column = u16::try_from(page.lead + line.indent).unwrap_or(u16::MAX);
        canvas.text(area, column, row, &line.text, canvas.look.style(line.meaning));
    }
}
