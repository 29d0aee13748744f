//! The one place of meaning: every state's glyph, its ASCII twin, its word and its colour's meaning.
//!
//! A state is always shown as glyph *and* word, so that neither colour nor Unicode carries it alone.
//! Styles come from `tui/theme.rs`; nothing else may choose a glyph.

use super::theme::Meaning;
use domain::state::{RunState, TaskState};

/// How one state is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// One column wide.
    pub glyph: &'static str,
    /// One ASCII letter with the same meaning.
    pub ascii: &'static str,
    /// At most nine columns.
    pub word: &'static str,
    /// What its colour means.
    pub meaning: Meaning,
}

const fn mark(glyph: &'static str, ascii: &'static str, word: &'static str, meaning: Meaning) -> Mark {
    Mark {
        glyph,
        ascii,
        word,
        meaning,
    }
}

/// How a task's state is shown.
pub const fn of_task(state: TaskState) -> Mark {
    match state {
        TaskState::None => mark("·", ".", "none", Meaning::Muted),
        TaskState::Scheduled => mark("◷", "Q", "scheduled", Meaning::Waiting),
        TaskState::Queued => mark("◌", "S", "queued", Meaning::Waiting),
        TaskState::Running => mark("●", "R", "running", Meaning::Running),
        TaskState::UpForRetry => mark("↻", "W", "retry", Meaning::Warning),
        TaskState::Stopping => mark("◐", "s", "stopping", Meaning::Warning),
        TaskState::Unknown => mark("?", "?", "unknown", Meaning::Warning),
        TaskState::Success => mark("✔", "+", "success", Meaning::Success),
        TaskState::Failed => mark("✖", "X", "failed", Meaning::Danger),
        TaskState::TimedOut => mark("⧗", "T", "timed out", Meaning::Danger),
        TaskState::Stopped => mark("⊘", "C", "stopped", Meaning::Warning),
        TaskState::UpstreamFailed => mark("⊟", "B", "upstream", Meaning::Warning),
        TaskState::Skipped => mark("○", "-", "skipped", Meaning::Muted),
    }
}

/// How a whole run's state is shown.
pub const fn of_run(state: RunState) -> Mark {
    match state {
        RunState::Running => of_task(TaskState::Running),
        RunState::Stopping => of_task(TaskState::Stopping),
        RunState::Success => of_task(TaskState::Success),
        RunState::Empty => mark("○", "-", "empty", Meaning::Warning),
        RunState::Failed => of_task(TaskState::Failed),
        RunState::TimedOut => of_task(TaskState::TimedOut),
        RunState::Stopped => of_task(TaskState::Stopped),
    }
}

/// Everything else that is drawn with a letter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols {
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
    /// Stands for what was cut off.
    pub cut: &'static str,
    /// Marks the selected line.
    pub bar: &'static str,
    /// Separates parts of a sentence.
    pub dot: &'static str,
    /// From read to loaded.
    pub arrow: &'static str,
    /// Marks what was changed and is not saved.
    pub dirty: &'static str,
    /// A horizontal line.
    pub line: &'static str,
    /// A vertical line.
    pub pipe: &'static str,
    /// The corners: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Marks an active row.
    pub on: &'static str,
    /// Marks an inactive row.
    pub off: &'static str,
}

impl Symbols {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        ascii: false,
        cut: "…",
        bar: "▌",
        dot: "·",
        arrow: "→",
        dirty: "✱",
        line: "─",
        pipe: "│",
        corners: ["╭", "╮", "╰", "╯"],
        on: "✔",
        off: "○",
    };

    /// For all others.
    pub const ASCII: Self = Self {
        ascii: true,
        cut: "~",
        bar: ">",
        dot: "|",
        arrow: ">",
        dirty: "*",
        line: "-",
        pipe: "|",
        corners: ["+", "+", "+", "+"],
        on: "+",
        off: "-",
    };

    /// The glyph of a mark in this set.
    pub const fn glyph(&self, mark: Mark) -> &'static str {
        if self.ascii { mark.ascii } else { mark.glyph }
    }

    /// Whether a locale's name (`LC_ALL`, `LC_CTYPE`, `LANG`) promises Unicode.
    pub fn of_locale(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if name.contains("utf-8") || name.contains("utf8") {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn no_two_states_look_alike_even_without_colour() {
        let marks = TaskState::ALL.map(of_task);
        for part in [|m: &Mark| m.glyph, |m: &Mark| m.ascii, |m: &Mark| m.word] {
            assert_eq!(marks.iter().map(part).collect::<BTreeSet<_>>().len(), marks.len());
        }
    }

    #[test]
    fn marks_fit_their_columns() {
        for mark in TaskState::ALL.map(of_task) {
            assert_eq!((mark.glyph.width(), mark.ascii.len()), (1, 1), "{mark:?}");
            assert!(mark.word.len() <= 9 && mark.ascii.is_ascii(), "{mark:?}");
        }
    }

    #[test]
    fn a_locale_decides_about_unicode() {
        for (name, ascii) in [("en_GB.UTF-8", false), ("C.utf8", false), ("C", true), ("", true)] {
            assert_eq!(Symbols::of_locale(name).ascii, ascii, "{name}");
        }
    }
}
