//! Load jobs: rows appended in one piece, new nullable columns added, types never changed.

use super::catalogue::{self, columns_of};
use super::rewrite::quote;
use super::{SqlError, Warehouse, internal, kind};
use crate::sandbox::value::{Column, Value};
use rusqlite::params_from_iter;

impl Warehouse {
    /// Appends rows as a load job does (`WRITE_APPEND`, `ALLOW_FIELD_ADDITION`): all of them or none.
    ///
    /// A missing table is made; a missing dataset is an error. Returns how many rows were loaded.
    pub fn append(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<u64, SqlError> {
        let full = format!("{dataset}.{table}");
        if !self.datasets()?.iter().any(|known| known == dataset) {
            return Err(self.not_found(&full));
        }
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(internal)?;
        let known = columns_of(&transaction, &full)?;
        if known.is_empty() {
            let definitions: Vec<_> = columns.iter().map(definition).collect();
            let sql = format!("CREATE TABLE {} ({})", quote(&full), definitions.join(", "));
            transaction.execute(&sql, []).map_err(internal)?;
        }
        for column in columns.iter().filter(|_| !known.is_empty()) {
            match known.iter().find(|k| k.name.eq_ignore_ascii_case(&column.name)) {
                Some(same) if same.kind == column.kind => {}
                Some(other) => return Err(self.changed_type(&full, &column.name, other, column)),
                None => {
                    let sql = format!("ALTER TABLE {} ADD COLUMN {}", quote(&full), definition(column));
                    transaction.execute(&sql, []).map_err(internal)?;
                }
            }
        }
        let names: Vec<_> = columns.iter().map(|column| quote(&column.name)).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({places})",
            quote(&full),
            names.join(", ")
        );
        let mut insert = transaction.prepare(&sql).map_err(internal)?;
        for row in rows {
            let cells = row.iter().map(kind::cell);
            insert
                .execute(params_from_iter(cells))
                .map_err(|error| SqlError {
                    reason: "invalid",
                    message: format!("Error while reading data: {error}"),
                })?;
        }
        drop(insert);
        catalogue::touch(&transaction, &full)?;
        transaction.commit().map_err(internal)?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    fn changed_type(&self, full: &str, name: &str, from: &Column, to: &Column) -> SqlError {
        let (from, to) = (kind::name(from.kind), kind::name(to.kind));
        SqlError {
            reason: "invalid",
            message: format!(
                "Provided Schema does not match Table {}:{full}. Field {name} has changed type from {from} to {to}",
                self.project
            ),
        }
    }
}

fn definition(column: &Column) -> String {
    kind::definition(&column.name, column.kind)
}
