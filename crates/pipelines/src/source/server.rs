//! A real MySQL or `MariaDB` instead of the embedded source.
//!
//! Each query uses its own connection, as a JDBC task does. The session's time zone is UTC, as the shipped
//! pipeline's `serverTimezone=UTC` requires. Errors get the exception classes of Connector/J, which chooses them
//! by SQL state.

use super::address::Address;
use super::cell::{self, ZeroDates};
use super::{Login, PASSWORD, Rows, SqlException, USER};
use mysql::prelude::Queryable;
use mysql::{Conn, Error, OptsBuilder};
use std::fmt;
use std::time::Duration;

/// The connect timeout. Connector/J has none, which would be too long for a sandbox.
const CONNECT: Duration = Duration::from_secs(20);

/// A database server.
pub(super) struct Server(Address);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Server {
    pub fn new(address: Address) -> Self {
        Self(address)
    }

    pub fn read(&self, login: &Login, sql: &str) -> Result<Rows, SqlException> {
        let mut connection = self.connect(login)?;
        let tiny_is_bit = login.argument("tinyInt1isBit") != "false";
        let aliases = login.argument("useOldAliasMetadataBehavior") == "true";
        let zero = ZeroDates::from(login.argument("zeroDateTimeBehavior"));
        let mut result = connection.query_iter(sql).map_err(|error| exception(&error))?;
        let metas = result.columns();
        let types: Vec<cell::CellType> = metas
            .as_ref()
            .iter()
            .map(|meta| cell::CellType::from_meta(meta, tiny_is_bit))
            .collect();
        let columns = metas
            .as_ref()
            .iter()
            .zip(&types)
            .map(|(meta, kind)| kind.column(meta, aliases))
            .collect();
        let mut rows = Vec::new();
        for row in result.by_ref() {
            let cells = row.map_err(|error| exception(&error))?.unwrap_raw();
            let cells = cells.into_iter().map(|cell| cell.unwrap_or(mysql::Value::NULL));
            let values = cells.zip(&types);
            rows.push(
                values
                    .map(|(value, kind)| kind.value(value, zero))
                    .collect::<Result<Vec<_>, _>>()?,
            );
        }
        Ok((columns, rows))
    }

    pub fn execute(&self, login: &Login, first: &[String], sql: &str) -> Result<(), SqlException> {
        let mut connection = self.connect(login)?;
        for statement in first {
            connection
                .query_drop(statement)
                .map_err(|error| exception(&error))?;
        }
        connection.query_drop(sql).map_err(|error| exception(&error))
    }

    /// Connects; the login of [`USER`] is replaced with the credentials of the address.
    fn connect(&self, login: &Login) -> Result<Conn, SqlException> {
        let Self(address) = self;
        let own = login.user == USER && login.password == PASSWORD;
        let (user, password) = if own {
            (&address.user, &address.password)
        } else {
            (&login.user, &login.password)
        };
        let database = if login.database.is_empty() {
            &address.database
        } else {
            &login.database
        };
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(&address.host))
            .tcp_port(address.port)
            .prefer_socket(false)
            .user(Some(user))
            .pass(Some(password).filter(|password| !password.is_empty()))
            .db_name(Some(database).filter(|database| !database.is_empty()))
            .tcp_connect_timeout(Some(CONNECT))
            .init(vec!["SET time_zone = '+00:00'"]);
        Conn::new(options).map_err(|error| exception(&error))
    }
}

fn exception(error: &Error) -> SqlException {
    match error {
        Error::MySqlError(error) => SqlException {
            class_name: class_name(&error.state),
            message: error.message.clone(),
        },
        _ => SqlException::communications_failure(),
    }
}

/// The exception class for an SQL state, as in Connector/J's `SQLError`.
fn class_name(state: &str) -> &'static str {
    match state.get(..2).unwrap_or_default() {
        "08" => "com.mysql.cj.jdbc.exceptions.CommunicationsException",
        "22" => "java.sql.SQLDataException",
        "23" => "java.sql.SQLIntegrityConstraintViolationException",
        "42" => "java.sql.SQLSyntaxErrorException",
        "40" => "com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException",
        _ if state == "70100" => "com.mysql.cj.jdbc.exceptions.MySQLQueryInterruptedException",
        _ => "java.sql.SQLException",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_is_a_link_failure() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server = Server::new(format!("mysql://root:hush@127.0.0.1:{port}").parse().unwrap());
        let refused = server.read(&Login::own(), "SELECT 1").unwrap_err();
        assert!(refused.message.starts_with("Communications link failure\n\n"));
        assert!(!format!("{server:?}").contains("hush"));
    }
}
