//! What a statement is run with, and what it did.

use crate::memory::bytes_of_row;
use crate::value::{Column, ColumnType, Row, Value};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a statement is run with.
#[derive(Clone, Debug, Default)]
pub struct QuerySettings {
    /// The dataset of table names that have none.
    pub default_dataset: Option<String>,
    /// Values of `@name`, or of `?` in order with empty names.
    pub parameters: Vec<Parameter>,
    /// Whether the statement is only checked, not run.
    pub dry_run: bool,
    /// The location that the caller expects; any other than the warehouse's has no tables.
    pub location: Option<String>,
}

/// A query parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name; empty for a positional one.
    pub name: String,
    /// Its type; NULL has one too.
    pub kind: ColumnType,
    /// Its value.
    pub value: Value,
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryOutcome {
    /// `SELECT`, `INSERT`, `TRUNCATE_TABLE`, `CREATE_TABLE` …
    pub statement_type: Cow<'static, str>,
    /// The columns of its result; empty for anything but a SELECT.
    pub columns: Vec<Column>,
    /// The rows of its result.
    pub rows: Vec<Row>,
    /// How many rows it changed; `None` for a statement that changes none by its nature.
    pub changes: Option<RowChanges>,
    /// The table or view that it created, altered or dropped.
    pub definition: Option<Definition>,
    /// The dataset and the name of the table or view that it changed, created, altered or dropped.
    #[serde(default)]
    pub target: Option<(String, String)>,
}

/// How many rows a statement changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChanges {
    /// Rows added.
    pub inserted: u64,
    /// Rows overwritten.
    pub updated: u64,
    /// Rows removed.
    pub deleted: u64,
}

/// What a statement did to a table or view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// `CREATE`, `REPLACE`, `SKIP`, `DROP` or `ALTER`.
    pub operation: Cow<'static, str>,
    /// The name of its dataset.
    pub dataset: String,
    /// Its name.
    pub table: String,
}

impl QueryOutcome {
    /// How many bytes of memory its rows take.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| bytes_of_row(row)).sum()
    }

    /// The same without its rows.
    #[must_use]
    pub fn without_rows(&self) -> Self {
        Self {
            statement_type: self.statement_type.clone(),
            columns: self.columns.clone(),
            rows: Vec::new(),
            changes: self.changes,
            definition: self.definition.clone(),
            target: self.target.clone(),
        }
    }
}

impl RowChanges {
    /// Rows inserted, updated and deleted together.
    pub const fn total(&self) -> u64 {
        self.inserted + self.updated + self.deleted
    }
}

impl QueryOutcome {
    /// An INSERT, UPDATE, DELETE or TRUNCATE of `count` rows of `dataset.table`.
    pub(crate) fn changed(statement_type: &'static str, count: usize, full: &str) -> Self {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let mut changes = RowChanges::default();
        match statement_type {
            "INSERT" => changes.inserted = count,
            "UPDATE" => changes.updated = count,
            _ => changes.deleted = count,
        }
        Self {
            changes: Some(changes),
            ..Self::with_target(statement_type, full)
        }
    }

    /// A statement that changes `dataset.table`.
    pub(crate) fn with_target(statement_type: &'static str, full: &str) -> Self {
        let target = full.split_once('.');
        Self {
            target: target.map(|(dataset, table)| (dataset.into(), table.into())),
            ..Self::empty(statement_type)
        }
    }

    /// A CREATE, ALTER or DROP of `dataset.table`.
    pub(crate) fn defined(statement_type: &'static str, operation: &'static str, full: &str) -> Self {
        let (dataset, table) = full.split_once('.').unwrap_or((full, ""));
        Self {
            definition: Some(Definition {
                operation: operation.into(),
                dataset: dataset.into(),
                table: table.into(),
            }),
            ..Self::with_target(statement_type, full)
        }
    }

    pub(crate) const fn empty(statement_type: &'static str) -> Self {
        Self {
            statement_type: Cow::Borrowed(statement_type),
            columns: Vec::new(),
            rows: Vec::new(),
            changes: None,
            definition: None,
            target: None,
        }
    }
}
