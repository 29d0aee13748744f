//! All keys by where they work, and what the states mean: made from the action table and the marks.

use super::Line;
use crate::tui::action::{self, Entry};
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use domain::state::{RunState, TaskState};

/// The lines of the help.
pub(super) fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (title, entries) in action::groups() {
        lines.push(heading(title));
        lines.extend(entries.into_iter().map(key));
        lines.push(line("", Meaning::Text, ""));
    }
    lines.push(heading("States"));
    lines.extend(TaskState::ALL.iter().copied().map(Mark::from_task).map(state));
    let shared = |state: &RunState| TaskState::ALL.iter().any(|task| task.as_str() == state.as_str());
    let of_runs = RunState::ALL.iter().copied().filter(|state| !shared(state));
    lines.extend(of_runs.map(Mark::from_run).chain([Mark::UNWATCHED]).map(state));
    lines
}

fn line(lead: &str, meaning: Meaning, text: &str) -> Line {
    Line {
        lead: lead.into(),
        indent: 0,
        meaning,
        text: text.into(),
    }
}

fn heading(text: &str) -> Line {
    line("", Meaning::Accent, text)
}

fn key(entry: &Entry) -> Line {
    let lead = format!("  {}", entry.keys().join("  "));
    line(&lead, Meaning::Text, entry.description)
}

fn state(mark: Mark) -> Line {
    let lead = format!("  {} {} {}", mark.glyph, mark.ascii, mark.word);
    line(&lead, Meaning::Text, mark.explanation)
}
