//! Former runs, the newest first, one a line.

use crate::tui::model::Model;
use crate::tui::mouse::Target;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::{list, text};
use domain::summary::RunSummary;
use domain::time::human;
use domain::watched::Watched;
use ratatui::layout::Rect;

/// The widest the list gets.
const COLUMNS: usize = 116;

/// Draws the list.
pub(super) fn draw(model: &Model, selected: usize, canvas: &mut Canvas) {
    let runs = &model.history;
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let about = runs
        .get(selected)
        .map_or_else(Vec::new, |run| about(run, columns));
    // On a low screen the list is worth more than the details.
    let about = if model.area.height < 16 { Vec::new() } else { about };
    let below = if about.is_empty() { 0 } else { about.len() + 1 };
    let height = usize::from(model.area.height.saturating_sub(4)).max(1 + below);
    let rows = (runs.len() + below).min(height);
    let window = super::window(model, "Former runs", columns, rows, canvas);
    let below = u16::try_from(below).unwrap_or(0).min(window.height);
    let area = Rect {
        height: window.height - below,
        ..window
    };
    if below > 0 {
        canvas.rule(window, area.height, canvas.look.style(Meaning::Border));
        for (row, line) in (area.height + 1..).zip(&about) {
            canvas.text(window, 1, row, line, canvas.look.style(Meaning::Muted));
        }
    }
    let shown = list::around(selected, runs.len(), usize::from(area.height));
    for (row, place) in (0..).zip(shown) {
        let run = &runs[place];
        canvas.target(area, row, Target::WindowLine(place));
        let mark = Mark::from_summary(run);
        let state = canvas.look.state(mark);
        canvas.field(area, 1, row, 11, &state, canvas.look.style(mark.meaning));
        let words = words(model, run, canvas.look.symbols.dot);
        canvas.text(area, 13, row, &words, canvas.look.style(Meaning::Text));
        if place == selected {
            canvas.selected(area, row, true);
        }
    }
}

/// The details of the selected run, in lines of at most `columns`.
fn about(run: &RunSummary, columns: usize) -> Vec<String> {
    let mut lines = vec![
        run.id.to_string(),
        format!("{}: {} fills {}", run.profile, run.pipeline, run.output_table),
    ];
    lines.extend(run.watched.as_ref().map(Watched::text));
    let room = columns.saturating_sub(2);
    lines.iter().flat_map(|line| text::wrap(line, room)).collect()
}

/// When it began and how long it took; who watches it, or how its pipelines ended.
fn words(model: &Model, run: &RunSummary, dot: &str) -> String {
    let elapsed = human(run.elapsed(model.now));
    let watched = run.watched.as_ref().map(Watched::text);
    let counts = run.counts.iter();
    let counts = counts.map(|(state, number)| format!("{number} {}", state.as_str()));
    let parts: Vec<_> = watched.into_iter().chain(counts).collect();
    format!(
        "{}  {elapsed:>7}  {}",
        run.started,
        parts.join(&format!(" {dot} "))
    )
}
