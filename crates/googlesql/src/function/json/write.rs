//! Values as JSON, written piece by piece: no more is held than one value may have.

use crate::cast;
use crate::document::read;
use crate::memory;
use crate::value::{Column, ColumnType, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::io::{self, Write};

/// The function that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// `TO_JSON`, with the fields of a STRUCT in the order of their names, the last of each name.
    Json,
    /// `TO_JSON_STRING`, with the fields of a STRUCT in their order.
    Text,
}

/// A value of this type as JSON.
///
/// # Errors
/// In BigQuery's words, if it is too large.
pub(crate) fn written(value: &Value, kind: &ColumnType, writer: Writer) -> Result<String, String> {
    let mut out = Output {
        bytes: Vec::new(),
        writer,
    };
    out.value(value, kind).map_err(|error| error.to_string())?;
    String::from_utf8(out.bytes).map_err(|error| error.to_string())
}

struct Output {
    bytes: Vec<u8>,
    writer: Writer,
}

impl Write for Output {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let what = match self.writer {
            Writer::Json => "TO_JSON",
            Writer::Text => "TO_JSON_STRING",
        };
        memory::check_size(self.bytes.len() + more.len(), what).map_err(io::Error::other)?;
        self.bytes.extend(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output {
    fn value(&mut self, value: &Value, kind: &ColumnType) -> io::Result<()> {
        match (value, kind) {
            (Value::Array(items), ColumnType::Array(inner)) => {
                self.write_all(b"[")?;
                for (at, item) in items.iter().enumerate() {
                    self.comma(at)?;
                    self.value(item, inner)?;
                }
                self.write_all(b"]")
            }
            (Value::Struct(items), ColumnType::Struct(fields)) => {
                let mut pairs: Vec<(&Column, &Value)> = fields.iter().zip(items).collect();
                if self.writer == Writer::Json {
                    pairs.reverse();
                    pairs.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
                    pairs.dedup_by(|(a, _), (b, _)| a.name == b.name);
                }
                self.write_all(b"{")?;
                for (at, (field, item)) in pairs.into_iter().enumerate() {
                    self.comma(at)?;
                    self.json(field.name.as_str())?;
                    self.write_all(b":")?;
                    self.value(item, &field.kind)?;
                }
                self.write_all(b"}")
            }
            _ if self.writer == Writer::Text => self.exact(value),
            _ => self.scalar(value),
        }
    }

    fn comma(&mut self, at: usize) -> io::Result<()> {
        if at > 0 { self.write_all(b",") } else { Ok(()) }
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        Ok(serde_json::to_writer(self, value)?)
    }

    /// A scalar of `TO_JSON_STRING`: no digit of a number is lost.
    fn exact(&mut self, value: &Value) -> io::Result<()> {
        match value {
            Value::Int(number) => self.whole(&number.to_string(), i128::from(*number)),
            Value::Numeric(text) => match text.split_once('.') {
                // The digits behind the point are kept as text.
                Some((_, fraction)) if fraction.contains(|digit| digit != '0') => {
                    self.json(text.trim_end_matches('0'))
                }
                _ => {
                    let whole = text.split('.').next().unwrap_or_default();
                    self.whole(whole, whole.parse().unwrap_or(i128::MAX))
                }
            },
            Value::Float(number) if number.is_finite() => {
                self.write_all(cast::text(value).unwrap_or_default().as_bytes())
            }
            Value::Float(number) if !number.is_nan() => {
                self.json(if *number < 0.0 { "-Infinity" } else { "Infinity" })
            }
            _ => self.scalar(value),
        }
    }

    /// A whole number; one that a double does not hold exactly as a text.
    fn whole(&mut self, digits: &str, number: i128) -> io::Result<()> {
        if number.abs() > 1 << 53 {
            self.json(digits)
        } else {
            self.write_all(digits.as_bytes())
        }
    }

    fn scalar(&mut self, value: &Value) -> io::Result<()> {
        match value {
            Value::Null => self.write_all(b"null"),
            Value::Bool(truth) => self.json(truth),
            Value::Int(number) => self.json(number),
            Value::Float(number) if number.is_finite() => self.json(number),
            Value::Numeric(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(whole), _) => self.json(&whole),
                (_, Ok(number)) => self.json(&number),
                _ => self.write_all(b"null"),
            },
            Value::Json(text) => {
                let read = read(text).map_err(io::Error::other)?;
                self.json(&read.unwrap_or_default())
            }
            Value::Bytes(bytes) => self.json(&STANDARD.encode(bytes)),
            Value::Timestamp(micros) => {
                let time = chrono::DateTime::from_timestamp_micros(*micros);
                let text = time.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
                self.json(&text.unwrap_or_default())
            }
            Value::Text(text) | Value::DateTime(text) => self.json(text),
            _ => self.json(&cast::text(value).unwrap_or_default()),
        }
    }
}
