//! The list of presets: edits of arguments that were saved under a name.

use super::window;
use crate::tui::model::Model;
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::control;
use domain::draft::ArgumentEdit;

/// The widest the list gets.
const COLUMNS: usize = 90;

pub(super) fn draw(model: &Model, selected: usize, canvas: &mut Canvas) {
    let presets = &model.kept.presets;
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let area = window::open(
        model,
        &format!("{}Presets", super::filtered(model, List::Presets)),
        columns,
        presets.len().max(1),
        canvas,
    );
    if presets.is_empty() {
        canvas.text(
            area,
            1,
            0,
            "No preset is left.",
            canvas.look.style(Meaning::Muted),
        );
    }
    let shown = window::lines(model, List::Presets, selected, area, canvas);
    for (row, place) in (0..).zip(shown) {
        let Some((name, edit)) = presets.iter().nth(place) else {
            continue;
        };
        let column = canvas.text(area, 1, row, name, canvas.look.style(Meaning::Text));
        let words = in_words(edit, canvas.look.symbols.ascii);
        canvas.text(area, column + 2, row, &words, canvas.look.style(Meaning::Muted));
        canvas.target(area, row, Target::WindowLine(place));
        if place == selected {
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
