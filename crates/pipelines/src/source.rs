//! The source database behind the MySQL plugins: an embedded one, or a real server that stands in.
//!
//! ```text
//! source/embedded.rs   SQLite that plays MySQL, with eight tables of rows that keep arriving
//! source/server.rs     a real MySQL or MariaDB: `downbeat sandbox --source mysql://user@127.0.0.1/`
//! source/address.rs    where that server is
//! ```
//!
//! Whatever address a pipeline names, the sandbox opens no connection but the one it was told of.
//! Passwords are never written: not in a log, not in `Debug`, not in an answer.

mod address;
mod arrival;
mod cell;
mod dialect;
mod embedded;
mod server;

pub use address::Address;

use chrono::{DateTime, Utc};
use googlesql::value::{Column, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The sandbox's own user. On a real server it stands for the user of its [`Address`].
pub const USER: &str = "downbeat";

/// That user's password, in the sandbox's secure store; it opens nothing but made-up rows.
pub const PASSWORD: &str = "sandbox";

/// The clock of the database.
pub type Clock = fn() -> DateTime<Utc>;

/// A result: the columns, and the rows in their order.
pub type Rows = (Vec<Column>, Vec<Vec<Value>>);

/// The database; calls block.
#[derive(Debug)]
pub struct Source(Store);

#[derive(Debug)]
enum Store {
    Embedded(Box<embedded::Embedded>),
    Server(server::Server),
}

/// Who reads what, as a stage's properties say it.
#[derive(Clone, Default)]
pub struct Login {
    /// The user; empty is the anonymous one.
    pub user: String,
    /// The password, empty for none.
    pub password: String,
    /// The database that is used where a query names none; may be empty.
    pub database: String,
    /// The driver's own settings: `zeroDateTimeBehavior`, `tinyInt1isBit`.
    pub arguments: BTreeMap<String, String>,
}

impl Login {
    /// The sandbox's own user.
    pub fn own() -> Self {
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

/// A refusal, as the MySQL driver raises it: exception class and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `java.sql.SQLSyntaxErrorException`.
    pub class_name: &'static str,
    /// The message.
    pub message: String,
}

impl Refusal {
    pub(super) fn denied(login: &Login) -> Self {
        let given = if login.password.is_empty() { "NO" } else { "YES" };
        Self {
            class_name: "java.sql.SQLException",
            message: format!(
                "Access denied for user '{}'@'localhost' (using password: {given})",
                login.user
            ),
        }
    }

    /// No server, or none any more (measured).
    pub(super) fn no_link() -> Self {
        Self {
            class_name: "com.mysql.cj.jdbc.exceptions.CommunicationsException",
            message: "Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.".into(),
        }
    }
}

impl Source {
    /// Opens the embedded database in `folder/source`, or one that ends with the process, and fills a
    /// new one with rows of several days.
    pub fn open(folder: Option<&Path>, seed: u64, clock: Clock) -> rusqlite::Result<Self> {
        let embedded = embedded::Embedded::open(folder, seed, clock)?;
        Ok(Self(Store::Embedded(Box::new(embedded))))
    }

    /// A real server. Nothing is connected yet: a pipeline that finds nobody there says so.
    pub fn server(address: Address) -> Self {
        Self(Store::Server(server::Server::new(address)))
    }

    /// Without the table that fails on its first try.
    #[must_use]
    pub fn reliable(self) -> Self {
        match self.0 {
            Store::Embedded(embedded) => Self(Store::Embedded(Box::new(embedded.reliable()))),
            server @ Store::Server(_) => Self(server),
        }
    }

    /// Runs a query that returns rows, for one window.
    ///
    /// # Errors
    /// What the MySQL driver raises.
    pub fn read(&self, login: &Login, sql: &str, window: &str) -> Result<Rows, Refusal> {
        match &self.0 {
            Store::Embedded(embedded) => embedded.read(login, sql, window),
            Store::Server(server) => server.read(login, sql),
        }
    }

    /// Runs statements that return nothing; the `first` ones prepare the connection.
    ///
    /// # Errors
    /// What the MySQL driver raises.
    pub fn execute(&self, login: &Login, first: &[String], sql: &str) -> Result<(), Refusal> {
        match &self.0 {
            Store::Embedded(embedded) => embedded.execute(login, sql),
            Store::Server(server) => server.execute(login, first, sql),
        }
    }
}

/// The tables of the embedded database, as `(database, table)`.
pub fn tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    arrival::TABLES.iter().map(|table| (table.database, table.name))
}
