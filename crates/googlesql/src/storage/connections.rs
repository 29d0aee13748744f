//! The connections to SQLite: one that writes and some that read.
//!
//! ```text
//! write    one transaction after the other
//! read     sees what was committed when it began; waits for nobody (SQLite's write-ahead log)
//! change   reads as `read` does, and writes at its end
//! ```
//!
//! A storage in memory has one connection, which all statements share in turn.

use super::catalog;
use crate::cancel;
use crate::error::SqlError;
use crate::owner_only;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many idle connections are kept open.
const MAX_IDLE: usize = 4;

/// How long a transaction waits until another one has written what it computed.
const BUSY_TIMEOUT: Duration = Duration::from_mins(1);

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
        // A transaction that first reads cannot wait for another one's end.
        transact(&mut writer, TransactionBehavior::Immediate, work)
    }

    /// Does work that only reads, in one transaction. SQLite refuses it if it writes.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        match &self.file {
            Some(file) => self.beside_the_writer(file, true, work),
            None => self.write(work),
        }
    }

    /// Does work that reads first and writes last, in one transaction. It does not keep others from writing while
    /// it reads. If one of them did, the work is done again, and others wait for it.
    pub fn change<T>(&self, work: impl Fn(&Connection) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let Some(file) = &self.file else {
            return self.write(work);
        };
        match self.beside_the_writer(file, false, &work) {
            Err(error) if error.is_conflict() => self.write(work),
            done => done,
        }
    }

    fn beside_the_writer<T>(
        &self,
        file: &Path,
        query_only: bool,
        work: impl FnOnce(&Connection) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let idle = self.idle().pop();
        let mut connection = idle.map_or_else(|| open_file(file), Ok)?;
        connection.pragma_update(None, "query_only", query_only)?;
        let done = transact(&mut connection, TransactionBehavior::Deferred, work);
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        done
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn transact<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Connection) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn open_file(file: &Path) -> rusqlite::Result<Connection> {
    configured(Connection::open(file)?)
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
    use crate::value::Value;
    use crate::warehouse::Warehouse;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A million times a million rows.
    const ENDLESS: &str = "UNNEST(GENERATE_ARRAY(1, 1000000)) AS a, UNNEST(GENERATE_ARRAY(1, 1000000)) AS b";

    #[test]
    fn a_long_statement_does_not_hold_up_others() {
        for statement in [
            format!("SELECT COUNT(*) FROM {ENDLESS}"),
            format!("INSERT INTO d.t (id) SELECT CAST(COUNT(*) AS STRING) FROM {ENDLESS}"),
            format!("UPDATE d.t SET id = 'x' WHERE (SELECT COUNT(*) FROM {ENDLESS}) > 0"),
            format!("DELETE FROM d.t WHERE (SELECT COUNT(*) FROM {ENDLESS}) > 0"),
            format!(
                "MERGE d.t AS t USING (SELECT CAST(COUNT(*) AS STRING) AS id FROM {ENDLESS}) AS s \
                 ON t.id = s.id WHEN NOT MATCHED THEN INSERT ROW"
            ),
            format!("CREATE OR REPLACE TABLE d.t AS SELECT COUNT(*) AS id FROM {ENDLESS}"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
            let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap();
            run("CREATE SCHEMA d");
            run("CREATE TABLE d.t (id STRING)");
            run("INSERT INTO d.t (id) VALUES ('old')");
            let idle = || warehouse.connections.idle().len();
            assert_eq!(idle(), 1);
            let stop = Arc::new(AtomicBool::new(false));
            std::thread::scope(|scope| {
                let endless =
                    scope.spawn(|| warehouse.query_until(&statement, &QuerySettings::default(), &stop));
                while idle() > 0 {
                    assert!(!endless.is_finished(), "{statement}");
                    std::thread::yield_now();
                }
                run("INSERT INTO d.t (id) VALUES ('new')");
                assert_eq!(run("SELECT id FROM d.t").rows.len(), 2);
                let table = warehouse.table("d", "t").unwrap();
                assert_eq!(table.unwrap().rows, 2);
                assert!(!endless.is_finished(), "{statement}");
                stop.store(true, Ordering::Relaxed);
                assert_eq!(endless.join().unwrap().unwrap_err().reason, "stopped");
            });
            assert_eq!(run("SELECT id FROM d.t").rows.len(), 2, "{statement}");
        }
    }

    #[test]
    fn no_change_is_lost_when_statements_run_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(Some(folder.path()), "p-1", "US").unwrap();
        let run = |sql: &str| warehouse.query(sql, &QuerySettings::default()).unwrap();
        run("CREATE SCHEMA d");
        run("CREATE TABLE d.t AS SELECT 0 AS number");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        run("UPDATE d.t SET number = number + 1 WHERE true");
                    }
                });
            }
        });
        assert_eq!(run("SELECT number FROM d.t").rows, [[Value::Int(100)]]);
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
