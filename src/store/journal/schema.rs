//! The journal's tables, and how an older file becomes a newer one.
//!
//! A migration is never changed once it is released; the next one is added behind it. Nothing is
//! changed in a file before it is known to be ours, and a file that is there is never taken for a new one.
//! The tables of `journal/outcomes.rs` are no part of the format: they can be made again from the facts at any time.

use super::outcomes;
use crate::store::error::StoreError;
use crate::store::owner_only;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `MIGRATIONS[n]` makes format `n + 1` (`PRAGMA user_version`) from format `n`.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE runs (
        id           TEXT    PRIMARY KEY,
        profile      TEXT    NOT NULL,
        pipeline     TEXT    NOT NULL,
        output_table TEXT    NOT NULL,
        started      INTEGER NOT NULL, -- milliseconds since 1970, as all moments
        ended        INTEGER,
        state        TEXT    NOT NULL,
        succeeded    INTEGER NOT NULL,
        failed       INTEGER NOT NULL,
        total        INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE events (
        run  TEXT    NOT NULL REFERENCES runs (id),
        seq  INTEGER NOT NULL, -- from 1 in each run
        at   INTEGER NOT NULL,
        name TEXT    NOT NULL,
        body TEXT    NOT NULL, -- the fact in JSON
        PRIMARY KEY (run, seq)
    ) STRICT;
"];

/// The newest format that we know.
pub(super) const FORMAT: i64 = MIGRATIONS.len().cast_signed() as i64;

/// How long another process may lock the file before an open fails.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the file to write, and creates or migrates it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    if let Some(folder) = path.parent() {
        owner_only::create_folder(folder).map_err(|error| StoreError::io(folder, &error))?;
    }
    if !exists(path)? {
        create(path)?;
    }
    OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(|error| StoreError::io(path, &error))?;
    let mut connection = connect(path)?;
    let found = format_if_ours(path, &connection)?;
    if connection.is_readonly("main").map_err(at_path)? {
        return Err(StoreError::NotWritable {
            path: path.to_path_buf(),
            reason: "it is read-only".into(),
        });
    }
    owner_only::tighten(path).map_err(|error| StoreError::io(path, &error))?;
    set_pragmas(&connection).map_err(at_path)?;
    if found < FORMAT {
        migrate(path, &mut connection)?;
    }
    if !outcomes::exist(&connection).map_err(at_path)? {
        connection.execute_batch(outcomes::TABLES).map_err(at_path)?;
    }
    Ok(connection)
}

/// Whether there is a journal. A new one gets its name when it is whole, so that a file without contents, and a
/// `-wal` without its file, are what an accident left.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    let damaged = |reason: &str| StoreError::Damaged {
        path: path.to_path_buf(),
        reason: reason.into(),
    };
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() && file.len() == 0 => Err(damaged("it is empty (0 bytes)")),
        Ok(_) => Ok(true),
        // SQLite would remove the facts in it together with the file.
        Err(error) if error.kind() == ErrorKind::NotFound && has_bytes(&beside(path, "-wal")) => {
            Err(damaged("the file is gone, and only its -wal neighbour is left"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(path, &error)),
    }
}

/// The neighbour of a file with this ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Whether a file is there and has contents.
pub(super) fn has_bytes(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// Makes a new journal beside its place, and gives it its name when it is whole. If another process is faster, its
/// journal is the one.
fn create(path: &Path) -> Result<(), StoreError> {
    let draft = beside(path, &format!(".{}.new", uuid::Uuid::now_v7()));
    let at_path = |error| StoreError::io(path, &error);
    let _ = std::fs::remove_file(&draft);
    // Created here and not by SQLite, so that only its owner can read it from its first moment; SQLite
    // gives the same permissions to the files beside it.
    let made = owner_only::open_file(&draft, OpenOptions::new().append(true))
        .map_err(at_path)
        .and_then(|_| connect(&draft))
        .and_then(|mut connection| {
            set_pragmas(&connection).map_err(|error| StoreError::sqlite(path, &error))?;
            migrate(path, &mut connection)
        });
    let named = made.and_then(|()| name(&draft, path).map_err(at_path));
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&draft, ending));
    }
    named
}

/// Gives a whole file its name, unless there is one of this name by now.
fn name(draft: &Path, path: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links.
        Err(_) if !path.exists() => std::fs::rename(draft, path),
        linked => linked,
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let connection =
        Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE)).map_err(at_path)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(at_path)?;
    Ok(connection)
}

/// Each connection stays on one thread. Without URIs, a question mark in a path is just a character.
pub(super) fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn set_pragmas(connection: &Connection) -> rusqlite::Result<()> {
    // FULL, because an intent has to be on the disk itself before its request leaves: with NORMAL, a
    // power cut may take back what was acknowledged, and a start would be asked for twice. One sync
    // for each batch is cheap beside a request. macOS syncs to the disk only with fullfsync.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON;",
    )
}

/// The file's format, once it is clear that it is a journal that we can read.
pub(super) fn format_if_ours(path: &Path, connection: &Connection) -> Result<i64, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let found = read_format(connection).map_err(at_path)?;
    if found > FORMAT {
        return Err(StoreError::TooNew {
            path: path.to_path_buf(),
            found,
            known: FORMAT,
        });
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(at_path)?;
    let ours: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('runs', 'events')",
            [],
            |row| row.get(0),
        )
        .map_err(at_path)?;
    // Another process may have made the tables just now, so that a format of 0 proves nothing.
    if ours == 2 || (found == 0 && tables == 0) {
        Ok(found)
    } else {
        Err(StoreError::Foreign {
            path: path.to_path_buf(),
        })
    }
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(at_path)?;
    // Asked again under the lock: another process may have been faster.
    let found = usize::try_from(read_format(&transaction).map_err(at_path)?).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(found) {
        transaction.execute_batch(migration).map_err(at_path)?;
    }
    if found < MIGRATIONS.len() {
        transaction
            .pragma_update(None, "user_version", FORMAT)
            .map_err(at_path)?;
    }
    transaction.commit().map_err(at_path)
}

fn read_format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
