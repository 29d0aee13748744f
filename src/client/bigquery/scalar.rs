//! Values that are neither lists nor records: the texts that they travel as.

use super::schema::Column;
use serde_json::Value;
use std::borrow::Cow;

/// The text of a value that is neither a RECORD nor an array; `None` for NULL.
pub(super) fn scalar<'a>(value: &'a Value, column: &Column) -> Result<Option<Cow<'a, str>>, String> {
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Array(_) | Value::Object(_) => return Err(mismatch(column)),
    })
}

/// What is wrong with a value. It is not repeated: it may be a secret.
pub(super) fn mismatch(column: &Column) -> String {
    format!(
        "the column {} holds something that is not a valid {}",
        column.name, column.kind
    )
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// Microseconds as an integer, as asked for; or seconds as a float, as servers send that ignore it.
pub(super) fn micros(text: &str) -> Option<i64> {
    if let Ok(micros) = text.parse::<i64>() {
        return Some(micros);
    }
    let seconds: f64 = text.parse().ok()?;
    let micros = (seconds * 1e6).round();
    if !micros.is_finite() || micros.abs() > 9.0e18 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be within i64 above")]
    let whole = micros as i64;
    Some(whole)
}
