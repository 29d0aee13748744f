//! Comparing values of one type: their order, when two are the same, and LIKE.

use crate::numeric::Numeric;
use crate::value::Value;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

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
    let best = values.iter().reduce(|best, value| {
        if replaces(value, best, wanted) {
            value
        } else {
            best
        }
    });
    best.cloned().unwrap_or(Value::Null)
}

/// Whether a value replaces the smallest (`Less`) or largest (`Greater`) one so far.
pub(crate) fn replaces(value: &Value, best: &Value, wanted: Ordering) -> bool {
    !is_nan(best) && (is_nan(value) || order(value, best) == wanted)
}

/// What is equal for values that GROUP BY, DISTINCT and a join take for the same: a hash of 128 bits, because the values
/// may be large and many.
pub(crate) fn key<'v>(values: impl IntoIterator<Item = &'v Value>) -> u128 {
    let mut halves = [DefaultHasher::new(), DefaultHasher::new()];
    halves[1].write_u8(1);
    for value in values {
        halves.iter_mut().for_each(|half| feed(value, half));
    }
    let [low, high] = halves.map(|half| u128::from(half.finish()));
    high << 64 | low
}

fn feed(value: &Value, hasher: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        Value::Null => {}
        Value::Bool(truth) => truth.hash(hasher),
        Value::Int(number) | Value::Timestamp(number) => number.hash(hasher),
        // Both zeros are the same, and all NaNs.
        Value::Float(number) if *number == 0.0 => 0_u64.hash(hasher),
        Value::Float(number) if number.is_nan() => f64::NAN.to_bits().hash(hasher),
        Value::Float(number) => number.to_bits().hash(hasher),
        Value::Numeric(text) => Numeric::parse(text).hash(hasher),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => text.hash(hasher),
        Value::Array(items) | Value::Struct(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| feed(item, hasher));
        }
    }
}

/// One part of a LIKE pattern.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// `%`
    Any,
    /// `_`
    One,
    Char(char),
}

/// LIKE: `%` is any number of characters, `_` is one, and a backslash escapes the next.
///
/// # Errors
/// The pattern ends with a backslash.
pub(crate) fn like(text: &[char], pattern: &[char]) -> Result<bool, String> {
    let mut parts = Vec::with_capacity(pattern.len());
    let mut chars = pattern.iter();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::Char(*chars.next().ok_or("LIKE pattern ends with a backslash")?),
            c => Part::Char(*c),
        });
    }
    // Where the last `%` was, and how much of the text it covers: only that one ever needs to cover more.
    let (mut at, mut part, mut last) = (0, 0, None);
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                part += 1;
                last = Some((part, at));
            }
            Some(Part::One) => {
                at += 1;
                part += 1;
            }
            Some(Part::Char(c)) if *c == text[at] => {
                at += 1;
                part += 1;
            }
            _ => match last {
                Some((after, covered)) => {
                    part = after;
                    at = covered + 1;
                    last = Some((after, at));
                }
                None => return Ok(false),
            },
        }
    }
    Ok(parts[part..].iter().all(|part| *part == Part::Any))
}
