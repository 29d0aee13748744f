//! The visible lines of a log: wrapped or scrolled sideways, coloured by level, with what is searched for marked.

use crate::tui::action::{Action, key};
use crate::tui::context::Pane;
use crate::tui::model::Model;
use crate::tui::model::logs::LogsPane;
use crate::tui::model::logs::jump::Goal;
use crate::tui::model::logs::line::{Line, Shown};
use crate::tui::model::logs::pattern::Pattern;
use crate::tui::model::logs::stamp;
use crate::tui::plan::count;
use crate::tui::theme::Meaning;
use crate::tui::widget::canvas::Canvas;
use crate::tui::widget::text;
use domain::log::Level;
use ratatui::layout::Rect;

/// The summary in the title, with as many of its parts as there is room for. What changes comes first.
pub(super) fn summary(model: &Model, room: usize) -> String {
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
    let name = target.task.as_str();
    let name = name.strip_prefix("start_pipeline_").unwrap_or(name);
    let mut words = format!("{}: {name}{which}", mode(logs));
    let losses = match logs.window.losses {
        0 => String::new(),
        losses => format!("{} of it missing", count(losses, "part")),
    };
    let find = match &logs.find {
        Some(_) => format!("/{}", found(model)),
        None => String::new(),
    };
    for part in [losses, filter(logs), find, place(logs), times(logs)] {
        if !part.is_empty() && text::width(&words) + 3 + text::width(&part) <= room {
            words = format!("{words}, {part}");
        }
    }
    words
}

fn mode(logs: &LogsPane) -> String {
    let follow = key(Action::Follow);
    match (logs.follows, logs.unread()) {
        (true, _) => "following".to_owned(),
        (false, 0) => format!("reading ({follow} follows)"),
        (false, unread) => format!("reading, {} new below ({follow})", text::thousands(unread as u64)),
    }
}

/// Where the reader is.
fn place(logs: &LogsPane) -> String {
    let total = logs.window.total;
    let more = if logs.has_more { " so far" } else { "" };
    let lines = text::thousands(total as u64);
    if logs.follows || total == 0 {
        return format!(
            "{}{more}",
            if total == 1 {
                "1 line".to_owned()
            } else {
                format!("{lines} lines")
            }
        );
    }
    let here = logs.here() + 1;
    let percent = here * 100 / total;
    format!(
        "{percent} %, line {} of {lines}{more}",
        text::thousands(here as u64)
    )
}

/// What is left out.
fn filter(logs: &LogsPane) -> String {
    let level = logs
        .filter
        .level
        .map(|level| format!("{} and above", level.as_str()));
    let not = if logs.filter.is_inverse { "!" } else { "" };
    let typed = logs
        .filter
        .text
        .as_ref()
        .map(|text| format!("&{not}{}", text.text()));
    let parts: Vec<_> = [level, typed].into_iter().flatten().collect();
    let context = match logs.filter.context {
        rows if rows > 0 && !parts.is_empty() => format!(" with {rows} around"),
        _ => String::new(),
    };
    format!("{}{context}", parts.join(" "))
}

fn times(logs: &LogsPane) -> String {
    let rows = logs.window.rows.iter();
    let time = if logs.follows {
        rows.rev().find_map(|row| stamp::time(&row.text))
    } else {
        let mut shown = rows.skip(logs.top.0.saturating_sub(logs.window.first));
        shown.find_map(|row| stamp::time(&row.text))
    };
    logs.stamps.label(time)
}

/// What the search has come to.
pub(super) fn found(model: &Model) -> String {
    let logs = &model.logs;
    let Some(find) = &logs.find else {
        return String::new();
    };
    let (rank, number) = logs.rank(Goal::Found);
    let more = if logs.has_more || logs.is_stale {
        " so far"
    } else {
        ""
    };
    let numbers = match (rank, number) {
        (_, 0) => format!("none{more}"),
        (rank, number) => format!(
            "{} of {}{more}",
            text::thousands(rank as u64),
            text::thousands(number as u64)
        ),
    };
    match model.prompt {
        Some(_) => format!("{numbers}, {}", find.kind().words()),
        None => format!("{} {numbers}", find.text()),
    }
}

/// What the filter has come to.
pub(super) fn filtered(model: &Model) -> String {
    let logs = &model.logs;
    let kind = logs.filter.text.as_ref().map(Pattern::kind);
    let more = if logs.has_more || logs.is_stale {
        " so far"
    } else {
        ""
    };
    let rows = format!("{} shown{more}", count(logs.window.total, "row"));
    match kind {
        Some(kind) => format!("{rows}, {}; ! before it inverts", kind.words()),
        None => "! before the text shows lines without it".into(),
    }
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
        (_, None) => "No log yet.".into(),
        (None, Some(task)) => format!("{} has not started.", task.id),
        (Some(_), _) if !logs.filter.is_all() => format!(
            "No line of this log is shown: {}. {} with an empty text and {} show all again.",
            filter(logs),
            key(Action::FilterLog),
            key(Action::LogLevel)
        ),
        (Some(target), Some(_)) => format!("{}, try {}: no log lines yet.", target.task, target.number),
    }
}

/// Draws one row of the file, from one of its parts on. Returns the next free row.
fn line(logs: &LogsPane, place: usize, skipped: usize, area: Rect, row: u16, canvas: &mut Canvas) -> u16 {
    let Some(line) = logs.line(place) else {
        let cut = canvas.look.symbols.cut;
        canvas.text(area, 0, row, cut, canvas.look.style(Meaning::Muted));
        return row + 1;
    };
    let mut row = row;
    let columns = logs.wraps.then_some(usize::from(area.width));
    for mut shown in line.rows(columns).into_iter().skip(skipped) {
        if row >= area.height {
            break;
        }
        if !logs.wraps {
            let text = line.text(&shown);
            shown.part.start = text.len() - text::skip(text, logs.column).len();
        }
        part(logs, &line, &shown, area, row, canvas);
        row += 1;
    }
    row
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
