//! Directives that drop a row, fail on it, or set variables.

use super::super::error::DirectiveError;
use super::super::row::{Cell, Row};
use super::super::usage::Arguments;
use super::{RowFunction, TransientStore, compile, regex, scope};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<RowFunction, DirectiveError>> {
    let argument = |name: &str| arguments.required(name);
    Some(match name {
        "filter-row" => condition(name, &argument("condition"), {
            let wanted = arguments.boolean("type").unwrap_or(true);
            move |truth, row, _| Ok(if truth == wanted { Vec::new() } else { vec![row] })
        }),
        "filter-by-regex" => by_regex(&argument("match-type"), argument("column"), &argument("regex")),
        "filter-empty-or-null" => {
            let columns = arguments.columns("column");
            Ok(Box::new(move |row, _| Ok(filter_empty(&columns, row))))
        }
        "fail" => fail(&argument("condition")),
        "send-to-error" | "send-to-error-and-continue" => {
            let message = arguments.text("message").map(str::to_owned);
            let message = message.unwrap_or_else(|| argument("condition"));
            if name == "send-to-error" {
                send_to_error(&argument("condition"), message)
            } else {
                send_to_error_and_continue(&argument("condition"), message)
            }
        }
        "set-variable" => set_variable(argument("variable"), &argument("condition")),
        "increment-variable" => {
            let (variable, by) = (argument("variable"), arguments.integer("value").unwrap_or(0));
            condition(name, &argument("condition"), move |truth, row, store| {
                if truth {
                    count(store, &variable, by);
                }
                Ok(vec![row])
            })
        }
        _ => return None,
    })
}

fn fail(text: &str) -> Result<RowFunction, DirectiveError> {
    let message = format!("Condition '{text}' evaluated to true. Terminating processing.");
    condition("fail", text, move |truth, row, _| {
        if truth {
            return Err(DirectiveError::execution("fail", &message));
        }
        Ok(vec![row])
    })
}

fn send_to_error(text: &str, message: String) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "send-to-error";
    condition(NAME, text, move |truth, row, _| {
        if truth {
            return Err(DirectiveError::error_row(NAME, &message, 1));
        }
        Ok(vec![row])
    })
}

fn send_to_error_and_continue(text: &str, message: String) -> Result<RowFunction, DirectiveError> {
    condition("send-to-error-and-continue", text, move |truth, row, store| {
        count(store, "dq_total", 1);
        count(store, "dq_failure", truth.into());
        if truth {
            return Err(DirectiveError::ReportedErrorRow(message.clone(), 1));
        }
        Ok(vec![row])
    })
}

fn set_variable(variable: String, text: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "set-variable";
    let expression = compile(NAME, text)?;
    Ok(Box::new(move |row, store| {
        let cell = expression.value(&scope(&row, store));
        let cell = cell.map_err(|error| error.in_directive(NAME))?;
        store.variables.insert(variable.clone(), cell);
        Ok(vec![row])
    }))
}

fn count(store: &mut TransientStore, variable: &str, by: i64) {
    let before = match store.variables.get(variable) {
        Some(Cell::Long(number)) => *number,
        _ => 0,
    };
    let after = Cell::Long(before.saturating_add(by));
    store.variables.insert(variable.to_owned(), after);
}

fn condition(
    name: &str,
    text: &str,
    then: impl Fn(bool, Row, &mut TransientStore) -> Result<Vec<Row>, DirectiveError> + 'static,
) -> Result<RowFunction, DirectiveError> {
    let expression = match compile(name, text) {
        Ok(expression) => expression,
        // These two do not include the reason.
        Err(_) if name == "send-to-error" => {
            return Err(DirectiveError::parse(
                name,
                format!(" Invalid condition '{text}'."),
            ));
        }
        Err(_) if name == "send-to-error-and-continue" => {
            return Err(DirectiveError::parse(
                name,
                format!("Invalid condition '{text}'."),
            ));
        }
        Err(error) => return Err(error),
    };
    let name = name.to_owned();
    Ok(Box::new(move |row, store| {
        let truth = expression.truth(&scope(&row, store));
        let truth = truth.map_err(|error| error.in_directive(&name))?;
        then(truth, row, store)
    }))
}

fn by_regex(kind: &str, column: String, pattern: &str) -> Result<RowFunction, DirectiveError> {
    const NAME: &str = "filter-by-regex";
    let matched = match kind.to_lowercase().as_str() {
        "if-matched" => true,
        "if-not-matched" => false,
        _ => {
            let message = "Match type specified is not 'if-matched' or 'if-not-matched'";
            return Err(DirectiveError::parse(NAME, message));
        }
    };
    if pattern.is_empty() || pattern.eq_ignore_ascii_case("null") {
        return Ok(Box::new(|row, _| Ok(vec![row])));
    }
    let pattern = regex(NAME, &format!("^(?:{pattern})$"))?;
    Ok(Box::new(move |row, _| {
        let text = match row.get(&column) {
            None | Some(Cell::Json(_)) => return Ok(vec![row]),
            Some(cell @ (Cell::Text(_) | Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_))) => cell.text(),
            Some(Cell::Null) => {
                let message = format!(
                    "Column '{column}' has null value. It should be a non-null 'String', 'JSONObject' or 'Number'."
                );
                return Err(DirectiveError::execution(NAME, message));
            }
            Some(other) => {
                let message = format!(
                    "Column '{column}' is of invalid type '{}'. It should be of type 'String', 'JSONObject' or 'Number'.",
                    other.class()
                );
                return Err(DirectiveError::execution(NAME, message));
            }
        };
        Ok(if pattern.is_match(&text) == matched {
            Vec::new()
        } else {
            vec![row]
        })
    }))
}

/// Drops a row if all the columns exist and are null. A bug of the plugin repeats the row for each column that does
/// not exist.
fn filter_empty(columns: &[String], row: Row) -> Vec<Row> {
    let absent = columns
        .iter()
        .filter(|column| row.find(column.trim()).is_none())
        .count();
    let given = columns
        .iter()
        .any(|column| row.get(column.trim()).is_some_and(|cell| *cell != Cell::Null));
    vec![row; absent + usize::from(given)]
}
