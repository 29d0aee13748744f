//! `jobs.db`: jobs and their results, for a sandbox that is started again. Without a folder nothing is stored.
//!
//! A result is stored before it is shown. A stored job without one was interrupted: its effect is unknown.

use super::job::{Completion, Job, Progress};
use crate::{SandboxError, State};
use googlesql::SqlError;
use googlesql::owner_only;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::sync::{Mutex, PoisonError};

pub(super) const FILE: &str = "jobs.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS job (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL)
";

/// The database, unless the sandbox is ephemeral.
#[derive(Default)]
pub(super) struct JobStore(Option<Mutex<Connection>>);

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
        let State::Directory(folder) = state else {
            return Ok(Self(None));
        };
        let path = owner_only::create_file(folder, FILE).map_err(|source| SandboxError::Folder {
            path: folder.clone(),
            source,
        })?;
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Some(Mutex::new(connection))))
    }

    /// Runs a write. A full disk must not end the server: the job is in memory.
    fn write(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<usize>) {
        let Some(connection) = &self.0 else { return };
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = work(&connection) {
            tracing::warn!(%error, "the sandbox could not write to its store of jobs");
        }
    }

    /// Writes a job, with its end once it has one.
    pub fn put(&self, job: &Job, ending: Option<&Completion>) {
        if self.0.is_none() {
            return;
        }
        let body = serde_json::to_string(&StoredRef {
            location: &job.location,
            configuration: &job.configuration,
            created: job.created,
            kind: &job.kind,
            ending,
        });
        let Ok(body) = body else { return };
        self.write(|db| {
            let sql = "INSERT INTO job (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = ?2";
            db.prepare_cached(sql)?.execute(params![job.id, body])
        });
    }

    /// Removes a job.
    pub fn delete(&self, id: &str) {
        self.write(|db| db.prepare_cached("DELETE FROM job WHERE id = ?1")?.execute([id]));
    }

    /// All jobs, oldest first.
    pub fn all(&self) -> Result<Vec<Job>, SandboxError> {
        let Some(connection) = &self.0 else {
            return Ok(Vec::new());
        };
        let db = connection.lock().unwrap_or_else(PoisonError::into_inner);
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

fn restored(id: String, stored: Stored) -> Job {
    let interrupted = || Completion {
        started: stored.created,
        ended: stored.created,
        result: Err(SqlError {
            reason: "backendError".into(),
            message: "The sandbox ended while this job was running. Its effect is unknown.".into(),
        }),
    };
    let completion = stored.ending.unwrap_or_else(interrupted);
    Job::new(
        id,
        stored.location,
        stored.configuration,
        stored.created,
        stored.kind.into(),
        Progress::Done(completion.into()),
    )
}
