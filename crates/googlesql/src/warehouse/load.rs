//! Load jobs, and the columns that they and changes of a schema add.

use super::Warehouse;
use crate::cell::quote;
use crate::error::SqlError;
use crate::kind;
use crate::storage::name::check_table_name;
use crate::storage::{catalog, label, table};
use crate::value::{Column, ColumnType, Row};
use rusqlite::Connection;

/// What becomes of the rows that a table already has: BigQuery's `writeDisposition`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteDisposition {
    /// They stay: `WRITE_APPEND`.
    #[default]
    Append,
    /// They and the schema are replaced: `WRITE_TRUNCATE`.
    Truncate,
    /// There must be none: `WRITE_EMPTY`.
    Empty,
}

/// How rows are loaded into a table.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// What becomes of the rows that the table already has.
    pub write: WriteDisposition,
    /// Whether a missing table is created: `CREATE_IF_NEEDED`.
    pub create: bool,
    /// Whether columns may be added: `ALLOW_FIELD_ADDITION`.
    pub add_fields: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            write: WriteDisposition::Append,
            create: true,
            add_fields: true,
        }
    }
}

impl Warehouse {
    /// Appends rows as [`Warehouse::load`] does with the default options. Returns how many.
    ///
    /// # Errors
    /// As [`Warehouse::load`].
    pub fn append(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Row],
    ) -> Result<u64, SqlError> {
        self.load(dataset, table, columns, rows, LoadOptions::default())
    }

    /// Loads rows into a table, all or none of them. Returns how many.
    ///
    /// # Errors
    /// A missing dataset or table, rows where none may be, a schema that does not fit.
    pub fn load(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Row],
        options: LoadOptions,
    ) -> Result<u64, SqlError> {
        check_table_name(table)?;
        let full = format!("{dataset}.{table}");
        self.connections.write(|connection| {
            if !catalog::dataset_exists(connection, dataset)?
                || (!options.create && catalog::columns_of(connection, &full)?.is_empty())
            {
                return Err(catalog::not_found(
                    connection,
                    &self.project,
                    &self.location,
                    &full,
                ));
            }
            let known = self.prepare_table(connection, &full, columns, options)?;
            // An ARRAY in a table is never NULL, so those that the rows lack are written as empty ones.
            let is_array = |column: &&Column| matches!(column.kind, ColumnType::Array(_));
            let lacking = known
                .iter()
                .filter(|known| is_array(known) && find(columns, &known.name).is_none());
            let all: Vec<Column> = columns.iter().chain(lacking).cloned().collect();
            table::insert(connection, &full, &all, rows)?;
            catalog::mark_modified(connection, &full)?;
            Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
        })
    }

    /// Deletes a dataset, with its tables only if `contents` is true.
    ///
    /// # Errors
    /// Reason `resourceInUse` for tables that are to stay.
    pub fn drop_dataset(&self, dataset: &str, contents: bool) -> Result<(), SqlError> {
        self.connections.write(|connection| {
            if !contents && !catalog::tables(connection, dataset)?.is_empty() {
                return Err(SqlError {
                    reason: "resourceInUse".into(),
                    message: format!("Dataset {}:{dataset} is still in use", self.project),
                });
            }
            catalog::drop_dataset(connection, dataset)
        })
    }

    /// Makes the table ready for rows of these columns; returns the columns that it had before.
    fn prepare_table(
        &self,
        connection: &Connection,
        full: &str,
        columns: &[Column],
        options: LoadOptions,
    ) -> Result<Vec<Column>, SqlError> {
        let mut known = catalog::columns_of(connection, full)?;
        if !known.is_empty() {
            match options.write {
                WriteDisposition::Append => {}
                WriteDisposition::Truncate => {
                    // The rows and the schema are replaced; the table is the same and keeps its labels.
                    let labels = label::of(connection, full)?;
                    catalog::drop_table(connection, full)?;
                    label::set(connection, full, &labels)?;
                    known.clear();
                }
                WriteDisposition::Empty => self.check_empty(connection, full)?,
            }
        }
        if known.is_empty() {
            catalog::create_table(connection, full, columns)?;
            return Ok(known);
        }
        for column in columns {
            match find(&known, &column.name) {
                Some(same) if same.kind == column.kind => {}
                Some(other) => return Err(self.changed_type(full, &column.name, other, column)),
                None if !options.add_fields => {
                    let what = format!("Cannot add fields (field: {})", column.name);
                    return Err(self.mismatch(full, &what));
                }
                None => catalog::add_column(connection, full, column)?,
            }
        }
        Ok(known)
    }

    fn check_empty(&self, connection: &Connection, full: &str) -> Result<(), SqlError> {
        let any = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(full));
        if connection.query_row(&any, [], |row| row.get(0))? {
            return Err(SqlError {
                reason: "duplicate".into(),
                message: format!("Already Exists: Table {}:{full}", self.project),
            });
        }
        Ok(())
    }

    /// Gives a table these columns: new nullable columns are added, descriptions are replaced, nothing else changes.
    pub(super) fn update_columns(
        &self,
        connection: &Connection,
        full: &str,
        columns: &[Column],
    ) -> Result<(), SqlError> {
        let known = catalog::columns_of(connection, full)?;
        if let Some(missing) = known.iter().find(|known| find(columns, &known.name).is_none()) {
            let what = format!("Field {} is missing in new schema", missing.name);
            return Err(self.mismatch(full, &what));
        }
        for column in columns {
            match find(&known, &column.name) {
                Some(other) if other.kind != column.kind => {
                    return Err(self.changed_type(full, &column.name, other, column));
                }
                Some(_) => {}
                None if !column.nullable => {
                    let what = format!(
                        "Cannot add required fields to an existing schema. (field: {})",
                        column.name
                    );
                    return Err(self.mismatch(full, &what));
                }
                None => catalog::add_column(connection, full, column)?,
            }
            if let Some(description) = &column.description {
                catalog::set_column_description(connection, full, &column.name, description)?;
            }
        }
        catalog::mark_modified(connection, full)
    }

    fn changed_type(&self, full: &str, name: &str, from: &Column, to: &Column) -> SqlError {
        let (from, to) = (kind::name(&from.kind), kind::name(&to.kind));
        self.mismatch(
            full,
            &format!("Field {name} has changed type from {from} to {to}"),
        )
    }

    fn mismatch(&self, full: &str, what: &str) -> SqlError {
        let project = &self.project;
        SqlError::bad_data(format!(
            "Provided Schema does not match Table {project}:{full}. {what}"
        ))
    }
}

fn find<'c>(columns: &'c [Column], name: &str) -> Option<&'c Column> {
    columns
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(name))
}
