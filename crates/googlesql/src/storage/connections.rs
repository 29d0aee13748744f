//! The pool of connections: one writer and several readers.
//!
//! ```text
//! writer    one transaction after the other
//! reader ┐  each sees what was committed when it began; none waits for the writer or for another
//! reader ┘  (SQLite's write-ahead log)
//! ```
//!
//! A storage in memory has one connection, which all statements share in turn. A reader never writes:
//! SQLite refuses it.

use super::catalog;
use crate::cancel;
use crate::error::SqlError;
use crate::owner_only;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many idle readers are kept open.
const MAX_IDLE: usize = 4;

/// How long a statement waits for a lock that another process holds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// All connections of one storage.
#[derive(Debug)]
pub(crate) struct Connections {
    writer: Mutex<Connection>,
    file: Option<PathBuf>,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// Opens `warehouse.db` in a folder, or a storage in memory, and creates the catalog's tables.
    pub fn open(folder: Option<&Path>) -> rusqlite::Result<Self> {
        let file = folder.map(|folder| owner_only::create_file(folder, "warehouse.db"));
        let file = file.transpose().map_err(io_error)?;
        let writer = match &file {
            Some(file) => open_file(file)?,
            None => configured(Connection::open_in_memory()?)?,
        };
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "NORMAL")?;
        writer.execute_batch(catalog::SCHEMA)?;
        Ok(Self {
            writer: Mutex::new(writer),
            file,
            idle: Mutex::default(),
        })
    }

    /// Does work that writes, in one transaction.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        // A panic while the lock was held leaves no half-done change: SQLite rolls back.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        transact(&mut writer, work)
    }

    /// Does work that only reads, in one transaction.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let Some(file) = &self.file else {
            return self.write(work);
        };
        let idle = self.idle().pop();
        let mut reader = idle.map_or_else(|| open_read_only(file), Ok)?;
        let done = transact(&mut reader, work);
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(reader);
        }
        done
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let transaction = connection.transaction()?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn open_file(file: &Path) -> rusqlite::Result<Connection> {
    configured(Connection::open(file)?)
}

fn open_read_only(file: &Path) -> rusqlite::Result<Connection> {
    let connection = open_file(file)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn configured(mut connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    cancel::watch(&mut connection)?;
    Ok(connection)
}

fn io_error(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

#[cfg(test)]
mod tests {
    use crate::outcome::QuerySettings;
    use crate::warehouse::Warehouse;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_long_statement_does_not_hold_up_others() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
        let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap();
        run("CREATE SCHEMA d");
        run("CREATE TABLE d.t (id STRING)");
        run("SELECT 1");
        let readers = || warehouse.connections.idle().len();
        assert_eq!(readers(), 1);
        let stop = Arc::new(AtomicBool::new(false));
        std::thread::scope(|scope| {
            let endless = scope.spawn(|| {
                let all = "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, \
                     UNNEST(GENERATE_ARRAY(1, 1000000)) AS b";
                warehouse.query_until(all, &QuerySettings::default(), &stop)
            });
            while readers() > 0 {
                std::thread::yield_now();
            }
            run("INSERT INTO d.t (id) VALUES ('new')");
            assert_eq!(run("SELECT id FROM d.t").rows.len(), 1);
            let table = warehouse.table("d", "t").unwrap();
            assert_eq!(table.unwrap().rows, 1);
            assert!(!endless.is_finished());
            stop.store(true, Ordering::Relaxed);
            assert_eq!(endless.join().unwrap().unwrap_err().reason, "stopped");
        });
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
        let delete = "DELETE FROM __datasets";
        let refused = warehouse
            .connections
            .read(|reader| Ok(reader.execute(delete, [])?));
        assert!(refused.unwrap_err().message.contains("readonly"));
    }
}
