//! What panes draw on: text that is cut with a mark, boxes, filled lines.
//!
//! Nothing drawn here can leave its area, whatever the size, so panes need no bounds checks.

use super::text;
use crate::tui::look::Look;
use crate::tui::mouse::{Target, Targets};
use crate::tui::theme::Meaning;
use domain::sanitize;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The cells of a frame, and how to style them.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The cells.
    pub cells: &'a mut Buffer,
    /// How it looks.
    pub look: &'a Look,
    /// What was drawn where, for the mouse.
    pub targets: Targets,
}

impl Canvas<'_> {
    /// Writes at a column and row counted from the area's corner, cut at its right edge. Returns the
    /// column after the text.
    pub fn text(&mut self, area: Rect, column: u16, row: u16, words: &str, style: Style) -> u16 {
        self.field(
            area,
            column,
            row,
            usize::from(area.width.saturating_sub(column)),
            words,
            style,
        )
    }

    /// Writes into at most `columns`, with the cut mark if the text is longer.
    pub fn field(
        &mut self,
        area: Rect,
        column: u16,
        row: u16,
        columns: usize,
        words: &str,
        style: Style,
    ) -> u16 {
        let room = columns.min(usize::from(area.width.saturating_sub(column)));
        let area = area.intersection(self.cells.area);
        if row >= area.height || column >= area.width || room == 0 {
            return column;
        }
        let shown = text::truncate(words, room, self.look.symbols.cut);
        let (end, _) = self
            .cells
            .set_stringn(area.x + column, area.y + row, shown, room, style);
        end.saturating_sub(area.x)
    }

    /// Writes against the right edge of the area. Returns the column where it starts.
    pub fn right(&mut self, area: Rect, row: u16, words: &str, style: Style) -> u16 {
        let wide = u16::try_from(text::width(&sanitize::line(words))).unwrap_or(u16::MAX);
        let column = area.width.saturating_sub(wide);
        self.text(area, column, row, words, style);
        column
    }

    /// Notes what a row of the area stands for.
    pub fn target(&mut self, area: Rect, row: u16, target: Target) {
        if row < area.height {
            let line = Rect::new(area.x, area.y + row, area.width, 1);
            self.targets.push(line, target);
        }
    }

    /// Styles a whole row of the area.
    pub fn row(&mut self, area: Rect, row: u16, style: Style) {
        if row < area.height {
            let line = Rect::new(area.x, area.y + row, area.width, 1);
            self.cells.set_style(line.intersection(self.cells.area), style);
        }
    }

    /// Marks columns of a row as what was searched for, whatever their style: it is seen without colours, too.
    pub fn found(&mut self, area: Rect, columns: Range<usize>, row: u16) {
        let column = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX).min(area.width);
        let (start, end) = (column(columns.start), column(columns.end));
        if row < area.height {
            let place = Rect::new(area.x + start, area.y + row, end - start, 1);
            let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
            self.cells.set_style(place.intersection(self.cells.area), style);
        }
    }

    /// Marks the row of a text where its reader is: reversed, and with a bar on the border if there is one.
    pub fn reader(&mut self, area: Rect, row: u16) {
        if area.x > self.cells.area.x {
            let border = Rect {
                x: area.x - 1,
                width: 1,
                ..area
            };
            self.text(
                border,
                0,
                row,
                self.look.symbols.bar,
                self.look.style(Meaning::Accent),
            );
        }
        self.row(area, row, Style::new().add_modifier(Modifier::REVERSED));
    }

    /// Marks a row as selected: with a bar, and reversed if its pane has the focus.
    pub fn selected(&mut self, area: Rect, row: u16, has_focus: bool) {
        let bar = self.look.symbols.bar;
        self.text(area, 0, row, bar, self.look.style(Meaning::Accent));
        if has_focus {
            self.row(area, row, Style::new().add_modifier(Modifier::REVERSED));
        }
    }

    /// Shows that a line was marked by a person; drawn after [`Self::selected`], whose bar it replaces.
    pub fn marked(&mut self, area: Rect, row: u16, is_selected: bool) {
        let symbols = self.look.symbols;
        let glyph = if is_selected {
            symbols.bar_and_mark
        } else {
            symbols.mark
        };
        self.text(
            area,
            0,
            row,
            glyph,
            self.look.style(Meaning::Accent).add_modifier(Modifier::BOLD),
        );
    }

    /// Underlines letters of a text that was drawn there, counted from 0: what a filter found in it.
    pub fn matched(&mut self, area: Rect, column: u16, row: u16, words: &str, letters: &[usize]) {
        let mut at = column;
        for (place, letter) in words.graphemes(true).enumerate() {
            let wide = u16::try_from(text::width(letter)).unwrap_or(0);
            if letters.binary_search(&place).is_ok() && at < area.width && row < area.height {
                let cell = Rect::new(area.x + at, area.y + row, wide, 1).intersection(self.cells.area);
                let style = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
                self.cells.set_style(cell, style);
            }
            at = at.saturating_add(wide);
        }
    }

    /// On a terminal without Unicode a letter of another script is a question mark for each of its columns: its bytes
    /// would be other letters there, or control it.
    pub fn keep_to_ascii(&mut self) {
        if !self.look.symbols.ascii {
            return;
        }
        let mut covered = 0;
        for cell in &mut self.cells.content {
            let wide = text::width(cell.symbol());
            if covered > 0 {
                covered -= 1;
                cell.set_symbol("?");
            } else if !cell.symbol().is_ascii() {
                covered = wide.saturating_sub(1);
                cell.set_symbol("?");
            }
        }
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.cells.area);
        for y in area.top()..area.bottom() {
            // Half of a wide letter would cover the first column.
            if let Some(before) = area.left().checked_sub(1) {
                let before = &mut self.cells[(before, y)];
                if text::width(before.symbol()) > 1 {
                    before.set_symbol(" ");
                }
            }
            for x in area.left()..area.right() {
                self.cells[(x, y)].reset();
            }
        }
    }

    /// Draws a box. Returns the area inside.
    pub fn frame(&mut self, area: Rect, style: Style) -> Rect {
        let symbols = self.look.symbols;
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let (last_column, last_row) = (area.width - 1, area.height - 1);
        let line = symbols.line.repeat(usize::from(area.width));
        for (row, left, right) in [
            (0, symbols.corners[0], symbols.corners[1]),
            (last_row, symbols.corners[2], symbols.corners[3]),
        ] {
            self.text(area, 0, row, &line, style);
            self.text(area, 0, row, left, style);
            self.text(area, last_column, row, right, style);
        }
        for row in 1..last_row {
            self.text(area, 0, row, symbols.pipe, style);
            self.text(area, last_column, row, symbols.pipe, style);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }

    /// Draws a horizontal line.
    pub fn rule(&mut self, area: Rect, row: u16, style: Style) {
        let line = self.look.symbols.line.repeat(usize::from(area.width));
        self.text(area, 0, row, &line, style);
    }
}
