//! How large values and rows are, and how many bytes a statement holds at once.
//!
//! ```text
//! Memory ── RowSet   rows of a table, join, group …: counted until they are dropped
//!        └─ Held     what an expression holds while others are computed: arguments, elements
//! ```

use crate::error::SqlError;
use crate::limits::{MAX_STATEMENT_BYTES, MAX_VALUE_BYTES};
use crate::value::{Row, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a statement may hold whatever others hold: more than most need.
const SMALL: usize = 1 << 20;

/// The bytes that all statements of a warehouse hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMemory(Arc<AtomicUsize>);

/// The bytes that a statement holds.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    own: Cell<usize>,
    all: SharedMemory,
}

impl Memory {
    /// That of a statement among others.
    pub fn new(all: &SharedMemory) -> Self {
        Self {
            own: Cell::new(0),
            all: all.clone(),
        }
    }

    fn add(&self, bytes: usize) -> Result<(), SqlError> {
        let own = self.own.get().saturating_add(bytes);
        let all = self.all.0.load(Ordering::Relaxed).saturating_add(bytes);
        if own > SMALL && all > MAX_STATEMENT_BYTES {
            return Err(SqlError::exceeded(
                "The query could not be executed in the allotted memory.",
            ));
        }
        self.own.set(own);
        self.all.0.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn release(&self, bytes: usize) {
        let bytes = bytes.min(self.own.get());
        self.own.set(self.own.get() - bytes);
        self.all.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Nothing yet; what is added is released when it is dropped.
    pub const fn hold(&self) -> Held<'_> {
        Held {
            memory: self,
            bytes: 0,
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.release(self.own.get());
    }
}

/// Bytes that are counted as long as this lives.
pub(crate) struct Held<'m> {
    memory: &'m Memory,
    bytes: usize,
}

impl Held<'_> {
    /// Counts more bytes.
    ///
    /// # Errors
    /// The statement holds too many.
    pub fn add(&mut self, bytes: usize) -> Result<(), SqlError> {
        self.memory.add(bytes)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.memory.release(self.bytes);
    }
}

/// The rows of a relation.
#[derive(Debug, Default)]
pub(crate) struct RowSet {
    rows: Vec<Row>,
    memory: Option<Rc<Memory>>,
    bytes: usize,
}

impl RowSet {
    /// No rows yet; those that are added count.
    pub fn new(memory: &Rc<Memory>) -> Self {
        Self {
            rows: Vec::new(),
            memory: Some(Rc::clone(memory)),
            bytes: 0,
        }
    }

    /// Rows that are few: one of a SELECT without FROM, those of the catalog.
    pub const fn uncounted(rows: Vec<Row>) -> Self {
        Self {
            rows,
            memory: None,
            bytes: 0,
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The statement holds too many bytes.
    pub fn push(&mut self, row: Row) -> Result<(), SqlError> {
        self.count(bytes_of_row(&row))?;
        self.rows.push(row);
        Ok(())
    }

    /// Counts bytes that are held beside the rows.
    ///
    /// # Errors
    /// The statement holds too many bytes.
    pub fn count(&mut self, bytes: usize) -> Result<(), SqlError> {
        if let Some(memory) = &self.memory {
            memory.add(bytes)?;
            self.bytes += bytes;
        }
        Ok(())
    }

    /// Counts bytes no longer.
    pub fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        if let Some(memory) = &self.memory {
            memory.release(bytes);
        }
    }

    /// Takes rows whose bytes have been counted before.
    pub fn fill(&mut self, rows: Vec<Row>) {
        self.rows = rows;
    }

    /// The rows, which no longer count.
    pub fn into_rows(mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }
}

impl Deref for RowSet {
    type Target = Vec<Row>;

    fn deref(&self) -> &Vec<Row> {
        &self.rows
    }
}

impl Drop for RowSet {
    fn drop(&mut self) {
        self.release(self.bytes);
    }
}

/// Gives each row to `each`, and lets go of it then if nobody else has the rows.
pub(crate) fn consume(
    rows: Rc<RowSet>,
    mut each: impl FnMut(Cow<'_, [Value]>) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    match Rc::try_unwrap(rows) {
        Ok(mut set) => {
            for row in std::mem::take(&mut set.rows) {
                let bytes = bytes_of_row(&row);
                each(Cow::Owned(row))?;
                set.release(bytes);
            }
            Ok(())
        }
        Err(shared) => shared.iter().try_for_each(|row| each(Cow::Borrowed(row))),
    }
}

/// How many bytes of memory a row takes.
pub fn bytes_of_row(row: &[Value]) -> usize {
    // Its own place among the rows, and what the allocator adds.
    40 + row.iter().map(bytes_of).sum::<usize>()
}

/// How many bytes of memory a value takes.
pub fn bytes_of(value: &Value) -> usize {
    let behind = match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => 0,
        Value::Bytes(bytes) => allocated(bytes.len()),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => allocated(text.len()),
        Value::Array(items) | Value::Struct(items) => items.iter().map(bytes_of).sum(),
    };
    size_of::<Value>() + behind
}

/// How many bytes the allocator takes for so many: no piece is smaller than 32 bytes.
const fn allocated(bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    let whole = bytes.saturating_add(8 + 15) & !15;
    if whole < 32 { 32 } else { whole }
}

/// How many bytes a value has, as it would be written: eight for a number.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Bytes(bytes) => bytes.len().max(8),
        Value::Text(text) | Value::Json(text) => text.len().max(8),
        Value::Array(items) | Value::Struct(items) => items.iter().map(size).sum(),
        _ => 8,
    }
}

/// Refuses a size that no value may have; `what` made the value.
///
/// # Errors
/// In BigQuery's words.
pub(crate) fn check_size(bytes: usize, what: &str) -> Result<(), String> {
    if bytes <= MAX_VALUE_BYTES {
        return Ok(());
    }
    Err(exceeded(what))
}

/// What is said of a value that is too large, in BigQuery's words.
pub(crate) fn exceeded(what: &str) -> String {
    let megabytes = MAX_VALUE_BYTES >> 20;
    format!("Output of {what} exceeds max allowed output size of {megabytes}MB")
}

/// The array of these elements, if it is not too large; `what` made it.
///
/// # Errors
/// In BigQuery's words.
pub(crate) fn limited(items: impl Iterator<Item = Value>, what: &str) -> Result<Value, String> {
    let (mut array, mut bytes) = (Vec::new(), 0);
    for item in items {
        bytes += size(&item);
        check_size(bytes, what)?;
        array.push(item);
    }
    Ok(Value::Array(array))
}
