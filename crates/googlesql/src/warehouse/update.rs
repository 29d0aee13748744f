//! Changes of a table's metadata that come through BigQuery's API rather than as statements.

use super::Warehouse;
use crate::error::SqlError;
use crate::storage::catalog::{self, TableDescription};
use crate::storage::label;
use crate::storage::name::check_table_name;
use crate::value::Column;
use std::collections::BTreeMap;

/// What to change of a table; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TableUpdate {
    /// New nullable columns are added, descriptions are replaced, nothing else changes.
    pub columns: Option<Vec<Column>>,
    /// The labels that the table has afterwards.
    pub labels: Option<BTreeMap<String, String>>,
}

impl Warehouse {
    /// Changes a table or view in one transaction: `change` sees it as it is, and what it returns is applied
    /// before anybody else can change it. Returns the changed table; `None` if there is no such table.
    ///
    /// # Errors
    /// Those of `change`, and a column that is missing, has another type, or is new and required.
    pub fn update_table(
        &self,
        dataset: &str,
        table: &str,
        change: impl FnOnce(&TableDescription) -> Result<TableUpdate, SqlError>,
    ) -> Result<Option<TableDescription>, SqlError> {
        check_table_name(table)?;
        let full = format!("{dataset}.{table}");
        self.connections.write(|connection| {
            let Some(found) = catalog::describe_table(connection, dataset, table)? else {
                return Ok(None);
            };
            let update = change(&found)?;
            if let Some(columns) = &update.columns {
                self.update_columns(connection, &full, columns)?;
            }
            if let Some(labels) = &update.labels {
                label::set(connection, &full, labels)?;
                catalog::mark_modified(connection, &full)?;
            }
            catalog::describe_table(connection, dataset, table)
        })
    }
}
