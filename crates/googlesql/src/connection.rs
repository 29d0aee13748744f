//! The connections of a storage: one that writes, and readers beside it.
//!
//! ```text
//! writer    one change after the other
//! reader ┐  each sees what was committed when it began; none waits for the writer or for another
//! reader ┘  (SQLite's write-ahead log)
//! ```
//!
//! A storage without a file has one connection, and everybody takes turns with it. A reader never writes:
//! SQLite refuses it.

use super::{SqlError, catalogue, internal, stop};
use crate::private;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many readers stay open for the next statement.
const IDLE: usize = 4;

/// How long a statement waits for what else has the file open.
const PATIENCE: Duration = Duration::from_secs(10);

/// All connections of one storage.
pub(super) struct Connections {
    writer: Mutex<Connection>,
    file: Option<PathBuf>,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// Opens `warehouse.db` in a folder, or a storage that ends with the process, and gives it its own tables.
    pub fn open(folder: Option<&Path>) -> rusqlite::Result<Self> {
        let file = folder.map(|folder| private::file(folder, "warehouse.db"));
        let file = file.transpose().map_err(unusable)?;
        let writer = match &file {
            Some(file) => connect(file)?,
            None => prepared(Connection::open_in_memory()?)?,
        };
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "NORMAL")?;
        writer.execute_batch(catalogue::SCHEMA)?;
        Ok(Self {
            writer: Mutex::new(writer),
            file,
            idle: Mutex::default(),
        })
    }

    /// Does work that writes: all of it, or nothing if it fails.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        // A panic while it was held cannot leave a half-done change: SQLite rolls back.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        transact(&mut writer, work)
    }

    /// Does work that only reads, and sees one state of the storage.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let Some(file) = &self.file else {
            return self.write(work);
        };
        let idle = self.idle().pop();
        let mut reader = idle.map_or_else(|| read_only(file), Ok).map_err(internal)?;
        let done = transact(&mut reader, work);
        let mut idle = self.idle();
        if idle.len() < IDLE {
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
    let transaction = connection.transaction().map_err(internal)?;
    let done = work(&transaction)?;
    transaction.commit().map_err(internal)?;
    Ok(done)
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    prepared(Connection::open(file)?)
}

fn read_only(file: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(file)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn prepared(mut connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(PATIENCE)?;
    stop::watch(&mut connection)?;
    Ok(connection)
}

fn unusable(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

#[cfg(test)]
mod tests {
    use crate::{QuerySettings, Warehouse, internal};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_long_statement_holds_nobody_else_up() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
        warehouse.seed().unwrap();
        let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap();
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
            run("INSERT INTO cdf_output.landing (load_id) VALUES ('new')");
            assert_eq!(run("SELECT load_id FROM cdf_output.landing").rows.len(), 1);
            let landing = warehouse.table("cdf_output", "landing").unwrap();
            assert_eq!(landing.unwrap().rows, 1);
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
            .read(|reader| reader.execute(delete, []).map_err(internal));
        assert!(refused.unwrap_err().message.contains("readonly"));
    }
}
