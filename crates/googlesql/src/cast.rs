//! CAST: values of one type as values of another, and as text.

use crate::datetime;
use crate::document;
use crate::kind;
use crate::numeric::Numeric;
use crate::value::{ColumnType as T, Value};

/// The value cast to a type; NULL stays NULL.
///
/// # Errors
/// BigQuery's message for a value that the type does not have.
pub fn cast(value: &Value, to: &T) -> Result<Value, String> {
    let result = match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Array(items), T::Array(inner)) => {
            return items
                .iter()
                .map(|item| cast(item, inner))
                .collect::<Result<_, _>>()
                .map(Value::Array);
        }
        (Value::Struct(items), T::Struct(fields)) if items.len() == fields.len() => {
            let parts = items
                .iter()
                .zip(fields)
                .map(|(item, field)| cast(item, &field.kind));
            return parts.collect::<Result<_, _>>().map(Value::Struct);
        }
        (Value::Bytes(bytes), T::String) => {
            return String::from_utf8(bytes.clone())
                .map(Value::Text)
                .map_err(|_| "Invalid UTF-8 in CAST of BYTES to STRING".into());
        }
        (Value::Text(text), T::Bytes) => Some(Value::Bytes(text.clone().into_bytes())),
        (value, T::String) => text(value).map(Value::Text),
        (value, T::Bool) => to_bool(value),
        (value, T::Int64) => return to_int(value),
        (value, T::Float64) => to_float(value).map(Value::Float),
        (value, T::Numeric) => to_numeric(value).map(|number| Value::Numeric(number.to_string())),
        (value, T::Date) => datetime::date_of(value).map(|date| Value::Date(date.to_string())),
        (value, T::DateTime) => datetime::datetime_of(value).map(datetime::datetime),
        (value, T::Time) => datetime::time_of(value).map(datetime::time),
        (value, T::Timestamp) => datetime::timestamp_of(value).map(Value::Timestamp),
        (Value::Bytes(bytes), T::Bytes) => Some(Value::Bytes(bytes.clone())),
        (Value::Json(text), T::Json) => Some(Value::Json(text.clone())),
        // Of a literal: `JSON '{"a": 1}'`.
        (Value::Text(text), T::Json) => {
            return document::read(text)?
                .map(|json| Value::Json(json.to_string()))
                .map_err(|error| format!("Invalid input: syntax error while parsing value: {error}"));
        }
        _ => None,
    };
    result.ok_or_else(|| refused(value, to))
}

fn refused(value: &Value, to: &T) -> String {
    let name = kind::name(to);
    let shown = text(value).unwrap_or_default();
    match (value, to) {
        (Value::Text(_), T::Date | T::DateTime | T::Time) => {
            format!("Invalid {} string \"{shown}\"", name.to_ascii_lowercase())
        }
        (Value::Text(_), T::Timestamp) => format!("Invalid timestamp: '{shown}'"),
        (Value::Text(_), T::Numeric) => format!("Invalid NUMERIC value: {shown}"),
        (Value::Text(_), T::Float64) => format!("Bad double value: {shown}"),
        (Value::Text(_), T::Bool) => format!("Bad bool value: {shown}"),
        _ => format!("Invalid cast of {shown} to {name}"),
    }
}

fn to_bool(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(truth) => Some(Value::Bool(*truth)),
        Value::Int(number) => Some(Value::Bool(*number != 0)),
        Value::Text(text) if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Value::Text(text) if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
fn to_int(value: &Value) -> Result<Value, String> {
    let number = match value {
        Value::Int(number) => Some(*number),
        Value::Bool(truth) => Some(i64::from(*truth)),
        Value::Float(number) => {
            let rounded = number.round();
            let inside = (-9.223_372_036_854_775e18..9.223_372_036_854_775e18).contains(&rounded);
            return if inside {
                Ok(Value::Int(rounded as i64))
            } else {
                Err(format!("Invalid integer value: {number}"))
            };
        }
        Value::Numeric(text) => Numeric::parse(text).and_then(Numeric::to_int),
        Value::Text(text) => {
            let bare = text.trim();
            let hexadecimal = bare.strip_prefix("0x").or_else(|| bare.strip_prefix("0X"));
            let read = match hexadecimal {
                Some(digits) => i64::from_str_radix(digits, 16).ok(),
                None => bare.parse().ok(),
            };
            return read
                .map(Value::Int)
                .ok_or_else(|| format!("Bad int64 value: {text}"));
        }
        _ => None,
    };
    number.map(Value::Int).ok_or_else(|| refused(value, &T::Int64))
}

pub(crate) fn to_float(value: &Value) -> Option<f64> {
    match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a FLOAT64 has no more digits at Google either"
        )]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Numeric(text) => Numeric::parse(text).map(Numeric::to_float),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

pub(crate) fn to_numeric(value: &Value) -> Option<Numeric> {
    match value {
        Value::Int(number) => Some(Numeric::from_int(*number)),
        Value::Float(number) => Numeric::from_float(*number),
        Value::Numeric(text) | Value::Text(text) => Numeric::parse(text),
        _ => None,
    }
}

/// The value cast to STRING; `None` for NULL, ARRAY and STRUCT.
pub(crate) fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null | Value::Array(_) | Value::Struct(_) => return None,
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Timestamp(micros) => datetime::timestamp_text(*micros),
        Value::DateTime(text) => text.replacen('T', " ", 1),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::Json(text) => text.clone(),
    })
}

/// A FLOAT64 in its shortest form, as C++ writes it: `1`, `0.5`, `1e+20`.
fn float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let size = number.abs();
    if size == 0.0 || (1e-4..1e15).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |rest| ('-', rest));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}
