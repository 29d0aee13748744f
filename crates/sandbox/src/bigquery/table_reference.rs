//! The tables that jobs read and write.

use super::ApiState;
use super::anonymous;
use super::error::ApiError;
use googlesql::memory::bytes_of_row;
use googlesql::value::{Column, Value};
use googlesql::{LoadOptions, QuerySettings, SqlError, TableDescription, check_table_name};
use pipelines::container::Content;
use serde_json::Value as Json;

/// A table of the sandbox's project.
#[derive(Clone, Debug)]
pub(super) struct TableReference {
    pub dataset: String,
    pub table: String,
}

impl TableReference {
    /// Reads a `TableReference`; `None` without `datasetId` or `tableId`.
    pub fn from_json(state: &ApiState, given: &Json) -> Result<Option<Self>, ApiError> {
        let (Some(dataset), Some(table)) = (given["datasetId"].as_str(), given["tableId"].as_str()) else {
            return Ok(None);
        };
        let project = given["projectId"].as_str().unwrap_or(state.warehouse.project());
        state.check_dataset(project, dataset)?;
        check_table_id(table)?;
        Ok(Some(Self {
            dataset: dataset.to_owned(),
            table: table.to_owned(),
        }))
    }

    /// Begins to read all rows, with the table's own columns: a query does not return their modes and descriptions.
    pub fn open(&self, state: &ApiState) -> Result<TableReader, SqlError> {
        anonymous::fill(state, &self.dataset, &self.table)?;
        match state.warehouse.table(&self.dataset, &self.table)? {
            Some(found) if found.view.is_none() => Ok(TableReader {
                columns: found.columns.clone(),
                rows: TableRows::Stored(found),
            }),
            found => {
                let sql = format!("SELECT * FROM `{}`.`{}`", self.dataset, self.table);
                let result = state.warehouse.query(&sql, &QuerySettings::default())?;
                Ok(TableReader {
                    columns: found.map_or(result.columns, |view| view.columns),
                    rows: TableRows::Computed(result.rows),
                })
            }
        }
    }
}

/// A table that is read.
pub(super) struct TableReader {
    pub columns: Vec<Column>,
    rows: TableRows,
}

enum TableRows {
    /// Those of a view.
    Computed(Vec<Vec<Value>>),
    Stored(TableDescription),
}

impl TableReader {
    /// Gives each row to `each`. Of a table no more than a page is held.
    pub fn for_each(
        self,
        state: &ApiState,
        mut each: impl FnMut(Vec<Value>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let found = match self.rows {
            TableRows::Computed(rows) => return rows.into_iter().try_for_each(each),
            TableRows::Stored(found) => found,
        };
        let (dataset, table) = (&found.dataset, &found.name);
        let columns: Vec<usize> = (0..found.columns.len()).collect();
        let (mut start, mut pages) = (0_usize, 0);
        loop {
            let page = state
                .warehouse
                .page(dataset, table, &columns, start, usize::MAX)?;
            if page.is_empty() {
                break;
            }
            start = start.saturating_add(page.len());
            pages += 1;
            page.into_iter().try_for_each(&mut each)?;
        }
        // One page is read at one time.
        let now = state.warehouse.table(dataset, table)?;
        if pages > 1 && now.is_none_or(|now| now.modified != found.modified || now.rows != found.rows) {
            return Err(SqlError::bad_data(format!(
                "The table {dataset}.{table} was changed while it was read. Try again."
            )));
        }
        Ok(())
    }

    /// All columns and rows, which may take so many bytes of memory together with what was held before.
    pub fn all(self, state: &ApiState, held: &mut usize, most: usize) -> Result<Content, SqlError> {
        let (columns, mut rows) = (self.columns.clone(), Vec::new());
        self.for_each(state, |row| {
            *held = held.saturating_add(bytes_of_row(&row));
            if *held > most {
                return Err(SqlError {
                    reason: "resourcesExceeded".into(),
                    message: format!(
                        "Resources exceeded: the rows take more than {most} bytes of memory, which the sandbox refuses."
                    ),
                });
            }
            rows.push(row);
            Ok(())
        })?;
        Ok((columns, rows))
    }
}

/// Refuses ids with decorators, and those that would end the quotes around a name in SQL.
pub(super) fn check_table_id(id: &str) -> Result<(), ApiError> {
    check_table_name(id)?;
    if id.is_empty() || id.contains(['`', '.', '\\', '"']) {
        return Err(ApiError::invalid(format!("Invalid table ID \"{id}\".")));
    }
    Ok(())
}

/// A table that a job writes, with the job's dispositions.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub table: TableReference,
    pub how: LoadOptions,
}

impl Destination {
    /// Writes all rows or none; returns their number.
    pub fn write(&self, state: &ApiState, columns: &[Column], rows: &[Vec<Value>]) -> Result<u64, SqlError> {
        let TableReference { dataset, table } = &self.table;
        state.warehouse.load(dataset, table, columns, rows, self.how)
    }
}
