//! The name of a table or view that is to be created.

use crate::analysis::Analyzer;
use crate::error::SqlError;
use crate::storage::catalog;
use crate::storage::name::check_table_name;

/// A name under which a table or view is to be created.
pub(super) struct NewTable {
    /// `CREATE`, `REPLACE` or `SKIP`.
    pub operation: &'static str,
    /// Whether to create it: not in a dry run, nor if IF NOT EXISTS found one.
    pub is_free: bool,
}

impl Analyzer<'_> {
    /// Checks that the name can be created, and drops the table or view that is replaced.
    ///
    /// # Errors
    /// An unknown dataset, or a table or view of the name that is not to be replaced.
    pub(super) fn new_table(
        &self,
        full: &str,
        if_not_exists: bool,
        replace: bool,
    ) -> Result<NewTable, SqlError> {
        let (connection, project) = (self.session.connection, self.session.project);
        let (dataset, table) = full.split_once('.').unwrap_or((full, ""));
        check_table_name(table)?;
        if !catalog::dataset_exists(connection, dataset)? {
            return Err(catalog::not_found(
                connection,
                project,
                self.session.location,
                full,
            ));
        }
        let exists = catalog::table_exists(connection, full)? || catalog::view(connection, full)?.is_some();
        if exists && !if_not_exists && !replace {
            return Err(duplicate(format!("Already Exists: Table {project}:{full}")));
        }
        let operation = match (exists, replace) {
            (true, false) => "SKIP",
            (true, true) => "REPLACE",
            _ => "CREATE",
        };
        let is_free = operation != "SKIP" && !self.session.settings.dry_run;
        if exists && is_free {
            catalog::drop_table(connection, full)?;
        }
        Ok(NewTable { operation, is_free })
    }
}

pub(super) fn duplicate(message: String) -> SqlError {
    SqlError {
        reason: "duplicate".into(),
        message,
    }
}
