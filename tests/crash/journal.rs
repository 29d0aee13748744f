//! The journal of a home, read beside the program and past it.

use super::home::wait_for;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct Journal {
    path: PathBuf,
    open: Option<Connection>,
}

/// A run as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub state: String,
    pub ended: Option<i64>,
    /// How many pipelines it has.
    pub total: i64,
}

impl Journal {
    pub fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
        }
    }

    /// How many facts are on disk.
    pub fn events(&mut self) -> usize {
        let count = self.query("SELECT COUNT(*) FROM events", |row| row.get(0));
        count
            .first()
            .map_or(0, |count: &i64| usize::try_from(*count).unwrap())
    }

    /// All runs, the oldest first.
    pub fn runs(&mut self) -> Vec<Entry> {
        self.query(
            "SELECT id, state, ended, total FROM runs ORDER BY started, rowid",
            |row| {
                Ok(Entry {
                    id: row.get(0)?,
                    state: row.get(1)?,
                    ended: row.get(2)?,
                    total: row.get(3)?,
                })
            },
        )
    }

    /// Whether some run has no end.
    pub fn is_unfinished(&mut self) -> bool {
        self.runs().iter().any(|run| run.ended.is_none())
    }

    /// The facts of all runs, a line each, to repeat what went wrong.
    pub fn told(&mut self) -> String {
        let sql = "SELECT run || ' ' || seq || ' ' || at || ' ' || name || ' ' || body FROM events ORDER BY run, seq";
        let lines: Vec<String> = self.query(sql, |row| row.get(0));
        lines.join("\n")
    }

    /// Nothing if there is no journal yet.
    fn query<T>(&mut self, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        wait_for("a look into the journal", || {
            if self.open.is_none() {
                if !self.path.exists() {
                    return Some(Vec::new());
                }
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                self.open = Connection::open_with_flags(&self.path, flags).ok();
            }
            let connection = self.open.as_ref()?;
            connection.busy_timeout(Duration::from_secs(5)).ok()?;
            let rows = connection.prepare_cached(sql).and_then(|mut statement| {
                let rows = statement.query_map([], |row| read(row))?;
                rows.collect()
            });
            match rows {
                Ok(rows) => Some(rows),
                // The file is there before its tables.
                Err(error) if error.to_string().contains("no such table") => Some(Vec::new()),
                Err(_) => {
                    self.open = None;
                    None
                }
            }
        })
    }
}
