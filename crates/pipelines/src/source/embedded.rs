//! The embedded source: SQLite that imitates MySQL, with eight tables whose rows keep arriving.
//!
//! ```text
//! source/hr.db           engineer, payroll, leave_request      one file for each MySQL database,
//! source/finance.db      invoice, expense                      attached under its name, so that
//! source/sales.db        orders                                `hr`.`engineer` can be queried
//! source/operations.db   ticket
//! source/marketing.db    campaign
//! ```
//!
//! Every row has an `updated_at` (text, UTC, whole seconds) and never changes. All rows before the present are
//! there, so a window that ends in the past is complete. `source/generator.rs` generates the rows,
//! `source/dialect.rs` translates queries.

mod first_try;

use super::generator::micros;
use super::{Clock, Login, PASSWORD, Rows, SqlException, USER, dialect, generator};
use first_try::FirstTry;
use googlesql::cell;
use googlesql::value::{Column, ColumnType, Value};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use std::fmt;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The embedded database.
pub(super) struct Embedded {
    connection: Mutex<Connection>,
    seed: u64,
    clock: Clock,
    /// The failure of each first try; `None` if nothing fails.
    first_try: Option<Mutex<FirstTry>>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the database in `folder/source`, or in memory, and fills a new one with rows of several days.
    pub fn open(folder: Option<&Path>, seed: u64, clock: Clock) -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        let folder = folder.map(|folder| folder.join("source"));
        if let Some(folder) = &folder {
            let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        for database in generator::databases() {
            let file = folder
                .as_ref()
                .map(|folder| folder.join(format!("{database}.db")));
            let name = file
                .as_ref()
                .map_or_else(|| ":memory:".into(), |file| file.to_string_lossy().into_owned());
            connection.execute(&format!("ATTACH ?1 AS {database}"), [name])?;
            if let Some(file) = file {
                let _ = fs::set_permissions(file, fs::Permissions::from_mode(0o600));
                connection.pragma_update(Some(database), "journal_mode", "WAL")?;
            }
        }
        dialect::functions(&connection, clock)?;
        let source = Self {
            connection: Mutex::new(connection),
            seed,
            clock,
            first_try: Some(Mutex::default()),
        };
        source.insert_due_rows()?;
        Ok(source)
    }

    pub fn without_first_read_failure(mut self) -> Self {
        self.first_try = None;
        self
    }

    /// Inserts the rows that are due.
    pub fn insert_due_rows(&self) -> rusqlite::Result<()> {
        let now = (self.clock)();
        generator::insert_due_rows(&mut self.lock(), self.seed, now)
    }

    pub fn read(&self, login: &Login, sql: &str, window: &str) -> Result<Rows, SqlException> {
        check_login(login)?;
        if self.fails_first(sql, window) {
            return Err(SqlException::communications_failure());
        }
        let sql = dialect::translate(sql);
        let read = self.insert_due_rows().and_then(|()| select(&self.lock(), &sql));
        read.map_err(|error| translate(&error, &login.database))
    }

    pub fn execute(&self, login: &Login, sql: &str) -> Result<(), SqlException> {
        check_login(login)?;
        let sql = dialect::translate(sql);
        let done = self
            .insert_due_rows()
            .and_then(|()| self.lock().execute_batch(&sql));
        done.map_err(|error| translate(&error, &login.database))
    }

    fn fails_first(&self, sql: &str, window: &str) -> bool {
        self.first_try.as_ref().is_some_and(|first_try| {
            let mut first_try = first_try.lock().unwrap_or_else(PoisonError::into_inner);
            first_try.fails(sql, window, (self.clock)().timestamp())
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn select(connection: &Connection, sql: &str) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let declared: Vec<_> = statement
        .columns()
        .map(|c| c.decl_type().and_then(cell::declared_type))
        .collect();
    let mut cells: Vec<Vec<Cell>> = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        cells.push((0..names.len()).map(|i| row.get(i)).collect::<Result<_, _>>()?);
    }
    let kinds: Vec<ColumnType> = (0..names.len())
        .map(|i| {
            declared[i]
                .clone()
                .unwrap_or_else(|| expression_type(cells.iter().map(|row| &row[i])))
        })
        .collect();
    let columns = names
        .iter()
        .zip(&kinds)
        .map(|(name, kind)| Column::nullable(name, kind.clone()))
        .collect();
    let values = cells.into_iter().map(|row| {
        row.into_iter()
            .zip(&kinds)
            .map(|(cell, kind)| value(cell, kind))
            .collect()
    });
    Ok((columns, values.collect()))
}

/// The type of an expression, which has no declared type; texts that are all moments came from `TIMESTAMP('…')`.
fn expression_type<'a>(cells: impl Iterator<Item = &'a Cell> + Clone) -> ColumnType {
    let mut texts = cells
        .clone()
        .filter(|cell| !matches!(cell, Cell::Null))
        .peekable();
    let moments = texts.peek().is_some()
        && texts.all(|cell| matches!(cell, Cell::Text(text) if micros(text).is_some()));
    if moments {
        ColumnType::Timestamp
    } else {
        type_of_cells(cells)
    }
}

/// The type of the first cell that is not NULL.
fn type_of_cells<'a>(cells: impl Iterator<Item = &'a Cell>) -> ColumnType {
    for cell in cells {
        match cell {
            Cell::Integer(_) => return ColumnType::Int64,
            Cell::Real(_) => return ColumnType::Float64,
            Cell::Text(_) => return ColumnType::String,
            Cell::Blob(_) => return ColumnType::Bytes,
            Cell::Null => {}
        }
    }
    ColumnType::String
}

fn value(cell: Cell, kind: &ColumnType) -> Value {
    match (&cell, kind) {
        (Cell::Text(text), ColumnType::Timestamp) => micros(text).map_or(Value::Null, Value::Timestamp),
        _ => cell::from_sqlite(cell, kind),
    }
}

fn check_login(login: &Login) -> Result<(), SqlException> {
    if login.user != USER || login.password != PASSWORD {
        return Err(SqlException::access_denied(login));
    }
    let known = login.database.is_empty() || generator::databases().contains(&login.database.as_str());
    if known {
        return Ok(());
    }
    Err(SqlException {
        class_name: "java.sql.SQLSyntaxErrorException",
        message: format!("Unknown database '{}'", login.database),
    })
}

fn translate(error: &rusqlite::Error, database: &str) -> SqlException {
    let text = error.to_string();
    let after = |lead: &str| {
        text.split_once(lead)
            .map(|(_, rest)| rest.split(" in ").next().unwrap_or(rest).to_owned())
    };
    let message = if let Some(table) = after("no such table: ") {
        let lead = if table.contains('.') || database.is_empty() {
            String::new()
        } else {
            format!("{database}.")
        };
        format!("Table '{lead}{table}' doesn't exist")
    } else if let Some(column) = after("no such column: ") {
        format!("Unknown column '{column}' in 'where clause'")
    } else {
        format!("You have an error in your SQL syntax; {text}")
    };
    SqlException {
        class_name: "java.sql.SQLSyntaxErrorException",
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::generator::Table;
    use super::*;
    use chrono::{DateTime, Utc};

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn count(source: &Embedded, sql: &str) -> usize {
        source.read(&Login::own(), sql, "w").unwrap().1.len()
    }

    #[test]
    fn eight_tables_hold_rows_of_several_days() {
        let source = Embedded::open(None, 7, noon)
            .unwrap()
            .without_first_read_failure();
        for Table {
            database,
            name: table,
            ..
        } in &generator::TABLES
        {
            let sql = format!("SELECT DISTINCT substr(updated_at, 1, 10) FROM `{database}`.`{table}`");
            assert!(count(&source, &sql) >= 3, "{database}.{table}");
        }
        assert_eq!(generator::TABLES.len(), 8);
    }

    #[test]
    fn rows_keep_arriving_and_the_past_is_complete() {
        use std::sync::atomic::{AtomicI64, Ordering};
        static NOW: AtomicI64 = AtomicI64::new(1_700_000_000);
        let clock = || DateTime::from_timestamp(NOW.load(Ordering::SeqCst), 0).unwrap();
        let source = Embedded::open(None, 7, clock)
            .unwrap()
            .without_first_read_failure();
        let sql = "SELECT * FROM `hr`.`engineer` WHERE updated_at < '2023-11-14 22:13:20'";
        let before = count(&source, sql);
        NOW.fetch_add(60, Ordering::SeqCst);
        assert_eq!(count(&source, sql), before);
        let later = "SELECT * FROM `hr`.`engineer` WHERE updated_at >= '2023-11-14 22:13:20'";
        assert!((10..=40).contains(&count(&source, later)));
        NOW.fetch_add(90 * 24 * 3600, Ordering::SeqCst);
        assert!(count(&source, later) < 800, "a long absence is thinned out");
    }

    #[test]
    fn errors_are_those_of_mysql() {
        let source = Embedded::open(None, 7, noon).unwrap();
        let refuse = |sql: &str, user: &str| {
            let login = Login {
                user: user.into(),
                database: "hr".into(),
                ..Login::own()
            };
            source.read(&login, sql, "w").unwrap_err().message
        };
        assert_eq!(
            refuse("SELECT * FROM `hr`.`nothing`", USER),
            "Table 'hr.nothing' doesn't exist"
        );
        assert_eq!(
            refuse("SELECT * FROM absent", USER),
            "Table 'hr.absent' doesn't exist"
        );
        let missing = Login {
            database: "nowhere".into(),
            ..Login::own()
        };
        let refused = source.read(&missing, "SELECT 1", "w").unwrap_err();
        assert_eq!(refused.message, "Unknown database 'nowhere'");
        assert!(refuse("SELECT 1", "nobody").starts_with("Access denied for user 'nobody'"));
        let ticket = "SELECT * FROM `operations`.`ticket`";
        assert!(refuse(ticket, USER).starts_with("Communications link failure"));
        assert!(source.read(&Login::own(), ticket, "w").is_ok());
        assert!(source.read(&Login::own(), ticket, "another").is_err());
        assert!(
            source.read(&Login::own(), ticket, "and another").is_ok(),
            "a client that lets the server name each try's window"
        );
    }

    #[test]
    fn cells_have_their_types() {
        use ColumnType as T;
        let source = Embedded::open(None, 7, noon).unwrap();
        let sql =
            "SELECT t.*, TIMESTAMP('2023-04-13 10:11:26') AS m, 'x' AS s FROM `hr`.`engineer` AS t LIMIT 1";
        let (columns, rows) = source.read(&Login::own(), sql, "w").unwrap();
        let kinds: Vec<_> = columns.iter().map(|c| c.kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                T::Int64,
                T::String,
                T::String,
                T::Numeric,
                T::Date,
                T::Timestamp,
                T::Timestamp,
                T::String
            ]
        );
        assert_eq!(rows[0][6], Value::Timestamp(1_681_380_686_000_000));
    }
}
