//! One text field in the row of the footer: what is searched for, a filter, a name. What the text does is in
//! `tui/update/prompt.rs`, at one place for all purposes.
//!
//! Must never keep what was typed anywhere but in memory: it is not known what it is.

use super::editor::Editor;
use super::list_filter::List;
use super::logs::extract::LogPart;
use domain::id::{DagRunId, TaskId};
use std::fmt;

/// What the typed text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptPurpose {
    /// Finds text in the log.
    FindInLog,
    /// Shows only some lines of a list.
    Filter(List),
    /// Finds something to do.
    Palette,
    /// Finds a key in the help.
    FilterHelp,
    /// Shows only some lines of the log.
    FilterLog,
    /// Goes to a time of the log.
    GoToTime,
    /// Says how or why tasks were dealt with.
    HandlingNote {
        /// The run.
        run: DagRunId,
        /// Its tasks.
        tasks: Vec<TaskId>,
    },
    /// Names the file that rows of the log are saved in.
    SaveLog(LogPart),
}

impl PromptPurpose {
    /// What stands before the text. Texts with the same sign are offered again.
    pub const fn sign(&self) -> &'static str {
        match self {
            Self::FindInLog | Self::Filter(_) => "/",
            Self::Palette => ":",
            Self::FilterHelp => "?/",
            Self::FilterLog => "&",
            Self::GoToTime => "time: ",
            Self::HandlingNote { .. } => "handled: ",
            Self::SaveLog(_) => "save in: ",
        }
    }
}

/// The open text field.
#[derive(Clone)]
pub struct Prompt {
    /// What its text is for.
    pub purpose: PromptPurpose,
    /// The text.
    pub editor: Editor,
    /// The text that was in force before; leaving with esc puts it in force again.
    pub before: String,
    /// The selected line of the list above the text, if it has one.
    pub selected: usize,
    /// How many texts back the shown one is, and what was typed here; nothing while that is shown.
    recalled: Option<(usize, String)>,
}

impl Prompt {
    /// An empty field. `before` is what is in force now.
    pub fn new(purpose: PromptPurpose, before: &str) -> Self {
        Self {
            purpose,
            editor: Editor::new(""),
            before: before.to_owned(),
            selected: 0,
            recalled: None,
        }
    }

    /// A field with a text to change.
    pub fn with_text(purpose: PromptPurpose, text: &str) -> Self {
        Self {
            editor: Editor::new(text),
            ..Self::new(purpose, text)
        }
    }

    /// Whether it shows an earlier text.
    pub const fn is_recalled(&self) -> bool {
        self.recalled.is_some()
    }

    /// Shows an earlier text of the same kind (`step` 1), or a later one (-1).
    pub fn recall(&mut self, typed: &TypedTexts, step: isize) {
        let at = self.recalled.as_ref().map_or(0, |(back, _)| *back);
        let wanted = at.saturating_add_signed(step);
        let draft = match self.recalled.take() {
            Some((_, draft)) => draft,
            None => self.editor.text().to_owned(),
        };
        let earlier = typed.of(self.purpose.sign());
        let wanted = wanted.min(earlier.len());
        let shown = wanted.checked_sub(1).and_then(|back| earlier.get(back).copied());
        self.editor = Editor::new(shown.unwrap_or(&draft));
        self.recalled = (wanted > 0).then_some((wanted, draft));
    }
}

/// Says nothing of the texts.
impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// How many texts are kept.
const KEPT: usize = 100;

/// The texts that were accepted in this session, the newest last, each with its sign.
#[derive(Clone, Default)]
pub struct TypedTexts(Vec<(&'static str, String)>);

impl TypedTexts {
    /// Keeps a text, once.
    pub fn keep(&mut self, sign: &'static str, text: &str) {
        if text.is_empty() {
            return;
        }
        self.0.retain(|(of, kept)| (*of, kept.as_str()) != (sign, text));
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        self.0.push((sign, text.to_owned()));
    }

    /// Those of a sign, the newest first.
    pub fn of(&self, sign: &str) -> Vec<&str> {
        let alike = self.0.iter().rev().filter(|(of, _)| *of == sign);
        alike.map(|(_, text)| text.as_str()).collect()
    }
}

/// Says nothing of the texts.
impl fmt::Debug for TypedTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedTexts").field(&self.0.len()).finish()
    }
}

/// A step in the life of a typed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptStep {
    /// It is typed and may change.
    Typed,
    /// It was accepted.
    Accepted,
    /// It was left; the text is the one that was in force before.
    Left,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_texts_come_back_and_so_does_the_draft() {
        let mut typed = TypedTexts::default();
        for text in ["one", "two", "one", ""] {
            typed.keep("/", text);
        }
        typed.keep(":", "quit");
        assert_eq!(typed.of("/"), ["one", "two"]);
        let mut prompt = Prompt::with_text(PromptPurpose::FindInLog, "draft");
        let mut shown = |step| {
            prompt.recall(&typed, step);
            prompt.editor.text().to_owned()
        };
        let steps = [1, 1, 1, -1, -1, -1].map(&mut shown);
        assert_eq!(steps, ["one", "two", "two", "one", "draft", "draft"]);
    }

    #[test]
    fn typed_texts_are_in_no_debug_output() {
        let mut typed = TypedTexts::default();
        typed.keep("/", "hunter2");
        let prompt = Prompt::with_text(PromptPurpose::FindInLog, "hunter2");
        assert!(!format!("{typed:?}").contains("hunter2"));
        assert!(!format!("{prompt:?}").contains("hunter2"));
    }
}
