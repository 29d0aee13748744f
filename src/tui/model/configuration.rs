//! The configuration table, and the arguments that were edited for the next run.

use crate::tui::model::editor::Editor;
use domain::arguments::{RuntimeArguments, is_secret_name};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::plan::{PlannedArgument, compare};
use domain::row::{Configuration, ConfigurationRow};
use std::collections::BTreeMap;

/// The pane of the configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationPane {
    /// The table as it was read last.
    pub table: Option<Configuration>,
    /// Why the last reading failed.
    pub failure: Option<Failure>,
    /// Whether an answer is awaited.
    pub is_reading: bool,
    /// The selected row's place.
    pub selected: usize,
    /// Arguments that the next run gives instead of the row's; only where they differ.
    pub edits: BTreeMap<TaskId, RuntimeArguments>,
}

impl ConfigurationPane {
    /// The rows, none before the table was read.
    pub fn rows(&self) -> &[ConfigurationRow] {
        self.table.as_ref().map_or(&[], |table| &table.rows)
    }

    /// The selected row.
    pub fn row(&self) -> Option<&ConfigurationRow> {
        self.rows().get(self.selected)
    }

    /// What the next run gives a row's pipeline.
    pub fn arguments<'a>(&'a self, row: &'a ConfigurationRow) -> &'a RuntimeArguments {
        self.edits.get(&row.task).unwrap_or(&row.arguments)
    }

    /// Takes another table; the selection stays with its row.
    pub fn replace(&mut self, table: Configuration) {
        let task = self.row().map(|row| row.task.clone());
        let is_same = |row: &ConfigurationRow| Some(&row.task) == task.as_ref();
        if !table.rows.get(self.selected).is_some_and(is_same) {
            let found = table.rows.iter().position(is_same);
            self.selected = found.unwrap_or(self.selected.min(table.rows.len().saturating_sub(1)));
        }
        self.table = Some(table);
        self.failure = None;
    }
}

/// The arguments of one row in a form.
#[derive(Clone, Debug)]
pub struct ArgumentsForm {
    /// The task of the row.
    pub task: TaskId,
    /// What the row gives.
    pub row: RuntimeArguments,
    /// What the next run gives.
    pub values: RuntimeArguments,
    /// The selected line.
    pub selected: usize,
    /// What is being typed.
    pub typing: Option<Typing>,
}

/// What is being typed into the form.
#[derive(Clone, Debug)]
pub enum Typing {
    /// The name of another argument.
    Name(Editor),
    /// A value.
    Value {
        /// Of this argument.
        name: String,
        /// The field.
        editor: Editor,
    },
}

impl ArgumentsForm {
    /// The form of a row.
    pub fn new(row: &ConfigurationRow, values: &RuntimeArguments) -> Self {
        Self {
            task: row.task.clone(),
            row: row.arguments.clone(),
            values: values.clone(),
            selected: 0,
            typing: None,
        }
    }

    /// Every argument that the row or the run has, in the order of the names.
    pub fn lines(&self) -> Vec<PlannedArgument<'_>> {
        compare(Some(&self.row), &self.values)
    }

    /// The selected argument's name.
    pub fn name(&self) -> Option<String> {
        let lines = self.lines();
        lines.get(self.selected).map(|argument| argument.name.to_owned())
    }

    /// Selects the argument of this name.
    pub fn select(&mut self, name: &str) {
        let lines = self.lines();
        let found = lines.iter().position(|argument| argument.name == name);
        self.selected = found.unwrap_or(self.selected.min(lines.len().saturating_sub(1)));
    }

    /// Begins to type a value: a secret is typed anew and never shown.
    pub fn edit(&mut self, name: String) {
        let editor = if is_secret_name(&name) {
            Editor::masked()
        } else {
            Editor::new(self.values.get(&name).or(self.row.get(&name)).unwrap_or_default())
        };
        self.typing = Some(Typing::Value { name, editor });
    }

    /// The field that is being typed into.
    pub fn editor(&self) -> Option<&Editor> {
        match self.typing.as_ref()? {
            Typing::Name(editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }

    /// The field that is being typed into, to type into it.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        match self.typing.as_mut()? {
            Typing::Name(editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }
}
