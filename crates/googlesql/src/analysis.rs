//! A tree with meaning: names found, types known, every expression a function of a row.
//!
//! Nothing is run while it is analysed, so a dry run ends here.
//!
//! ```text
//! syntax::tree → Typed { kind, run(row) → value }        one expression
//!              → Relation { columns, rows(frame) → rows } one query or table
//! ```
//!
//! `scope.rs`: what names mean; `expression.rs`, `operator.rs`, `call.rs`: expressions; `source.rs`, `join.rs`: FROM;
//! `select.rs`, `plan.rs`, `grouping.rs`, `window.rs`: SELECT; `query.rs`: WITH, set operators, ORDER BY.

pub(super) mod call;
pub(super) mod coerce;
pub(super) mod expression;
mod grouping;
mod information;
mod join;
mod operator;
mod plan;
mod query;
pub(super) mod scope;
mod select;
mod set;
mod sort;
mod source;
mod window;

#[cfg(test)]
pub(super) use grouping::is_aggregate;
#[cfg(test)]
pub(super) use window::is_window_only;

use super::error::{self, SqlError};
use super::session::{Frame, Rows, Session};
use super::syntax::tree::{Path, Place};
use crate::value::{Column, ColumnType, Value};
use std::rc::Rc;

/// How a value is found for a row.
pub(super) type Run = Rc<dyn Fn(&Frame<'_>) -> Result<Value, SqlError>>;

/// An expression whose type is known.
#[derive(Clone)]
pub(super) struct Typed {
    pub kind: ColumnType,
    pub run: Run,
    pub loose: Loose,
}

/// What a type may still become.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Loose {
    /// Nothing else.
    No,
    /// NULL, or an array of nothing: anything.
    Null,
    /// A literal or parameter: what its value can be read as.
    Literal(Value),
}

impl Typed {
    pub fn new(kind: ColumnType, run: impl Fn(&Frame<'_>) -> Result<Value, SqlError> + 'static) -> Self {
        Self {
            kind,
            run: Rc::new(run),
            loose: Loose::No,
        }
    }

    /// The same value for every row.
    pub fn constant(kind: ColumnType, value: Value) -> Self {
        let loose = if value == Value::Null {
            Loose::Null
        } else {
            Loose::Literal(value.clone())
        };
        Self {
            kind,
            run: Rc::new(move |_| Ok(value.clone())),
            loose,
        }
    }

    /// A cell of a row so many queries further out.
    pub fn cell(kind: ColumnType, depth: usize, index: usize) -> Self {
        Self::new(kind, move |frame| Ok(frame.cell(depth, index)))
    }
}

/// Where rows come from.
#[derive(Clone)]
pub(super) struct Relation {
    pub columns: Vec<Column>,
    pub rows: source::RowsOf,
    /// Whether it has other rows each time: what a recursive query made the turn before.
    pub fresh: bool,
}

impl Relation {
    fn new(columns: Vec<Column>, rows: impl Fn(&Frame<'_>) -> Result<Rows, SqlError> + 'static) -> Self {
        Self {
            columns,
            rows: Rc::new(rows),
            fresh: false,
        }
    }
}

/// The statement in work.
#[derive(Clone, Copy)]
pub(super) struct Analyst<'a> {
    pub session: &'a Session<'a>,
    /// The text that places are counted in.
    pub sql: &'a str,
    pub dataset: Option<&'a str>,
    /// How many views stand around it.
    pub depth: usize,
}

impl Analyst<'_> {
    /// A complaint that names its place.
    pub fn wrong(&self, at: Place, what: impl std::fmt::Display) -> SqlError {
        SqlError::invalid(format!("{what} at {}", error::place(self.sql, at.0)))
    }

    pub fn unsupported(&self, at: Place, what: &str) -> SqlError {
        SqlError::unsupported(self.sql, at.0, what)
    }

    /// `dataset.table`, as it is kept here.
    ///
    /// # Errors
    /// Another project, no dataset, a place where nothing is.
    pub fn full_name(&self, path: &Path) -> Result<String, SqlError> {
        let project = self.session.project;
        let named = match path.parts.as_slice() {
            [.., dataset, _] => Some(dataset.as_str()),
            _ => self.dataset,
        };
        let elsewhere = self.session.settings.location.as_deref();
        let elsewhere = elsewhere.filter(|place| !place.eq_ignore_ascii_case(self.session.location));
        if let (Some(dataset), Some(place)) = (named, elsewhere) {
            return Err(SqlError::not_found(format!(
                "Not found: Dataset {project}:{dataset} was not found in location {place}"
            )));
        }
        match path.parts.as_slice() {
            [table] => match self.dataset {
                Some(dataset) => Ok(format!("{dataset}.{table}")),
                None => Err(SqlError::invalid(format!(
                    "Table \"{table}\" must be qualified with a dataset (e.g. dataset.table)."
                ))),
            },
            [dataset, table] => Ok(format!("{dataset}.{table}")),
            [owner, dataset, table] if owner == project => Ok(format!("{dataset}.{table}")),
            [owner, dataset, table] => Err(SqlError {
                reason: "accessDenied".into(),
                message: format!(
                    "Access Denied: Table {owner}:{dataset}.{table}: User does not have permission to query table {owner}:{dataset}.{table}, or perhaps it does not exist."
                ),
            }),
            _ => Err(self.wrong(path.at, format!("Invalid table name: `{}`", path.parts.join(".")))),
        }
    }
}
