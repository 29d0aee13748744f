//! What a statement is run with: a connection, its time, the rows of its tables, and the row an expression sees.

use crate::cancel;
use crate::error::SqlError;
use crate::outcome::QuerySettings;
use crate::storage::table;
use crate::value::{Row, Value};
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// The rows of a relation.
pub(crate) type Rows = Rc<Vec<Row>>;

/// How many rows are processed between two checks for cancellation.
const CHECK_INTERVAL: u32 = 1_000;

/// The state of one statement.
pub(crate) struct Session<'s> {
    pub connection: &'s Connection,
    pub project: &'s str,
    pub location: &'s str,
    pub settings: &'s QuerySettings,
    /// The statement's time, in microseconds since 1970: the same for all its rows.
    pub now: i64,
    tables: RefCell<HashMap<String, Rows>>,
    steps: Cell<u32>,
    /// The outermost scope in which a name was found; see [`Session::with_outermost`].
    outermost: Cell<usize>,
}

impl<'s> Session<'s> {
    pub fn new(
        connection: &'s Connection,
        project: &'s str,
        location: &'s str,
        settings: &'s QuerySettings,
        now: i64,
    ) -> Self {
        Self {
            connection,
            project,
            location,
            settings,
            now,
            tables: RefCell::default(),
            steps: Cell::new(0),
            outermost: Cell::new(usize::MAX),
        }
    }

    /// The rows of a table, as they were when the statement first read it.
    pub fn table(&self, full: &str) -> Result<Rows, SqlError> {
        if let Some(rows) = self.tables.borrow().get(full) {
            return Ok(rows.clone());
        }
        let rows = Rc::new(table::read(self.connection, full)?);
        self.tables.borrow_mut().insert(full.to_owned(), rows.clone());
        Ok(rows)
    }

    /// Records that a name was found in the scope of this level.
    pub fn found_in(&self, level: usize) {
        self.outermost.set(self.outermost.get().min(level));
    }

    /// Does the work, and returns the outermost level at which it found a name. A subquery that finds none outside of
    /// itself is not correlated: it has the same rows for every row of the outer query.
    pub fn with_outermost<T>(&self, work: impl FnOnce() -> T) -> (T, usize) {
        let before = self.outermost.replace(usize::MAX);
        let done = work();
        let outermost = self.outermost.get();
        self.outermost.set(before.min(outermost));
        (done, outermost)
    }

    /// Counts one more row of work.
    ///
    /// # Errors
    /// The statement was cancelled.
    pub fn step(&self) -> Result<(), SqlError> {
        let steps = self.steps.get() + 1;
        self.steps.set(if steps < CHECK_INTERVAL { steps } else { 0 });
        if steps >= CHECK_INTERVAL && cancel::is_cancelled() {
            return Err(SqlError::stopped());
        }
        Ok(())
    }
}

/// The row that an expression is evaluated for and, for correlated subqueries, those of the outer queries.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'f> {
    pub row: &'f [Value],
    pub outer: Option<&'f Frame<'f>>,
    pub session: &'f Session<'f>,
}

impl<'f> Frame<'f> {
    /// A frame without a row.
    pub const fn root(session: &'f Session<'f>) -> Self {
        Self {
            row: &[],
            outer: None,
            session,
        }
    }

    /// A frame for a row of an inner query.
    pub const fn inner<'g>(&'g self, row: &'g [Value]) -> Frame<'g>
    where
        'f: 'g,
    {
        Frame {
            row,
            outer: Some(self),
            session: self.session,
        }
    }

    /// The value of a column; `depth` counts queries outward.
    pub fn cell(&self, depth: usize, index: usize) -> Value {
        let mut frame = *self;
        for _ in 0..depth {
            match frame.outer {
                Some(outer) => frame = *outer,
                None => return Value::Null,
            }
        }
        frame.row.get(index).cloned().unwrap_or(Value::Null)
    }
}
