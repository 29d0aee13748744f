//! The window of former runs: which run and which task of it are selected, and the grid of both. Selections are kept by
//! name, so that they stay while runs come and go.

use crate::tui::widget::list;
use domain::history::{HistoryTable, RunRecord};
use domain::id::{DagRunId, TaskId};
use domain::summary::RunSummary;

/// How former runs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryForm {
    /// Tasks down, runs across, the newest on the right.
    Grid,
    /// One run a line, the newest first.
    List,
}

/// The window.
#[derive(Clone, Debug)]
pub struct HistoryWindow {
    /// How it shows the runs.
    pub form: HistoryForm,
    /// The selected run.
    pub run: DagRunId,
    /// The selected task in the grid; nothing is the run itself.
    pub task: Option<TaskId>,
    /// Runs to be compared, at most two.
    pub marked: Vec<DagRunId>,
    /// The runs of the grid as places in the list, the newest first: those of the profile and the pipeline of the
    /// selected one.
    columns: Vec<usize>,
    table: HistoryTable,
    made_of: Option<MadeOf>,
}

/// What the grid was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MadeOf {
    revision: u64,
    runs: usize,
    shown: Option<Vec<usize>>,
    profile: String,
    pipeline: String,
}

impl HistoryWindow {
    /// A window in which this run is selected.
    pub const fn new(run: DagRunId) -> Self {
        Self {
            form: HistoryForm::Grid,
            run,
            task: None,
            marked: Vec::new(),
            columns: Vec::new(),
            table: HistoryTable::EMPTY,
            made_of: None,
        }
    }

    /// The tasks of the grid, one a row.
    pub fn tasks(&self) -> &[TaskId] {
        self.table.tasks()
    }

    /// The row of the selected task; nothing if the run itself is selected.
    pub fn row(&self) -> Option<usize> {
        self.table.row(self.task.as_ref()?)
    }

    /// The runs of the grid as places in the list, the newest first.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The column of the selected run, counted from the newest.
    pub fn column(&self, runs: &[RunSummary]) -> usize {
        let is_selected = |place: &usize| runs.get(*place).is_some_and(|run| run.id == self.run);
        self.columns.iter().position(is_selected).unwrap_or(0)
    }

    /// The selected line: of the grid, whose first one is the run itself, or of the list.
    pub fn line(&self, runs: &[RunSummary]) -> usize {
        match self.form {
            HistoryForm::Grid => self.row().map_or(0, |row| row + 1),
            HistoryForm::List => runs.iter().position(|run| run.id == self.run).unwrap_or(0),
        }
    }

    /// Selects a task by steps; above the first one is the run itself.
    pub fn step_task(&mut self, step: isize) {
        let from = self.row().map_or(0, |row| row + 1);
        let row = list::moved(from, step, self.tasks().len() + 1);
        self.task = row.checked_sub(1).and_then(|row| self.tasks().get(row).cloned());
    }

    /// Selects an earlier or a later run of the grid.
    pub fn step_run(&mut self, step: isize, runs: &[RunSummary]) {
        let column = list::moved(self.column(runs), step, self.columns.len());
        let run = self.columns.get(column).and_then(|place| runs.get(*place));
        if let Some(run) = run {
            self.run.clone_from(&run.id);
        }
    }

    /// Selects an earlier or a later run of the list.
    pub fn step_in_list(&mut self, step: isize, runs: &[RunSummary], shown: list::Shown<'_>) {
        let place = runs.iter().position(|run| run.id == self.run).unwrap_or(0);
        let moved = shown.moved(place, step).and_then(|place| runs.get(place));
        if let Some(run) = moved {
            self.run.clone_from(&run.id);
        }
    }

    /// Marks the selected run, or takes its mark away. Of more than two the older mark goes.
    pub fn mark(&mut self) {
        let before = self.marked.len();
        self.marked.retain(|run| *run != self.run);
        if self.marked.len() == before {
            self.marked.push(self.run.clone());
            let more = self.marked.len().saturating_sub(2);
            self.marked.drain(..more);
        }
    }

    /// The place of a task among those of its run's record, by column and row.
    pub fn place(&self, column: usize, row: usize) -> Option<usize> {
        self.table.place(column, row)
    }

    /// Makes the grid anew if the list has changed, or what its filter shows, or the records have; `revision` counts their changes.
    pub fn sync<'a>(
        &mut self,
        runs: &[RunSummary],
        shown: list::Shown<'_>,
        revision: u64,
        record: impl Fn(&DagRunId) -> Option<&'a RunRecord>,
    ) {
        let selected = runs.iter().find(|run| run.id == self.run).or(runs.first());
        let Some(selected) = selected else { return };
        self.run.clone_from(&selected.id);
        let made_of = MadeOf {
            revision,
            runs: runs.len(),
            shown: (shown.len() < runs.len()).then(|| shown.places().collect()),
            profile: selected.profile.clone(),
            pipeline: selected.pipeline.clone(),
        };
        if self.made_of.as_ref() == Some(&made_of) {
            return;
        }
        self.marked
            .retain(|marked| runs.iter().any(|run| run.id == *marked));
        let seen = |(place, run): &(usize, &RunSummary)| shown.contains(*place) && run.is_alike(selected);
        let alike = runs.iter().enumerate().filter(seen);
        self.columns = alike.map(|(place, _)| place).collect();
        let records = self.columns.iter().map(|place| record(&runs[*place].id));
        self.table = HistoryTable::new(records);
        self.made_of = Some(made_of);
    }
}

impl Default for HistoryWindow {
    fn default() -> Self {
        Self::new(DagRunId::new(""))
    }
}
