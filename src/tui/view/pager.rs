//! Draws a text over the panes, in the middle of the screen.

use super::window;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::pager::Page;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use ratatui::layout::Rect;

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
    let title = format!("{}{title}", super::filtered(model, List::Text(page.title)));
    let is_none = page.found.is_some_and(|(found, _)| found == 0);
    // Room for the sentence that says so.
    let body = if is_none { 2 } else { number };
    let rows = page.head.len() + body.min(page.height);
    let area = window::open(model, &title, page.columns, rows, canvas);
    let text = u16::try_from(page.head.len())
        .unwrap_or(u16::MAX)
        .min(area.height);
    let body = Rect {
        y: area.y + text,
        height: area.height - text,
        ..area
    };
    if is_none {
        super::nothing_fits(body, canvas);
    }
    window::scroll_bar(body, shown.clone(), number, canvas, |row| page.place(row));
    let head = page.head.iter().map(|line| (line, None));
    let body = shown.map(|place| (&page.rows[place], page.item(place)));
    for (row, (line, item)) in (0..area.height).zip(head.chain(body)) {
        canvas.text(area, 0, row, &line.lead, canvas.look.style(Meaning::Accent));
        let column = u16::try_from(page.lead + line.indent).unwrap_or(u16::MAX);
        canvas.text(area, column, row, &line.text, canvas.look.style(line.meaning));
        if let Some((item, is_selected)) = item {
            canvas.target(area, row, Target::WindowLine(item));
            if is_selected {
                canvas.selected(area, row, true);
            }
        }
    }
}
