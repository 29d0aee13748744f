//! A record as one line of JSON, as the real sinks write it (measured): a date is days since 1970, a
//! timestamp microseconds, a decimal a plain number, NULL is written.

use super::Batch;
use crate::sandbox::value::Value;
use chrono::{NaiveDate, NaiveTime, Timelike};

/// Appends the records of a batch, one line each.
pub(super) fn write(batch: &Batch, out: &mut String) {
    for row in &batch.rows {
        let mut separator = '{';
        for (column, value) in batch.columns.iter().zip(row) {
            out.push(separator);
            out.push_str(&quoted(&column.name));
            out.push(':');
            out.push_str(&encoded(value));
            separator = ',';
        }
        out.push_str(if row.is_empty() { "{}\n" } else { "}\n" });
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn encoded(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) | Value::Timestamp(number) => number.to_string(),
        // JSON has no word for NaN and infinity.
        Value::Float(number) if number.is_finite() => serde_json::Value::from(*number).to_string(),
        Value::Float(number) => quoted(&number.to_string()),
        Value::Numeric(digits) => digits.clone(),
        Value::Text(text) | Value::DateTime(text) | Value::Json(text) => quoted(text),
        Value::Bytes(bytes) => quoted(&base64(bytes)),
        Value::Date(text) => days(text).map_or_else(|| quoted(text), |days| days.to_string()),
        Value::Time(text) => micros_of_day(text).map_or_else(|| quoted(text), |micros| micros.to_string()),
    }
}

fn days(text: &str) -> Option<i64> {
    let date: NaiveDate = text.parse().ok()?;
    Some(date.signed_duration_since(NaiveDate::default()).num_days())
}

fn micros_of_day(text: &str) -> Option<u64> {
    let time: NaiveTime = text.parse().ok()?;
    Some(u64::from(time.num_seconds_from_midnight()) * 1_000_000 + u64::from(time.nanosecond() / 1000))
}

/// Bytes in base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let part = |index: usize| chunk.get(index).copied().map_or(0, u32::from);
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for place in 0..4 {
            let letter = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or_default();
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(LETTERS[letter])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::value::{Column, ColumnType};
    use std::sync::Arc;

    #[test]
    fn records_look_as_measured() {
        let cells = [
            ("id", Value::Int(1)),
            ("na\"me", Value::Text("Zoë \"Q\"\n".into())),
            ("salary", Value::Numeric("1234.50".into())),
            ("hired_on", Value::Date("2019-01-02".into())),
            ("at", Value::Timestamp(1_681_344_060_000_000)),
            ("ok", Value::Bool(true)),
            ("none", Value::Null),
            ("time", Value::Time("00:00:01".into())),
        ];
        let columns = cells
            .iter()
            .map(|(name, _)| Column::nullable(*name, ColumnType::String))
            .collect();
        let rows = vec![cells.into_iter().map(|(_, value)| value).collect()];
        let mut out = String::new();
        write(
            &Batch {
                columns: Arc::new(columns),
                rows,
            },
            &mut out,
        );
        let expected = "{\"id\":1,\"na\\\"me\":\"Zoë \\\"Q\\\"\\n\",\"salary\":1234.50,\"hired_on\":17898,\
                        \"at\":1681344060000000,\"ok\":true,\"none\":null,\"time\":1000000}\n";
        assert_eq!(out, expected);
    }

    #[test]
    fn base64_pads() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
