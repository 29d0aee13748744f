//! Former runs: as a grid of tasks and runs (`history/grid.rs`), or the newest first, one a line.

mod grid;
mod spark;
mod words;

pub(super) use spark::draw as draw_spark;
pub(super) use words::{is_alike, name, records, signed, tries};

use super::window;
use crate::tui::model::Model;
use crate::tui::model::history_window::{HistoryForm, HistoryWindow};
use crate::tui::model::list_filter::List;
use crate::tui::mouse::Target;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::summary::RunSummary;
use domain::time::human;
use domain::watched::Watched;
use ratatui::layout::Rect;

/// The widest the list gets.
const COLUMNS: usize = 116;

/// Draws the window.
pub(super) fn draw(model: &Model, window: &HistoryWindow, canvas: &mut Canvas) {
    match window.form {
        HistoryForm::Grid => grid::draw(model, window, canvas),
        HistoryForm::List => draw_list(model, window, canvas),
    }
}

fn draw_list(model: &Model, window: &HistoryWindow, canvas: &mut Canvas) {
    let runs = &model.history;
    let selected = runs.iter().position(|run| run.id == window.run).unwrap_or(0);
    let columns = usize::from(model.area.width.saturating_sub(6)).min(COLUMNS);
    let about = runs
        .get(selected)
        .map_or_else(Vec::new, |run| about(run, columns));
    // On a low screen the list is worth more than the details.
    let about = if model.area.height < 16 { Vec::new() } else { about };
    let below = if about.is_empty() { 0 } else { about.len() + 1 };
    let height = usize::from(model.area.height.saturating_sub(4)).max(1 + below);
    let rows = (runs.len() + below).min(height);
    let title = format!("{}Former runs", super::filtered(model, List::History));
    let inside = window::open(model, &title, columns, rows, canvas);
    let below = u16::try_from(below).unwrap_or(0).min(inside.height);
    let area = Rect {
        height: inside.height - below,
        ..inside
    };
    if below > 0 {
        canvas.rule(inside, area.height, canvas.look.style(Meaning::Border));
        for (row, line) in (area.height + 1..).zip(&about) {
            canvas.text(inside, 1, row, line, canvas.look.style(Meaning::Muted));
        }
    }
    let shown = window::lines(model, List::History, selected, area, canvas);
    for (row, place) in (0..).zip(shown) {
        let run = &runs[place];
        canvas.target(area, row, Target::WindowLine(place));
        let mark = Mark::from_summary(run);
        let state = canvas.look.state(mark);
        canvas.field(area, 1, row, 11, &state, canvas.look.style(mark.meaning));
        let words = line(model, run, canvas.look.symbols.dot);
        canvas.text(area, 13, row, &words, canvas.look.style(Meaning::Text));
        number(window, run, area, row, canvas);
        if place == selected {
            canvas.selected(area, row, true);
        }
    }
}

/// Draws the number of a marked run at the right edge.
fn number(window: &HistoryWindow, run: &RunSummary, area: Rect, row: u16, canvas: &mut Canvas) {
    if let Some(place) = window.marked.iter().position(|marked| *marked == run.id) {
        let words = format!(" {} ", place + 1);
        canvas.right(area, row, &words, canvas.look.style(Meaning::Selected));
    }
}

/// The details of the selected run, in lines of at most `columns`.
pub(super) fn about(run: &RunSummary, columns: usize) -> Vec<String> {
    let mut lines = vec![
        run.id.to_string(),
        format!("{}: {} fills {}", run.profile, run.pipeline, run.output_table),
    ];
    lines.extend(run.watched.as_ref().map(Watched::text));
    let room = columns.saturating_sub(2);
    lines.iter().flat_map(|line| text::wrap(line, room)).collect()
}

/// When it began and how long it took; who watches it, or how its pipelines ended.
fn line(model: &Model, run: &RunSummary, dot: &str) -> String {
    let elapsed = human(run.elapsed(model.now));
    let watched = run.watched.as_ref().map(Watched::text);
    let counts = Some(counts(run, dot)).filter(|words| !words.is_empty());
    let parts: Vec<_> = watched.into_iter().chain(counts).collect();
    format!(
        "{}  {elapsed:>7}  {}",
        run.started,
        parts.join(&format!(" {dot} "))
    )
}

/// How many of its pipelines are in which state.
fn counts(run: &RunSummary, dot: &str) -> String {
    let counts = run.counts.iter();
    let counts = counts.map(|(state, number)| format!("{number} {}", state.as_str()));
    let counts = counts.chain(run.handled_words());
    counts.collect::<Vec<_>>().join(&format!(" {dot} "))
}
