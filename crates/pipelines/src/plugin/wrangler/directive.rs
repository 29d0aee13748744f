//! The directives that the sandbox executes, in one file for each family. Any other directive fails the run.

mod column;
mod date;
mod encode;
mod filter;
mod number;
mod parse;
mod split;
mod text;

use super::error::DirectiveError;
use super::expression::{Expression, Scope};
use super::recipe::Statement;
use super::row::{Cell, Row};
use super::usage::Arguments;
use std::collections::BTreeMap;

/// The variables that the directives of a record share.
#[derive(Debug, Default)]
pub(super) struct TransientStore {
    /// The variables that `set-variable` and similar directives have set for this record.
    pub variables: BTreeMap<String, Cell>,
}

/// Applies a directive to a row, which may become any number of rows.
type RowFunction = Box<dyn Fn(Row, &mut TransientStore) -> Result<Vec<Row>, DirectiveError>>;

/// A compiled directive.
pub(super) struct Directive(RowFunction);

impl std::fmt::Debug for Directive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directive")
    }
}

impl Directive {
    /// Compiles a statement.
    ///
    /// # Errors
    /// Wrong arguments with the plugin's message, or a directive that the sandbox does not support.
    pub fn from_statement(statement: &Statement) -> Result<Self, DirectiveError> {
        let arguments = Arguments::from_statement(statement)?;
        let name = statement.name.as_str();
        for family in [
            column::build,
            filter::build,
            text::build,
            split::build,
            encode::build,
            number::build,
            parse::build,
            date::build,
        ] {
            if let Some(row_function) = family(name, &arguments) {
                return row_function.map(Self);
            }
        }
        Err(DirectiveError::Unsupported(format!(
            "Directive '{name}' is not supported by the sandbox"
        )))
    }

    /// Applies it to the rows of one record.
    pub fn apply(&self, rows: Vec<Row>, store: &mut TransientStore) -> Result<Vec<Row>, DirectiveError> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            results.extend((self.0)(row, store)?);
        }
        Ok(results)
    }
}

/// A directive that changes a row in place.
fn modify_row(change: impl Fn(&mut Row) -> Result<(), DirectiveError> + 'static) -> RowFunction {
    Box::new(move |mut row, _| {
        change(&mut row)?;
        Ok(vec![row])
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the return type of every family")]
fn modify_each_row(
    change: impl Fn(&mut Row) -> Result<(), DirectiveError> + 'static,
) -> Option<Result<RowFunction, DirectiveError>> {
    Some(Ok(modify_row(change)))
}

/// A directive that changes the text in a column; other values stay.
fn modify_text(
    column: String,
    change: impl Fn(&str) -> Result<Cell, DirectiveError> + 'static,
) -> Option<Result<RowFunction, DirectiveError>> {
    modify_each_row(move |row| {
        if let Some(at) = row.find(&column)
            && let Cell::Text(text) = &row.0[at].1
        {
            let changed = change(text)?;
            row.set(at, changed);
        }
        Ok(())
    })
}

/// The text in a column that must be a text.
fn must_be_text<'a>(name: &str, column: &str, cell: &'a Cell) -> Result<&'a str, DirectiveError> {
    match cell {
        Cell::Text(text) => Ok(text),
        Cell::Null => Err(DirectiveError::execution(
            name,
            format!("Column '{column}' has null value. It should be a non-null 'String'."),
        )),
        other => Err(DirectiveError::execution(
            name,
            format!(
                "Column '{column}' has invalid type '{}'. It should be of type 'String'.",
                other.class()
            ),
        )),
    }
}

fn missing(name: &str, column: &str) -> DirectiveError {
    DirectiveError::execution(name, format!("Column '{column}' does not exist."))
}

fn compile(name: &str, text: &str) -> Result<Expression, DirectiveError> {
    Expression::compile(text).map_err(|error| DirectiveError::parse(name, error))
}

fn scope<'a>(row: &'a Row, store: &'a TransientStore) -> Scope<'a> {
    Scope {
        row,
        variables: &store.variables,
    }
}

fn regex(name: &str, pattern: &str) -> Result<regex::Regex, DirectiveError> {
    regex::Regex::new(pattern)
        .map_err(|_| DirectiveError::unsupported(name, format!("The regular expression '{pattern}'")))
}
