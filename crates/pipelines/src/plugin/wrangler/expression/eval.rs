//! Computes an expression with JEXL's strict arithmetic.

use super::{Node, Scope};
use super::{function, method};
use crate::plugin::wrangler::decimal::Decimal;
use crate::plugin::wrangler::row::Cell;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// Why it ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// JEXL raised something at this column.
    At(usize),
    /// A text is no number.
    Mismatch(String),
    /// What a function raised.
    Said(String),
    /// Beyond the subset.
    Unsupported(String),
}

pub(super) fn value(node: &Node, scope: &Scope<'_>) -> Result<Cell, Stop> {
    match node {
        Node::Value(cell) => Ok(cell.clone()),
        Node::Variable(name) => Ok(variable(name, scope)),
        Node::Unary(operator, inner) => unary(operator, value(inner, scope)?),
        Node::Binary(operator @ ("&&" | "||"), left, right, at) => {
            let left = truth(&value(left, scope)?).ok_or(Stop::At(*at))?;
            if left == (*operator == "||") {
                return Ok(Cell::Bool(left));
            }
            let right = truth(&value(right, scope)?).ok_or(Stop::At(*at))?;
            Ok(Cell::Bool(right))
        }
        Node::Binary(operator, left, right, at) => {
            if let Node::List(items) = right.as_ref()
                && matches!(*operator, "=~" | "!~")
            {
                return among(operator, &value(left, scope)?, items, scope);
            }
            binary(operator, &value(left, scope)?, &value(right, scope)?, *at)
        }
        Node::Choice(condition, then, or) => {
            let chosen = truth(&value(condition, scope)?).unwrap_or(false);
            value(if chosen { then } else { or }, scope)
        }
        Node::Otherwise(first, second) => match value(first, scope)? {
            Cell::Null => value(second, scope),
            // `?:` takes the second for everything that is false.
            cell if truth(&cell) == Some(false) => value(second, scope),
            cell => Ok(cell),
        },
        Node::Call(space, name, arguments, at) => {
            function::call(space, name, &values(arguments, scope)?, *at)
        }
        Node::Method(object, name, arguments, at) => {
            let arguments = values(arguments, scope)?;
            if matches!(object.as_ref(), Node::Variable(name) if name == "this") {
                return of_row(name, &arguments, scope, *at);
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

fn values(nodes: &[Node], scope: &Scope<'_>) -> Result<Vec<Cell>, Stop> {
    nodes.iter().map(|node| value(node, scope)).collect()
}

/// A column first, as the context is filled; then what directives have set.
fn variable(name: &str, scope: &Scope<'_>) -> Cell {
    let set = scope.variables.get(name).cloned();
    set.or_else(|| scope.row.get(name).cloned()).unwrap_or(Cell::Null)
}

fn member(object: &Node, key: &Cell, scope: &Scope<'_>) -> Result<Cell, Stop> {
    if matches!(object, Node::Variable(name) if name == "this") {
        return Ok(scope.row.get(&key.text()).cloned().unwrap_or(Cell::Null));
    }
    let found = match (value(object, scope)?, key) {
        (Cell::Json(Json::Array(items)), Cell::Whole(at)) => {
            usize::try_from(*at).ok().and_then(|at| items.get(at).cloned())
        }
        (Cell::Json(Json::Object(fields)), key) => fields.get(&key.text()).cloned(),
        _ => None,
    };
    Ok(found.map_or(Cell::Null, of_json))
}

fn of_row(name: &str, arguments: &[Cell], scope: &Scope<'_>, at: usize) -> Result<Cell, Stop> {
    match (name, arguments) {
        ("width", []) => Ok(Cell::Whole(i64::try_from(scope.row.0.len()).unwrap_or(i64::MAX))),
        ("getValue", [name]) => Ok(scope.row.get(&name.text()).cloned().unwrap_or(Cell::Null)),
        _ => Err(Stop::At(at)),
    }
}

/// A value of JSON as the plugin takes it out.
pub(in crate::plugin::wrangler) fn of_json(json: Json) -> Cell {
    match json {
        Json::Null => Cell::Null,
        Json::Bool(truth) => Cell::Bool(truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cell::Whole(whole),
            (None, Some(float)) => Cell::Float(float),
            (None, None) => Cell::Text(number.to_string()),
        },
        Json::String(text) => Cell::Text(text),
        other => Cell::Json(other),
    }
}

/// A value as JSON has it.
pub(in crate::plugin::wrangler) fn json(cell: &Cell) -> Json {
    match cell {
        Cell::Null => Json::Null,
        Cell::Bool(truth) => Json::Bool(*truth),
        Cell::Whole(number) => Json::from(*number),
        Cell::Float(number) => Json::from(*number),
        Cell::Decimal(text) => text
            .parse::<f64>()
            .map_or_else(|_| Json::from(text.as_str()), Json::from),
        Cell::Json(json) => json.clone(),
        other => Json::String(other.text()),
    }
}

/// `None` for null, which strict arithmetic refuses.
pub(super) fn truth(cell: &Cell) -> Option<bool> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(truth) => *truth,
        Cell::Whole(number) => *number != 0,
        Cell::Float(number) => *number != 0.0 && !number.is_nan(),
        Cell::Text(text) => text.eq_ignore_ascii_case("true"),
        Cell::Decimal(text) => {
            Decimal::parse(text).is_some_and(|d| d.precision() > 1 || d.truncated() != Some(0))
        }
        _ => false,
    })
}

fn unary(operator: &str, cell: Cell) -> Result<Cell, Stop> {
    match operator {
        "!" => truth(&cell).map(|truth| Cell::Bool(!truth)).ok_or(Stop::At(1)),
        "empty" => Ok(Cell::Bool(match &cell {
            Cell::Null => true,
            Cell::Text(text) => text.is_empty(),
            Cell::Json(Json::Array(items)) => items.is_empty(),
            Cell::Whole(number) => *number == 0,
            _ => false,
        })),
        "size" => Ok(Cell::Whole(match &cell {
            Cell::Null => 0,
            Cell::Text(text) => i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX),
            Cell::Json(Json::Array(items)) => i64::try_from(items.len()).unwrap_or(i64::MAX),
            _ => return Err(Stop::At(1)),
        })),
        _ => match number(&cell)? {
            Number::Whole(number) => number.checked_neg().map(Cell::Whole).ok_or_else(too_large),
            Number::Float(number) => Ok(Cell::Float(-number)),
            Number::Decimal(number) => decimal(number.negate()),
        },
    }
}

fn binary(operator: &str, left: &Cell, right: &Cell, at: usize) -> Result<Cell, Stop> {
    let stop = || Stop::At(at);
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
            let pattern = function::regex(&right.text())?;
            let whole = function::matches_whole(&pattern, &left.text());
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

fn among(operator: &str, left: &Cell, items: &[Node], scope: &Scope<'_>) -> Result<Cell, Stop> {
    let mut found = false;
    for item in items {
        found = found || equal(left, &value(item, scope)?)?;
    }
    Ok(Cell::Bool(found == (operator == "=~")))
}

#[derive(Clone, Copy)]
pub(super) enum Number {
    Whole(i64),
    Float(f64),
    Decimal(Decimal),
}

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "Java's `doubleValue` loses as much")]
    pub fn float(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
            Self::Decimal(number) => number.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Whole(number) => Decimal::parse(&number.to_string()),
            Self::Float(number) => Decimal::parse(&number.to_string()),
            Self::Decimal(number) => Some(number),
        }
    }
}

/// A text is a floating number if it looks like one, else a whole one.
pub(super) fn number(cell: &Cell) -> Result<Number, Stop> {
    let no_number = |text: &str| Stop::Mismatch(format!("For input string: \"{text}\""));
    match cell {
        Cell::Whole(number) => Ok(Number::Whole(*number)),
        Cell::Float(number) => Ok(Number::Float(*number)),
        Cell::Bool(truth) => Ok(Number::Whole((*truth).into())),
        Cell::Decimal(text) => Decimal::parse(text).map(Number::Decimal).ok_or_else(too_large),
        Cell::Text(text) if text.is_empty() => Ok(Number::Whole(0)),
        Cell::Text(text) if text.contains(['.', 'e', 'E']) => {
            text.parse().map(Number::Float).map_err(|_| no_number(text))
        }
        Cell::Text(text) => text.parse().map(Number::Whole).map_err(|_| no_number(text)),
        other => Err(Stop::Mismatch(format!("For input string: \"{}\"", other.text()))),
    }
}

fn too_large() -> Stop {
    Stop::Unsupported("A number of more digits than 64 bits hold".to_owned())
}

fn decimal(result: Option<Decimal>) -> Result<Cell, Stop> {
    result
        .map(|number| Cell::Decimal(number.to_string()))
        .ok_or_else(too_large)
}

fn arithmetic(operator: &str, left: Number, right: Number, at: usize) -> Result<Cell, Stop> {
    if let (Number::Whole(left), Number::Whole(right)) = (left, right) {
        if right == 0 && matches!(operator, "/" | "%") {
            return Err(Stop::At(at));
        }
        let result = match operator {
            "+" => left.checked_add(right),
            "-" => left.checked_sub(right),
            "*" => left.checked_mul(right),
            "/" => left.checked_div(right),
            _ => left.checked_rem(right),
        };
        return result.map(Cell::Whole).ok_or_else(too_large);
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
                .ok_or(Stop::At(at)),
            _ => Err(Stop::Unsupported("The remainder of a decimal number".to_owned())),
        };
    }
    let (left, right) = (left.float(), right.float());
    if right == 0.0 && operator == "/" {
        return Err(Stop::At(at));
    }
    Ok(Cell::Float(match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        _ => left % right,
    }))
}

pub(super) fn equal(left: &Cell, right: &Cell) -> Result<bool, Stop> {
    if *left == Cell::Null || *right == Cell::Null {
        return Ok(left == right);
    }
    if matches!(left, Cell::Bool(_)) || matches!(right, Cell::Bool(_)) {
        return Ok(truth(left) == truth(right));
    }
    Ok(compare(left, right)?.map_or(left == right, Ordering::is_eq))
}

/// `None` where there is no order.
fn compare(left: &Cell, right: &Cell) -> Result<Option<Ordering>, Stop> {
    Ok(match (left, right) {
        (Cell::Date(left), Cell::Date(right)) => Some(left.cmp(right)),
        (Cell::Time(left), Cell::Time(right)) => Some(left.cmp(right)),
        (Cell::DateTime(left), Cell::DateTime(right)) => Some(left.cmp(right)),
        (Cell::Moment(left), Cell::Moment(right)) => Some(left.cmp(right)),
        (Cell::Whole(_) | Cell::Float(_) | Cell::Decimal(_), _)
        | (_, Cell::Whole(_) | Cell::Float(_) | Cell::Decimal(_)) => match (number(left)?, number(right)?) {
            (Number::Whole(left), Number::Whole(right)) => Some(left.cmp(&right)),
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
