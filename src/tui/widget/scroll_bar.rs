//! The scroll bar of every list and text: where one is in it, and a place to click and drag. It is drawn only where something is
//! out of sight.

use super::canvas::Canvas;
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use ratatui::layout::Rect;
use ratatui::widgets::{Scrollbar, ScrollbarOrientation, ScrollbarState, StatefulWidget};
use std::ops::Range;

impl Canvas<'_> {
    /// Draws a scroll bar on the border right of a list, if not all of its `total` lines are visible. `target` is what a line
    /// stands for, by its position: a click on a row of the bar goes to the line that stands there in the whole.
    pub fn scroll_bar(
        &mut self,
        list: Rect,
        visible: Range<usize>,
        total: usize,
        target: impl Fn(usize) -> Option<Target>,
    ) {
        let border = Rect::new(list.right(), list.y, 1, list.height).intersection(self.cells.area);
        if visible.len() >= total || border.is_empty() {
            return;
        }
        let symbols = self.look.symbols;
        let style = self.look.style(Meaning::Border);
        // Ratatui counts the places of the first visible line.
        let mut state = ScrollbarState::new(total - visible.len() + 1)
            .position(visible.start)
            .viewport_content_length(visible.len());
        let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight)
            .begin_symbol(None)
            .end_symbol(None)
            .track_symbol(Some(symbols.pipe))
            .thumb_symbol(symbols.thumb)
            .style(style);
        bar.render(border, self.cells, &mut state);
        for row in 0..border.height {
            if let Some(target) = target(position(row, border.height, total)) {
                self.target(border, row, target);
            }
        }
    }
}

/// The line at a row of a bar that is so high; the first row is the first line, the last one the last.
fn position(row: u16, height: u16, total: usize) -> usize {
    let steps = usize::from(height).saturating_sub(1).max(1);
    usize::from(row) * total.saturating_sub(1) / steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ends_are_reached_and_no_line_is_out_of_the_list(height in 2_u16..80, total in 1_usize..20_000) {
            prop_assert_eq!(position(0, height, total), 0);
            prop_assert_eq!(position(height - 1, height, total), total - 1);
            for row in 1..height {
                prop_assert!(position(row - 1, height, total) <= position(row, height, total));
            }
        }
    }
}
