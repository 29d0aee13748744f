//! The rows of a file without a schema: one for each line, or one for a file of the format `blob`.
//!
//! Before a line is taken apart, there must be room for what that needs. A file of commas would have a value for each
//! byte, and a file of invalid bytes becomes three times as large as a text.

use super::format::Format;
use crate::event::shown;
use crate::memory::{Memory, exact_row};
use googlesql::cast;
use googlesql::json_memory::JsonMemory;
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;
use std::str;

impl Format {
    /// The rows of a file without a schema, which are taken from `memory`.
    ///
    /// # Errors
    /// A line that does not match the columns, and rows that take too much memory.
    pub fn rows(
        &self,
        bytes: &[u8],
        skip_header: bool,
        columns: &[Column],
        memory: &mut Memory,
    ) -> Result<Vec<Vec<Value>>, String> {
        if *self == Self::Blob {
            memory.check(text_size(bytes))?;
            let row = blob_row(bytes, columns);
            memory.row(&row)?;
            return Ok(vec![row]);
        }
        let mut offset = 0_usize;
        let mut rows = Vec::new();
        for (place, whole) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = without_end(whole);
            let at = offset;
            offset += whole.len();
            if place == 0 && skip_header {
                continue;
            }
            memory.check(self.needed(line))?;
            let line = String::from_utf8_lossy(line);
            let row = match self {
                Self::Delimited { by, quoted } => delimited_row(&line, by, *quoted, columns)?,
                Self::Json => json_row(&line, columns)?,
                _ => text_row(&line, at, columns),
            };
            memory.row(&row)?;
            rows.push(row);
        }
        Ok(rows)
    }

    /// How many bytes it takes to make a row of a line, together with the row.
    fn needed(&self, line: &[u8]) -> usize {
        let text = text_size(line);
        let copy = if text == line.len() { 0 } else { text };
        let parts = match self {
            // The values as texts, and what becomes of them.
            Self::Delimited { .. } => text.saturating_mul(2),
            Self::Json => JsonMemory::of(line).saturating_add(text.saturating_mul(2)),
            _ => text,
        };
        parts.saturating_add(copy)
    }
}

/// A line without its line break.
fn without_end(mut line: &[u8]) -> &[u8] {
    line = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(rest) = line.strip_suffix(b"\r") {
        line = rest;
    }
    line
}

/// How many bytes a text of these bytes has at most: three for each byte that is not valid.
fn text_size(bytes: &[u8]) -> usize {
    match str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(_) => bytes.len().saturating_mul(3),
    }
}

fn blob_row(bytes: &[u8], columns: &[Column]) -> Vec<Value> {
    let body = |column: &Column| match (&*column.name, &column.kind) {
        ("body", ColumnType::String) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ("body", _) => Value::Bytes(bytes.to_vec()),
        _ => Value::Null,
    };
    columns.iter().map(body).collect()
}

fn text_row(line: &str, offset: usize, columns: &[Column]) -> Vec<Value> {
    let cell = |column: &Column| match column.name.as_str() {
        "body" => Value::Text(line.to_owned()),
        "offset" => Value::Int(i64::try_from(offset).unwrap_or(i64::MAX)),
        _ => Value::Null,
    };
    columns.iter().map(cell).collect()
}

/// Splits a line into its first values, no more than `most`, and says how many there are. A delimiter inside quotes
/// does not separate.
fn cells(line: &str, by: &str, with_quotes: bool, most: usize) -> Result<(Vec<String>, usize), String> {
    if !with_quotes {
        let cells = line.split(by).take(most).map(str::to_owned).collect();
        return Ok((cells, line.split(by).count()));
    }
    let (mut cells, mut count) = (Vec::new(), 1);
    let mut cell = String::new();
    let mut inside = false;
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        if !inside && rest.starts_with(by) {
            if cells.len() < most {
                cells.push(std::mem::take(&mut cell));
            }
            cell.clear();
            count += 1;
            rest = &rest[by.len()..];
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        if letter == '"' {
            inside = !inside;
        } else {
            cell.push(letter);
        }
    }
    if inside {
        return Err(format!(
            "Found a line with an unenclosed quote. Ensure that all values are properly enclosed in quotes. Line: {}",
            shown(line)
        ));
    }
    if cells.len() < most {
        cells.push(cell);
    }
    Ok((cells, count))
}

fn delimited_row(line: &str, by: &str, with_quotes: bool, columns: &[Column]) -> Result<Vec<Value>, String> {
    let (cells, count) = cells(line, by, with_quotes, columns.len())?;
    if count > columns.len() {
        return Err(format!(
            "Found a row with {count} fields when the schema only contains {} field{}. Check that the schema contains the right number of fields.",
            columns.len(),
            if columns.len() == 1 { "" } else { "s" }
        ));
    }
    let cell = |(place, column): (usize, &Column)| match cells.get(place).map(String::as_str) {
        None | Some("") => Ok(Value::Null),
        Some(text) => parse(text, column),
    };
    exact_row(columns.iter().enumerate().map(cell))
}

fn json_row(line: &str, columns: &[Column]) -> Result<Vec<Value>, String> {
    let object: Json = serde_json::from_str(line).map_err(|error| format!("{error} in '{}'", shown(line)))?;
    let cell = |column: &Column| match &object[&column.name] {
        Json::Null => Ok(Value::Null),
        Json::String(text) => parse(text, column),
        other => parse(&other.to_string(), column),
    };
    exact_row(columns.iter().map(cell))
}

fn parse(text: &str, column: &Column) -> Result<Value, String> {
    if column.kind == ColumnType::String {
        return Ok(Value::Text(text.to_owned()));
    }
    cast(&Value::Text(text.to_owned()), &column.kind).map_err(|_| {
        format!(
            "Unable to parse value '{}' of field '{}'",
            shown(text),
            column.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        format: &Format,
        bytes: &[u8],
        skip: bool,
        columns: &[Column],
    ) -> Result<Vec<Vec<Value>>, String> {
        format.rows(bytes, skip, columns, &mut Memory::default())
    }

    #[test]
    fn what_grows_is_refused_before_it_does() {
        let columns = [Column::nullable("b", ColumnType::String)];
        let csv = |quoted| Format::Delimited {
            by: ",".into(),
            quoted,
        };
        let commas = vec![b','; 40 << 20];
        for quoted in [false, true] {
            let (kept, count) = cells(&",".repeat(10), ",", quoted, 2).unwrap();
            assert_eq!((kept.len(), kept.capacity() < 11, count), (2, true, 11));
            let error = read(&csv(quoted), &commas, false, &columns).unwrap_err();
            assert!(error.contains("with 41943041 fields"), "{error}");
        }
        let values = format!("{{\"b\":[{}[0]]}}", "[0],".repeat(1 << 20));
        let lines = "x\n".repeat(1 << 20);
        let text = Format::Text.columns().unwrap();
        for (format, bytes, columns) in [
            (Format::Json, values.as_bytes(), &columns[..]),
            (Format::Text, &vec![0xff; 40 << 20], &text),
            (Format::Text, lines.as_bytes(), &text),
            (Format::Blob, &vec![0xff; 50 << 20], &columns),
        ] {
            let error = read(&format, bytes, false, columns).unwrap_err();
            assert!(error.contains("of memory are not supported"), "{}", shown(&error));
        }
        assert_eq!(
            read(&Format::Text, b"a\xff\n", false, &text).unwrap()[0][1],
            Value::Text("a\u{fffd}".into())
        );
        let error = read(&Format::Json, "x".repeat(1 << 20).as_bytes(), false, &columns).unwrap_err();
        assert!(error.len() < 1_100);
    }

    #[test]
    fn lines_become_rows_of_their_columns_types() {
        let columns = [
            Column::nullable("id", ColumnType::Int64),
            Column::nullable("name", ColumnType::String),
            Column::nullable("day", ColumnType::Date),
        ];
        let csv = Format::Delimited {
            by: ",".into(),
            quoted: true,
        };
        let rows = read(
            &csv,
            b"id,name,day\r\n1,\"a, b\",2024-02-29\n2,,\n",
            true,
            &columns,
        )
        .unwrap();
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            rows[0],
            [Value::Int(1), text("a, b"), Value::Date("2024-02-29".into())]
        );
        assert_eq!(rows[0].capacity(), 3);
        assert_eq!(rows[1], [Value::Int(2), Value::Null, Value::Null]);
        let json = read(&Format::Json, b"{\"name\":\"x\",\"id\":7}\n", false, &columns).unwrap();
        assert_eq!(json, [[Value::Int(7), text("x"), Value::Null]]);
        let lines = read(&Format::Text, b"ab\nc", false, &Format::Text.columns().unwrap()).unwrap();
        assert_eq!(lines, [[Value::Int(0), text("ab")], [Value::Int(3), text("c")]]);
        for (bytes, words) in [
            (
                "1,2,3,4",
                "Found a row with 4 fields when the schema only contains 3 fields.",
            ),
            ("x", "Unable to parse value 'x' of field 'id'"),
            ("1,\"a", "unenclosed quote"),
        ] {
            let error = read(&csv, bytes.as_bytes(), false, &columns).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
