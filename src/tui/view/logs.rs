//! The visible lines of a log: wrapped or scrolled sideways, coloured by level, with what is searched for marked.

mod title;

pub(super) use title::{filtered, found, summary};

use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::logs::LogsPane;
use crate::tui::model::logs::line::{Line, Shown};
use crate::tui::model::logs::scope::LogOwner;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::log::Level;
use ratatui::layout::Rect;

/// Draws the pane.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas) {
    let logs = &model.logs;
    if let Some(failure) = &logs.failure {
        let text = format!(
            "The log cannot be read: {failure}. It is read again when it grows, or when its task is selected again."
        );
        return super::placeholder(area, &text, canvas);
    }
    if logs.window.total == 0 {
        return super::placeholder(area, &empty(model), canvas);
    }
    let has_focus = model.focus == Pane::Logs && model.overlays.is_empty();
    let room = (usize::from(area.width), usize::from(area.height));
    let (mut place, mut skipped) = logs.effective_top(room);
    let mut row = 0;
    while row < area.height && place < logs.window.total {
        let from = row;
        row = line(logs, place, skipped, area, row, canvas);
        if !logs.follows && has_focus && logs.selection().contains(&place) {
            (from..row).for_each(|row| canvas.reader(area, row));
        }
        (place, skipped) = (place + 1, 0);
    }
}

fn empty(model: &Model) -> String {
    let logs = &model.logs;
    match (&logs.target, model.selected_task()) {
        (_, None) => format!(
            "No log yet: the log of the selected task is shown here. {} previews a run.",
            key(Action::Run)
        ),
        (None, Some(task)) => format!("{} has not started.", task.id),
        (Some(_), _) if !logs.filter.is_all() => format!(
            "No line of this log is shown: {}. {} with an empty text and {} show all again.",
            title::filter(logs),
            key(Action::FilterLog),
            key(Action::LogLevel)
        ),
        (Some(_), Some(_)) if logs.is_merged() && logs.is_reading => {
            format!("Reading {} ...", count(logs.sources.len(), "log"))
        }
        (Some(_), Some(_)) if logs.is_merged() => {
            format!("No line yet in {}.", count(logs.sources.len(), "log"))
        }
        (Some(target), Some(_)) if logs.is_reading => {
            format!("Reading the log of {}, try {} ...", target.task, target.number)
        }
        (Some(target), Some(_)) => format!("{}, try {}: no log lines yet.", target.task, target.number),
    }
}

/// Draws one row of the file, from one of its parts on. Returns the next free row.
fn line(logs: &LogsPane, place: usize, skipped: usize, area: Rect, row: u16, canvas: &mut Canvas) -> u16 {
    let (Some(line), Some(of)) = (logs.line(place), logs.window.row(place)) else {
        let cut = canvas.look.symbols.cut;
        canvas.text(area, 0, row, cut, canvas.look.style(Meaning::Muted));
        return row + 1;
    };
    let mut row = row;
    let columns = logs.wraps.then(|| logs.columns(usize::from(area.width)));
    let rows = line.rows(columns).into_iter().enumerate();
    for (number, mut shown) in rows.skip(skipped) {
        if row >= area.height {
            break;
        }
        let owner = logs.owner(of.place.source);
        let area = owner.map_or(area, |owner| gutter(logs, owner, number == 0, area, row, canvas));
        if !logs.wraps {
            let text = line.text(&shown);
            shown.part.start = text.len() - text::skip(text, logs.column).len();
        }
        part(logs, &line, &shown, area, row, canvas);
        row += 1;
    }
    row
}

/// The colours of the names in front of the lines; the letters tell apart what has the same one.
const TONES: [Meaning; 4] = [Meaning::Accent, Meaning::Waiting, Meaning::Success, Meaning::Text];

/// Draws whose the row is. Returns what is left for its text.
fn gutter(
    logs: &LogsPane,
    owner: &LogOwner,
    is_first: bool,
    area: Rect,
    row: u16,
    canvas: &mut Canvas,
) -> Rect {
    let columns = usize::from(area.width);
    let (letters, name) = logs.gutter(columns);
    let wide = u16::try_from(columns - logs.columns(columns)).unwrap_or(area.width);
    if is_first {
        let style = canvas.look.style(TONES[owner.number % TONES.len()]);
        canvas.text(area, 0, row, &owner.letters, style);
        let column = u16::try_from(letters + 1).unwrap_or(area.width);
        let words = text::middle(&owner.name, name, canvas.look.symbols.cut).into_owned();
        canvas.text(area, column, row, &words, style);
    }
    let pipe = canvas.look.symbols.pipe;
    let style = canvas.look.style(Meaning::Border);
    canvas.text(area, wide.saturating_sub(1), row, pipe, style);
    Rect {
        x: area.x + wide,
        width: area.width - wide,
        ..area
    }
}

/// Draws a part of a line: time, level and message, each in its style; or a part of its JSON.
fn part(logs: &LogsPane, line: &Line, shown: &Shown, area: Rect, row: u16, canvas: &mut Canvas) {
    let (text, part) = (line.text(shown), &shown.part);
    let pieces = match shown.json {
        Some(_) => vec![(0..text.len(), Meaning::Text)],
        None => vec![
            (0..line.level_at, Meaning::Muted),
            (line.level_at..line.message_at, level(line)),
            (line.message_at..text.len(), message(line)),
        ],
    };
    let mut column = 0;
    for (words, meaning) in pieces {
        let words = words.start.max(part.start)..words.end.min(part.end);
        if words.start < words.end {
            column = canvas.text(area, column, row, &text[words], canvas.look.style(meaning));
        }
    }
    let Some(find) = &logs.find else { return };
    let searched = line.level_at.min(text.len());
    for place in find.places(&text[searched..]) {
        let start = (place.start + searched).max(part.start);
        let end = (place.end + searched).min(part.end);
        if start < end {
            let column = text::width(&text[part.start..start]);
            let columns = column..column + text::width(&text[start..end]);
            canvas.found(area, columns, row);
        }
    }
}

fn level(line: &Line) -> Meaning {
    match line.level {
        _ if line.is_context => Meaning::Muted,
        Some(Level::Trace | Level::Debug) | None => Meaning::Muted,
        Some(Level::Info) => Meaning::Accent,
        Some(Level::Warn) => Meaning::Warning,
        Some(Level::Error) => Meaning::Danger,
    }
}

fn message(line: &Line) -> Meaning {
    match line.level {
        _ if line.is_context => Meaning::Muted,
        Some(Level::Warn | Level::Error) => Meaning::Warning,
        Some(Level::Trace | Level::Debug) => Meaning::Muted,
        Some(Level::Info) | None => Meaning::Text,
    }
}
