//! A text over the panes that is only read: help, notices, the plan of a run.

use crate::tui::model::Model;
use crate::tui::plan;
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::Paint;
use crate::tui::widget::{list, text};

/// A line with the key or the moment that it begins with.
pub(super) struct ReaderLine {
    /// In front, in the colour of keys; it has the same room in all lines.
    pub(super) lead: String,
    /// How far the text stands in.
    pub(super) indent: usize,
    /// How the text is coloured.
    pub(super) meaning: Meaning,
    /// The text.
    pub(super) text: String,
}

/// The widest a text gets; longer lines are hard to read.
const COLUMNS: usize = 96;

/// Columns and rows for the text.
fn room(model: &Model) -> (usize, usize) {
    let (width, height) = (usize::from(model.area.width), usize::from(model.area.height));
    (
        width.saturating_sub(6).min(COLUMNS),
        height.saturating_sub(4).max(1),
    )
}

/// Draws the text from a row on, in the middle of the screen.
pub(super) fn draw(model: &Model, title: &str, lines: Vec<ReaderLine>, top: usize, paint: &mut Paint) {
    let (columns, height) = room(model);
    let lead = lead(&lines);
    let rows = folded(lines, columns);
    let shown = list::from(top, rows.len(), height);
    let title = if rows.len() > height {
        format!("{title} ({} to {} of {})", shown.start + 1, shown.end, rows.len())
    } else {
        title.to_owned()
    };
    let area = super::window(model, &title, columns, rows.len().min(height), paint);
    for (row, line) in (0..area.height).zip(&rows[shown]) {
        paint.text(area, 0, row, &line.lead, paint.look.style(Meaning::Accent));
        let column = u16::try_from(lead + line.indent).unwrap_or(u16::MAX);
        paint.text(area, column, row, &line.text, paint.look.style(line.meaning));
    }
}

/// The first row shown when the end is shown.
pub(super) fn last_top(model: &Model, lines: Vec<ReaderLine>) -> usize {
    let (columns, height) = room(model);
    folded(lines, columns).len().saturating_sub(height)
}

/// How many columns stand in front of all lines.
fn lead(lines: &[ReaderLine]) -> usize {
    let longest = lines
        .iter()
        .map(|line| text::width(&line.lead))
        .max()
        .unwrap_or(0);
    if longest == 0 { 0 } else { longest + 2 }
}

/// Long lines broken into rows; what follows stands in a little further.
fn folded(lines: Vec<ReaderLine>, columns: usize) -> Vec<ReaderLine> {
    let lead = lead(&lines);
    let mut rows = Vec::new();
    for line in lines {
        let room = columns.saturating_sub(lead + line.indent + 2).max(8);
        for (index, words) in text::wrap(&line.text, room).into_iter().enumerate() {
            rows.push(ReaderLine {
                lead: if index == 0 {
                    line.lead.clone()
                } else {
                    String::new()
                },
                indent: line.indent + if index == 0 { 0 } else { 2 },
                meaning: line.meaning,
                text: words,
            });
        }
    }
    rows
}

/// The plan of the next run.
pub(super) fn plan(model: &Model) -> Vec<ReaderLine> {
    let lines = plan::lines(model).into_iter().map(|line| ReaderLine {
        lead: String::new(),
        indent: line.indent * 2,
        meaning: line.meaning,
        text: line.text,
    });
    lines.collect()
}

/// What was told so far.
pub(super) fn notices(model: &Model) -> Vec<ReaderLine> {
    let lines = model.notices.iter().map(|notice| ReaderLine {
        lead: notice.at.clock(),
        indent: 0,
        meaning: notice.meaning,
        text: notice.text.clone(),
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return vec![ReaderLine {
            lead: String::new(),
            indent: 0,
            meaning: Meaning::Muted,
            text: "Nothing was told yet. What the engine refuses or finds stands here.".into(),
        }];
    }
    lines
}
