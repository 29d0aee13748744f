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
use crate::plugin::Headers;
use googlesql::limits::MAX_VALUE_BYTES;
use googlesql::regexp::{self, Dialect};
use std::collections::BTreeMap;

/// The most bytes of the rows that one record becomes.
const MAX_ROWS: usize = 6 * MAX_VALUE_BYTES;

/// What the directives of a record share.
#[derive(Debug, Default)]
pub(super) struct TransientStore {
    /// The variables that `set-variable` and similar directives have set for this record.
    pub variables: BTreeMap<String, Cell>,
    /// The headers that the stage has read so far.
    pub headers: Headers,
}

/// The rows that one record becomes, measured while they become more.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    size: usize,
}

impl Rows {
    /// Adds a row.
    ///
    /// # Errors
    /// More than the rows of one record may take.
    fn push(&mut self, row: Row) -> Result<(), DirectiveError> {
        self.size = self.size.saturating_add(size_of::<Row>() + row.size());
        if self.size > MAX_ROWS {
            return Err(DirectiveError::Unsupported(format!(
                "A record that becomes rows of more than {MAX_ROWS} bytes is not supported by the sandbox"
            )));
        }
        self.rows.push(row);
        Ok(())
    }

    /// The rows that `rows` returns.
    fn collect(rows: impl Iterator<Item = Row>) -> Result<Vec<Row>, DirectiveError> {
        let mut all = Self::default();
        for row in rows {
            all.push(row)?;
        }
        Ok(all.rows)
    }
}

/// Applies a directive to a row, which may become any number of rows.
type RowFunction = Box<dyn Fn(Row, &mut TransientStore) -> Result<Vec<Row>, DirectiveError>>;

/// What builds a directive of a family; `None` if it is of another one.
type Family = fn(&str, &Arguments) -> Option<Result<RowFunction, DirectiveError>>;

const FAMILIES: [Family; 8] = [
    column::build,
    filter::build,
    text::build,
    split::build,
    encode::build,
    number::build,
    parse::build,
    date::build,
];

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
        let mut built = FAMILIES.iter().filter_map(|family| family(name, &arguments));
        built.next().map_or_else(
            || {
                Err(DirectiveError::Unsupported(format!(
                    "Directive '{name}' is not supported by the sandbox"
                )))
            },
            |row_function| row_function.map(Self),
        )
    }

    /// Applies it to the rows of one record.
    pub fn apply(&self, rows: Vec<Row>, store: &mut TransientStore) -> Result<Vec<Row>, DirectiveError> {
        let mut results = Rows::default();
        for row in rows {
            for row in (self.0)(row, store)? {
                results.push(row)?;
            }
        }
        Ok(results.rows)
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
    Scope::new(row, &store.variables)
}

fn regex(name: &str, pattern: &str) -> Result<regex::Regex, DirectiveError> {
    regexp::compile(pattern, Dialect::Java)
        .map_err(|_| DirectiveError::unsupported(name, format!("The regular expression '{pattern}'")))
}

#[cfg(test)]
mod tests {
    use super::super::usage::directives;
    use super::*;

    #[test]
    fn the_documentation_names_every_directive_that_is_not_executed() {
        let none = Arguments::default();
        let refused = |name: &&str| FAMILIES.iter().all(|family| family(name, &none).is_none());
        let names: Vec<_> = directives()
            .filter(refused)
            .map(|name| format!("`{name}`"))
            .collect();
        let page = include_str!("../../../../../docs/plugins.md");
        let (_, list) = page.split_once("is not supported by the sandbox`: ").unwrap();
        let list: Vec<_> = list.trim().trim_end_matches('.').split_whitespace().collect();
        assert_eq!(list.join(" "), names.join(" "));
    }
}
