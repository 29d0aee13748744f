//! The visible lines of a try's log: wrapped or scrolled sideways, coloured by level.

use crate::tui::model::Model;
use crate::tui::model::logs::{LogsPane, display};
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::log::{Level, level_of_row};
use ratatui::layout::Rect;
use std::ops::Range;

/// Columns of `10:11:12 `.
const TIME: usize = 9;
/// Columns of the time and the level.
const STAMP: usize = 14;

/// The summary in the title.
pub(super) fn summary(model: &Model) -> String {
    let logs = &model.logs;
    let Some(target) = &logs.target else {
        return String::new();
    };
    let tries = model.selected_task().map_or(0, |task| task.tries.len());
    let which = if tries > 1 {
        format!(", try {} of {tries}", target.number)
    } else {
        String::new()
    };
    let how = match (logs.follows, logs.unread()) {
        (true, _) => "following".to_owned(),
        (false, 0) => "paused".to_owned(),
        (false, 1) => "paused, 1 new line".to_owned(),
        (false, unread) => format!("paused, {} new lines", text::thousands(unread as u64)),
    };
    let name = target.task.as_str();
    let name = name.strip_prefix("start_pipeline_").unwrap_or(name);
    // What changes comes first, because a narrow title is cut at its end.
    format!("{how}: {name}{which}")
}

/// What the search has come to.
pub(super) fn found(model: &Model) -> String {
    let find = model.logs.find.as_ref();
    find.map_or(String::new(), |find| find.kind().words().to_owned())
}

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let logs = &model.logs;
    if let Some(failure) = &logs.failure {
        return super::placeholder(area, &format!("The log cannot be read: {failure}"), canvas);
    }
    if logs.window.total == 0 {
        return super::placeholder(area, &empty(model), canvas);
    }
    let room = (usize::from(area.width), usize::from(area.height));
    let (mut place, mut skipped) = logs.effective_top(room);
    let mut row = 0;
    while row < area.height && place < logs.window.total {
        row = line(logs, place, skipped, area, row, canvas);
        (place, skipped) = (place + 1, 0);
    }
}

fn empty(model: &Model) -> String {
    match (&model.logs.target, model.selected_task()) {
        (_, None) => "No log yet.".into(),
        (None, Some(task)) => format!("{} has not started.", task.id),
        (Some(target), Some(_)) => format!("{}, try {}: no log lines yet.", target.task, target.number),
    }
}

/// Draws one line of the file, from one of its rows on. Returns the next free row.
fn line(logs: &LogsPane, place: usize, skipped: usize, area: Rect, row: u16, canvas: &mut Canvas) -> u16 {
    let Some(raw) = logs.window.row(place) else {
        canvas.text(
            area,
            0,
            row,
            canvas.look.symbols.cut,
            canvas.look.style(Meaning::Muted),
        );
        return row + 1;
    };
    let words = display(raw);
    let level = level_of_row(raw).filter(|_| words.len() < raw.len());
    if !logs.wraps {
        stamped(&words, level, logs.column, area, row, canvas);
        let hidden = words.len() - text::skip(&words, logs.column).len();
        mark(logs, &words, hidden..words.len(), area, row, canvas);
        return row + 1;
    }
    let mut row = row;
    for (index, part) in text::fold(&words, usize::from(area.width))
        .into_iter()
        .enumerate()
        .skip(skipped)
    {
        if row >= area.height {
            break;
        }
        if index == 0 {
            stamped(&words[part.clone()], level, 0, area, row, canvas);
        } else {
            let style = canvas.look.style(message(level));
            canvas.text(area, 0, row, &words[part.clone()], style);
        }
        mark(logs, &words, part, area, row, canvas);
        row += 1;
    }
    row
}

/// Marks what is searched for in the shown part of a line. The time is not searched.
fn mark(logs: &LogsPane, words: &str, shown: Range<usize>, area: Rect, row: u16, canvas: &mut Canvas) {
    let Some(find) = &logs.find else { return };
    let from = if words.len() >= STAMP { TIME } else { 0 };
    let Some(searched) = words.get(from..) else { return };
    for place in find.places(searched) {
        let (start, end) = (
            (place.start + from).max(shown.start),
            (place.end + from).min(shown.end),
        );
        if start < end {
            let column = text::width(&words[shown.start..start]);
            let columns = column..column + text::width(&words[start..end]);
            canvas.found(area, columns, row);
        }
    }
}

/// Time, level and message, each in its style, from a column on.
fn stamped(words: &str, level: Option<Level>, from: usize, area: Rect, row: u16, canvas: &mut Canvas) {
    let Some(level) = level.filter(|_| from < STAMP && words.len() >= STAMP) else {
        let meaning = level.map_or(Meaning::Muted, |level| message(Some(level)));
        canvas.text(area, 0, row, text::skip(words, from), canvas.look.style(meaning));
        return;
    };
    // Time and level are ASCII, so bytes are columns.
    let mut column = 0;
    for (part, meaning) in [
        (0..TIME, Meaning::Muted),
        (TIME..STAMP, level_meaning(level)),
        (STAMP..words.len(), message(Some(level))),
    ] {
        let part = part.start.max(from)..part.end;
        if part.start < part.end {
            column = canvas.text(area, column, row, &words[part], canvas.look.style(meaning));
        }
    }
}

const fn level_meaning(level: Level) -> Meaning {
    match level {
        Level::Trace | Level::Debug => Meaning::Muted,
        Level::Info => Meaning::Accent,
        Level::Warn => Meaning::Warning,
        Level::Error => Meaning::Danger,
    }
}

const fn message(level: Option<Level>) -> Meaning {
    match level {
        Some(Level::Warn | Level::Error) => Meaning::Warning,
        Some(Level::Trace | Level::Debug) => Meaning::Muted,
        Some(Level::Info) | None => Meaning::Text,
    }
}
