//! The source database: SQLite that plays MySQL, with eight tables that keep growing.
//!
//! One file per schema, `source/hr.db`, `source/finance.db` …, each attached under its name, so that
//! `` `hr`.`engineer` `` is the table `engineer` of `hr.db`. Rows are only ever added, with an `updated_at` (text
//! in whole seconds, UTC) behind all that was there: a window that has passed never changes. Tables are in
//! `source/table.rs`, growth in `source/growth.rs`, queries in `source/query.rs`.

mod dice;
mod growth;
mod query;
mod table;

#[cfg(test)]
mod tests;

use crate::sandbox::value::{Column, Value};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The user that may read, to be put into the preference `mysql_user`.
pub const USER: &str = "cdf";
/// Its password in this local stand-in, to be put under the secure key `mysql-password`.
pub const PASSWORD: &str = "sandbox";

/// Why the source cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A folder or file cannot be made.
    #[error(
        "cannot make the sandbox's source database in {folder}: {cause}; check that the folder is writable"
    )]
    Folder {
        /// Where.
        folder: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// SQLite refused.
    #[error("the sandbox's source database does not open: {0}; move it away to begin anew")]
    Storage(#[from] rusqlite::Error),
}

/// The source database; calls block.
pub struct Source {
    connection: Mutex<Connection>,
    seed: u64,
    first_try_fails: Option<String>,
    tried: Mutex<HashSet<String>>,
}

/// Who asks, as the plugin's properties say.
#[expect(missing_debug_implementations, reason = "it holds a password")]
pub struct Login<'a> {
    /// The user's name.
    pub user: &'a str,
    /// The password, empty for none.
    pub password: &'a str,
    /// The schema to connect to.
    pub database: &'a str,
}

/// What a query gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The columns, typed as declared.
    pub columns: Vec<Column>,
    /// The rows, as wide as the columns.
    pub rows: Vec<Vec<Value>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("seed", &self.seed)
            .field("first_try_fails", &self.first_try_fails)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Opens the files in `folder/source` (made and filled if missing), or a source in memory.
    ///
    /// # Errors
    /// When a file cannot be made or is no database.
    pub fn open(folder: Option<&Path>, seed: u64, now: DateTime<Utc>) -> Result<Self, SourceError> {
        let mut connection = Connection::open_in_memory()?;
        query::register(&connection)?;
        for schema in table::SCHEMAS {
            let place = match folder {
                Some(folder) => private_file(&folder.join("source"), schema)?,
                None => ":memory:".to_owned(),
            };
            connection.execute(&format!("ATTACH ?1 AS {schema}"), [place])?;
            connection.pragma_update(Some(schema), "journal_mode", "WAL")?;
            connection.pragma_update(Some(schema), "synchronous", "NORMAL")?;
        }
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        growth::fill(&mut connection, seed, now)?;
        Ok(Self {
            connection: Mutex::new(connection),
            seed,
            first_try_fails: Some("operations.ticket".into()),
            tried: Mutex::default(),
        })
    }

    /// Which table (`schema.table`) breaks the first time that it is read for a logical start time.
    #[must_use]
    pub fn with_first_try_fails(mut self, table: Option<&str>) -> Self {
        self.first_try_fails = table.map(str::to_owned);
        self
    }

    /// Lets the rows arrive that came since the last look; returns how many.
    pub fn arrive(&self, now: DateTime<Utc>) -> Result<u64, SourceError> {
        Ok(growth::arrive(&mut self.lock(), self.seed, now)?)
    }

    /// Runs one query; `logical_start` (ms) is what the run works for.
    ///
    /// # Errors
    /// The message that MySQL or its driver would give.
    pub fn select(
        &self,
        now: DateTime<Utc>,
        login: &Login<'_>,
        sql: &str,
        logical_start: i64,
    ) -> Result<Answer, String> {
        admit(login)?;
        self.stumble(sql, logical_start)?;
        let mut connection = self.lock();
        growth::arrive(&mut connection, self.seed, now).map_err(|error| error.to_string())?;
        query::select(&connection, login.database, sql)
    }

    /// The one source whose connection breaks at first.
    fn stumble(&self, sql: &str, logical_start: i64) -> Result<(), String> {
        let Some(table) = &self.first_try_fails else {
            return Ok(());
        };
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if sql.replace('`', "").contains(table.as_str()) && tried.insert(format!("{table}@{logical_start}")) {
            return Err(
                "Communications link failure\n\nThe last packet sent successfully to the server was 0 \
                        milliseconds ago. The driver has not received any packets from the server."
                    .into(),
            );
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held cannot leave a half-done change: SQLite rolls back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the user may read the schema.
fn admit(login: &Login<'_>) -> Result<(), String> {
    if login.user != USER || login.password != PASSWORD {
        let using = if login.password.is_empty() { "NO" } else { "YES" };
        return Err(format!(
            "Access denied for user '{}'@'localhost' (using password: {using})",
            login.user
        ));
    }
    if table::SCHEMAS.contains(&login.database) {
        Ok(())
    } else {
        Err(format!("Unknown database '{}'", login.database))
    }
}

/// Makes `folder/schema.db` with mode 0600 if it is missing: SQLite would use the umask.
fn private_file(folder: &Path, schema: &str) -> Result<String, SourceError> {
    let file = folder.join(format!("{schema}.db"));
    let make = || {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600).open(&file)
    };
    make().map_err(|cause| SourceError::Folder {
        folder: folder.display().to_string(),
        cause,
    })?;
    Ok(file.to_string_lossy().into_owned())
}
