//! ORDER BY: keys of rows, and the order of two of them.

use super::scope::Scope;
use super::{Analyst, Run};
use crate::compare;
use crate::error::SqlError;
use crate::kind;
use crate::session::Frame;
use crate::syntax::tree::{Expression, Node, Order};
use crate::value::{ColumnType as T, Value};
use std::cmp::Ordering;

/// One key to sort by.
#[derive(Clone)]
pub(super) struct SortKey {
    pub run: Run,
    pub descending: bool,
    pub nulls_first: bool,
}

/// What a key is found in.
pub(super) enum KeySource {
    /// A column of the result, counted from 0.
    Output(usize),
    /// The row that the result was made of.
    Row(SortKey),
}

impl Analyst<'_> {
    /// The key of one ORDER BY item, whose type must have an order.
    pub(super) fn sort_key(&self, scope: &Scope<'_>, order: &Order) -> Result<SortKey, SqlError> {
        let typed = self.expression(scope, &order.expression)?;
        if matches!(typed.kind, T::Json | T::Array(_) | T::Struct(_)) {
            let name = kind::name(&typed.kind);
            return Err(self.wrong(
                order.expression.at,
                format!("ORDER BY does not support expressions of type {name}"),
            ));
        }
        Ok(SortKey {
            run: typed.run,
            descending: order.descending,
            // NULLs are the smallest.
            nulls_first: order.nulls_first.unwrap_or(!order.descending),
        })
    }

    /// An ORDER BY item that is the number of a column: `ORDER BY 1`.
    pub(super) fn ordinal(
        &self,
        tree: &Expression,
        width: usize,
        clause: &str,
    ) -> Result<Option<usize>, SqlError> {
        let Node::Int(number) = tree.node else {
            return Ok(None);
        };
        let place = usize::try_from(number)
            .ok()
            .filter(|place| (1..=width).contains(place));
        match place {
            Some(place) => Ok(Some(place - 1)),
            None => Err(self.wrong(
                tree.at,
                format!("{clause} is out of SELECT column number range: {number}"),
            )),
        }
    }
}

impl SortKey {
    /// A key that is a cell.
    pub fn of_order(run: Run, order: &Order) -> Self {
        Self {
            run,
            descending: order.descending,
            nulls_first: order.nulls_first.unwrap_or(!order.descending),
        }
    }

    pub fn compare(&self, left: &Value, right: &Value) -> Ordering {
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

/// The values of all keys for a row.
pub(super) fn values(keys: &[SortKey], frame: &Frame<'_>) -> Result<Vec<Value>, SqlError> {
    keys.iter().map(|key| (key.run)(frame)).collect()
}

/// The order of two rows by their keys' values.
pub(super) fn compare(keys: &[SortKey], left: &[Value], right: &[Value]) -> Ordering {
    let parts = keys
        .iter()
        .zip(left.iter().zip(right))
        .map(|(key, (left, right))| key.compare(left, right));
    parts
        .into_iter()
        .find(|part| *part != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
