//! What is told to somebody who looks elsewhere: the title of the window, the progress in the taskbar, the bell, a
//! notification of the desktop. Texts and control sequences only; `tui/terminal.rs` sends them.
//!
//! No text gets into a sequence before it is sanitised: what a server says must not drive the terminal.

use super::model::Model;
use super::preferences::Desktop;
use super::summary;
use super::widget::text;
use domain::run::Run;
use domain::sanitize;
use domain::state::{RunState, TaskState};

/// Keeps the title that the window has (xterm's stack of titles).
pub const KEEP_TITLE: &str = "\u{1b}[22;2t";
/// Gives the title back that was kept. A terminal without the stack gets an empty title first, which most of them take for
/// their own.
pub const RESTORE_TITLE: &str = "\u{1b}]2;\u{1b}\\\u{1b}[23;2t";

/// The longest text of a title or a notification.
const LONGEST: usize = 160;

impl Desktop {
    /// The sequence of a notification.
    pub fn notification(self, words: &str) -> String {
        let words = clean(words).replace(';', ",");
        let sequence = if self.has_title {
            format!("\u{1b}]777;notify;Downbeat;{words}\u{1b}\\")
        } else {
            format!("\u{1b}]9;Downbeat: {words}\u{1b}\\")
        };
        if self.in_tmux {
            format!(
                "\u{1b}Ptmux;{}\u{1b}\\",
                sequence.replace('\u{1b}', "\u{1b}\u{1b}")
            )
        } else {
            sequence
        }
    }
}

/// What stands outside of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// The title of the window.
    pub title: Option<String>,
    /// The progress in the taskbar.
    pub progress: Option<Progress>,
}

/// The progress in the taskbar, in percent (OSC 9;4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is shown.
    None,
    /// It goes on.
    Going(u8),
    /// It goes on, and something has failed.
    Failing(u8),
    /// Something waits: it is being stopped, or cannot be seen.
    Waiting(u8),
}

impl Progress {
    /// The sequence that shows it.
    pub fn sequence(self) -> String {
        let (state, percent) = match self {
            Self::None => (0, 0),
            Self::Going(percent) => (1, percent),
            Self::Failing(percent) => (2, percent),
            Self::Waiting(percent) => (4, percent),
        };
        format!("\u{1b}]9;4;{state};{percent}\u{1b}\\")
    }

    fn new(model: &Model, run: &Run) -> Self {
        // Before the pipelines are known, nothing that takes long is done.
        let percent = model.run_history.percent.unwrap_or(0);
        let any = |states: &[TaskState]| run.tasks.iter().any(|task| states.contains(&task.state));
        if any(&[TaskState::Failed, TaskState::TimedOut]) {
            Self::Failing(percent)
        } else if run.state == RunState::Stopping || any(&[TaskState::Unknown]) {
            Self::Waiting(percent)
        } else {
            Self::Going(percent)
        }
    }
}

impl Signs {
    /// The signs for a model, as far as they are wanted.
    pub fn new(model: &Model) -> Self {
        let ways = model.preferences.ways;
        let live = model
            .live_run()
            .or_else(|| model.watched_run().map(|(run, _)| run));
        Self {
            title: ways.title.then(|| title_text(model)),
            progress: ways
                .progress
                .then(|| live.map_or(Progress::None, |run| Progress::new(model, run))),
        }
    }

    /// What of it differs from what is shown.
    #[must_use]
    pub fn news(&self, shown: &Self) -> Self {
        let is_quiet = shown.progress.is_none() && self.progress == Some(Progress::None);
        Self {
            title: self.title.clone().filter(|_| self.title != shown.title),
            progress: self
                .progress
                .filter(|_| self.progress != shown.progress && !is_quiet),
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `running 5 of 8, 1 failed - prod - downbeat`. Without clocks, so that it changes seldom.
fn title_text(model: &Model) -> String {
    let place = format!("{} - downbeat", model.band());
    match &model.run {
        Some(run) if model.live_run().is_some() || model.watched_run().is_some() => {
            let all = run.pipelines().count();
            let over = run.pipelines().filter(|task| task.is_over()).count();
            let counts = if all == 0 {
                String::new()
            } else {
                format!(" {over} of {all}")
            };
            let bad = summary::bad(run);
            let bad = if bad.is_empty() { bad } else { format!(", {bad}") };
            format!("{}{counts}{bad} - {place}", run.state.as_str())
        }
        Some(run) if model.former_run.is_none() && run.state.is_end() => {
            format!("{} - {place}", run.state.as_str())
        }
        _ => place,
    }
}

/// The sequence of a title.
pub fn title(words: &str) -> String {
    format!("\u{1b}]2;{}\u{1b}\\", clean(words))
}

/// One line without anything that could end the sequence.
fn clean(words: &str) -> String {
    let line = sanitize::line(words);
    let plain: String = line.chars().filter(|letter| !letter.is_control()).collect();
    text::truncate(&plain, LONGEST, "...").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_outside_ends_a_sequence_or_begins_one() {
        let evil = "a\u{7}b\u{1b}\\c\u{9c}d\u{1b}]2;e\n;f";
        for desktop in [(false, false), (true, false), (false, true), (true, true)] {
            let (has_title, in_tmux) = desktop;
            let sequence = Desktop { has_title, in_tmux }.notification(evil);
            let inside = sequence.strip_prefix("\u{1b}Ptmux;").unwrap_or(&sequence);
            let inside = inside.replace("\u{1b}\u{1b}", "\u{1b}");
            let inside = inside.trim_end_matches("\u{1b}\\").trim_start_matches("\u{1b}]");
            assert!(
                !inside.contains(['\u{1b}', '\u{7}', '\u{9c}', '\n']),
                "{sequence:?}"
            );
        }
        let sequence = title(evil);
        assert_eq!(sequence.matches('\u{1b}').count(), 2, "{sequence:?}");
        assert!(title(&"x".repeat(999)).len() < 200);
    }

    #[test]
    fn the_terminal_gets_the_sequence_that_it_knows() {
        let by = |pairs: &[(&str, &str)]| {
            Desktop::from_environment(|key| {
                let found = pairs.iter().find(|(name, _)| *name == key);
                found.map(|(_, text)| (*text).to_owned())
            })
        };
        assert!(
            by(&[("TERM", "foot-extra")])
                .notification("x")
                .starts_with("\u{1b}]777;notify;")
        );
        assert!(by(&[("VTE_VERSION", "7600")]).has_title);
        assert!(
            by(&[("TERM", "xterm-256color")])
                .notification("x")
                .starts_with("\u{1b}]9;Downbeat: x")
        );
        let wrapped = by(&[("TMUX", "/tmp/tmux-1000/default,1,0")]).notification("x");
        assert_eq!(
            wrapped,
            "\u{1b}Ptmux;\u{1b}\u{1b}]9;Downbeat: x\u{1b}\u{1b}\\\u{1b}\\"
        );
    }

    #[test]
    fn only_what_has_changed_is_shown_again() {
        let signs = |title: &str, progress| Signs {
            title: Some(title.into()),
            progress: Some(progress),
        };
        let nothing = Signs::default();
        let first = signs("a", Progress::None);
        assert_eq!(first.news(&nothing).progress, None, "there is nothing to clear");
        let going = signs("a", Progress::Going(10));
        let news = going.news(&first);
        assert_eq!((news.title, news.progress), (None, Some(Progress::Going(10))));
        assert!(going.news(&going).is_empty());
        assert_eq!(first.news(&going).progress, Some(Progress::None));
        assert_eq!(Progress::Failing(40).sequence(), "\u{1b}]9;4;2;40\u{1b}\\");
    }
}
