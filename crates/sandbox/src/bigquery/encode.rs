//! Rows as BigQuery writes them: every scalar is a JSON string or null.
//!
//! They become text as the answer is written: as objects of JSON they would take many times the memory.

use super::error::ApiError;
use super::params::TimestampFormat;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use googlesql::SqlError;
use googlesql::memory::bytes_of_row;
use googlesql::value::Value;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::io::{self, Write};

/// How many bytes of text the rows of a page have, but for its first row: Google cuts pages at 10 MB.
const MAX_PAGE: usize = 10_000_000;

/// How many bytes of text one row may have. A value may have 10 MiB, and escapes make it longer.
const MAX_ROW: usize = 32 << 20;

/// How many bytes of text a byte of memory becomes at most: `\u0001`.
const LONGEST_ESCAPE: usize = 6;

/// Refuses a row for which no page has room.
///
/// # Errors
/// In BigQuery's words.
pub(super) fn check(rows: &[Vec<Value>]) -> Result<(), SqlError> {
    let fits = |cells: &Vec<Value>| {
        // Most rows are so small that nobody has to write them to know it.
        bytes_of_row(cells).saturating_mul(LONGEST_ESCAPE) <= MAX_ROW
            || length(&Row::new(cells, TimestampFormat::Float64)) <= MAX_ROW
    };
    if rows.iter().all(fits) {
        return Ok(());
    }
    Err(SqlError {
        reason: "responseTooLarge".into(),
        message: "Response too large to return. The sandbox has no page for a row this large.".into(),
    })
}

/// The rows of a page, as an answer has them: `[{"f": [{"v": …}]}]`.
#[derive(Clone, Copy)]
pub(super) struct RowPage<'r> {
    rows: &'r [Vec<Value>],
    timestamps: TimestampFormat,
    /// How many bytes of text they have.
    size: usize,
}

impl<'r> RowPage<'r> {
    /// The first of these, up to the limit of a page; at least one if there is one.
    ///
    /// # Errors
    /// No page has room for the first.
    pub fn new(rows: &'r [Vec<Value>], timestamps: TimestampFormat) -> Result<Self, SqlError> {
        let (mut size, mut count) = (0, 0);
        for cells in rows {
            let with_row = size + length(&Row::new(cells, timestamps)) + 1;
            if count > 0 && with_row > MAX_PAGE {
                break;
            }
            (size, count) = (with_row, count + 1);
        }
        let rows = &rows[..count];
        if size > MAX_PAGE {
            check(rows)?;
        }
        Ok(Self {
            rows,
            timestamps,
            size,
        })
    }

    pub const fn len(self) -> usize {
        self.rows.len()
    }

    const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// An answer with these rows, and without the field if there are none.
    pub fn answer(self, fields: &Json) -> Result<Response, ApiError> {
        #[derive(Serialize)]
        struct Answer<'r> {
            #[serde(flatten)]
            fields: &'r Json,
            #[serde(skip_serializing_if = "RowPage::is_empty")]
            rows: RowPage<'r>,
        }
        // Text that grows as it is written would take three times its room.
        let mut text = Vec::with_capacity(length(fields) + self.size + r#","rows":[]"#.len());
        serde_json::to_writer(&mut text, &Answer { fields, rows: self })
            .map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
    }
}

impl Serialize for RowPage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|cells| Row::new(cells, self.timestamps)))
    }
}

#[derive(Serialize)]
struct Row<'r> {
    f: Cells<'r>,
}

impl<'r> Row<'r> {
    const fn new(cells: &'r [Value], timestamps: TimestampFormat) -> Self {
        Self {
            f: Cells(cells, timestamps),
        }
    }
}

/// The cells of a row or the elements of an array.
struct Cells<'r>(&'r [Value], TimestampFormat);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|value| Cell {
            v: Content(value, self.1),
        }))
    }
}

#[derive(Serialize)]
struct Cell<'r> {
    v: Content<'r>,
}

struct Content<'r>(&'r Value, TimestampFormat);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(items) => Cells(items, self.1).serialize(serializer),
            Value::Struct(fields) => Row::new(fields, self.1).serialize(serializer),
            scalar => text(scalar, self.1).serialize(serializer),
        }
    }
}

/// How many bytes of text this takes.
fn length(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        // What cannot be written has no page.
        Err(_) => usize::MAX >> 1,
    }
}

/// A scalar as text; `None` is NULL.
pub(super) fn text(value: &Value, timestamps: TimestampFormat) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null | Value::Array(_) | Value::Struct(_) => return None,
        Value::Bool(boolean) => Cow::Borrowed(if *boolean { "true" } else { "false" }),
        Value::Int(number) => number.to_string().into(),
        Value::Float(number) => float(*number).into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
        Value::Timestamp(micros) => timestamp(*micros, timestamps).into(),
        Value::Time(text) => time(text).into(),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::DateTime(text)
        | Value::Json(text) => text.into(),
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
            assert_eq!(
                text(&value, TimestampFormat::Int64),
                Some(micros.to_string().into())
            );
            assert_eq!(text(&value, TimestampFormat::Iso8601).as_deref(), Some(iso));
        }
    }

    fn page(rows: &[Vec<Value>]) -> usize {
        RowPage::new(rows, TimestampFormat::Int64).unwrap().len()
    }

    #[test]
    fn rows_are_written_as_text() {
        let row = vec![
            Value::Text("a\"\u{1}".into()),
            Value::Array(vec![Value::Int(1), Value::Null]),
            Value::Array(Vec::new()),
            Value::Struct(vec![Value::Bool(true), Value::Timestamp(5)]),
        ];
        let rows = [row, Vec::new()];
        assert_eq!(
            serde_json::to_string(&RowPage::new(&rows, TimestampFormat::Int64).unwrap()).unwrap(),
            concat!(
                r#"[{"f":[{"v":"a\"\u0001"},{"v":[{"v":"1"},{"v":null}]},{"v":[]},"#,
                r#"{"v":{"f":[{"v":"true"},{"v":"5"}]}}]},{"f":[]}]"#
            )
        );
    }

    #[test]
    fn a_page_has_ten_megabytes_of_text() {
        assert_eq!(page(&[]), 0);
        let big = vec![vec![Value::Text("x".repeat(6_000_000))]; 3];
        assert_eq!(page(&big), 1);
        let small = vec![vec![Value::Int(1)]; 1000];
        assert_eq!(page(&small), 1000);
        let many = vec![vec![Value::Int(1); 10]; 100_000];
        let text = serde_json::to_string(&RowPage::new(&many, TimestampFormat::Int64).unwrap()).unwrap();
        assert!(
            (MAX_PAGE - 200..=MAX_PAGE + 2).contains(&text.len()),
            "{}",
            text.len()
        );
    }

    #[test]
    fn a_row_larger_than_any_page_is_refused() {
        let numbers = |elements: usize| vec![vec![Value::Array(vec![Value::Int(1); elements])]];
        let escaped = |length: usize| vec![vec![Value::Text("\u{1}".repeat(length))]];
        for (fits, rows) in [
            (true, numbers(3_000_000)),
            (false, numbers(4_000_000)),
            (true, escaped(5_000_000)),
            (false, escaped(6_000_000)),
        ] {
            assert_eq!(RowPage::new(&rows, TimestampFormat::Int64).is_ok(), fits);
            let error = check(&rows).err().map(|error| error.reason);
            assert_eq!(error.as_deref(), (!fits).then_some("responseTooLarge"));
        }
    }
}
