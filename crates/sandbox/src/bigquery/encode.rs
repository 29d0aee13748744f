//! Rows as BigQuery writes them: every scalar is a JSON string or null.

use super::params::TimestampFormat;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use googlesql::SqlError;
use googlesql::memory::bytes_of;
use googlesql::value::Value;
use serde_json::{Value as Json, json};

/// The approximate limit of a page in bytes: Google cuts pages at 10 MB.
const MAX_PAGE: usize = 10_000_000;

/// The most memory that the rows of a page take until they are text, but for its first row.
const MAX_MEMORY: usize = 24 << 20;

/// The most memory that one row takes until it is text.
const MAX_ROW_MEMORY: usize = 64 << 20;

/// What one object takes: a node of eleven fields, however few it has, and the name of one.
const OBJECT: usize = 700;

/// Refuses a row for which no page has room.
///
/// # Errors
/// In BigQuery's words.
pub(super) fn check(rows: &[Vec<Value>]) -> Result<(), SqlError> {
    if rows.iter().all(|cells| memory(cells) <= MAX_ROW_MEMORY) {
        return Ok(());
    }
    Err(SqlError {
        reason: "responseTooLarge".into(),
        message: "Response too large to return. The sandbox has no page for a row this large.".into(),
    })
}

/// The first rows, up to the limits of a page; at least one if there is one.
pub(super) fn rows(rows: &[Vec<Value>], timestamps: TimestampFormat) -> Vec<Json> {
    let (mut size, mut taken) = (0, 0);
    let mut encoded = Vec::new();
    for cells in rows {
        taken += memory(cells);
        if taken > MAX_MEMORY && !encoded.is_empty() {
            break;
        }
        let row = record(cells, timestamps, &mut size);
        if size > MAX_PAGE && !encoded.is_empty() {
            break;
        }
        encoded.push(row);
    }
    encoded
}

/// How much memory a row takes as [`record`] makes it.
fn memory(cells: &[Value]) -> usize {
    OBJECT
        + cells
            .iter()
            .map(|cell| OBJECT + memory_behind(cell))
            .sum::<usize>()
}

fn memory_behind(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| OBJECT + memory_behind(item)).sum(),
        Value::Struct(fields) => memory(fields),
        scalar => bytes_of(scalar),
    }
}

/// `{"f": [{"v": …}]}`; adds its approximate size.
fn record(cells: &[Value], timestamps: TimestampFormat, size: &mut usize) -> Json {
    let cells: Vec<Json> = cells
        .iter()
        .map(|cell| json!({"v": encode_cell(cell, timestamps, size)}))
        .collect();
    json!({"f": cells})
}

fn encode_cell(value: &Value, timestamps: TimestampFormat, size: &mut usize) -> Json {
    *size += 9;
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| json!({"v": encode_cell(item, timestamps, size)}))
            .collect(),
        Value::Struct(fields) => record(fields, timestamps, size),
        scalar => {
            let text = text(scalar, timestamps);
            *size += text.as_ref().map_or(0, String::len);
            Json::from(text)
        }
    }
}

/// A scalar as text; `None` is NULL.
pub(super) fn text(value: &Value, timestamps: TimestampFormat) -> Option<String> {
    Some(match value {
        Value::Null | Value::Array(_) | Value::Struct(_) => return None,
        Value::Bool(boolean) => boolean.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Bytes(bytes) => STANDARD.encode(bytes),
        Value::Timestamp(micros) => timestamp(*micros, timestamps),
        Value::Time(text) => time(text),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::DateTime(text)
        | Value::Json(text) => text.clone(),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the default form is lossy at Google too"
)]
fn timestamp(micros: i64, format: TimestampFormat) -> String {
    match format {
        TimestampFormat::Int64 => micros.to_string(),
        TimestampFormat::Float64 => float(micros as f64 / 1e6),
        TimestampFormat::Iso8601 => DateTime::from_timestamp_micros(micros)
            .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            .unwrap_or_default(),
    }
}

/// A TIME has six decimals or none.
fn time(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{whole}.{fraction:0<6}"),
        None => text.to_owned(),
    }
}

/// A float as Java writes it, exponent form from ten million on: `1.704164645678901E9`.
fn float(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "NaN".into()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else if size == 0.0 || (1e-3..1e7).contains(&size) {
        format!("{number:?}")
    } else {
        let text = format!("{number:E}");
        // Java always writes at least one decimal.
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_or_null() {
        for (value, expected) in [
            (Value::Null, None),
            (Value::Bool(true), Some("true")),
            (Value::Int(i64::MAX), Some("9223372036854775807")),
            (Value::Float(1.5), Some("1.5")),
            (Value::Float(2.0), Some("2.0")),
            (Value::Float(1e20), Some("1.0E20")),
            (Value::Float(f64::NAN), Some("NaN")),
            (Value::Float(f64::NEG_INFINITY), Some("-Infinity")),
            (Value::Numeric("1234.5".into()), Some("1234.5")),
            (Value::Time("06:00:00".into()), Some("06:00:00")),
            (Value::Time("06:00:00.5".into()), Some("06:00:00.500000")),
            (Value::Bytes(vec![]), Some("")),
            (Value::Bytes(b"f".to_vec()), Some("Zg==")),
            (Value::Bytes(b"fo".to_vec()), Some("Zm8=")),
            (Value::Bytes(vec![0xFB, 0xFF, 0xFE]), Some("+//+")),
            (Value::Json("null".into()), Some("null")),
        ] {
            assert_eq!(
                text(&value, TimestampFormat::Int64).as_deref(),
                expected,
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_timestamp_has_three_forms() {
        for (micros, float, iso) in [
            (
                1_704_164_645_678_901,
                "1.704164645678901E9",
                "2024-01-02T03:04:05.678901Z",
            ),
            (0, "0.0", "1970-01-01T00:00:00Z"),
            (-86_400_000_000, "-86400.0", "1969-12-31T00:00:00Z"),
            (1_500_000, "1.5", "1970-01-01T00:00:01.500Z"),
        ] {
            let value = Value::Timestamp(micros);
            assert_eq!(text(&value, TimestampFormat::Float64).as_deref(), Some(float));
            assert_eq!(text(&value, TimestampFormat::Int64), Some(micros.to_string()));
            assert_eq!(text(&value, TimestampFormat::Iso8601).as_deref(), Some(iso));
        }
    }

    #[test]
    fn a_page_ends_before_it_grows_too_large() {
        let big = vec![vec![Value::Text("x".repeat(6_000_000))]; 3];
        assert_eq!(rows(&big, TimestampFormat::Int64).len(), 1);
        let small = vec![vec![Value::Int(1)]; 1000];
        assert_eq!(rows(&small, TimestampFormat::Int64).len(), 1000);
        let many = vec![vec![Value::Int(1); 10]; 100_000];
        let taken = rows(&many, TimestampFormat::Int64).len();
        assert!((2_500..5_000).contains(&taken), "{taken}");
    }

    #[test]
    fn a_row_larger_than_a_page_is_refused() {
        let row = |elements: usize| vec![vec![Value::Array(vec![Value::Int(1); elements])]];
        assert_eq!(check(&row(80_000)), Ok(()));
        let error = check(&row(100_000)).unwrap_err();
        assert_eq!(error.reason, "responseTooLarge");
    }
}
