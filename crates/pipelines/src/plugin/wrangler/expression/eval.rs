//! Evaluates an expression with JEXL's strict arithmetic.

use super::value::{EvalError, Number, number, too_large, truth};
use super::{Node, Scope};
use super::{function, method};
use crate::plugin::wrangler::decimal::Decimal;
use crate::plugin::wrangler::row::{Cell, from_json, json};
use googlesql::limits::MAX_VALUE_BYTES;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// How many bytes the values of one evaluation may have, those between included.
const MAX_PRODUCED: usize = 8 * MAX_VALUE_BYTES;

pub(super) fn value(node: &Node, scope: &Scope<'_>) -> Result<Cell, EvalError> {
    let cell = evaluate(node, scope)?;
    let produced = scope.produced.get().saturating_add(cell.size());
    scope.produced.set(produced);
    if produced > MAX_PRODUCED {
        return Err(EvalError::Unsupported(format!(
            "An expression whose values have more than {MAX_PRODUCED} bytes"
        )));
    }
    Ok(cell)
}

fn evaluate(node: &Node, scope: &Scope<'_>) -> Result<Cell, EvalError> {
    match node {
        Node::Value(cell) => Ok(cell.clone()),
        Node::Variable(name) => Ok(variable(name, scope)),
        Node::Unary(operator, inner) => unary(operator, value(inner, scope)?),
        Node::Binary(operator @ ("&&" | "||"), left, right, at) => {
            let left = truth(&value(left, scope)?).ok_or(EvalError::Jexl(*at))?;
            if left == (*operator == "||") {
                return Ok(Cell::Bool(left));
            }
            let right = truth(&value(right, scope)?).ok_or(EvalError::Jexl(*at))?;
            Ok(Cell::Bool(right))
        }
        Node::Binary(operator, left, right, at) => {
            if let Node::List(items) = right.as_ref()
                && matches!(*operator, "=~" | "!~")
            {
                return is_member(operator, &value(left, scope)?, items, scope);
            }
            binary(operator, &value(left, scope)?, &value(right, scope)?, *at)
        }
        Node::Ternary(condition, then, or) => {
            let chosen = truth(&value(condition, scope)?).unwrap_or(false);
            value(if chosen { then } else { or }, scope)
        }
        Node::Coalesce(first, second) => match value(first, scope)? {
            Cell::Null => value(second, scope),
            // `?:` uses the second operand for every false value.
            cell if truth(&cell) == Some(false) => value(second, scope),
            cell => Ok(cell),
        },
        Node::Call(space, name, arguments, at) => {
            function::call(space, name, &values(arguments, scope)?, *at)
        }
        Node::Method(object, name, arguments, at) => {
            let arguments = values(arguments, scope)?;
            if matches!(object.as_ref(), Node::Variable(name) if name == "this") {
                return row_method(name, &arguments, scope, *at);
            }
            method::method(&value(object, scope)?, name, &arguments, *at)
        }
        Node::Member(object, key) => member(object, &value(key, scope)?, scope),
        Node::List(items) => {
            let items = values(items, scope)?;
            Ok(Cell::Json(Json::Array(items.iter().map(json).collect())))
        }
    }
}

fn values(nodes: &[Node], scope: &Scope<'_>) -> Result<Vec<Cell>, EvalError> {
    nodes.iter().map(|node| value(node, scope)).collect()
}

/// The value of a variable: one that directives have set, otherwise a column.
fn variable(name: &str, scope: &Scope<'_>) -> Cell {
    let set = scope.variables.get(name).cloned();
    set.or_else(|| scope.row.get(name).cloned()).unwrap_or(Cell::Null)
}

fn member(object: &Node, key: &Cell, scope: &Scope<'_>) -> Result<Cell, EvalError> {
    if matches!(object, Node::Variable(name) if name == "this") {
        return Ok(scope.row.get(&key.text()).cloned().unwrap_or(Cell::Null));
    }
    let found = match (value(object, scope)?, key) {
        (Cell::Json(Json::Array(items)), Cell::Long(at)) => {
            usize::try_from(*at).ok().and_then(|at| items.get(at).cloned())
        }
        (Cell::Json(Json::Object(fields)), key) => fields.get(&key.text()).cloned(),
        _ => None,
    };
    Ok(found.map_or(Cell::Null, from_json))
}

fn row_method(name: &str, arguments: &[Cell], scope: &Scope<'_>, at: usize) -> Result<Cell, EvalError> {
    match (name, arguments) {
        ("width", []) => Ok(Cell::Long(i64::try_from(scope.row.0.len()).unwrap_or(i64::MAX))),
        ("getValue", [name]) => Ok(scope.row.get(&name.text()).cloned().unwrap_or(Cell::Null)),
        _ => Err(EvalError::Jexl(at)),
    }
}

fn unary(operator: &str, cell: Cell) -> Result<Cell, EvalError> {
    match operator {
        "!" => truth(&cell)
            .map(|truth| Cell::Bool(!truth))
            .ok_or(EvalError::Jexl(1)),
        "empty" => Ok(Cell::Bool(match &cell {
            Cell::Null => true,
            Cell::Text(text) => text.is_empty(),
            Cell::Json(Json::Array(items)) => items.is_empty(),
            Cell::Long(number) => *number == 0,
            _ => false,
        })),
        "size" => Ok(Cell::Long(match &cell {
            Cell::Null => 0,
            Cell::Text(text) => i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX),
            Cell::Json(Json::Array(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
            _ => return Err(EvalError::Jexl(1)),
        })),
        _ => match number(&cell)? {
            Number::Long(number) => number.checked_neg().map(Cell::Long).ok_or_else(too_large),
            Number::Float(number) => Ok(Cell::Float(-number)),
            Number::Decimal(number) => decimal(number.negate()),
        },
    }
}

fn binary(operator: &str, left: &Cell, right: &Cell, at: usize) -> Result<Cell, EvalError> {
    let stop = || EvalError::Jexl(at);
    match operator {
        "==" => Ok(Cell::Bool(equal(left, right)?)),
        "!=" => Ok(Cell::Bool(!equal(left, right)?)),
        "<" | "<=" | ">" | ">=" => {
            if *left == Cell::Null || *right == Cell::Null {
                return Ok(Cell::Bool(operator.ends_with('=') && left == right));
            }
            let order = compare(left, right)?.ok_or_else(stop)?;
            Ok(Cell::Bool(match operator {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        "=~" | "!~" => {
            if *left == Cell::Null || *right == Cell::Null {
                return Ok(Cell::Bool((left == right) == (operator == "=~")));
            }
            let whole = function::matches_whole(&right.text(), &left.text())?;
            Ok(Cell::Bool(whole == (operator == "=~")))
        }
        "=^" | "!^" => Ok(Cell::Bool(
            left.text().starts_with(&right.text()) == (operator == "=^"),
        )),
        "=$" | "!$" => Ok(Cell::Bool(
            left.text().ends_with(&right.text()) == (operator == "=$"),
        )),
        _ if *left == Cell::Null || *right == Cell::Null => Err(stop()),
        "+" if matches!(left, Cell::Text(_)) || matches!(right, Cell::Text(_)) => {
            Ok(Cell::Text(left.text() + &right.text()))
        }
        _ => arithmetic(operator, number(left)?, number(right)?, at),
    }
}

fn is_member(operator: &str, left: &Cell, items: &[Node], scope: &Scope<'_>) -> Result<Cell, EvalError> {
    let mut found = false;
    for item in items {
        found = found || equal(left, &value(item, scope)?)?;
    }
    Ok(Cell::Bool(found == (operator == "=~")))
}

fn decimal(result: Option<Decimal>) -> Result<Cell, EvalError> {
    result
        .map(|number| Cell::Decimal(number.to_string()))
        .ok_or_else(too_large)
}

fn arithmetic(operator: &str, left: Number, right: Number, at: usize) -> Result<Cell, EvalError> {
    if let (Number::Long(left), Number::Long(right)) = (left, right) {
        if right == 0 && matches!(operator, "/" | "%") {
            return Err(EvalError::Jexl(at));
        }
        let result = match operator {
            "+" => left.checked_add(right),
            "-" => left.checked_sub(right),
            "*" => left.checked_mul(right),
            "/" => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        return result.map(Cell::Long).ok_or_else(too_large);
    }
    let exact = matches!(left, Number::Decimal(_)) || matches!(right, Number::Decimal(_));
    if exact {
        let (left, right) = left.decimal().zip(right.decimal()).ok_or_else(too_large)?;
        return match operator {
            "+" => decimal(left.add(right)),
            "-" => decimal(right.negate().and_then(|right| left.add(right))),
            "*" => decimal(left.multiply(right)),
            "/" => left
                .divide(right)
                .map(|d| Cell::Decimal(d.to_string()))
                .ok_or(EvalError::Jexl(at)),
            _ => Err(EvalError::Unsupported(
                "The remainder of a decimal number".to_owned(),
            )),
        };
    }
    let (left, right) = (left.float(), right.float());
    if right == 0.0 && operator == "/" {
        return Err(EvalError::Jexl(at));
    }
    Ok(Cell::Float(match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        _ => left % right,
    }))
}

pub(super) fn equal(left: &Cell, right: &Cell) -> Result<bool, EvalError> {
    if *left == Cell::Null || *right == Cell::Null {
        return Ok(left == right);
    }
    if matches!(left, Cell::Bool(_)) || matches!(right, Cell::Bool(_)) {
        return Ok(truth(left) == truth(right));
    }
    Ok(compare(left, right)?.map_or(left == right, Ordering::is_eq))
}

/// Compares two values; `None` if they have no order.
fn compare(left: &Cell, right: &Cell) -> Result<Option<Ordering>, EvalError> {
    Ok(match (left, right) {
        (Cell::Date(left), Cell::Date(right)) => Some(left.cmp(right)),
        (Cell::Time(left), Cell::Time(right)) => Some(left.cmp(right)),
        (Cell::DateTime(left), Cell::DateTime(right)) => Some(left.cmp(right)),
        (Cell::Moment(left), Cell::Moment(right)) => Some(left.cmp(right)),
        (Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_), _)
        | (_, Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_)) => match (number(left)?, number(right)?) {
            (Number::Long(left), Number::Long(right)) => Some(left.cmp(&right)),
            (Number::Decimal(_), _) | (_, Number::Decimal(_)) => {
                let pair = number(left)?.decimal().zip(number(right)?.decimal());
                pair.and_then(|(left, right)| left.compare(right))
            }
            (left, right) => left.float().partial_cmp(&right.float()),
        },
        (Cell::Text(_), _) | (_, Cell::Text(_)) => Some(left.text().cmp(&right.text())),
        _ => None,
    })
}
