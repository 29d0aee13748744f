//! Removes ended runs from the journal, and gives the space back to the disk.
//!
//! Which ones is decided elsewhere; a run without an end is never removed, whoever asks. Other processes may write
//! meanwhile: they wait for one short transaction at a time.

use crate::store::error::StoreError;
use domain::id::DagRunId;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Less free space than this is left in the file: the next runs fill it.
const WORTH_SHRINKING: i64 = 1 << 20;

/// Removes a run with all its facts; whether it was there and had ended.
pub(super) fn remove(path: &Path, connection: &mut Connection, run: &DagRunId) -> Result<bool, StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(at_path)?;
    let found = has_ended(path, &transaction, run)?;
    if found {
        for sql in [
            "DELETE FROM events WHERE run = ?1",
            "DELETE FROM runs WHERE id = ?1",
        ] {
            transaction.execute(sql, [run.as_str()]).map_err(at_path)?;
        }
    }
    transaction.commit().map_err(at_path)?;
    Ok(found)
}

/// Whether a run is there and has ended.
pub(super) fn has_ended(path: &Path, connection: &Connection, run: &DagRunId) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM runs WHERE id = ?1 AND ended IS NOT NULL";
    let found: rusqlite::Result<i64> = connection.query_row(sql, [run.as_str()], |row| row.get(0));
    found
        .map(|found| found > 0)
        .map_err(|error| StoreError::sqlite(path, &error))
}

/// Makes the file as small as its contents, if that frees a quarter of it and at least a megabyte, or if it must.
pub(super) fn shrink(path: &Path, connection: &Connection, must: bool) -> Result<(), StoreError> {
    let at_path = |error| StoreError::sqlite(path, &error);
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let pages = number("page_count").map_err(at_path)?;
    let free = number("freelist_count").map_err(at_path)?;
    let size = number("page_size").map_err(at_path)?;
    let is_worth_it = free * 4 >= pages && free * size >= WORTH_SHRINKING;
    if free > 0 && (must || is_worth_it) {
        connection.execute_batch("VACUUM;").map_err(at_path)?;
    }
    // Another process that reads keeps the file from being cut; the next time does it then.
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(at_path)
}
