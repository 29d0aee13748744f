//! The sandbox's own warehouse as the plugins' tables.

use super::Tables;
use crate::sandbox::value::{Column, Value};
use crate::sandbox::warehouse::{QuerySettings, Warehouse};

impl Tables for Warehouse {
    fn check(&self, sql: &str) -> Result<(), String> {
        let settings = QuerySettings {
            dry_run: true,
            ..QuerySettings::default()
        };
        Self::query(self, sql, &settings)
            .map(drop)
            .map_err(|error| error.message)
    }

    fn query(&self, sql: &str) -> Result<(Vec<Column>, Vec<Vec<Value>>), String> {
        let outcome = Self::query(self, sql, &QuerySettings::default()).map_err(|error| error.message)?;
        Ok((outcome.columns, outcome.rows))
    }

    fn append(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<u64, String> {
        Self::append(self, dataset, table, columns, rows).map_err(|error| error.message)
    }

    fn columns(&self, dataset: &str, table: &str) -> Result<Option<Vec<Column>>, String> {
        let found = self.table(dataset, table).map_err(|error| error.message)?;
        Ok(found.map(|table| table.columns))
    }
}
