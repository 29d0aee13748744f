//! The configuration table, and the arguments that were edited for the next run.

use crate::tui::model::list_filter::ListFilter;
use crate::tui::widget::list::Shown;
use domain::arguments::RuntimeArguments;
use domain::draft::{ArgumentEdit, TypedName};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::row::{Configuration, ConfigurationRow};
use domain::time::Timestamp;
use std::collections::BTreeMap;

/// The pane of the configuration.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationPane {
    /// The table as it was when it could be read last; what it says now is in [`Self::current`].
    pub table: Option<Configuration>,
    /// Why it could not be read the last time.
    pub failure: Option<Failure>,
    /// When that was.
    pub read_at: Option<Timestamp>,
    /// How often another table was shown.
    pub readings: u64,
    /// Whether it is being read.
    pub is_reading: bool,
    /// The index of the selected row.
    pub selected: usize,
    /// Which rows are shown.
    pub filter: ListFilter,
    /// The arguments of the next run where they differ from the row's.
    pub edits: BTreeMap<TaskId, RuntimeArguments>,
    /// Edits that are made as soon as the table has been read.
    pub awaited: BTreeMap<TaskId, ArgumentEdit>,
    /// The name that was being typed the last time, until its form is open again.
    pub awaited_name: Option<TypedName>,
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

    /// Which rows are shown.
    pub fn shown(&self) -> Shown<'_> {
        self.filter.shown(self.rows().len())
    }

    /// The selected row; nothing if the filter hides it.
    pub fn row(&self) -> Option<&ConfigurationRow> {
        let is_shown = self.shown().contains(self.selected);
        self.rows().get(self.selected).filter(|_| is_shown)
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
        let task = self.rows().get(self.selected).map(|row| row.task.clone());
        let is_same = |row: &ConfigurationRow| Some(&row.task) == task.as_ref();
        if !table.rows.get(self.selected).is_some_and(is_same) {
            let found = table.rows.iter().position(is_same);
            self.selected = found.unwrap_or(self.selected.min(table.rows.len().saturating_sub(1)));
        }
        for (task, edit) in std::mem::take(&mut self.awaited) {
            if let Some(row) = table.rows.iter().find(|row| row.task == task) {
                self.edits.insert(task, edit.applied_to(&row.arguments));
            }
        }
        self.table = Some(table);
        self.readings += 1;
        self.failure = None;
    }

    /// Makes edits again, now or as soon as the table has been read.
    pub fn edit_again(&mut self, edits: BTreeMap<TaskId, ArgumentEdit>) {
        self.awaited = edits;
        if let Some(table) = self.table.take() {
            self.replace(table);
        }
    }
}
