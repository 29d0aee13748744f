//! Load jobs: rows appended in one piece, new nullable columns added, types never changed.

use super::catalogue::{self, columns_of};
use super::kind::quote;
use super::{SqlError, Warehouse, change, internal, kind, store};
use crate::sandbox::value::{Column, ColumnType, Value};

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
        if !self.datasets()?.iter().any(|known| known == dataset) {
            return Err(self.not_found(&full));
        }
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(internal)?;
        let mut known = columns_of(&transaction, &full)?;
        if known.is_empty() && !how.create {
            drop(transaction);
            drop(connection);
            return Err(self.not_found(&full));
        }
        if how.existing == Existing::Refuse && !known.is_empty() {
            let some = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(&full));
            if transaction
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
            catalogue::remove(&transaction, &full)?;
            known.clear();
        }
        if known.is_empty() {
            catalogue::create(&transaction, &full, columns)?;
        }
        for column in columns.iter().filter(|_| !known.is_empty()) {
            match known.iter().find(|k| k.name.eq_ignore_ascii_case(&column.name)) {
                Some(same) if same.kind == column.kind => {}
                Some(other) => return Err(self.changed_type(&full, &column.name, other, column)),
                None if !how.widen => {
                    let message = format!(
                        "Provided Schema does not match Table {}:{full}. Cannot add fields (field: {})",
                        self.project, column.name
                    );
                    return Err(SqlError::bad_data(message));
                }
                None => {
                    let added = kind::definition(column);
                    let sql = format!("ALTER TABLE {} ADD COLUMN {added}", quote(&full));
                    transaction.execute(&sql, []).map_err(internal)?;
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
        store::insert(&transaction, &full, &all, &whole)?;
        catalogue::touch(&transaction, &full)?;
        transaction.commit().map_err(internal)?;
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Gives a table these columns: new nullable ones are added, descriptions change, and nothing else may.
    ///
    /// # Errors
    /// A column that is gone, of another type, or new and required.
    pub fn alter(&self, dataset: &str, table: &str, columns: &[Column]) -> Result<(), SqlError> {
        let full = format!("{dataset}.{table}");
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(internal)?;
        let known = columns_of(&transaction, &full)?;
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
                    return Err(self.changed_type(&full, &column.name, other, column));
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
                    let sql = format!("ALTER TABLE {} ADD COLUMN {added}", quote(&full));
                    transaction.execute(&sql, []).map_err(internal)?;
                }
            }
            if let Some(description) = &column.description {
                catalogue::describe(&transaction, &full, &column.name, description)?;
            }
        }
        catalogue::touch(&transaction, &full)?;
        transaction.commit().map_err(internal)
    }

    /// Removes a dataset and, if that is wanted, what is in it.
    ///
    /// # Errors
    /// Tables in it that are to stay.
    pub fn drop_dataset(&self, dataset: &str, contents: bool) -> Result<(), SqlError> {
        let tables = self.tables(dataset)?;
        if !tables.is_empty() && !contents {
            return Err(SqlError {
                reason: "resourceInUse".into(),
                message: format!("Dataset {}:{dataset} is still in use", self.project),
            });
        }
        let mut connection = self.lock();
        let transaction = connection.transaction().map_err(internal)?;
        for table in tables {
            let full = format!("{dataset}.{table}");
            catalogue::remove(&transaction, &full)?;
        }
        transaction
            .execute("DELETE FROM __datasets WHERE name = ?1", [dataset])
            .map_err(internal)?;
        transaction.commit().map_err(internal)
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
