//! The journal's tables, and how an older file becomes a newer one.
//!
//! A migration is never changed once it is released; the next one is added behind it. Nothing is
//! changed in a file before it is known to be ours.

use crate::store::error::StoreError;
use crate::store::owner_only;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::OpenOptions;
use std::path::Path;
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
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the file to write, and creates or migrates it.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    if let Some(folder) = path.parent() {
        owner_only::create_folder(folder).map_err(|error| StoreError::io(folder, &error))?;
    }
    // Created here and not by SQLite, so that only its owner can read it from its first moment; SQLite
    // gives the same permissions to the files beside it.
    owner_only::open_file(path, OpenOptions::new().append(true))
        .map_err(|error| StoreError::io(path, &error))?;
    let mut connection =
        Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE)).map_err(at_path)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(at_path)?;
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
    Ok(connection)
}

/// Opens the file beside the writer.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let connection =
        Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY)).map_err(at_path)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(at_path)?;
    Ok(connection)
}

/// Each connection stays on one thread. Without URIs, a question mark in a path is just a character.
fn flags(access: OpenFlags) -> OpenFlags {
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
fn format_if_ours(path: &Path, connection: &Connection) -> Result<i64, StoreError> {
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
