//! The lines of the lists as filters see them, and which of them are marked and shown.

use super::Model;
use super::list_filter::{RowLine, TaskLine};
use super::marks::Marks;
use super::variables::VariableLine;
use crate::tui::context::Pane;
use domain::id::TaskId;
use domain::row::{Configuration, ConfigurationRow};
use domain::task::Task;
use domain::variable::VariableName;
use std::collections::BTreeSet;

impl Model {
    /// Shows another table; selection and marks stay with their rows.
    pub fn replace_rows(&mut self, table: Configuration) {
        let names: BTreeSet<_> = table.rows.iter().map(|row| row.name.clone()).collect();
        self.row_marks.retain(|name| names.contains(name));
        self.configuration.replace(table);
        self.configuration.read_at = Some(self.now);
    }

    /// The rows as a filter sees them.
    pub fn row_lines(&self) -> impl Iterator<Item = RowLine<'_>> {
        let rows = self.configuration.rows().iter();
        rows.map(|row| RowLine {
            row,
            is_edited: self.has_edits(&row.task),
            is_marked: !self.row_marks.is_empty() && self.row_marks.contains(&row.name),
        })
    }

    /// The tasks of the shown run as a filter sees them.
    pub fn task_lines(&self) -> impl Iterator<Item = TaskLine<'_>> {
        let run = self.shown_run();
        let marks = run.and_then(|run| self.task_marks.of(&run.id));
        let tasks = run
            .into_iter()
            .flat_map(|run| run.tasks.iter().map(move |task| (run, task)));
        tasks.map(move |(run, task)| TaskLine {
            task,
            keys: &run.request.variables.key_columns,
            is_marked: marks.is_some_and(|marks| marks.contains(&task.id)),
        })
    }

    /// The variables as a filter sees them.
    pub fn variable_lines(&self) -> impl Iterator<Item = VariableLine<'_>> {
        let pane = &self.variables;
        VariableName::ALL
            .iter()
            .map(|name| VariableLine { name: *name, pane })
    }

    /// The marked rows that are shown, in the order of the table. What a filter hides is left alone.
    pub fn marked_rows(&self) -> impl Iterator<Item = &ConfigurationRow> {
        let rows = self.configuration.rows().iter().enumerate();
        let shown = self.configuration.shown();
        let is_marked = |row: &ConfigurationRow| self.row_marks.contains(&row.name);
        let marked = rows.filter(move |(place, row)| {
            !self.row_marks.is_empty() && shown.contains(*place) && is_marked(row)
        });
        marked.map(|(_, row)| row)
    }

    /// The marked tasks of the shown run that are shown. What a filter hides is left alone.
    pub fn marked_lines(&self) -> impl Iterator<Item = &Task> {
        let run = self.shown_run();
        let marks = run.and_then(|run| self.task_marks.of(&run.id));
        let marks = marks.filter(|marks| !marks.is_empty());
        let tasks = run.filter(|_| marks.is_some()).map_or(&[][..], |run| &run.tasks);
        let shown = self.grid.filter.shown(tasks.len());
        let marked = tasks.iter().enumerate().filter(move |(place, task)| {
            marks.is_some_and(|marks| marks.contains(&task.id)) && shown.contains(*place)
        });
        marked.map(|(_, task)| task)
    }

    /// How many marked lines of the pane with the focus a filter hides.
    pub fn hidden_marks(&self) -> usize {
        match self.focus {
            Pane::Configuration => self.row_marks.len().saturating_sub(self.marked_rows().count()),
            Pane::Grid => {
                let run = self.shown_run();
                let marks = run.and_then(|run| self.task_marks.of(&run.id));
                let all = marks.map_or(0, Marks::len);
                all.saturating_sub(self.marked_lines().count())
            }
            Pane::Variables | Pane::Logs => 0,
        }
    }

    /// The tasks of the shown run that are marked in the pane with the focus, or whose rows are.
    pub fn marked_tasks(&self) -> BTreeSet<TaskId> {
        let Some(run) = self.shown_run() else {
            return BTreeSet::new();
        };
        match self.focus {
            Pane::Configuration => {
                let tasks = self.marked_rows().map(|row| row.task.clone());
                let tasks: BTreeSet<_> = tasks.collect();
                let known = run.tasks.iter().filter(|task| tasks.contains(&task.id));
                known.map(|task| task.id.clone()).collect()
            }
            Pane::Grid => self.marked_lines().map(|task| task.id.clone()).collect(),
            Pane::Variables | Pane::Logs => BTreeSet::new(),
        }
    }
}
