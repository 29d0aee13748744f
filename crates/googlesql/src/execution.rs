//! Execution: what analysis builds, and what computes rows from it.
//!
//! Every expression is a function of a row's [`Frame`], and every table, query or join a function that returns rows.
//! Rows are kept in memory while a statement runs.

pub(crate) mod aggregate;
pub(crate) mod join;
pub(crate) mod result;
pub(crate) mod select;
pub(crate) mod sort;
pub(crate) mod window;

use crate::error::SqlError;
use crate::memory;
use crate::session::{Frame, Rows};
use crate::value::{Row, Value};
use std::rc::Rc;

/// Computes the value of an expression for a row.
pub(crate) type Run = Rc<dyn Fn(&Frame<'_>) -> Result<Value, SqlError>>;

/// Computes the rows of a relation, for a row of the outer queries.
pub(crate) type RowSource = Rc<dyn Fn(&Frame<'_>) -> Result<Rows, SqlError>>;

/// The values of several expressions for a row.
pub(crate) fn evaluate<'r>(
    runs: impl IntoIterator<Item = &'r Run>,
    frame: &Frame<'_>,
) -> Result<Row, SqlError> {
    let mut held = frame.session.memory.hold();
    let runs = runs.into_iter();
    // Exactly as many: most rows are short, and a Vec that grows begins with four.
    let mut values = Vec::with_capacity(runs.size_hint().0);
    for run in runs {
        let value = run(frame)?;
        held.add(memory::bytes_of(&value))?;
        values.push(value);
    }
    Ok(values)
}
