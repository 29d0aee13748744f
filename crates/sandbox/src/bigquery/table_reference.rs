//! The tables that jobs read and write.

use super::ApiState;
use super::anonymous;
use super::error::ApiError;
use googlesql::value::{Column, Value};
use googlesql::{LoadOptions, QuerySettings, SqlError, check_table_name};
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

    /// Reads all rows, with the table's own columns: a query does not return their modes and descriptions.
    pub fn read(&self, state: &ApiState) -> Result<Content, SqlError> {
        anonymous::fill(state, &self.dataset, &self.table)?;
        let sql = format!("SELECT * FROM `{}`.`{}`", self.dataset, self.table);
        let result = state.warehouse.query(&sql, &QuerySettings::default())?;
        let described = state.warehouse.table(&self.dataset, &self.table)?;
        Ok((
            described.map_or(result.columns, |table| table.columns),
            result.rows,
        ))
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
