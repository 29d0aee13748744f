//! What a statement is run with: a connection, its time, the rows of its tables, and the row an expression sees.

mod columns;

use crate::cancel;
use crate::error::SqlError;
use crate::memory::{Memory, RowSet};
use crate::outcome::QuerySettings;
use crate::storage::table::{self, Scan};
use crate::value::Value;
use columns::UsedColumns;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// The rows of a relation.
pub(crate) type Rows = Rc<RowSet>;

/// How many expressions, queries and columns a statement may have, with those of its views. A text of the
/// largest length has about as many if it is one array of columns with names of one letter.
const MAX_ANALYSED: usize = 1_000_000;

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
    /// The columns that it uses.
    pub columns: UsedColumns,
    /// What the statement's rows and values take.
    pub memory: Rc<Memory>,
    tables: RefCell<HashMap<Scan, Rows>>,
    steps: Cell<u32>,
    /// How many expressions, queries and columns have been analysed.
    analysed: Cell<usize>,
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
        memory: Memory,
    ) -> Self {
        Self {
            connection,
            project,
            location,
            settings,
            now,
            columns: UsedColumns::default(),
            memory: Rc::new(memory),
            tables: RefCell::default(),
            steps: Cell::new(0),
            analysed: Cell::new(0),
            outermost: Cell::new(usize::MAX),
        }
    }

    /// The rows of a table. They are read again where they are needed again, unless `keep` says that it will be often.
    pub fn table(&self, scan: &Scan, keep: bool) -> Result<Rows, SqlError> {
        if let Some(rows) = self.tables.borrow().get(scan) {
            return Ok(rows.clone());
        }
        let mut rows = RowSet::new(&self.memory);
        table::read(self.connection, scan, |row| rows.push(row))?;
        let rows = Rc::new(rows);
        if keep {
            self.tables.borrow_mut().insert(scan.clone(), rows.clone());
        }
        Ok(rows)
    }

    /// No rows yet, whose bytes count.
    pub fn rows(&self) -> RowSet {
        RowSet::new(&self.memory)
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

    /// Lets the statement be analysed a second time.
    pub fn plan_again(&self) {
        self.analysed.set(0);
    }

    /// Counts expressions, queries and columns that are analysed: views and `*` bring in more than the text has.
    ///
    /// # Errors
    /// There are too many, or the statement was cancelled.
    pub fn plan(&self, count: usize) -> Result<(), SqlError> {
        self.analysed.set(self.analysed.get().saturating_add(count));
        if self.analysed.get() > MAX_ANALYSED {
            return Err(SqlError::exceeded(
                "Not enough resources for query planning - too many subqueries or query is too complex.",
            ));
        }
        self.step()
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
