//! Load jobs: rows appended in one piece, new nullable columns added, types never changed.

use super::catalogue::{self, columns_of};
use super::kind::quote;
use super::{SqlError, Warehouse, change, internal, kind, store};
use crate::value::{Column, ColumnType, Value};
use rusqlite::Connection;

/// What becomes of the rows that a table has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// They stay: `WRITE_APPEND`.
    #[default]
    Keep,
    /// They and the schema go: `WRITE_TRUNCATE`.
    Replace,
    /// There must be none: `WRITE_EMPTY`.
    Refuse,
}

/// How rows are put into a table.
#[derive(Clone, Copy, Debug)]
pub struct Append {
    /// What becomes of the rows that are there.
    pub existing: Existing,
    /// Whether a missing table is made: `CREATE_IF_NEEDED`.
    pub create: bool,
    /// Whether columns may be added: `ALLOW_FIELD_ADDITION`.
    pub widen: bool,
}

impl Default for Append {
    fn default() -> Self {
        Self {
            existing: Existing::Keep,
            create: true,
            widen: true,
        }
    }
}

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
        self.put(dataset, table, columns, rows, Append::default())
    }

    /// Puts rows into a table: all of them or none. Returns how many.
    ///
    /// # Errors
    /// A missing dataset or table, rows where none may be, a schema that does not fit.
    pub fn put(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
        how: Append,
    ) -> Result<u64, SqlError> {
        let full = format!("{dataset}.{table}");
        self.connections.write(|connection| {
            let is_known = catalogue::datasets(connection)?
                .iter()
                .any(|known| known.name == dataset);
            if !is_known || (!how.create && columns_of(connection, &full)?.is_empty()) {
                return Err(catalogue::not_found(
                    connection,
                    &self.project,
                    &self.location,
                    &full,
                ));
            }
            self.put_rows(connection, &full, columns, rows, how)
        })
    }

    fn put_rows(
        &self,
        connection: &Connection,
        full: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
        how: Append,
    ) -> Result<u64, SqlError> {
        let mut known = columns_of(connection, full)?;
        if how.existing == Existing::Refuse && !known.is_empty() {
            let some = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(full));
            if connection
                .query_row(&some, [], |row| row.get(0))
                .map_err(internal)?
            {
                return Err(SqlError {
                    reason: "duplicate".into(),
                    message: format!("Already Exists: Table {}:{full}", self.project),
                });
            }
        }
        if how.existing == Existing::Replace && !known.is_empty() {
            catalogue::remove(connection, full)?;
            known.clear();
        }
        if known.is_empty() {
            catalogue::create(connection, full, columns)?;
        }
        for column in columns.iter().filter(|_| !known.is_empty()) {
            match known.iter().find(|k| k.name.eq_ignore_ascii_case(&column.name)) {
                Some(same) if same.kind == column.kind => {}
                Some(other) => return Err(self.changed_type(full, &column.name, other, column)),
                None if !how.widen => {
                    let message = format!(
                        "Provided Schema does not match Table {}:{full}. Cannot add fields (field: {})",
                        self.project, column.name
                    );
                    return Err(SqlError::bad_data(message));
                }
                None => {
                    let added = kind::definition(column);
                    let sql = format!("ALTER TABLE {} ADD COLUMN {added}", quote(full));
                    connection.execute(&sql, []).map_err(internal)?;
                }
            }
        }
        // An ARRAY is never NULL in a table, neither one that the rows have nothing for.
        let arrays = known
            .iter()
            .filter(|known| matches!(known.kind, ColumnType::Array(_)));
        let missing = arrays.filter(|known| {
            !columns
                .iter()
                .any(|own| own.name.eq_ignore_ascii_case(&known.name))
        });
        let all: Vec<Column> = columns.iter().chain(missing).cloned().collect();
        let whole: Vec<Vec<Value>> = rows
            .iter()
            .map(|row| {
                let mut row = row.clone();
                row.resize(all.len(), Value::Null);
                change::stored(row, &all)
            })
            .collect();
        store::insert(connection, full, &all, &whole)?;
        catalogue::touch(connection, full)?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Gives a table these columns: new nullable ones are added, descriptions change, and nothing else may.
    ///
    /// # Errors
    /// A column that is gone, of another type, or new and required.
    pub fn alter(&self, dataset: &str, table: &str, columns: &[Column]) -> Result<(), SqlError> {
        let full = format!("{dataset}.{table}");
        self.connections
            .write(|connection| self.alter_columns(connection, &full, columns))
    }

    fn alter_columns(&self, connection: &Connection, full: &str, columns: &[Column]) -> Result<(), SqlError> {
        let known = columns_of(connection, full)?;
        let same = |a: &Column, b: &Column| a.name.eq_ignore_ascii_case(&b.name);
        let refuse = |what: String| {
            let message = format!(
                "Provided Schema does not match Table {}:{full}. {what}",
                self.project
            );
            SqlError::bad_data(message)
        };
        if let Some(gone) = known
            .iter()
            .find(|column| !columns.iter().any(|wanted| same(wanted, column)))
        {
            return Err(refuse(format!("Field {} is missing in new schema", gone.name)));
        }
        for column in columns {
            match known.iter().find(|known| same(known, column)) {
                Some(other) if other.kind != column.kind => {
                    return Err(self.changed_type(full, &column.name, other, column));
                }
                Some(_) => {}
                None if !column.nullable => {
                    return Err(refuse(format!(
                        "Cannot add required fields to an existing schema. (field: {})",
                        column.name
                    )));
                }
                None => {
                    let added = kind::definition(column);
                    let sql = format!("ALTER TABLE {} ADD COLUMN {added}", quote(full));
                    connection.execute(&sql, []).map_err(internal)?;
                }
            }
            if let Some(description) = &column.description {
                catalogue::describe(connection, full, &column.name, description)?;
            }
        }
        catalogue::touch(connection, full)
    }

    /// Removes a dataset and, if that is wanted, what is in it.
    ///
    /// # Errors
    /// Tables in it that are to stay.
    pub fn drop_dataset(&self, dataset: &str, contents: bool) -> Result<(), SqlError> {
        self.connections.write(|connection| {
            let tables = catalogue::tables(connection, dataset)?;
            if !tables.is_empty() && !contents {
                return Err(SqlError {
                    reason: "resourceInUse".into(),
                    message: format!("Dataset {}:{dataset} is still in use", self.project),
                });
            }
            for table in tables {
                catalogue::remove(connection, &format!("{dataset}.{table}"))?;
            }
            connection
                .execute("DELETE FROM __datasets WHERE name = ?1", [dataset])
                .map_err(internal)?;
            Ok(())
        })
    }

    fn changed_type(&self, full: &str, name: &str, from: &Column, to: &Column) -> SqlError {
        let (from, to) = (kind::name(&from.kind), kind::name(&to.kind));
        SqlError {
            reason: "invalid".into(),
            message: format!(
                "Provided Schema does not match Table {}:{full}. Field {name} has changed type from {from} to {to}",
                self.project
            ),
        }
    }
}
