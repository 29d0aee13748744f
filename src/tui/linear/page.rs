//! What has the keys, as lines of text: the window on top, or the pane with the focus. Read off the drawing of the screen,
//! without frames.

use crate::tui::layout::Layout;
use crate::tui::look::Look;
use crate::tui::model::Model;
use crate::tui::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The lines of what has the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// What it is.
    pub(super) title: String,
    /// Its lines, none of them empty.
    pub(super) lines: Vec<String>,
    /// The line that is selected.
    pub(super) selected: Option<String>,
}

impl Page {
    /// The page of a model.
    pub(super) fn new(model: &Model, look: &Look) -> Self {
        let mut cells = Buffer::empty(model.area);
        let screen = Layout::new(model);
        let (title, area) = if let Some(overlay) = model.overlays.top() {
            view::window_alone(model, overlay, look, &mut cells);
            (overlay.name().to_owned(), model.area)
        } else {
            view::view(model, look, &mut cells);
            (model.focus.title().to_owned(), screen.inside(model.focus))
        };
        let mut lines = text(&cells, area);
        if model.prompt.is_some() {
            let mut footer = Buffer::empty(model.area);
            view::view(model, look, &mut footer);
            lines.extend(text(&footer, screen.footer));
        }
        let bar = look.symbols.bar;
        let selected = lines.iter().find(|line| line.starts_with(bar)).cloned();
        Self {
            title,
            lines,
            selected: selected.map(|line| line.trim_start_matches(bar).trim().to_owned()),
        }
    }
}

/// The rows of an area without frames and without what is empty.
fn text(cells: &Buffer, area: Rect) -> Vec<String> {
    let rows = area.top()..area.bottom();
    let rows = rows.map(|y| {
        let mut row = String::new();
        let mut x = area.left();
        while x < area.right() {
            let symbol = cells[(x, y)].symbol();
            row.push_str(symbol);
            // What a wide letter covers is not text.
            x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
        }
        bare(&row)
    });
    rows.filter(|row| !row.is_empty()).collect()
}

/// A row without the frame of a window around it.
fn bare(row: &str) -> String {
    let row = row.trim();
    let is_edge = row.starts_with('+') && row.ends_with('+') && row.len() > 1;
    let inner = if is_edge {
        row.trim_matches(['+', '-'])
    } else {
        match row.strip_prefix('|').and_then(|row| row.strip_suffix('|')) {
            Some(inner) => inner,
            None => row,
        }
    };
    let inner = inner.trim();
    if inner.chars().all(|letter| letter == '-') {
        return String::new();
    }
    // Columns are for eyes: one space is enough between words.
    inner.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_no_text() {
        for (row, expected) in [
            ("  +- Stop the whole run? ----+ ", "Stop the whole run?"),
            (" |  >n let it run   y stop  | ", ">n let it run y stop"),
            ("+------+", ""),
            ("--------", ""),
            ("a | b", "a | b"),
            ("   ", ""),
        ] {
            assert_eq!(bare(row), expected, "{row}");
        }
    }
}
