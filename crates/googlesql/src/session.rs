//! What a statement is run in: one connection, one moment, the rows of its tables, and the wish to stop.

use super::stop;
use super::store;
use super::{QuerySettings, SqlError};
use crate::value::Value;
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A row, and the rows of a relation.
pub(super) type Row = Vec<Value>;
pub(super) type Rows = Rc<Vec<Row>>;

/// How many rows lie between two looks at the wish to stop.
const STEPS: u32 = 1_000;

pub(super) struct Session<'s> {
    pub connection: &'s Connection,
    pub project: &'s str,
    pub location: &'s str,
    pub settings: &'s QuerySettings,
    /// Microseconds since 1970: one moment for all the statement.
    pub now: i64,
    tables: RefCell<HashMap<String, Rows>>,
    steps: Cell<u32>,
    /// The outermost scope that a name was found in since somebody asked; see [`Session::reached`].
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

    /// The rows of a table, as they were when the statement first looked.
    pub fn table(&self, full: &str) -> Result<Rows, SqlError> {
        if let Some(rows) = self.tables.borrow().get(full) {
            return Ok(rows.clone());
        }
        let rows = Rc::new(store::read(self.connection, full)?);
        self.tables.borrow_mut().insert(full.to_owned(), rows.clone());
        Ok(rows)
    }

    /// A name was found in the scope of this level.
    pub fn reach(&self, level: usize) {
        self.outermost.set(self.outermost.get().min(level));
    }

    /// Does the work, and tells the outermost level of a scope that it found a name in: a query that finds
    /// none around itself has the same rows for every row of the query around it.
    pub fn reached<T>(&self, work: impl FnOnce() -> T) -> (T, usize) {
        let before = self.outermost.replace(usize::MAX);
        let done = work();
        let reached = self.outermost.get();
        self.outermost.set(before.min(reached));
        (done, reached)
    }

    /// One row's work has been done.
    ///
    /// # Errors
    /// Somebody cancelled the statement.
    pub fn step(&self) -> Result<(), SqlError> {
        let steps = self.steps.get() + 1;
        self.steps.set(if steps < STEPS { steps } else { 0 });
        if steps >= STEPS && stop::is_wished() {
            return Err(SqlError::stopped());
        }
        Ok(())
    }
}

/// The rows that an expression sees: its own and, behind it, those of the queries around.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f> {
    pub row: &'f [Value],
    pub outer: Option<&'f Frame<'f>>,
    pub session: &'f Session<'f>,
}

impl<'f> Frame<'f> {
    /// No row at all.
    pub const fn root(session: &'f Session<'f>) -> Self {
        Self {
            row: &[],
            outer: None,
            session,
        }
    }

    /// A row inside of this frame.
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

    /// The cell of a column so many queries further out.
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
