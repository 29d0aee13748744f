//! Directives that let a row go, break on it, or count.

use super::super::row::{Cell, Row};
use super::super::trouble::Trouble;
use super::super::usage::Arguments;
use super::{Context, Work, compile, regex, scope};

pub(super) fn build(name: &str, arguments: &Arguments) -> Option<Result<Work, Trouble>> {
    let of = |name: &str| arguments.required(name);
    Some(match name {
        "filter-row" => condition(name, &of("condition"), {
            let wanted = arguments.truth("type").unwrap_or(true);
            move |truth, row, _| Ok(if truth == wanted { Vec::new() } else { vec![row] })
        }),
        "filter-by-regex" => by_regex(&of("match-type"), of("column"), &of("regex")),
        "filter-empty-or-null" => {
            let columns = arguments.columns("column");
            Ok(Box::new(move |row, _| Ok(kept(&columns, row))))
        }
        "fail" => condition(name, &of("condition"), {
            let text = of("condition");
            move |truth, row, _| {
                if truth {
                    let said = format!("Condition '{text}' evaluated to true. Terminating processing.");
                    return Err(Trouble::executing("fail", said));
                }
                Ok(vec![row])
            }
        }),
        "send-to-error" => {
            let message = arguments
                .text("message")
                .map_or_else(|| of("condition"), str::to_owned);
            condition(name, &of("condition"), move |truth, row, _| {
                if truth {
                    return Err(Trouble::record("send-to-error", &message, 1));
                }
                Ok(vec![row])
            })
        }
        "send-to-error-and-continue" => {
            let message = arguments
                .text("message")
                .map_or_else(|| of("condition"), str::to_owned);
            condition(name, &of("condition"), move |truth, row, context| {
                count(context, "dq_total", 1);
                count(context, "dq_failure", truth.into());
                if truth {
                    return Err(Trouble::Reported(message.clone(), 1));
                }
                Ok(vec![row])
            })
        }
        "set-variable" => {
            let variable = of("variable");
            compile(name, &of("condition")).map(|expression| {
                let work: Work = Box::new(move |row, context| {
                    let cell = expression.value(&scope(&row, context));
                    let cell = cell.map_err(|trouble| trouble.within("set-variable"))?;
                    context.variables.insert(variable.clone(), cell);
                    Ok(vec![row])
                });
                work
            })
        }
        "increment-variable" => {
            let (variable, by) = (of("variable"), arguments.whole("value").unwrap_or(0));
            condition(name, &of("condition"), move |truth, row, context| {
                if truth {
                    count(context, &variable, by);
                }
                Ok(vec![row])
            })
        }
        _ => return None,
    })
}

fn count(context: &mut Context, variable: &str, by: i64) {
    let before = match context.variables.get(variable) {
        Some(Cell::Whole(number)) => *number,
        _ => 0,
    };
    let after = Cell::Whole(before.saturating_add(by));
    context.variables.insert(variable.to_owned(), after);
}

fn condition(
    name: &str,
    text: &str,
    then: impl Fn(bool, Row, &mut Context) -> Result<Vec<Row>, Trouble> + 'static,
) -> Result<Work, Trouble> {
    let expression = match compile(name, text) {
        Ok(expression) => expression,
        // These two leave the reason out.
        Err(_) if name == "send-to-error" => {
            return Err(Trouble::parsing(name, format!(" Invalid condition '{text}'.")));
        }
        Err(_) if name == "send-to-error-and-continue" => {
            return Err(Trouble::parsing(name, format!("Invalid condition '{text}'.")));
        }
        Err(trouble) => return Err(trouble),
    };
    let name = name.to_owned();
    Ok(Box::new(move |row, context| {
        let truth = expression.truth(&scope(&row, context));
        let truth = truth.map_err(|trouble| trouble.within(&name))?;
        then(truth, row, context)
    }))
}

fn by_regex(kind: &str, column: String, pattern: &str) -> Result<Work, Trouble> {
    const NAME: &str = "filter-by-regex";
    let matched = match kind.to_lowercase().as_str() {
        "if-matched" => true,
        "if-not-matched" => false,
        _ => {
            let said = "Match type specified is not 'if-matched' or 'if-not-matched'";
            return Err(Trouble::parsing(NAME, said));
        }
    };
    if pattern.is_empty() || pattern.eq_ignore_ascii_case("null") {
        return Ok(Box::new(|row, _| Ok(vec![row])));
    }
    let pattern = regex(NAME, &format!("^(?:{pattern})$"))?;
    Ok(Box::new(move |row, _| {
        let text = match row.get(&column) {
            None | Some(Cell::Json(_)) => return Ok(vec![row]),
            Some(cell @ (Cell::Text(_) | Cell::Whole(_) | Cell::Float(_) | Cell::Decimal(_))) => cell.text(),
            Some(Cell::Null) => {
                let said = format!(
                    "Column '{column}' has null value. It should be a non-null 'String', 'JSONObject' or 'Number'."
                );
                return Err(Trouble::executing(NAME, said));
            }
            Some(other) => {
                let said = format!(
                    "Column '{column}' is of invalid type '{}'. It should be of type 'String', 'JSONObject' or 'Number'.",
                    other.class()
                );
                return Err(Trouble::executing(NAME, said));
            }
        };
        Ok(if pattern.is_match(&text) == matched {
            Vec::new()
        } else {
            vec![row]
        })
    }))
}

/// A row goes if all the columns are there and null. For each one that is not there it comes once more:
/// a slip of the plugin's own.
fn kept(columns: &[String], row: Row) -> Vec<Row> {
    let absent = columns
        .iter()
        .filter(|column| row.find(column.trim()).is_none())
        .count();
    let given = columns
        .iter()
        .any(|column| row.get(column.trim()).is_some_and(|cell| *cell != Cell::Null));
    vec![row; absent + usize::from(given)]
}
