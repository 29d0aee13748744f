//! Sorting: the keys of ORDER BY, and the order of two rows by them.

use super::Run;
use crate::compare;
use crate::error::SqlError;
use crate::memory::{self, RowSet};
use crate::session::{Frame, Session};
use crate::syntax::ast::OrderItem;
use crate::value::{Row, Value};
use std::cmp::Ordering;

/// One key of ORDER BY.
#[derive(Clone)]
pub(crate) struct SortKey {
    run: Run,
    descending: bool,
    nulls_first: bool,
}

impl SortKey {
    /// The item's key, whose value `run` computes.
    pub fn new(run: Run, item: &OrderItem) -> Self {
        Self {
            run,
            descending: item.descending,
            // NULLs are the smallest values.
            nulls_first: item.nulls_first.unwrap_or(!item.descending),
        }
    }

    pub fn value(&self, frame: &Frame<'_>) -> Result<Value, SqlError> {
        (self.run)(frame)
    }

    fn compare(&self, left: &Value, right: &Value) -> Ordering {
        match (left, right) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) if self.nulls_first => Ordering::Less,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) if self.nulls_first => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            _ if self.descending => compare::order(right, left),
            _ => compare::order(left, right),
        }
    }
}

/// Rows that are to be sorted.
pub(crate) struct Sorting {
    entries: Vec<(Vec<Value>, Row)>,
    counted: RowSet,
    bytes_of_keys: usize,
}

impl Sorting {
    pub fn new(session: &Session<'_>) -> Self {
        Self {
            entries: Vec::new(),
            counted: session.rows(),
            bytes_of_keys: 0,
        }
    }

    /// Adds a row with the values of its keys.
    pub fn push(&mut self, keys: Vec<Value>, row: Row) -> Result<(), SqlError> {
        let bytes = memory::bytes_of_row(&keys);
        self.counted.count(bytes + memory::bytes_of_row(&row))?;
        self.bytes_of_keys += bytes;
        self.entries.push((keys, row));
        Ok(())
    }

    /// The rows in order.
    pub fn finish(mut self, keys: &[SortKey]) -> RowSet {
        self.entries.sort_by(|(a, _), (b, _)| compare(keys, a, b));
        self.counted
            .fill(self.entries.into_iter().map(|(_, row)| row).collect());
        self.counted.release(self.bytes_of_keys);
        self.counted
    }
}

/// The values of all keys for a row.
pub(crate) fn values(keys: &[SortKey], frame: &Frame<'_>) -> Result<Vec<Value>, SqlError> {
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        values.push(key.value(frame)?);
    }
    Ok(values)
}

/// The order of two rows by the values of their keys.
pub(crate) fn compare(keys: &[SortKey], left: &[Value], right: &[Value]) -> Ordering {
    let mut parts = keys
        .iter()
        .zip(left.iter().zip(right))
        .map(|(key, (left, right))| key.compare(left, right));
    parts
        .find(|part| *part != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
