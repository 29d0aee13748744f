//! What is said of a log in a few words: how it is read, where the reader is, what is left out, what was found.

use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::logs::LogsPane;
use crate::tui::model::logs::jump::Goal;
use crate::tui::model::logs::pattern::Pattern;
use crate::tui::model::logs::scope::LogScope;
use crate::tui::model::logs::stamp;
use crate::tui::model::logs::view::{GapKind, LogGap};
use crate::tui::plan::count;
use crate::tui::widget::text;

/// The summary in the title, with as many of its parts as there is room for. What changes comes first.
pub(in crate::tui::view) fn summary(model: &Model, room: usize) -> String {
    let logs = &model.logs;
    let Some(target) = &logs.target else {
        return String::new();
    };
    let tries = model.selected_task().map_or(0, |task| task.tries.len());
    let name = target.task.short();
    let name = match logs.scope {
        LogScope::Run => format!("all tasks, {}", count(logs.sources.len(), "log")),
        LogScope::Tries => format!("all tries of {name}"),
        LogScope::Try if tries > 1 => format!("{name}, try {} of {tries}", target.number),
        LogScope::Try => name.to_owned(),
    };
    let mut words = format!("{}: {name}", mode(logs));
    let losses = match logs.window.losses {
        0 => String::new(),
        losses => format!("{} of it missing", count(losses, "part")),
    };
    let find = match &logs.find {
        Some(_) => format!("/{}", found(model)),
        None => String::new(),
    };
    for part in [
        losses,
        empty_logs(logs),
        filter(logs),
        find,
        place(logs),
        times(logs),
    ] {
        if !part.is_empty() && text::width(&words) + 3 + text::width(&part) <= room {
            words = format!("{words}, {part}");
        }
    }
    words
}

/// How many of several logs have no lines, or cannot be read.
fn empty_logs(logs: &LogsPane) -> String {
    let is_it = |gap: &&LogGap| !matches!(gap.kind, GapKind::Losses(_));
    match logs.window.gaps.iter().filter(is_it).count() {
        empty if logs.is_merged() && empty > 0 => format!("{empty} without lines"),
        _ => String::new(),
    }
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
pub(super) fn filter(logs: &LogsPane) -> String {
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
    let range = logs.filter.during.as_ref();
    let during = range.map(|range| format!("while {} was at work", range.of));
    let parts: Vec<_> = [level, typed, during].into_iter().flatten().collect();
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
pub(in crate::tui::view) fn found(model: &Model) -> String {
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
pub(in crate::tui::view) fn filtered(model: &Model) -> String {
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
