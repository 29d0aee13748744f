//! What a person says of a task that ended without success: that it was dealt with outside of Downbeat.
//!
//! It is kept beside the state of the task and never in its place: a state is what was seen. It changes neither how the
//! run ended nor its exit code; it only keeps the task out of a retry of everything.

use crate::event::Fact;
use crate::failure::Failure;
use crate::id::TaskId;
use crate::run::Run;
use crate::sanitize;
use crate::state::TaskState;
use crate::task::{Task, TaskKind};

/// The longest note, in characters: it is one line beside the task.
pub const LONGEST_NOTE: usize = 200;

/// How many tasks a sentence names.
const NAMED: usize = 5;

/// What a person says of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handling {
    /// They were dealt with outside.
    Done {
        /// How or why: one line, made by [`Handling::done`].
        note: Option<String>,
    },
    /// They were not, after all.
    TakenBack,
}

impl Handling {
    /// Dealt with, for the reason that was typed: cleaned, cut at [`LONGEST_NOTE`]; none if nothing is left of it.
    pub fn done(typed: &str) -> Self {
        let note: String = sanitize::line(typed).trim().chars().take(LONGEST_NOTE).collect();
        Self::Done {
            note: (!note.is_empty()).then_some(note),
        }
    }
}

impl Run {
    /// The tasks that a person has dealt with.
    pub fn handled(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.handled().is_some())
    }

    /// `2 handled by a person`; nothing if none is.
    pub fn handled_words(&self) -> Option<String> {
        words(self.handled().count())
    }

    /// What a retry of everything says of them: how many it leaves alone, and which. Nothing if there are none.
    pub fn left_alone(&self) -> Option<String> {
        let names: Vec<_> = self.handled().map(|task| task.id.as_str()).collect();
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let are = if names.len() == 1 { "is" } else { "are" };
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        self.handled_words()
            .map(|words| format!("{words} {are} left alone: {shown}{more}."))
    }

    /// Whether something can be said of all of these tasks.
    ///
    /// # Errors
    /// The first one of which it cannot, and why.
    pub fn check_mark(&self, names: &[TaskId]) -> Result<(), Failure> {
        for name in names {
            let task = self.named_task(name.as_str())?;
            if !task.can_be_handled() {
                let why = match (task.kind, task.state) {
                    (TaskKind::End, _) => "It follows from the tasks before it.",
                    (_, TaskState::Success) => "Nothing is left to be dealt with.",
                    _ => "It is not over yet.",
                };
                return Err(Failure::permanent(format!("{} {why}", self.stand_of(task))));
            }
        }
        Ok(())
    }

    /// The facts that this makes of these tasks; none for one that it does not fit, or of which it was said already.
    pub fn mark(&self, tasks: &[TaskId], handling: &Handling) -> Vec<Fact> {
        let named = self.tasks.iter().filter(|task| tasks.contains(&task.id));
        let facts = named.filter_map(|task| {
            let known = task.handled();
            let id = task.id.clone();
            match handling {
                Handling::Done { note } => {
                    let is_new = known.is_none_or(|known| known.note != *note);
                    (task.can_be_handled() && is_new).then(|| Fact::TaskHandled {
                        task: id,
                        note: note.clone(),
                    })
                }
                Handling::TakenBack => known.map(|_| Fact::HandlingTakenBack { task: id }),
            }
        });
        facts.collect()
    }
}

/// `2 handled by a person`; nothing for none.
pub(crate) fn words(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} handled by a person"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_clean_line_or_none() {
        let long = "x".repeat(LONGEST_NOTE + 9);
        let cut = "x".repeat(LONGEST_NOTE);
        for (typed, note) in [
            ("  loaded by hand\t(OPS-17) \n", Some("loaded by hand (OPS-17)")),
            ("\u{1b}[31mred\u{7}", Some("red")),
            (" \n ", None),
            ("", None),
            (&*long, Some(&*cut)),
        ] {
            let note = note.map(str::to_owned);
            assert_eq!(Handling::done(typed), Handling::Done { note }, "{typed:?}");
        }
    }
}
