//! Opens the journal to read it, without a right to write: no file is made or changed beside it, none is brought up
//! to date, and another process may write meanwhile.
//!
//! SQLite reads a journal that somebody writes through two files beside it. Where they are not there and cannot be
//! made (a read-only disk, a folder of somebody else), the file is read as one that nobody changes; if a killed process
//! left facts in the `-wal`, a copy of both is read.

use super::schema::{self, BUSY_TIMEOUT, beside, has_bytes};
use crate::store::error::StoreError;
use crate::store::owner_only;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What stays as it is in the path of a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// How often a copy is made anew because the file changed meanwhile.
const COPIES: usize = 5;

/// A connection that only reads.
pub(super) struct Reading {
    pub(super) connection: Connection,
    /// Removed after the connection is closed.
    _copy: Option<Copy>,
}

/// Opens a journal that is there.
pub(super) fn open(path: &Path) -> Result<Reading, StoreError> {
    File::open(path).map_err(|error| StoreError::NotReadable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })?;
    match beside_a_writer(path) {
        Err(StoreError::NotWritable { .. } | StoreError::Failed { .. }) => alone(path),
        opened => opened,
    }
}

fn beside_a_writer(path: &Path) -> Result<Reading, StoreError> {
    let access = schema::flags(OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = Connection::open_with_flags(path, access);
    checked(path, connection, None)
}

fn alone(path: &Path) -> Result<Reading, StoreError> {
    if !has_bytes(&beside(path, "-wal")) {
        let reading = unchanging(path, path, None)?;
        // Somebody may have begun to write in between; then this reads the past at most, unless the file is changed.
        if !has_bytes(&beside(path, "-wal")) {
            return Ok(reading);
        }
    }
    let copy = Copy::of(path)?;
    let access = schema::flags(OpenFlags::SQLITE_OPEN_READ_WRITE);
    let connection = Connection::open_with_flags(copy.file(), access);
    checked(path, connection, Some(copy))
}

/// Reads a file as one that nobody changes; `path` is for the errors.
fn unchanging(path: &Path, file: &Path, copy: Option<Copy>) -> Result<Reading, StoreError> {
    let encoded = percent_encode(file.as_os_str().as_encoded_bytes(), PATH);
    let access = schema::flags(OpenFlags::SQLITE_OPEN_READ_ONLY) | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{encoded}?immutable=1"), access);
    checked(path, connection, copy)
}

/// The connection, once it has read something: only then SQLite opens the files beside it.
fn checked(
    path: &Path,
    connection: rusqlite::Result<Connection>,
    copy: Option<Copy>,
) -> Result<Reading, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let connection = connection.map_err(at_path)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(at_path)?;
    schema::format_if_ours(path, &connection)?;
    Ok(Reading {
        connection,
        _copy: copy,
    })
}

/// A copy of a journal and its `-wal` in a folder for this user only, removed in the end.
pub(super) struct Copy {
    folder: PathBuf,
}

impl Copy {
    /// Copies both files as they are at one moment, as far as that can be seen.
    pub(super) fn of(path: &Path) -> Result<Self, StoreError> {
        let folder = std::env::temp_dir().join(format!("downbeat-journal-{}", uuid::Uuid::now_v7()));
        owner_only::create_folder(&folder).map_err(|error| StoreError::io(&folder, &error))?;
        let copy = Self { folder };
        for _ in 0..COPIES {
            let before = stamps(path);
            for ending in ["", "-wal"] {
                let (from, to) = (beside(path, ending), beside(&copy.file(), ending));
                if from.exists() {
                    std::fs::copy(&from, &to).map_err(|error| StoreError::io(&from, &error))?;
                }
            }
            if stamps(path) == before {
                break;
            }
        }
        Ok(copy)
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("downbeat.db")
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The length and the last change of a journal's files.
fn stamps(path: &Path) -> [Option<(u64, Option<SystemTime>)>; 2] {
    ["", "-wal"].map(|ending| {
        let file = std::fs::metadata(beside(path, ending)).ok()?;
        Some((file.len(), file.modified().ok()))
    })
}
