//! ALTER TABLE. What SQLite cannot change in place is made anew, its rows with it.

use super::analysis::Analyst;
use super::catalogue::{self, columns_of};
use super::kind::{self, quote};
use super::store;
use super::syntax::tree::{ColumnDefinition, Path, TableChange};
use super::{QueryOutcome, SqlError, internal};
use crate::value::{Column, ColumnType as T, Value};

/// What may become of a column by SET DATA TYPE.
const WIDER: [(T, T); 4] = [
    (T::Int64, T::Numeric),
    (T::Int64, T::Float64),
    (T::Numeric, T::Float64),
    (T::Date, T::DateTime),
];

impl Analyst<'_> {
    pub(super) fn alter_table(
        &self,
        path: &Path,
        calm: bool,
        changes: &[TableChange],
    ) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(path)?;
        if calm && !catalogue::exists(self.session.connection, &full)? {
            return Ok(QueryOutcome::defined("ALTER_TABLE", "ALTER", &full));
        }
        self.target(path)?;
        for change in changes {
            self.change_table(&full, change)?;
        }
        if !self.session.settings.dry_run && !matches!(changes, [TableChange::RenameTo(_)]) {
            catalogue::touch(self.session.connection, &full)?;
        }
        Ok(QueryOutcome::defined("ALTER_TABLE", "ALTER", &full))
    }

    #[expect(clippy::too_many_lines, reason = "a table of what each change does")]
    fn change_table(&self, full: &str, change: &TableChange) -> Result<(), SqlError> {
        let connection = self.session.connection;
        let columns = columns_of(connection, full)?;
        let place = |name: &str| {
            columns
                .iter()
                .position(|column| column.name.eq_ignore_ascii_case(name))
        };
        let missing = |name: &str, at| self.wrong(at, format!("Column {name} not found in table {full}"));
        let dry = self.session.settings.dry_run;
        match change {
            TableChange::Add { definition, calm, at } => {
                let column = &definition.column;
                if place(&column.name).is_some() {
                    return if *calm {
                        Ok(())
                    } else {
                        Err(self.wrong(*at, format!("Column already exists: {}", column.name)))
                    };
                }
                if !column.nullable {
                    return Err(self.wrong(
                        *at,
                        format!("Cannot add required column {} to an existing table", column.name),
                    ));
                }
                self.check_default(definition)?;
                if !dry {
                    self.execute(&format!(
                        "ALTER TABLE {} ADD COLUMN {}",
                        quote(full),
                        kind::definition(column)
                    ))?;
                    if let Some(text) = &column.description {
                        catalogue::describe(connection, full, &column.name, text)?;
                    }
                    self.note_default(full, &column.name, definition.default.as_deref())?;
                }
            }
            TableChange::DropColumn { name, calm, at } => {
                let Some(place) = place(name) else {
                    return if *calm { Ok(()) } else { Err(missing(name, *at)) };
                };
                if columns.len() == 1 {
                    return Err(self.wrong(*at, "Cannot drop the only column of a table"));
                }
                self.rebuilt(full, &columns, |columns, rows| {
                    columns.remove(place);
                    rows.iter_mut().for_each(|row| drop(row.remove(place)));
                    Ok(())
                })?;
            }
            TableChange::RenameColumn { from, to, at } => {
                let place = place(from).ok_or_else(|| missing(from, *at))?;
                self.rebuilt(full, &columns, |columns, _| {
                    columns[place].name.clone_from(to);
                    Ok(())
                })?;
            }
            TableChange::SetKind { name, kind, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                let from = columns[place].kind.clone();
                if from != *kind && !WIDER.contains(&(from.clone(), kind.clone())) {
                    let (from, to) = (kind::name(&from), kind::name(kind));
                    return Err(self.wrong(*at, format!("ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type ({from}) is assignable to the new type ({to})")));
                }
                self.rebuilt(full, &columns, |columns, rows| {
                    columns[place].kind = kind.clone();
                    for row in rows {
                        row[place] = super::cast::cast(&row[place], kind).map_err(SqlError::invalid)?;
                    }
                    Ok(())
                })?;
            }
            TableChange::DropNotNull { name, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                self.rebuilt(full, &columns, |columns, _| {
                    columns[place].nullable = true;
                    Ok(())
                })?;
            }
            TableChange::SetDefault { name, default, at } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                let column = columns[place].clone();
                self.check_default(&ColumnDefinition {
                    column,
                    default: default.clone(),
                })?;
                if !dry {
                    self.note_default(full, &columns[place].name, default.as_deref())?;
                }
            }
            TableChange::Describe {
                column: Some(name),
                description,
                at,
            } => {
                let place = place(name).ok_or_else(|| missing(name, *at))?;
                if let Some(text) = description.as_deref().filter(|_| !dry) {
                    catalogue::describe(connection, full, &columns[place].name, text)?;
                }
            }
            TableChange::Describe {
                column: None,
                description,
                ..
            } => {
                if let Some(text) = description.as_deref().filter(|_| !dry) {
                    self.note_description(full, text)?;
                }
            }
            TableChange::RenameTo(name) => {
                let dataset = full.split('.').next().unwrap_or_default();
                let to = format!("{dataset}.{name}");
                if self.make_room(&to, false, false)?.is_free {
                    self.execute(&format!("ALTER TABLE {} RENAME TO {}", quote(full), quote(&to)))?;
                    for table in ["__tables", "__columns", "__defaults", "__descriptions"] {
                        let sql = format!("UPDATE {table} SET name = ?1 WHERE name = ?2");
                        connection.execute(&sql, (&to, full)).map_err(internal)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The table made anew with other columns and what its rows become.
    fn rebuilt(
        &self,
        full: &str,
        columns: &[Column],
        change: impl FnOnce(&mut Vec<Column>, &mut Vec<Vec<Value>>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let connection = self.session.connection;
        let (mut columns, mut rows) = (columns.to_vec(), store::read(connection, full)?);
        let defaults = catalogue::defaults(connection, full)?;
        let (created, _) = catalogue::times(connection, full)?;
        change(&mut columns, &mut rows)?;
        if self.session.settings.dry_run {
            return Ok(());
        }
        let description: Option<String> = connection
            .query_row(
                "SELECT MAX(description) FROM __descriptions WHERE name = ?1",
                [full],
                |row| row.get(0),
            )
            .map_err(internal)?;
        catalogue::remove(connection, full)?;
        catalogue::create(connection, full, &columns)?;
        let sql = "UPDATE __tables SET created = ?2 WHERE name = ?1";
        connection.execute(sql, (full, created)).map_err(internal)?;
        for (column, text) in defaults
            .iter()
            .filter(|(name, _)| columns.iter().any(|column| column.name == *name))
        {
            self.note_default(full, column, Some(text))?;
        }
        if let Some(text) = description {
            self.note_description(full, &text)?;
        }
        store::insert(connection, full, &columns, &rows)
    }
}
