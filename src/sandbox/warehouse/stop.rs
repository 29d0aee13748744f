//! Statements that can be cancelled while they run.
//!
//! SQLite asks now and then whether to go on, on the thread that runs the statement: so the wish is kept
//! with the thread, and a statement of another job never hears it.

use super::{QueryOutcome, QuerySettings, SqlError, Warehouse};
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many steps of SQLite's machine lie between two questions.
const STEPS: i32 = 10_000;

thread_local! {
    static WISH: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Makes a connection ask.
pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(STEPS, Some(is_wished))
}

/// Whether the statement on this thread is to stop.
pub(super) fn is_wished() -> bool {
    WISH.with_borrow(|wish| wish.as_ref().is_some_and(|wish| wish.load(Ordering::Relaxed)))
}

impl Warehouse {
    /// Runs one statement until it is done or `stop` is true.
    ///
    /// # Errors
    /// As [`Warehouse::query`], and reason `stopped`.
    pub fn query_until(
        &self,
        sql: &str,
        settings: &QuerySettings,
        stop: &Arc<AtomicBool>,
    ) -> Result<QueryOutcome, SqlError> {
        if stop.load(Ordering::Relaxed) {
            return Err(SqlError::stopped());
        }
        WISH.set(Some(Arc::clone(stop)));
        let outcome = self.query(sql, settings);
        WISH.set(None);
        outcome
    }
}
