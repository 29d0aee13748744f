//! Cancelling a statement while it runs.
//!
//! SQLite calls its progress handler on the thread that runs the statement, so the flag belongs to the thread: a
//! statement of another job is never cancelled by it.

use crate::error::SqlError;
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// After how many instructions SQLite's virtual machine calls the progress handler.
const INSTRUCTIONS: i32 = 10_000;

/// The stack of a statement's thread, in bytes: parser and analysis recurse as deep as the statement nests.
const STACK: usize = 256 << 20;

thread_local! {
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Lets the connection's statements be cancelled.
pub(crate) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(is_cancelled))
}

/// Whether the statement of this thread is cancelled.
pub(crate) fn is_cancelled() -> bool {
    FLAG.with_borrow(|flag| flag.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)))
}

/// Does the work on this thread; it is cancelled when `flag` becomes true.
pub(crate) fn with_flag<T>(
    flag: &Arc<AtomicBool>,
    work: impl FnOnce() -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    if flag.load(Ordering::Relaxed) {
        return Err(SqlError::stopped());
    }
    FLAG.set(Some(Arc::clone(flag)));
    let done = work();
    FLAG.set(None);
    done
}

/// Does the work on a thread with a large stack, which takes over this thread's flag.
pub(crate) fn on_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, SqlError> + Send,
) -> Result<T, SqlError> {
    let flag = FLAG.with_borrow(Clone::clone);
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new()
            .name("statement".into())
            .stack_size(STACK);
        let thread = builder.spawn_scoped(scope, || {
            FLAG.set(flag);
            work()
        });
        let failed = |what: &str| SqlError::internal(format!("The statement could not be run: {what}"));
        match thread {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err(failed("its thread panicked"))),
            Err(error) => Err(failed(&error.to_string())),
        }
    })
}
