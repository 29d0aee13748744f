//! The directives that the sandbox executes, a family to a file; all others end the run by their name.

mod column;
mod date;
mod encode;
mod filter;
mod number;
mod parse;
mod split;
mod text;

use super::expression::{Expression, Scope};
use super::recipe::Statement;
use super::row::{Cell, Row};
use super::trouble::Trouble;
use super::usage::Arguments;
use std::collections::BTreeMap;

/// What the directives of a record share.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// What `set-variable` and its like have set; they last as long as a record.
    pub variables: BTreeMap<String, Cell>,
}

/// What a directive does with a row: it makes any number of rows of it.
type Work = Box<dyn Fn(Row, &mut Context) -> Result<Vec<Row>, Trouble>>;

/// A directive that can be executed.
pub(super) struct Directive(Work);

impl std::fmt::Debug for Directive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directive")
    }
}

impl Directive {
    /// Prepares a statement.
    ///
    /// # Errors
    /// Wrong arguments in the plugin's words, or a directive that is beyond the sandbox.
    pub fn of(statement: &Statement) -> Result<Self, Trouble> {
        let arguments = Arguments::of(statement)?;
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
            if let Some(work) = family(name, &arguments) {
                return work.map(Self);
            }
        }
        Err(Trouble::Unsupported(format!(
            "Directive '{name}' is not supported by the sandbox"
        )))
    }

    /// Applies it to the rows that one record has become.
    pub fn apply(&self, rows: Vec<Row>, context: &mut Context) -> Result<Vec<Row>, Trouble> {
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            results.extend((self.0)(row, context)?);
        }
        Ok(results)
    }
}

/// A directive that changes a row and keeps it.
fn changing(change: impl Fn(&mut Row) -> Result<(), Trouble> + 'static) -> Work {
    Box::new(move |mut row, _| {
        change(&mut row)?;
        Ok(vec![row])
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every family's answer")]
fn each(change: impl Fn(&mut Row) -> Result<(), Trouble> + 'static) -> Option<Result<Work, Trouble>> {
    Some(Ok(changing(change)))
}

/// A directive that changes the text in a column and leaves everything else alone.
fn on_text(
    column: String,
    change: impl Fn(&str) -> Result<Cell, Trouble> + 'static,
) -> Option<Result<Work, Trouble>> {
    each(move |row| {
        if let Some(at) = row.find(&column)
            && let Cell::Text(text) = &row.0[at].1
        {
            let changed = change(text)?;
            row.set(at, changed);
        }
        Ok(())
    })
}

/// The text in a column, which must be there, as many directives ask for it.
fn must_be_text<'a>(name: &str, column: &str, cell: &'a Cell) -> Result<&'a str, Trouble> {
    match cell {
        Cell::Text(text) => Ok(text),
        Cell::Null => Err(Trouble::executing(
            name,
            format!("Column '{column}' has null value. It should be a non-null 'String'."),
        )),
        other => Err(Trouble::executing(
            name,
            format!(
                "Column '{column}' has invalid type '{}'. It should be of type 'String'.",
                other.class()
            ),
        )),
    }
}

fn missing(name: &str, column: &str) -> Trouble {
    Trouble::executing(name, format!("Column '{column}' does not exist."))
}

fn compile(name: &str, text: &str) -> Result<Expression, Trouble> {
    Expression::compile(text).map_err(|error| Trouble::parsing(name, error))
}

fn scope<'a>(row: &'a Row, context: &'a Context) -> Scope<'a> {
    Scope {
        row,
        variables: &context.variables,
    }
}

fn regex(name: &str, pattern: &str) -> Result<regex::Regex, Trouble> {
    regex::Regex::new(pattern)
        .map_err(|_| Trouble::unsupported(name, format!("The regular expression '{pattern}'")))
}
