//! The configuration table, and the arguments that were edited for the next run.

use crate::tui::model::editor::Editor;
use domain::arguments::{MASK, RuntimeArguments};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::plan::{ArgumentSource, PlannedArgument, compare};
use domain::row::{Configuration, ConfigurationRow};
use domain::secret::SecretNames;
use domain::task::Task;
use std::collections::BTreeMap;

/// The pane of the configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationPane {
    /// The table as it was when it could be read last; what it says now is in [`Self::current`].
    pub table: Option<Configuration>,
    /// Why it could not be read the last time.
    pub failure: Option<Failure>,
    /// Whether it is being read.
    pub is_reading: bool,
    /// The index of the selected row.
    pub selected: usize,
    /// The arguments of the next run where they differ from the row's.
    pub edits: BTreeMap<TaskId, RuntimeArguments>,
    /// Those that went to the engine with a start or a retry, until their pipelines have been started with them.
    pub sent: BTreeMap<TaskId, RuntimeArguments>,
}

impl ConfigurationPane {
    /// The rows, none before the table was read.
    pub fn rows(&self) -> &[ConfigurationRow] {
        self.table.as_ref().map_or(&[], |table| &table.rows)
    }

    /// The table as it is now; nothing while it is being read, and if it could not be: a plan must not be
    /// made of what it said before.
    pub fn current(&self) -> Option<&Configuration> {
        let is_current = !self.is_reading && self.failure.is_none();
        self.table.as_ref().filter(|_| is_current)
    }

    /// Why the table cannot be read; nothing while it is being read again.
    pub fn trouble(&self) -> Option<&Failure> {
        self.failure.as_ref().filter(|_| !self.is_reading)
    }

    /// The selected row.
    pub fn row(&self) -> Option<&ConfigurationRow> {
        self.rows().get(self.selected)
    }

    /// The arguments of a row's pipeline in the next run.
    pub fn arguments<'a>(&'a self, row: &'a ConfigurationRow) -> &'a RuntimeArguments {
        self.edits.get(&row.task).unwrap_or(&row.arguments)
    }

    /// Shows another table; the selection stays with its row. What was not edited follows its row.
    pub fn replace(&mut self, table: Configuration) {
        for row in &table.rows {
            let before = self.rows().iter().find(|before| before.task == row.task);
            let before = before.map(|before| before.arguments.clone());
            if let Some((before, edited)) = before.zip(self.edits.get_mut(&row.task)) {
                edited.rebase(&before, &row.arguments);
            }
        }
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

/// The arguments of one row, or of one task, in a form. The engine shows no secrets: in the row they are
/// masked, and a mask among the values stands for what the row has.
#[derive(Clone, Debug)]
pub struct ArgumentsForm {
    /// The task of the row.
    pub task: TaskId,
    /// The names that a task needs before it is tried again, without those that were given; `None` for a
    /// row's form, which changes the next run.
    pub asked: Option<Vec<String>>,
    /// The names of secrets.
    pub secrets: SecretNames,
    /// The row's arguments.
    pub row: RuntimeArguments,
    /// The arguments of the next run.
    pub values: RuntimeArguments,
    /// The variables that are passed where neither of them has the argument.
    pub variables: RuntimeArguments,
    /// The selected line.
    pub selected: usize,
    /// The text field, while it is open.
    pub typing: Option<Typing>,
}

/// What a text field of the form is for.
#[derive(Clone, Debug)]
pub enum Typing {
    /// The name of another argument.
    Name(Editor),
    /// A value.
    Value {
        /// The argument.
        name: String,
        /// The field.
        editor: Editor,
    },
}

impl ArgumentsForm {
    /// The form of a row.
    pub fn new(
        row: &ConfigurationRow,
        values: &RuntimeArguments,
        variables: RuntimeArguments,
        secrets: &SecretNames,
    ) -> Self {
        Self {
            task: row.task.clone(),
            asked: None,
            secrets: secrets.clone(),
            row: row.arguments.clone(),
            values: values.clone(),
            variables,
            selected: 0,
            typing: None,
        }
    }

    /// The form of a task that needs these values again, with the field of the first one open.
    pub fn ask(task: &Task, names: &[String], secrets: &SecretNames) -> Self {
        let mut form = Self {
            task: task.id.clone(),
            asked: Some(names.to_vec()),
            secrets: secrets.clone(),
            row: task.arguments.clone(),
            values: task.arguments.clone(),
            variables: RuntimeArguments::default(),
            selected: 0,
            typing: None,
        };
        form.edit_asked();
        form
    }

    /// Opens the field of the next value that is asked for; false if all were given.
    pub fn edit_asked(&mut self) -> bool {
        let next = self.asked.as_ref().and_then(|names| names.first().cloned());
        let Some(name) = next else { return false };
        self.select(&name);
        let editor = Editor::masked();
        self.typing = Some(Typing::Value { name, editor });
        true
    }

    /// Every argument of the row or the run, by name.
    pub fn lines(&self) -> Vec<PlannedArgument<'_>> {
        let passed = |name: &str| self.values.get(name).is_none() && self.variables.get(name).is_some();
        let mut lines = compare(Some(&self.row), &self.values, &self.secrets);
        lines.retain(|argument| !passed(argument.name));
        let variables = self.variables.iter().filter(|(name, _)| passed(name));
        lines.extend(variables.map(|(name, value)| PlannedArgument {
            name,
            value: Some(value),
            row_value: self.row.get(name),
            source: ArgumentSource::Variable,
        }));
        lines.sort_by_key(|argument| argument.name);
        lines
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

    /// Opens the field of a value. A secret's field begins empty and is masked.
    pub fn edit(&mut self, name: String) {
        let before = self.values.get(&name).or(self.row.get(&name));
        let text = before.or(self.variables.get(&name)).unwrap_or_default();
        let is_masked =
            |arguments: &RuntimeArguments| arguments.get(&name).is_some_and(|value| value.contains(MASK));
        let editor = if self.secrets.contains(&name) || is_masked(&self.row) || is_masked(&self.values) {
            Editor::masked()
        } else {
            Editor::new(text)
        };
        self.typing = Some(Typing::Value { name, editor });
    }

    /// The text field that is being typed into.
    pub fn editor(&self) -> Option<&Editor> {
        match self.typing.as_ref()? {
            Typing::Name(editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }

    /// The same, to type into it.
    pub fn editor_mut(&mut self) -> Option<&mut Editor> {
        match self.typing.as_mut()? {
            Typing::Name(editor) | Typing::Value { editor, .. } => Some(editor),
        }
    }
}
