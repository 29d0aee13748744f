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

/// How much a statement may put on its stack: its tree is walked by functions that call themselves.
const STACK: usize = 256 << 20;

/// Does the work where there is room for a deep tree; the wish to stop goes with it.
pub(super) fn on_a_thread_of_its_own(
    work: impl FnOnce() -> Result<QueryOutcome, SqlError> + Send,
) -> Result<QueryOutcome, SqlError> {
    let wish = WISH.with_borrow(Clone::clone);
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new()
            .name("statement".into())
            .stack_size(STACK);
        let thread = builder.spawn_scoped(scope, || {
            WISH.set(wish);
            work()
        });
        let failed = |what: &str| SqlError {
            reason: "internalError".into(),
            message: format!("The sandbox could not run the statement: {what}"),
        };
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|_| Err(failed("its thread broke"))),
            Err(error) => Err(failed(&error.to_string())),
        }
    })
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
