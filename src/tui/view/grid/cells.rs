//! The cells of a task's line: tries, time and records. Its note is in `tui/details.rs`.

use crate::tui::theme::Meaning;
use crate::tui::widget::text;
use domain::task::{Task, TaskKind};
use domain::time::{Timestamp, countdown, human};

/// `1/3`; nothing before the first try.
pub(super) fn tries(task: &Task) -> String {
    match task.tries.len() {
        0 => String::new(),
        tries => format!("{tries}/{}", task.allowed_tries),
    }
}

/// How long it has been at work, or how long until its next try, which has the room at any width of the screen.
pub(super) fn time(task: &Task, now: Timestamp) -> (Option<Meaning>, String) {
    if let Some(due) = task.next_start() {
        return (Some(Meaning::Warning), countdown(now, due));
    }
    (None, task.worked(now).map(human).unwrap_or_default())
}

/// Records read and loaded; nothing for tasks that have none. Numbers that do not fit are rounded, because
/// a cut number would be another number.
pub(super) fn records(task: &Task, arrow: &str, room: usize) -> String {
    let Some(current) = task.current().filter(|_| task.kind == TaskKind::Pipeline) else {
        return String::new();
    };
    let counts = (current.records_read(), current.records_loaded());
    if counts == (None, None) {
        return String::new();
    }
    let written = |number: fn(u64) -> String| {
        let shown = |count: Option<u64>| count.map_or("-".into(), number);
        format!("{} {arrow} {}", shown(counts.0), shown(counts.1))
    };
    let exact = written(text::thousands);
    if text::width(&exact) > room {
        written(text::rounded)
    } else {
        exact
    }
}
