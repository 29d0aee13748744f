//! What is drawn over the panes and gets all keys until it is closed.

use super::arguments::ArgumentsForm;
use super::failures::FailuresPane;
use super::guard::Confirmation;
use super::history_window::HistoryWindow;
use super::logs::extract::LogErrand;
use crate::engine::Command;
use domain::command::RunCommand;
use domain::history::Comparison;
use domain::id::{DagRunId, TaskId};
use domain::watched::Watched;
use std::collections::BTreeSet;

/// The help: where one is in it, and what of it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelpPane {
    /// The selected one of the lines that can be selected.
    pub selected: usize,
    /// What the lines must fit; nothing shows all.
    pub filter: String,
}

/// What is drawn over the panes.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All actions with their keys.
    Help(HelpPane),
    /// All notices.
    Notices {
        /// The first line shown.
        top: usize,
    },
    /// All about what is selected in the pane with the focus.
    Details {
        /// The first line shown.
        top: usize,
    },
    /// What a run needs, and what is missing.
    Doctor {
        /// The first line shown.
        top: usize,
    },
    /// What was done here.
    Actions {
        /// The first line shown.
        top: usize,
    },
    /// How the shown run went.
    Summary {
        /// The first line shown.
        top: usize,
    },
    /// What a run would do.
    Plan {
        /// The first line shown.
        top: usize,
    },
    /// A question.
    Dialog(Dialog),
    /// A name to be typed before something is started or stopped.
    Confirmation(Box<Confirmation>),
    /// The arguments of a row.
    Arguments(Box<ArgumentsForm>),
    /// The edits that were saved under names.
    Presets {
        /// The index of the selected one.
        selected: usize,
    },
    /// The failures of the shown run by reason.
    Failures(FailuresPane),
    /// The tasks of the shown run on a time axis. The selection is that of the tasks.
    Timeline,
    /// The stages of the selected task.
    Stages {
        /// The first line shown.
        top: usize,
    },
    /// Former runs.
    History(Box<HistoryWindow>),
    /// Two runs side by side.
    Comparison {
        /// The runs.
        comparison: Box<Comparison>,
        /// The index of the selected task.
        selected: usize,
    },
}

impl Overlay {
    /// The heading of a name to be typed.
    pub const PROTECTED: &'static str = "This profile is protected";

    /// Its name in the path of what lies over what.
    pub fn name(&self) -> &str {
        match self {
            Self::Help(_) => "All keys",
            Self::Notices { .. } => "Notices",
            Self::Doctor { .. } => "Checks",
            Self::Actions { .. } => "What was done",
            Self::Details { .. } => "Details",
            Self::Summary { .. } => "Summary",
            Self::Plan { .. } => "Plan",
            Self::Dialog(dialog) => &dialog.title,
            Self::Confirmation(_) => Self::PROTECTED,
            Self::Arguments(_) => "Arguments",
            Self::Presets { .. } => "Presets",
            Self::History(_) => "Former runs",
            Self::Comparison { .. } => "Two runs compared",
            Self::Failures(_) => "Failures",
            Self::Timeline => "Time axis",
            Self::Stages { .. } => "Stages",
        }
    }
}

/// What lies over the panes, the topmost last. The topmost gets the keys; what it covers is there again when it is
/// closed, as it was.
#[derive(Clone, Debug, Default)]
pub struct Overlays(Vec<Overlay>);

impl Overlays {
    /// Lays one over the others. Of those that show the same whenever they are opened only the newest stays, so that
    /// going round in a circle does not pile them up.
    pub fn push(&mut self, overlay: Overlay) {
        let is_own = matches!(overlay, Overlay::Dialog(_) | Overlay::Arguments(_));
        let kind = std::mem::discriminant(&overlay);
        self.0
            .retain(|known| is_own || std::mem::discriminant(known) != kind);
        self.0.push(overlay);
    }

    /// Closes the topmost.
    pub fn pop(&mut self) -> Option<Overlay> {
        self.0.pop()
    }

    /// Closes all: the panes are in sight again.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The topmost.
    pub fn top(&self) -> Option<&Overlay> {
        self.0.last()
    }

    /// The topmost, to change it.
    pub fn top_mut(&mut self) -> Option<&mut Overlay> {
        self.0.last_mut()
    }

    /// Whether the panes get the keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The forms of arguments among them.
    pub fn forms_mut(&mut self) -> impl Iterator<Item = &mut ArgumentsForm> {
        self.0.iter_mut().filter_map(|overlay| match overlay {
            Overlay::Arguments(form) => Some(&mut **form),
            _ => None,
        })
    }

    /// The windows with failures among them.
    pub fn failures_mut(&mut self) -> impl Iterator<Item = &mut FailuresPane> {
        self.0.iter_mut().filter_map(|overlay| match overlay {
            Overlay::Failures(pane) => Some(pane),
            _ => None,
        })
    }

    /// All, the topmost last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Overlay> {
        self.0.iter()
    }

    /// The questions among them, each as this makes it; those of which it makes nothing are closed.
    pub(in crate::tui) fn replace_dialogs(&mut self, mut by_now: impl FnMut(&Dialog) -> Option<Dialog>) {
        self.0.retain_mut(|overlay| match overlay {
            Overlay::Dialog(dialog) => match by_now(dialog) {
                Some(now) => {
                    *dialog = now;
                    true
                }
                None => false,
            },
            _ => true,
        });
    }
}

impl FromIterator<Overlay> for Overlays {
    fn from_iter<T: IntoIterator<Item = Overlay>>(overlays: T) -> Self {
        Self(overlays.into_iter().collect())
    }
}

/// What a question is about. What is so when it is asked may be over before it is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Premise {
    /// Nothing that changes by itself.
    #[default]
    Lasting,
    /// A run is live here, and the program is to be left.
    LeavesRun,
    /// A run is live here, and is to be stopped.
    StopsRun,
    /// This task of the live run is not over, and is to be stopped.
    StopsTask(TaskId),
    /// Some of these tasks of the live run are not over, and are to be stopped.
    StopsTasks(BTreeSet<TaskId>),
    /// Some of these tasks of the run of this session can be tried again.
    RetriesThese(BTreeSet<TaskId>),
    /// This task of the run of this session can be tried again; all that did not succeed if none is named.
    Retries(Option<TaskId>),
    /// It can be said of some of these tasks of the shown run that they were dealt with.
    Handling(BTreeSet<TaskId>),
    /// A run of the journal.
    Former {
        /// The run.
        run: DagRunId,
        /// Who watches it.
        watched: Option<Watched>,
    },
}

/// A question with its answers. The first answer is the harmless one and is selected at first.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialog {
    /// What must be so for it to be asked.
    pub premise: Premise,
    /// The question.
    pub title: String,
    /// What the answers affect, by name and number.
    pub body: Vec<String>,
    /// The answers.
    pub choices: Vec<Choice>,
    /// The index of the selected answer.
    pub selected: usize,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The letter that chooses it at once.
    pub key: char,
    /// In a few words.
    pub label: String,
    /// What it does.
    pub result: DialogResult,
}

/// What an answer does.
#[derive(Clone, Debug, PartialEq)]
pub enum DialogResult {
    /// Nothing.
    Cancel,
    /// Sends a command to the engine.
    Send(Command),
    /// Sends these commands to a run, which the engine takes up first if it does not have it.
    Tell {
        /// The run.
        run: DagRunId,
        /// The commands, in this order and in one step.
        commands: Vec<RunCommand>,
    },
    /// Asks how or why these tasks were dealt with.
    AskNote {
        /// The run.
        run: DagRunId,
        /// Its tasks.
        tasks: Vec<TaskId>,
    },
    /// Copies a text for the clipboard.
    Copy {
        /// What it is, in a few words.
        what: String,
        /// The text.
        text: String,
    },
    /// Takes rows out of the log.
    Log(LogErrand),
    /// Shows the plan of a new run.
    Plan,
    /// Follows a run that another process drives.
    Watch {
        /// The run.
        run: DagRunId,
        /// The process, in words.
        process: String,
    },
    /// Ends this screen, and opens the profile of this name.
    SwitchProfile(String),
    /// Ends the program without what was not saved; live pipeline runs go on.
    Leave,
    /// Accepts an open field, saves the variables, and ends the program; edited arguments are kept for the next start.
    SaveAndLeave,
    /// Takes up the edits that were not saved the last time.
    TakeDraft,
    /// Forgets them.
    DropDraft,
    /// Stops the run and ends the program with it.
    StopAndLeave,
}

impl Dialog {
    /// A question whose harmless answer is `no`.
    pub fn new(title: impl Into<String>, body: Vec<String>, no: &str) -> Self {
        let dialog = Self {
            premise: Premise::Lasting,
            title: title.into(),
            body,
            choices: Vec::new(),
            selected: 0,
        };
        dialog.or('n', no, DialogResult::Cancel)
    }

    /// The same, asked only as long as this is so.
    #[must_use]
    pub fn while_true(self, premise: Premise) -> Self {
        Self { premise, ..self }
    }

    /// With another answer.
    #[must_use]
    pub fn or(mut self, key: char, label: impl Into<String>, result: DialogResult) -> Self {
        self.choices.push(Choice {
            key,
            label: label.into(),
            result,
        });
        self
    }

    /// What the selected answer does.
    pub fn result(&self) -> DialogResult {
        self.choices
            .get(self.selected)
            .map_or(DialogResult::Cancel, |choice| choice.result.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_in_circles_leaves_no_pile() {
        let mut overlays = Overlays::default();
        overlays.push(Overlay::Plan { top: 7 });
        for _ in 0..3 {
            overlays.push(Overlay::Notices { top: 0 });
            overlays.push(Overlay::Help(HelpPane::default()));
        }
        let names = |overlays: &Overlays| {
            overlays
                .iter()
                .map(|one| one.name().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&overlays), ["Plan", "Notices", "All keys"]);
        let dialog = Dialog::new("Leave?", Vec::new(), "stay");
        overlays.push(Overlay::Dialog(dialog.clone()));
        overlays.push(Overlay::Dialog(dialog));
        assert_eq!(names(&overlays).len(), 5, "each question is one of its own");
        overlays.replace_dialogs(|_| None);
        assert_eq!(names(&overlays), ["Plan", "Notices", "All keys"]);
    }
}
