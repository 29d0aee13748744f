//! The source database of the MySQL plugins: an embedded one, or a real server.
//!
//! ```text
//! source/embedded.rs   SQLite that imitates MySQL, with eight tables whose rows keep arriving
//! source/server.rs     a real MySQL or MariaDB: `downbeat sandbox --source mysql://user@127.0.0.1/`
//! source/address.rs    the address of that server
//! ```
//!
//! Whatever address a pipeline names, connections go to this one server only. Passwords are never written to a
//! log, to `Debug` or to an answer.

mod address;
mod cell;
mod dialect;
mod embedded;
mod generator;
mod server;

pub use address::Address;

use chrono::{DateTime, Utc};
use googlesql::value::{Column, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The user name of the source. On a real server it is replaced with the user of its [`Address`].
pub const USER: &str = "downbeat";

/// The password of [`USER`]; it gives access to generated rows only.
pub const PASSWORD: &str = "sandbox";

/// The clock by which rows arrive.
pub type Clock = fn() -> DateTime<Utc>;

/// The columns and the rows of a result.
pub(crate) type Rows = (Vec<Column>, Vec<Vec<Value>>);

/// The source database. All calls block.
#[derive(Debug)]
pub struct Source(Backend);

#[derive(Debug)]
enum Backend {
    Embedded(Box<embedded::Embedded>),
    Server(server::Server),
}

/// The credentials and connection settings from a stage's properties.
#[derive(Clone, Default)]
pub(crate) struct Login {
    /// The user name; empty for the anonymous user.
    pub user: String,
    /// The password; may be empty.
    pub password: String,
    /// The default database; may be empty.
    pub database: String,
    /// The driver's settings: `zeroDateTimeBehavior`, `tinyInt1isBit`.
    pub arguments: BTreeMap<String, String>,
}

impl Login {
    /// The login of [`USER`] without a default database.
    #[cfg(test)]
    pub(crate) fn own() -> Self {
        Self {
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            ..Self::default()
        }
    }

    fn argument(&self, name: &str) -> &str {
        self.arguments.get(name).map_or("", String::as_str)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// An exception of the MySQL driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SqlException {
    /// The Java class: `java.sql.SQLSyntaxErrorException`.
    pub class_name: &'static str,
    /// The message.
    pub message: String,
}

impl SqlException {
    pub(super) fn access_denied(login: &Login) -> Self {
        let given = if login.password.is_empty() { "NO" } else { "YES" };
        Self {
            class_name: "java.sql.SQLException",
            message: format!(
                "Access denied for user '{}'@'localhost' (using password: {given})",
                login.user
            ),
        }
    }

    /// The server cannot be reached, or the connection is lost (measured).
    pub(super) fn communications_failure() -> Self {
        Self {
            class_name: "com.mysql.cj.jdbc.exceptions.CommunicationsException",
            message: "Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.".into(),
        }
    }
}

impl Source {
    /// Opens the embedded database in `folder/source`, or in memory, and fills a new one with rows of several days.
    pub fn open(folder: Option<&Path>, seed: u64, clock: Clock) -> rusqlite::Result<Self> {
        let embedded = embedded::Embedded::open(folder, seed, clock)?;
        Ok(Self(Backend::Embedded(Box::new(embedded))))
    }

    /// Uses a real server. A connection is made for each query, so a missing server fails the pipeline.
    pub fn server(address: Address) -> Self {
        Self(Backend::Server(server::Server::new(address)))
    }

    /// Disables the failure of first tries.
    #[must_use]
    pub fn without_first_read_failure(self) -> Self {
        match self.0 {
            Backend::Embedded(embedded) => {
                Self(Backend::Embedded(Box::new(embedded.without_first_read_failure())))
            }
            server @ Backend::Server(_) => Self(server),
        }
    }

    /// Runs a query and returns its rows. `window` identifies the run for the table whose first try fails.
    ///
    /// # Errors
    /// An exception of the MySQL driver.
    pub(crate) fn read(&self, login: &Login, sql: &str, window: &str) -> Result<Rows, SqlException> {
        match &self.0 {
            Backend::Embedded(embedded) => embedded.read(login, sql, window),
            Backend::Server(server) => server.read(login, sql),
        }
    }

    /// Runs statements that return no rows, after the `first` ones, which configure the connection.
    ///
    /// # Errors
    /// An exception of the MySQL driver.
    pub(crate) fn execute(&self, login: &Login, first: &[String], sql: &str) -> Result<(), SqlException> {
        match &self.0 {
            Backend::Embedded(embedded) => embedded.execute(login, sql),
            Backend::Server(server) => server.execute(login, first, sql),
        }
    }
}
