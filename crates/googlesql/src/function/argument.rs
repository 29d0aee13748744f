//! Reading arguments. Signatures have checked their types, so what has another type counts as missing.

use crate::value::Value;

/// The text of an argument; empty if it is missing.
pub(super) fn text(values: &[Value], index: usize) -> &str {
    match values.get(index) {
        Some(
            Value::Text(text)
            | Value::Json(text)
            | Value::Date(text)
            | Value::DateTime(text)
            | Value::Time(text),
        ) => text,
        _ => "",
    }
}

/// The INT64 of an argument; 0 if it is missing.
pub(super) fn int(values: &[Value], index: usize) -> i64 {
    match values.get(index) {
        Some(Value::Int(number)) => *number,
        _ => 0,
    }
}

/// The elements of an argument that is an ARRAY.
pub(super) fn items(values: &[Value], index: usize) -> &[Value] {
    match values.get(index) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// The bytes of an argument that is BYTES or STRING.
pub(super) fn bytes(values: &[Value], index: usize) -> &[u8] {
    match values.get(index) {
        Some(Value::Bytes(bytes)) => bytes,
        Some(Value::Text(text)) => text.as_bytes(),
        _ => &[],
    }
}

/// A number of characters or elements as an INT64.
pub(super) fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
