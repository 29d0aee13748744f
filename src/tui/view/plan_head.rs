//! What the next run would do, in two rows that are in sight while it is prepared. The plan itself is the domain's.

use crate::tui::model::Model;
use crate::tui::plan::{self, PlanLine};
use crate::tui::widget::canvas::Canvas;
use ratatui::layout::Rect;

/// Draws the head of the plan as far as there are rows for it.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    if area.height == 0 {
        return;
    }
    for (row, PlanLine { meaning, text, .. }) in (0..area.height).zip(plan::head(model)) {
        canvas.text(area, 1, row, &text, canvas.look.style(meaning));
    }
}
