//! The last runs of a task in one word: how long each success took, and the state of each other run, the newest last.

use crate::tui::model::Model;
use crate::tui::symbol::{Mark, Symbols};
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use domain::history::TaskPast;
use domain::id::TaskId;
use domain::state::TaskState;
use ratatui::layout::Rect;
use std::time::Duration;

/// Draws it against the right edge of a row, if at least two runs are known and there is room: `last 20 ▂▃▂✖▃▂`.
pub(in crate::tui::view) fn draw(model: &Model, task: &TaskId, area: Rect, row: u16, canvas: &mut Canvas) {
    let past = model.run_history.shown.task(task);
    let Some(past) = past.filter(|past| past.last.len() > 1) else {
        return;
    };
    let cells = cells(past, &canvas.look.symbols);
    let words = format!(" last {} ", cells.len());
    let wide = u16::try_from(words.len() + cells.len() + 2).unwrap_or(u16::MAX);
    let Some(column) = area.width.checked_sub(wide).filter(|column| *column > 0) else {
        return;
    };
    let mut column = canvas.text(area, column, row, &words, canvas.look.style(Meaning::Muted));
    for (meaning, cell) in cells {
        column = canvas.text(area, column, row, cell, canvas.look.style(meaning));
    }
    canvas.text(area, column, row, " ", canvas.look.style(Meaning::Text));
}

/// One cell for each run: the height of a success is its share of the longest one.
fn cells(past: &TaskPast, symbols: &Symbols) -> Vec<(Meaning, &'static str)> {
    let is_green = |state: TaskState| state == TaskState::Success;
    let longest = past.last.iter().filter(|task| is_green(task.state));
    let longest = longest.map(|task| task.last_try).max().unwrap_or_default();
    let cells = past.last.iter().map(|task| {
        if is_green(task.state) {
            (Meaning::Success, symbols.levels[level(task.last_try, longest)])
        } else {
            let mark = Mark::from_task(task.state);
            (mark.meaning, symbols.glyph(mark))
        }
    });
    cells.collect()
}

/// The height of a span below the longest one, from 0 to 7.
fn level(span: Duration, longest: Duration) -> usize {
    let eighths = (span.as_millis() * 8)
        .checked_div(longest.as_millis())
        .unwrap_or(0);
    usize::try_from(eighths).unwrap_or(8).clamp(1, 8) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_longer_run_is_never_lower(spans in prop::collection::vec(0_u64..10_000, 1..20)) {
            let mut spans: Vec<_> = spans.into_iter().map(Duration::from_millis).collect();
            spans.sort_unstable();
            let longest = *spans.last().unwrap_or(&Duration::ZERO);
            let levels: Vec<_> = spans.iter().map(|span| level(*span, longest)).collect();
            prop_assert!(levels.is_sorted());
            prop_assert!(levels.iter().all(|level| *level < Symbols::UNICODE.levels.len()));
            prop_assert!(longest.is_zero() || levels.last() == Some(&7));
        }
    }
}
