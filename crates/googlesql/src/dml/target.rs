//! The table that a statement changes.

use crate::analysis::Analyzer;
use crate::analysis::scope::NamedColumn;
use crate::error::SqlError;
use crate::outcome::QueryOutcome;
use crate::storage::catalog;
use crate::storage::table::Scan;
use crate::syntax::ast::{Path, Position};
use crate::value::Column;

/// A table that a statement changes.
pub(crate) struct Target {
    /// `dataset.table`.
    pub full: String,
    pub columns: Vec<Column>,
}

impl Target {
    /// All of the table.
    pub fn scan(&self) -> Scan {
        Scan {
            full: self.full.clone(),
            ..Scan::default()
        }
    }

    /// The target's columns as expressions of the statement name them.
    pub fn named_columns(&self, path: &Path, alias: Option<&str>) -> Vec<NamedColumn> {
        let table = alias.or(path.parts.last().map(String::as_str));
        NamedColumn::from_table(table, &self.columns)
    }
}

impl Analyzer<'_> {
    /// The table of this name.
    ///
    /// # Errors
    /// There is none, or it is a view.
    pub(crate) fn target(&self, path: &Path) -> Result<Target, SqlError> {
        let full = self.full_name(path)?;
        let session = self.session;
        if catalog::view(session.connection, &full)?.is_some() {
            let message = format!(
                "Cannot modify {}:{full}: it is a VIEW, not a TABLE",
                session.project
            );
            return Err(SqlError::invalid(message));
        }
        if !catalog::table_exists(session.connection, &full)? {
            return Err(catalog::not_found(
                session.connection,
                session.project,
                session.location,
                &full,
            ));
        }
        let columns = catalog::columns_of(session.connection, &full)?;
        Ok(Target { full, columns })
    }

    pub(super) fn target_column(&self, target: &Target, name: &str, at: Position) -> Result<usize, SqlError> {
        let found = target
            .columns
            .iter()
            .position(|column| column.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            self.wrong(
                at,
                format!("Column {name} is not present in table {}", target.full),
            )
        })
    }

    /// Records that the table was modified, if any row was.
    pub(super) fn finish(
        &self,
        target: &Target,
        statement_type: &'static str,
        count: usize,
    ) -> Result<QueryOutcome, SqlError> {
        if count > 0 {
            catalog::mark_modified(self.session.connection, &target.full)?;
        }
        Ok(QueryOutcome::changed(statement_type, count, &target.full))
    }
}
