//! All keys by the place where they work, and what the states mean: made from the tables.

use super::reader::ReaderLine;
use crate::tui::action::{Context, Entry, TABLE};
use crate::tui::symbol;
use crate::tui::theme::Meaning;
use domain::state::TaskState;

/// The lines of the help.
pub(super) fn lines() -> Vec<ReaderLine> {
    let panes = |entry: &&Entry| entry.contexts.len() >= 4;
    let mut lines = vec![heading("In every pane")];
    lines.extend(TABLE.iter().filter(panes).map(key));
    for context in Context::ALL {
        let own: Vec<_> = TABLE
            .iter()
            .filter(|entry| !panes(entry) && entry.contexts.contains(&context))
            .collect();
        if !own.is_empty() {
            lines.push(line("", Meaning::Text, ""));
            lines.push(heading(context.title()));
            lines.extend(own.into_iter().map(key));
        }
    }
    lines.push(line("", Meaning::Text, ""));
    lines.push(heading("States"));
    lines.extend(TaskState::ALL.map(state));
    lines
}

fn line(lead: &str, meaning: Meaning, text: &str) -> ReaderLine {
    ReaderLine {
        lead: lead.into(),
        indent: 0,
        meaning,
        text: text.into(),
    }
}

fn heading(text: &str) -> ReaderLine {
    line("", Meaning::Accent, text)
}

fn key(entry: &Entry) -> ReaderLine {
    let lead = format!("  {}", entry.keys.join(" "));
    line(&lead, Meaning::Text, entry.description)
}

fn state(state: TaskState) -> ReaderLine {
    let mark = symbol::of_task(state);
    let meaning = match state {
        TaskState::None => "not looked at yet",
        TaskState::Scheduled => "waits for a free place",
        TaskState::Queued => "its start is not confirmed yet",
        TaskState::Running => "works",
        TaskState::UpForRetry => "a try failed, the next one waits for its time",
        TaskState::Stopping => "a stop was asked for, its end is awaited",
        TaskState::Unknown => "cannot be seen; never shown as failed",
        TaskState::Success => "done; a pipeline run is COMPLETED",
        TaskState::Failed => "no try is left, or none would help",
        TaskState::TimedOut => "stopped because its time was over",
        TaskState::Stopped => "stopped because somebody asked",
        TaskState::UpstreamFailed => "a task before it failed",
        TaskState::Skipped => "left out",
    };
    let lead = format!("  {} {} {}", mark.glyph, mark.ascii, mark.word);
    line(&lead, Meaning::Text, &format!("{}: {meaning}", state.as_str()))
}
