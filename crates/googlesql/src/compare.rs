//! Comparing values of one type: their order, when two are the same, and LIKE.

use crate::numeric::Numeric;
use crate::value::Value;
use std::cmp::Ordering;

/// NULL before all, NaN before all numbers: the order of ORDER BY ASC.
pub(crate) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => match (a.is_nan(), b.is_nan()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        },
        (Value::Numeric(a), Value::Numeric(b)) => Numeric::compare(a, b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (
            Value::Text(a) | Value::Date(a) | Value::Time(a) | Value::DateTime(a) | Value::Json(a),
            Value::Text(b) | Value::Date(b) | Value::Time(b) | Value::DateTime(b) | Value::Json(b),
        ) => a.cmp(b),
        (Value::Array(a) | Value::Struct(a), Value::Array(b) | Value::Struct(b)) => {
            let parts = a.iter().zip(b).map(|(a, b)| order(a, b));
            parts
                .into_iter()
                .find(|part| *part != Ordering::Equal)
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        // The analysis has coerced both to one type.
        _ => Ordering::Equal,
    }
}

pub(crate) const fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Float(number) if number.is_nan())
}

/// The smallest (`Less`) or largest (`Greater`) value: a NaN if there is one, NULL of none.
pub(crate) fn extreme(values: &[Value], wanted: Ordering) -> Value {
    let nan = values.iter().find(|value| is_nan(value));
    let best = values.iter().reduce(
        |best, value| {
            if order(value, best) == wanted { value } else { best }
        },
    );
    nan.or(best).cloned().unwrap_or(Value::Null)
}

/// A text that is equal for values that GROUP BY, DISTINCT and a join take for the same.
pub(crate) fn key<'v>(values: impl IntoIterator<Item = &'v Value>) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for value in values {
        // Writing to a String cannot fail.
        let _ = match value {
            Value::Numeric(text) => write!(out, "n{:?};", Numeric::parse(text)),
            Value::Float(number) if *number == 0.0 => write!(out, "f0;"),
            Value::Array(items) | Value::Struct(items) => write!(out, "[{}];", key(items)),
            other => write!(out, "{other:?};"),
        };
    }
    out
}

/// LIKE: `%` is any number of characters, `_` is one, and a backslash escapes the next.
///
/// # Errors
/// The pattern ends with a backslash.
pub(crate) fn like(text: &[char], pattern: &[char]) -> Result<bool, String> {
    match pattern {
        [] => Ok(text.is_empty()),
        ['%', rest @ ..] => {
            let rest = match rest.iter().position(|c| *c != '%') {
                Some(more) => &rest[more..],
                None => return Ok(true),
            };
            for start in 0..=text.len() {
                if like(&text[start..], rest)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        ['_', rest @ ..] => match text {
            [_, text @ ..] => like(text, rest),
            [] => Ok(false),
        },
        ['\\'] => Err("LIKE pattern ends with a backslash".into()),
        ['\\', c, rest @ ..] | [c, rest @ ..] => match text {
            [first, text @ ..] if first == c => like(text, rest),
            _ => Ok(false),
        },
    }
}
