//! Analysis: a syntax tree gets its meaning. Names are resolved, types are found, and every expression becomes a
//! function of a row. Nothing is run meanwhile, so a dry run ends here.
//!
//! ```text
//! syntax::ast → Typed { kind, run(row) → value }           one expression
//!             → Relation { columns, rows(frame) → rows }   one query or table
//! ```
//!
//! | | |
//! |---|---|
//! | names | `scope` |
//! | expressions | `expression`, `operator`, `call`, `signature`, `coerce`, `aggregate`, `window` |
//! | FROM | `source`, `join`, `information_schema` |
//! | queries | `select`, `query` (WITH, ORDER BY, LIMIT), `recursive`, `set` |

mod aggregate;
mod call;
mod coerce;
mod expression;
mod information_schema;
mod join;
mod operator;
mod query;
mod recursive;
pub(crate) mod scope;
mod select;
mod set;
mod signature;
mod sort;
mod source;
mod typed;
mod window;

#[cfg(test)]
pub(crate) use aggregate::is_aggregate;
#[cfg(test)]
pub(crate) use window::is_window_only;

pub(crate) use typed::{Literal, Relation, TableScan, Typed};

use crate::error::{SqlError, line_and_column};
use crate::session::Session;
use crate::storage::name::check_table_name;
use crate::syntax::ast::{Path, Position};

/// The analysis of one statement; the statements that change rows or tables are run from it too.
#[derive(Clone, Copy)]
pub(crate) struct Analyzer<'a> {
    pub session: &'a Session<'a>,
    /// The text that positions refer to.
    pub sql: &'a str,
    /// The dataset of table names that have none.
    pub dataset: Option<&'a str>,
    /// How many views the text is nested in.
    pub depth: usize,
}

impl Analyzer<'_> {
    /// An error with its position.
    pub fn wrong(&self, at: Position, what: impl std::fmt::Display) -> SqlError {
        SqlError::invalid(format!("{what} at {}", line_and_column(self.sql, at.0)))
    }

    pub fn unsupported(&self, at: Position, what: &str) -> SqlError {
        SqlError::unsupported(self.sql, at.0, what)
    }

    /// `dataset.table`, the name in the catalog.
    ///
    /// # Errors
    /// Another project or location, or a name without a dataset.
    pub fn full_name(&self, path: &Path) -> Result<String, SqlError> {
        let project = self.session.project;
        path.parts
            .last()
            .map_or(Ok(()), |table| check_table_name(table))?;
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
