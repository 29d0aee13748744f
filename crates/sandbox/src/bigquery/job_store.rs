//! `jobs.db`: jobs and their results, for a sandbox that is started again, and for results that are too large for memory.
//! Without a folder it is a temporary file.
//!
//! A result is stored before it is shown. A stored job without one was interrupted: its effect is unknown.

use super::job::{Completion, Job, Progress};
use crate::{SandboxError, State};
use googlesql::memory::bytes_of_row;
use googlesql::value::Row;
use googlesql::{SqlError, owner_only};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) const FILE: &str = "jobs.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS job (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS part (job TEXT NOT NULL, start INTEGER NOT NULL, rows BLOB NOT NULL, UNIQUE (job, start));
";

/// How many bytes of text a part of a result has: all that is read or written at once.
const PART: usize = 1 << 20;

/// How many bytes of memory the rows take that are read at once, but for the last part of them.
const MAX_READ: usize = 32 << 20;

/// The database.
pub(super) struct JobStore(Mutex<Connection>);

/// A stored job, as it is written.
#[derive(Serialize)]
struct StoredRef<'a> {
    location: &'a str,
    configuration: &'a Json,
    created: i64,
    kind: &'a str,
    ending: Option<&'a Completion>,
}

/// A stored job, as it is read: the same fields.
#[derive(Deserialize)]
struct Stored {
    location: String,
    configuration: Json,
    created: i64,
    kind: String,
    ending: Option<Completion>,
}

impl JobStore {
    /// Opens or creates the database.
    pub fn open(state: &State) -> Result<Self, SandboxError> {
        let connection = match state {
            State::Directory(folder) => {
                let path = owner_only::create_file(folder, FILE).map_err(|source| SandboxError::Folder {
                    path: folder.clone(),
                    source,
                })?;
                Connection::open(path)?
            }
            // A file of SQLite's own, which ends with the connection.
            State::Ephemeral => Connection::open("")?,
        };
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does writes, all or none, and returns whether that worked. A full disk must not end the server: the job is in
    /// memory.
    fn write(&self, work: impl FnOnce(&Connection) -> Result<(), StoreError>) -> bool {
        let mut connection = self.connection();
        let written = connection
            .transaction()
            .map_err(StoreError::from)
            .and_then(|transaction| {
                work(&transaction)?;
                Ok(transaction.commit()?)
            });
        if let Err(error) = &written {
            tracing::warn!(%error, "the sandbox could not write to its store of jobs");
        }
        written.is_ok()
    }

    /// Writes a job, with its end once it has one; returns whether that worked.
    pub fn put(&self, job: &Job, ending: Option<&Completion>) -> bool {
        self.write(|db| {
            let shown = ending.map(Completion::without_rows);
            let body = serde_json::to_string(&StoredRef {
                location: &job.location,
                configuration: &job.configuration,
                created: job.created,
                kind: &job.kind,
                ending: shown.as_ref(),
            })?;
            let sql = "INSERT INTO job (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = ?2";
            db.prepare_cached(sql)?.execute(params![job.id, body])?;
            let mut insert = db.prepare_cached("INSERT INTO part (job, start, rows) VALUES (?1, ?2, ?3)")?;
            let mut rest = ending.map_or(&[][..], Completion::rows);
            let mut start = 0;
            while !rest.is_empty() {
                let (count, text) = part(rest)?;
                insert.execute(params![job.id, number(start), text])?;
                start += count;
                rest = &rest[count..];
            }
            Ok(())
        })
    }

    /// Removes a job.
    pub fn delete(&self, id: &str) {
        self.write(|db| {
            for sql in ["DELETE FROM job WHERE id = ?1", "DELETE FROM part WHERE job = ?1"] {
                db.prepare_cached(sql)?.execute([id])?;
            }
            Ok(())
        });
    }

    /// Rows of a result from this one on: at most so many, and fewer if they are large.
    pub fn rows(&self, job: &str, start: usize, limit: usize) -> Result<Vec<Row>, SqlError> {
        let read = || -> Result<_, StoreError> {
            let connection = self.connection();
            let mut parts = connection.prepare_cached(
                "SELECT start, rows FROM part WHERE job = ?1 AND start >= \
                 (SELECT max(start) FROM part WHERE job = ?1 AND start <= ?2) ORDER BY start",
            )?;
            let start = number(start);
            let mut parts = parts.query(params![job, start])?;
            let (mut rows, mut bytes) = (Vec::new(), 0);
            while rows.len() < limit
                && bytes < MAX_READ
                && let Some(part) = parts.next()?
            {
                let before = usize::try_from(start - part.get::<_, i64>(0)?).unwrap_or_default();
                let part: Vec<Row> = serde_json::from_slice(part.get_ref(1)?.as_blob().unwrap_or_default())?;
                for row in part.into_iter().skip(before).take(limit - rows.len()) {
                    bytes += bytes_of_row(&row);
                    rows.push(row);
                }
            }
            Ok(rows)
        };
        read().map_err(|error| SqlError {
            reason: "internalError".into(),
            message: format!("The result could not be read from {FILE}: {error}"),
        })
    }

    /// All jobs, oldest first.
    pub fn all(&self) -> Result<Vec<Job>, SandboxError> {
        let db = self.connection();
        let mut query = db.prepare("SELECT id, body FROM job ORDER BY seq")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let mut jobs = Vec::new();
        for row in rows {
            let (id, body): (String, String) = row?;
            match serde_json::from_str(&body) {
                Ok(stored) => jobs.push(restored(id, stored)),
                Err(source) => {
                    return Err(SandboxError::Entry {
                        file: FILE,
                        kind: "job".to_owned(),
                        key: id,
                        source,
                    });
                }
            }
        }
        Ok(jobs)
    }
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error(transparent)]
    Text(#[from] serde_json::Error),
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The first rows as a text, and how many they are.
fn part(rows: &[Row]) -> Result<(usize, Vec<u8>), serde_json::Error> {
    let mut text = vec![b'['];
    let mut count = 0;
    for row in rows {
        if text.len() >= PART {
            break;
        }
        if count > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, row)?;
        count += 1;
    }
    text.push(b']');
    Ok((count, text))
}

fn restored(id: String, stored: Stored) -> Job {
    let interrupted = || {
        let unknown = SqlError {
            reason: "backendError".into(),
            message: "The sandbox ended while this job was running. Its effect is unknown.".into(),
        };
        Completion::new(stored.created, stored.created, Err(unknown))
    };
    let mut completion = stored.ending.unwrap_or_else(interrupted);
    if completion.rows().is_empty() {
        completion.is_stored = true;
    } else {
        // An older version stored the rows with the job.
        completion = Completion::new(completion.started, completion.ended, completion.result);
    }
    Job::new(
        id,
        stored.location,
        stored.configuration,
        stored.created,
        stored.kind.into(),
        Progress::Done(completion.into()),
    )
}
