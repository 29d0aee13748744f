//! Former runs, the newest first, one a line.

use crate::tui::model::Model;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::list;
use domain::summary::RunSummary;
use domain::time::human;

/// The widest the list gets.
const COLUMNS: usize = 96;

/// Draws the list.
pub(super) fn draw(model: &Model, selected: usize, canvas: &mut Canvas) {
    let runs = &model.history;
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let height = usize::from(model.area.height.saturating_sub(4)).max(1);
    let area = super::window(model, "Former runs", columns, runs.len().min(height), canvas);
    let shown = list::around(selected, runs.len(), usize::from(area.height));
    for (row, place) in (0..).zip(shown) {
        let run = &runs[place];
        let mark = Mark::from_run(run.state);
        let state = canvas.look.state(mark);
        canvas.field(area, 1, row, 11, &state, canvas.look.style(mark.meaning));
        let words = words(model, run, canvas.look.symbols.dot);
        canvas.text(area, 13, row, &words, canvas.look.style(Meaning::Text));
        if place == selected {
            canvas.selected(area, row, true);
        }
    }
}

fn words(model: &Model, run: &RunSummary, dot: &str) -> String {
    let elapsed = human(run.ended.unwrap_or(model.now).since(run.started));
    let counts: Vec<_> = run
        .counts
        .iter()
        .map(|(state, number)| format!("{number} {}", state.as_str()))
        .collect();
    format!(
        "{}  {elapsed:>7}  {}",
        run.started,
        counts.join(&format!(" {dot} "))
    )
}
