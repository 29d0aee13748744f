//! `jobs.db`: jobs and what came of them, so that an id stays used up and a result can be had when the sandbox is
//! started again. Without a folder nothing is kept.
//!
//! An end is written before anybody hears of it. A job without one was cut off: nobody knows what it did.

use super::job::{Ending, Job, Progress};
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

/// The file, if there is one.
#[derive(Default)]
pub(super) struct Archive(Option<Mutex<Connection>>);

#[derive(Serialize)]
struct Written<'a> {
    location: &'a str,
    configuration: &'a Json,
    created: i64,
    kind: &'a str,
    ending: Option<&'a Ending>,
}

#[derive(Deserialize)]
struct Read {
    location: String,
    configuration: Json,
    created: i64,
    kind: String,
    ending: Option<Ending>,
}

impl Archive {
    /// Opens or makes the file.
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

    /// Puts a job, with its end once it has one.
    pub fn put(&self, job: &Job, ending: Option<&Ending>) {
        if self.0.is_none() {
            return;
        }
        let body = serde_json::to_string(&Written {
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
                Ok(read) => jobs.push(job(id, read)),
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

fn job(id: String, read: Read) -> Job {
    let cut_off = || Ending {
        started: read.created,
        ended: read.created,
        result: Err(SqlError {
            reason: "backendError".into(),
            message: "The sandbox ended while this job was under way. Whether it took effect is not known."
                .into(),
        }),
    };
    let ending = read.ending.unwrap_or_else(cut_off);
    Job::known(
        id,
        read.location,
        read.configuration,
        read.created,
        read.kind,
        Progress::Done(ending.into()),
    )
}
