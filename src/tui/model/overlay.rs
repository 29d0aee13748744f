//! What is drawn over the panes and gets all keys until it is closed.

use super::configuration::ArgumentsForm;
use crate::engine::Command;
use domain::command::RunCommand;
use domain::id::{DagRunId, TaskId};
use domain::watched::Watched;

/// What is drawn over the panes.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// All actions with their keys.
    Help {
        /// The first line shown.
        top: usize,
    },
    /// All notices.
    Notices {
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
    /// The arguments of a row.
    Arguments(Box<ArgumentsForm>),
    /// Former runs.
    History {
        /// The index of the selected one.
        selected: usize,
    },
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
    /// This task of the run of this session can be tried again; all that did not succeed if none is named.
    Retries(Option<TaskId>),
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
    /// Shows the plan of a new run.
    Plan,
    /// Follows a run that another process drives.
    Watch {
        /// The run.
        run: DagRunId,
        /// The process, in words.
        process: String,
    },
    /// Ends the program; live pipeline runs go on.
    Leave,
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
