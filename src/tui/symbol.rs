//! How each state is drawn: its glyph, an ASCII letter for terminals without Unicode, and what its colour
//! means. The word is the domain's.
//!
//! A state is always shown as glyph *and* word, so that neither colour nor Unicode carries it alone.
//! Styles come from `tui/theme.rs`; nothing else may choose a glyph.

use super::theme::Meaning;
use domain::pipeline::PipelineState;
use domain::state::{RunState, TaskState};
use domain::summary::RunSummary;
use domain::task::{Task, TaskKind};
use domain::watched::Watched;
use std::borrow::Cow;

/// How one state is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// One column wide.
    pub glyph: &'static str,
    /// One ASCII letter with the same meaning.
    pub ascii: &'static str,
    /// The domain's word for the state, at most [`WORD_COLUMNS`] wide.
    pub word: &'static str,
    /// What its colour means.
    pub meaning: Meaning,
    /// What the state means, for the help.
    pub explanation: &'static str,
}

/// Columns of the longest word, `upstream_failed`.
pub const WORD_COLUMNS: usize = 15;

impl Mark {
    /// How a task's state is shown.
    pub const fn from_task(state: TaskState) -> Self {
        let (glyph, ascii, meaning, explanation) = match state {
            TaskState::None => ("·", ".", Meaning::Muted, "not started yet"),
            TaskState::Scheduled => ("◷", "S", Meaning::Waiting, "waits for a free place"),
            TaskState::Queued => ("◌", "Q", Meaning::Waiting, "its start is not confirmed yet"),
            TaskState::Running => ("●", "R", Meaning::Running, "at work"),
            TaskState::UpForRetry => (
                "↻",
                "W",
                Meaning::Warning,
                "a try failed; the next one starts by itself",
            ),
            TaskState::Stopping => ("◐", "s", Meaning::Warning, "stop requested, not ended yet"),
            TaskState::Unknown => (
                "?",
                "?",
                Meaning::Warning,
                "cannot be seen; never shown as failed",
            ),
            TaskState::Success => ("✔", "+", Meaning::Success, "done; a pipeline run is COMPLETED"),
            TaskState::Failed => ("✖", "X", Meaning::Danger, "no try is left, or none would help"),
            TaskState::TimedOut => ("⧗", "T", Meaning::Danger, "stopped because its time was over"),
            TaskState::Stopped => ("⊘", "C", Meaning::Warning, "stopped on request"),
            TaskState::UpstreamFailed => ("⊟", "B", Meaning::Warning, "a task before it failed"),
            TaskState::Skipped => ("○", "-", Meaning::Muted, "left out"),
        };
        Self {
            glyph,
            ascii,
            word: state.as_str(),
            meaning,
            explanation,
        }
    }

    /// How a task is shown: while its pipeline run does not work yet, with the word for what it does.
    pub fn of_task(task: &Task) -> Self {
        let mark = Self::from_task(task.state);
        let Some(open) = task.open_try().filter(|_| task.kind == TaskKind::Pipeline) else {
            return mark;
        };
        let word = match (task.state, &open.pipeline_state) {
            // What was accepted begins as pending, also before a list has shown it.
            (TaskState::Running, Some(PipelineState::Pending) | None) => "provisioning",
            (TaskState::Running, Some(PipelineState::Starting)) => "starting",
            _ => return mark,
        };
        Self {
            word,
            meaning: Meaning::Waiting,
            ..mark
        }
    }

    /// How a whole run's state is shown.
    pub const fn from_run(state: RunState) -> Self {
        let alike = match state {
            RunState::Running => TaskState::Running,
            RunState::Stopping => TaskState::Stopping,
            RunState::Success => TaskState::Success,
            RunState::Failed => TaskState::Failed,
            RunState::TimedOut => TaskState::TimedOut,
            RunState::Stopped => TaskState::Stopped,
            RunState::Empty => {
                return Self {
                    word: state.as_str(),
                    meaning: Meaning::Warning,
                    explanation: "a run without an active row",
                    ..Self::from_task(TaskState::Skipped)
                };
            }
        };
        Self {
            word: state.as_str(),
            ..Self::from_task(alike)
        }
    }

    /// A run without an end that no process watches.
    pub const UNWATCHED: Self = Self {
        glyph: "◇",
        ascii: "U",
        word: Watched::UNWATCHED,
        meaning: Meaning::Warning,
        explanation: "a run without an end that no process watches",
    };

    /// A task that a person has dealt with; beside the mark of its state, never in its place.
    pub const HANDLED: Self = Self {
        glyph: "⚑",
        ascii: "H",
        word: "handled",
        meaning: Meaning::Accent,
        explanation: "a person dealt with it outside; its state stays what was seen",
    };

    /// How a run in a list is shown.
    pub fn from_summary(run: &RunSummary) -> Self {
        match run.unwatched_since() {
            Some(_) => Self::UNWATCHED,
            None => Self::from_run(run.state),
        }
    }
}

/// All other symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols {
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
    /// Ends a text that was cut.
    pub cut: &'static str,
    /// Marks the selected line.
    pub bar: &'static str,
    /// Marks a line that a person marked.
    pub mark: &'static str,
    /// Marks the selected line, if it is marked too.
    pub bar_and_mark: &'static str,
    /// Separates parts of a sentence.
    pub dot: &'static str,
    /// From read to loaded.
    pub arrow: &'static str,
    /// Marks an edit that is not saved.
    pub dirty: &'static str,
    /// A horizontal line.
    pub line: &'static str,
    /// A vertical line.
    pub pipe: &'static str,
    /// The part of a scroll bar that is in sight.
    pub thumb: &'static str,
    /// What is done of something.
    pub done: &'static str,
    /// What is left of it.
    pub left: &'static str,
    /// The corners: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Marks an active row.
    pub on: &'static str,
    /// Marks an inactive row.
    pub off: &'static str,
    /// Heights of a bar, the lowest first.
    pub levels: [&'static str; 8],
}

impl Symbols {
    /// For terminals that show Unicode.
    pub const UNICODE: Self = Self {
        ascii: false,
        cut: "…",
        bar: "▌",
        mark: "◆",
        bar_and_mark: "◈",
        dot: "·",
        arrow: "→",
        dirty: "✱",
        line: "─",
        pipe: "│",
        thumb: "█",
        done: "█",
        left: "░",
        corners: ["╭", "╮", "╰", "╯"],
        on: "■",
        off: "□",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    };

    /// For all others.
    pub const ASCII: Self = Self {
        ascii: true,
        cut: "~",
        bar: ">",
        mark: "*",
        bar_and_mark: "#",
        dot: "|",
        arrow: ">",
        dirty: "*",
        line: "-",
        pipe: "|",
        thumb: "#",
        done: "#",
        left: ".",
        corners: ["+", "+", "+", "+"],
        on: "=",
        off: "_",
        levels: ["1", "2", "3", "4", "5", "6", "7", "8"],
    };

    /// The glyph or the letter of a mark.
    pub const fn glyph(&self, mark: Mark) -> &'static str {
        if self.ascii { mark.ascii } else { mark.glyph }
    }

    /// A row of a graph of boxes and lines.
    pub fn graph<'a>(&self, row: &'a str) -> Cow<'a, str> {
        if !self.ascii {
            return row.into();
        }
        let twin = |letter| match letter {
            '●' => 'o',
            '│' => '|',
            '─' => '-',
            '├' | '╮' | '╯' | '┬' | '┴' => '+',
            other => other,
        };
        row.chars().map(twin).collect()
    }

    /// The symbols for a locale (`LC_ALL`, `LC_CTYPE`, `LANG`).
    pub fn from_locale(name: &str) -> Self {
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
        let marks = TaskState::ALL.iter().copied().map(Mark::from_task);
        let marks: Vec<_> = marks.chain([Mark::UNWATCHED, Mark::HANDLED]).collect();
        for part in [|m: &Mark| m.glyph, |m: &Mark| m.ascii, |m: &Mark| m.word] {
            assert_eq!(marks.iter().map(part).collect::<BTreeSet<_>>().len(), marks.len());
        }
    }

    #[test]
    fn marks_fit_their_columns() {
        let tasks = TaskState::ALL.iter().copied().map(Mark::from_task);
        let runs = RunState::ALL.iter().copied().map(Mark::from_run);
        for mark in tasks.chain(runs).chain([Mark::UNWATCHED, Mark::HANDLED]) {
            assert_eq!((mark.glyph.width(), mark.ascii.len()), (1, 1), "{mark:?}");
            assert!(
                mark.word.len() <= WORD_COLUMNS && mark.ascii.is_ascii(),
                "{mark:?}"
            );
        }
    }

    #[test]
    fn a_locale_decides_about_unicode() {
        for (name, ascii) in [("en_GB.UTF-8", false), ("C.utf8", false), ("C", true), ("", true)] {
            assert_eq!(Symbols::from_locale(name).ascii, ascii, "{name}");
        }
    }
}
