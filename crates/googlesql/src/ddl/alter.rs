//! ALTER TABLE. For what SQLite cannot change in place, the table is created again with its rows.

use crate::analysis::Analyzer;
use crate::cast::cast;
use crate::error::SqlError;
use crate::kind;
use crate::memory::RowSet;
use crate::outcome::QueryOutcome;
use crate::storage::table::{self, Scan};
use crate::storage::{catalog, label};
use crate::syntax::ast::{AlterAction, AlterTable, ColumnChange, ColumnDefinition, Position, TableChange};
use crate::value::{Column, ColumnType as T, Row};
use std::rc::Rc;

/// The changes of type that SET DATA TYPE allows.
const WIDER: [(T, T); 4] = [
    (T::Int64, T::Numeric),
    (T::Int64, T::Float64),
    (T::Numeric, T::Float64),
    (T::Date, T::DateTime),
];

/// The table as it is before one of the changes.
struct Table<'t> {
    full: &'t str,
    columns: Vec<Column>,
    /// The position of the change in the statement.
    at: Position,
}

impl Table<'_> {
    fn column(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name))
    }
}

impl Analyzer<'_> {
    pub(crate) fn alter_table(&self, alter: &AlterTable) -> Result<QueryOutcome, SqlError> {
        let full = self.full_name(&alter.path)?;
        let connection = self.session.connection;
        if !alter.if_exists || catalog::table_exists(connection, &full)? {
            self.target(&alter.path)?;
            for change in &alter.changes {
                self.change_table(&full, change)?;
            }
            let is_renamed = matches!(
                alter.changes.as_slice(),
                [TableChange {
                    action: AlterAction::RenameTo(_),
                    ..
                }]
            );
            if !self.session.settings.dry_run && !is_renamed {
                catalog::mark_modified(connection, &full)?;
            }
        }
        Ok(QueryOutcome::defined("ALTER_TABLE", "ALTER", &full))
    }

    /// All rows of a table.
    fn rows_of(&self, full: &str) -> Result<Vec<Row>, SqlError> {
        let scan = Scan {
            full: full.to_owned(),
            ..Scan::default()
        };
        let rows = self.session.table(&scan, false)?;
        Ok(Rc::try_unwrap(rows).map_or_else(|shared| shared.to_vec(), RowSet::into_rows))
    }

    fn change_table(&self, full: &str, change: &TableChange) -> Result<(), SqlError> {
        let table = Table {
            full,
            columns: catalog::columns_of(self.session.connection, full)?,
            at: change.at,
        };
        match &change.action {
            AlterAction::AddColumn {
                definition,
                if_not_exists,
            } => self.add_column(&table, definition, *if_not_exists),
            AlterAction::DropColumn { name, if_exists } => self.drop_column(&table, name, *if_exists),
            AlterAction::RenameColumn { from, to } => {
                let index = self.column_of(&table, from)?;
                self.rebuild(&table, |columns, _| {
                    columns[index].name.clone_from(to);
                    Ok(())
                })
            }
            AlterAction::RenameTo(name) => self.rename_table(full, name),
            AlterAction::SetDescription(description) => match description {
                Some(text) if !self.session.settings.dry_run => {
                    catalog::set_description(self.session.connection, full, text)
                }
                _ => Ok(()),
            },
            AlterAction::Column { name, change } => self.change_column(&table, name, change),
        }
    }

    fn column_of(&self, table: &Table<'_>, name: &str) -> Result<usize, SqlError> {
        table.column(name).ok_or_else(|| {
            self.wrong(
                table.at,
                format!("Column {name} not found in table {}", table.full),
            )
        })
    }

    fn add_column(
        &self,
        table: &Table<'_>,
        definition: &ColumnDefinition,
        if_not_exists: bool,
    ) -> Result<(), SqlError> {
        let column = &definition.column;
        if table.column(&column.name).is_some() {
            return if if_not_exists {
                Ok(())
            } else {
                Err(self.wrong(table.at, format!("Column already exists: {}", column.name)))
            };
        }
        if !column.nullable {
            return Err(self.wrong(
                table.at,
                format!("Cannot add required column {} to an existing table", column.name),
            ));
        }
        self.check_default(definition.default.as_deref(), column)?;
        if self.session.settings.dry_run {
            return Ok(());
        }
        let connection = self.session.connection;
        catalog::add_column(connection, table.full, column)?;
        if let Some(text) = &column.description {
            catalog::set_column_description(connection, table.full, &column.name, text)?;
        }
        catalog::set_default(
            connection,
            table.full,
            &column.name,
            definition.default.as_deref(),
        )
    }

    fn drop_column(&self, table: &Table<'_>, name: &str, if_exists: bool) -> Result<(), SqlError> {
        if if_exists && table.column(name).is_none() {
            return Ok(());
        }
        let index = self.column_of(table, name)?;
        if table.columns.len() == 1 {
            return Err(self.wrong(table.at, "Cannot drop the only column of a table"));
        }
        self.rebuild(table, |columns, rows| {
            columns.remove(index);
            rows.iter_mut().for_each(|row| drop(row.remove(index)));
            Ok(())
        })
    }

    fn rename_table(&self, full: &str, name: &str) -> Result<(), SqlError> {
        let dataset = full.split('.').next().unwrap_or_default();
        let to = format!("{dataset}.{name}");
        if self.new_table(&to, false, false)?.is_free {
            catalog::rename_table(self.session.connection, full, &to)?;
        }
        Ok(())
    }

    /// ALTER COLUMN.
    fn change_column(&self, table: &Table<'_>, name: &str, change: &ColumnChange) -> Result<(), SqlError> {
        let connection = self.session.connection;
        let is_dry_run = self.session.settings.dry_run;
        let index = self.column_of(table, name)?;
        let column = &table.columns[index];
        match change {
            ColumnChange::SetDataType(kind) => self.set_data_type(table, index, kind),
            ColumnChange::DropNotNull => self.rebuild(table, |columns, _| {
                columns[index].nullable = true;
                Ok(())
            }),
            ColumnChange::SetDefault(default) => {
                self.check_default(default.as_deref(), column)?;
                if is_dry_run {
                    return Ok(());
                }
                catalog::set_default(connection, table.full, &column.name, default.as_deref())
            }
            ColumnChange::SetDescription(Some(text)) if !is_dry_run => {
                catalog::set_column_description(connection, table.full, &column.name, text)
            }
            ColumnChange::SetDescription(_) => Ok(()),
        }
    }

    fn set_data_type(&self, table: &Table<'_>, index: usize, kind: &T) -> Result<(), SqlError> {
        let from = &table.columns[index].kind;
        if from != kind && !WIDER.iter().any(|(a, b)| (a, b) == (from, kind)) {
            let (from, to) = (kind::name(from), kind::name(kind));
            return Err(self.wrong(table.at, format!("ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type ({from}) is assignable to the new type ({to})")));
        }
        self.rebuild(table, |columns, rows| {
            columns[index].kind = kind.clone();
            for row in rows {
                row[index] = cast(&row[index], kind).map_err(SqlError::invalid)?;
            }
            Ok(())
        })
    }

    /// Creates the table again with other columns and rows; keeps its creation time, descriptions, defaults and
    /// labels.
    fn rebuild(
        &self,
        table: &Table<'_>,
        change: impl FnOnce(&mut Vec<Column>, &mut Vec<Row>) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let (connection, full) = (self.session.connection, table.full);
        let (mut columns, mut rows) = (table.columns.clone(), self.rows_of(full)?);
        change(&mut columns, &mut rows)?;
        if self.session.settings.dry_run {
            return Ok(());
        }
        let defaults = catalog::defaults(connection, full)?;
        let (created, _) = catalog::times(connection, full)?;
        let description = catalog::description(connection, full)?;
        let labels = label::of(connection, full)?;
        catalog::drop_table(connection, full)?;
        catalog::create_table(connection, full, &columns)?;
        catalog::set_created(connection, full, created)?;
        for (column, text) in &defaults {
            if columns.iter().any(|kept| kept.name == *column) {
                catalog::set_default(connection, full, column, Some(text))?;
            }
        }
        if let Some(text) = description {
            catalog::set_description(connection, full, &text)?;
        }
        label::set(connection, full, &labels)?;
        table::insert(connection, full, &columns, &rows)
    }
}
