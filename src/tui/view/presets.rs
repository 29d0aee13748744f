//! The list of presets: edits of arguments that were saved under a name.

use super::window;
use crate::tui::model::Model;
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{control, list};
use domain::draft::ArgumentEdit;

/// The widest the list gets.
const COLUMNS: usize = 90;

pub(super) fn draw(model: &Model, selected: usize, canvas: &mut Canvas) {
    let presets = &model.kept.presets;
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let area = window::open(model, "Presets", columns, presets.len().max(1), canvas);
    if presets.is_empty() {
        canvas.text(
            area,
            1,
            0,
            "No preset is left.",
            canvas.look.style(Meaning::Muted),
        );
    }
    let shown = list::around(selected, presets.len(), usize::from(area.height));
    window::scroll_bar(area, shown.clone(), presets.len(), canvas, Some);
    for (row, (name, edit)) in (0..).zip(presets.iter().skip(shown.start).take(shown.len())) {
        let column = canvas.text(area, 1, row, name, canvas.look.style(Meaning::Text));
        let words = in_words(edit, canvas.look.symbols.ascii);
        canvas.text(area, column + 2, row, &words, canvas.look.style(Meaning::Muted));
        canvas.target(area, row, Target::WindowLine(shown.start + usize::from(row)));
        if shown.start + usize::from(row) == selected {
            canvas.selected(area, row, true);
        }
    }
}

fn in_words(edit: &ArgumentEdit, ascii: bool) -> String {
    let set = edit
        .set
        .iter()
        .map(|(name, value)| format!("{name} = {}", control::on_one_line(value, ascii)));
    let left_out = edit.left_out.iter().map(|name| format!("without {name}"));
    set.chain(left_out).collect::<Vec<_>>().join(", ")
}
