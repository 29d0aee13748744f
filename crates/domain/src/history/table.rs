//! Tasks and runs as a grid, made once for many frames: a cell is found without a search.

use super::{RunRecord, TaskRecord};
use crate::id::TaskId;
use std::collections::BTreeMap;

/// Which task of which run is in which cell. Holds places in the records that it was made from, and no copies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryTable {
    tasks: Vec<TaskId>,
    /// For each record, the place of each task in it.
    places: Vec<Vec<Option<u32>>>,
    rows: BTreeMap<TaskId, usize>,
}

impl HistoryTable {
    /// The grid of no runs.
    pub const EMPTY: Self = Self {
        tasks: Vec::new(),
        places: Vec::new(),
        rows: BTreeMap::new(),
    };

    /// The grid of these records, the newest first: a row for each task of any of them, in the order of the newest run
    /// that has it.
    pub fn new<'a>(records: impl IntoIterator<Item = Option<&'a RunRecord>>) -> Self {
        let mut table = Self::default();
        for record in records {
            let mut places = vec![None; table.tasks.len()];
            for (place, task) in record.into_iter().flat_map(|record| &record.tasks).enumerate() {
                let row = table.row_of(task, &mut places);
                places[row] = u32::try_from(place).ok();
            }
            table.places.push(places);
        }
        table
    }

    fn row_of(&mut self, task: &TaskRecord, places: &mut Vec<Option<u32>>) -> usize {
        if let Some(row) = self.rows.get(&task.task) {
            return *row;
        }
        let row = self.tasks.len();
        self.tasks.push(task.task.clone());
        self.rows.insert(task.task.clone(), row);
        places.push(None);
        row
    }

    /// The tasks, one a row.
    pub fn tasks(&self) -> &[TaskId] {
        &self.tasks
    }

    /// The row of a task.
    pub fn row(&self, task: &TaskId) -> Option<usize> {
        self.rows.get(task).copied()
    }

    /// The place of a row's task among the tasks of a record, which is counted as they were given.
    pub fn place(&self, record: usize, row: usize) -> Option<usize> {
        let place = self.places.get(record)?.get(row).copied().flatten()?;
        usize::try_from(place).ok()
    }
}
