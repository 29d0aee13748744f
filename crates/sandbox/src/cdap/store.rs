//! `cdap.db`: apps, preferences, keys, runs and logs in one SQLite file.
//!
//! Entries are stored as JSON under a kind and a key, and read once, at the start. Log lines are only on disk, so that
//! memory does not grow with them. Without a folder the file is SQLite's own temporary one. It never logs a body, which
//! may contain secrets.

use super::log::LogLine;
use crate::{SandboxError, State};
use googlesql::owner_only;
use rusqlite::{Connection, OpenFlags, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FILE: &str = "cdap.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS thing (
        kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS line (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, program TEXT NOT NULL, ms INTEGER NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS line_of_run ON line (run, ms, seq);
    CREATE INDEX IF NOT EXISTS line_of_program ON line (program, ms, seq);
";

/// How many milliseconds ahead of the clock the lines of a burst may be.
pub const AHEAD: i64 = 50;

/// Selects log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// One run's.
    Run(String),
    /// All of a program's, by its reference.
    Program(String),
}

/// The file.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    closed: AtomicBool,
}

impl Store {
    /// Opens or creates the file, readable by its owner only.
    pub fn open(state: &State) -> Result<Self, SandboxError> {
        let connection = match state {
            State::Directory(folder) => {
                let path = owner_only::create_file(folder, FILE).map_err(|source| SandboxError::Folder {
                    path: folder.clone(),
                    source,
                })?;
                Connection::open(path)?
            }
            // An empty name is a temporary file that SQLite deletes with the connection.
            State::Ephemeral => Connection::open_with_flags("", OpenFlags::default())?,
        };
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection: Mutex::new(connection),
            closed: AtomicBool::new(false),
        })
    }

    /// From now on nothing is written: another process may own the file.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a write. A full disk must not end the server: the change stays in memory.
    fn write(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<usize>) {
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        if let Err(error) = work(&self.lock()) {
            tracing::warn!(%error, "the sandbox could not write to its store of runs");
        }
    }

    /// Inserts or replaces an entry.
    pub fn put(&self, kind: &str, key: &str, entry: &impl Serialize) {
        let Ok(body) = serde_json::to_string(entry) else {
            return;
        };
        self.write(|db| {
            db.prepare_cached("INSERT OR REPLACE INTO thing (kind, key, body) VALUES (?1, ?2, ?3)")?
                .execute(params![kind, key, body])
        });
    }

    /// Deletes an entry.
    pub fn delete(&self, kind: &str, key: &str) {
        self.write(|db| {
            db.prepare_cached("DELETE FROM thing WHERE kind = ?1 AND key = ?2")?
                .execute(params![kind, key])
        });
    }

    /// All entries of a kind, by key.
    ///
    /// # Errors
    /// An entry that cannot be read: a run must not be lost in silence.
    pub fn all<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(String, T)>, SandboxError> {
        let db = self.lock();
        let mut query = db.prepare_cached("SELECT key, body FROM thing WHERE kind = ?1 ORDER BY key")?;
        let rows = query.query_map([kind], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let mut entries = Vec::new();
        for row in rows {
            let (key, body) = row?;
            match serde_json::from_str(&body) {
                Ok(entry) => entries.push((key, entry)),
                Err(source) => {
                    return Err(SandboxError::Entry {
                        file: FILE,
                        kind: kind.to_owned(),
                        key,
                        source,
                    });
                }
            }
        }
        Ok(entries)
    }

    /// Appends a log line; `stamp` gives its time under the lock, so that lines are in order.
    ///
    /// Each line of a run has a millisecond of its own, because a page of the log begins and ends at one. Only a burst
    /// that no server could write in that time shares its last one, or its lines would lie in the future.
    pub fn append(&self, run: &str, program: &str, mut line: LogLine, stamp: impl FnOnce() -> i64) {
        self.write(|db| {
            let last = last_line(db, run)?;
            let now = stamp();
            line.timestamp = last.map_or(now, |last| {
                let next = last.saturating_add(1).min(now.saturating_add(AHEAD));
                next.max(now).max(last)
            });
            let body = serde_json::to_string(&line).unwrap_or_default();
            db.prepare_cached("INSERT INTO line (run, program, ms, body) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![run, program, line.timestamp, body])
        });
    }

    /// The time of a run's last log line. It may be up to [`AHEAD`] in the future.
    pub fn last_line(&self, run: &str) -> Option<i64> {
        last_line(&self.lock(), run).unwrap_or_default()
    }

    /// Deletes the log lines of a run.
    pub fn delete_lines(&self, run: &str) {
        self.write(|db| {
            db.prepare_cached("DELETE FROM line WHERE run = ?1")?
                .execute([run])
        });
    }

    /// Visits lines with `from <= ms < until`, oldest first or newest first, until `visit` is false.
    /// Reading stops without an error at a damaged line, as on a real server.
    pub fn lines(
        &self,
        source: &LogSource,
        from: i64,
        until: i64,
        newest_first: bool,
        visit: &mut dyn FnMut(LogLine) -> bool,
    ) {
        let (column, name) = match source {
            LogSource::Run(run) => ("run", run),
            LogSource::Program(program) => ("program", program),
        };
        let order = if newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT body FROM line WHERE {column} = ?1 AND ms >= ?2 AND ms < ?3 ORDER BY ms {order}, seq {order}"
        );
        let db = self.lock();
        let Ok(mut query) = db.prepare_cached(&sql) else {
            return;
        };
        let Ok(mut rows) = query.query(params![name, from, until]) else {
            return;
        };
        while let Ok(Some(row)) = rows.next() {
            let line = row
                .get::<_, String>(0)
                .ok()
                .and_then(|body| serde_json::from_str(&body).ok());
            if !line.is_some_and(&mut *visit) {
                return;
            }
        }
    }
}

fn last_line(db: &Connection, run: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT MAX(ms) FROM line WHERE run = ?1")?
        .query_row([run], |row| row.get(0))
}
