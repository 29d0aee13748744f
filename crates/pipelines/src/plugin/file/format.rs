//! File formats: `text`, `csv`, `tsv`, `delimited` and `json` by lines, `blob`, `avro` and `parquet` as a whole.
//!
//! The values in JSON were measured: a DATE is the number of days since 1970, a TIMESTAMP the number of
//! microseconds, a DECIMAL a plain number. The exact form of such values in delimited formats is not known; they
//! are written as BigQuery's text.

use crate::container::Container;
use crate::event::Failure;
use crate::memory::Memory;
use crate::plugin::{StageContext, failure};
use chrono::NaiveDate;
use googlesql::cast;
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;

/// A format with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// Values between delimiters, in quotes if that is enabled.
    Delimited {
        by: String,
        quoted: bool,
    },
    Json,
    Blob,
    /// A format with the schema in the file.
    Container(Container),
}

impl Format {
    /// The format in a stage's properties.
    ///
    /// # Errors
    /// A format that the sandbox does not support.
    pub fn from_properties(context: &StageContext<'_>) -> Result<Self, Failure> {
        let name = context.property("format", "text");
        let quoted = context.property("enableQuotedValues", "false") == "true";
        let delimited = |by: &str| Self::Delimited {
            by: by.to_owned(),
            quoted,
        };
        Ok(match name.as_str() {
            "text" => Self::Text,
            "csv" => delimited(","),
            "tsv" => delimited("\t"),
            "delimited" => {
                let by = context.property("delimiter", "");
                if by.is_empty() {
                    let text = "Delimiter must be specified when format is 'delimited'.";
                    return Err(failure("java.lang.IllegalArgumentException", text));
                }
                delimited(&by)
            }
            "json" => Self::Json,
            "blob" => Self::Blob,
            "avro" => Self::Container(Container::Avro),
            "parquet" => Self::Container(Container::Parquet),
            other => return Err(context.unsupported("format", other)),
        })
    }

    /// The columns of a source without a schema.
    pub fn columns(&self) -> Option<Vec<Column>> {
        match self {
            Self::Text => Some(vec![
                Column::nullable("offset", ColumnType::Int64),
                Column::nullable("body", ColumnType::String),
            ]),
            Self::Blob => Some(vec![Column::nullable("body", ColumnType::Bytes)]),
            Self::Delimited { .. } | Self::Json | Self::Container(_) => None,
        }
    }

    /// The columns in a file that contains its schema.
    ///
    /// # Errors
    /// A file that is damaged or of another format.
    pub fn file_columns(&self, bytes: &[u8]) -> Result<Option<Vec<Column>>, String> {
        match self {
            Self::Container(container) => container.columns(bytes).map(Some),
            _ => Ok(None),
        }
    }

    /// The rows of a file without a schema.
    ///
    /// # Errors
    /// A line that does not match the columns.
    pub fn rows(
        &self,
        bytes: &[u8],
        skip_header: bool,
        columns: &[Column],
    ) -> Result<Vec<Vec<Value>>, String> {
        if *self == Self::Blob {
            let body = |column: &Column| match (&*column.name, &column.kind) {
                ("body", ColumnType::String) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                ("body", _) => Value::Bytes(bytes.to_vec()),
                _ => Value::Null,
            };
            return Ok(vec![columns.iter().map(body).collect()]);
        }
        let text = String::from_utf8_lossy(bytes);
        let mut offset = 0_usize;
        let mut rows = Vec::new();
        let mut memory = Memory::default();
        for (place, whole) in text.split_inclusive('\n').enumerate() {
            let line = whole.trim_end_matches('\n').trim_end_matches('\r');
            let at = offset;
            offset += whole.len();
            if place == 0 && skip_header {
                continue;
            }
            let row = match self {
                Self::Delimited { by, quoted } => delimited_row(line, by, *quoted, columns)?,
                Self::Json => json_row(line, columns)?,
                _ => text_row(line, at, columns),
            };
            memory.row(&row)?;
            rows.push(row);
        }
        Ok(rows)
    }

    /// A row as a line, without the line break.
    ///
    /// # Errors
    /// A format without lines.
    pub fn line(&self, columns: &[Column], row: &[Value]) -> Result<String, String> {
        Ok(match self {
            Self::Json => {
                let cells = columns.iter().zip(row);
                let pairs: Vec<_> = cells
                    .map(|(column, value)| format!("{}:{}", quoted(&column.name), json(value)))
                    .collect();
                format!("{{{}}}", pairs.join(","))
            }
            Self::Delimited { by, .. } => {
                // The real sink does not quote: a value with a delimiter is read back as two.
                let cells: Vec<_> = row.iter().map(to_text).collect();
                cells.join(by)
            }
            Self::Text | Self::Blob | Self::Container(_) => return Err("this format has no lines".into()),
        })
    }

    /// The extension of a part's file name.
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::Container(Container::Avro) => ".avro",
            Self::Container(Container::Parquet) => ".parquet",
            _ => "",
        }
    }

    /// The header line, if the format has one.
    pub fn header(&self, columns: &[Column]) -> Option<String> {
        match self {
            Self::Delimited { by, .. } => {
                let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
                Some(names.join(by))
            }
            _ => None,
        }
    }
}

fn text_row(line: &str, offset: usize, columns: &[Column]) -> Vec<Value> {
    let cell = |column: &Column| match column.name.as_str() {
        "body" => Value::Text(line.to_owned()),
        "offset" => Value::Int(i64::try_from(offset).unwrap_or(i64::MAX)),
        _ => Value::Null,
    };
    columns.iter().map(cell).collect()
}

/// Splits a line into values; a delimiter inside quotes does not separate.
fn cells(line: &str, by: &str, with_quotes: bool) -> Result<Vec<String>, String> {
    if !with_quotes {
        return Ok(line.split(by).map(str::to_owned).collect());
    }
    let mut cells = vec![String::new()];
    let mut inside = false;
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        if !inside && rest.starts_with(by) {
            cells.push(String::new());
            rest = &rest[by.len()..];
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        if letter == '"' {
            inside = !inside;
        } else if let Some(cell) = cells.last_mut() {
            cell.push(letter);
        }
    }
    if inside {
        return Err(format!(
            "Found a line with an unenclosed quote. Ensure that all values are properly enclosed in quotes. Line: {line}"
        ));
    }
    Ok(cells)
}

fn delimited_row(line: &str, by: &str, with_quotes: bool, columns: &[Column]) -> Result<Vec<Value>, String> {
    let cells = cells(line, by, with_quotes)?;
    if cells.len() > columns.len() {
        return Err(format!(
            "Found a row with {} fields when the schema only contains {} field{}. Check that the schema contains the right number of fields.",
            cells.len(),
            columns.len(),
            if columns.len() == 1 { "" } else { "s" }
        ));
    }
    let cell = |(place, column): (usize, &Column)| match cells.get(place).map(String::as_str) {
        None | Some("") => Ok(Value::Null),
        Some(text) => parse(text, column),
    };
    columns.iter().enumerate().map(cell).collect()
}

fn json_row(line: &str, columns: &[Column]) -> Result<Vec<Value>, String> {
    let object: Json = serde_json::from_str(line).map_err(|error| format!("{error} in '{line}'"))?;
    let cell = |column: &Column| match &object[&column.name] {
        Json::Null => Ok(Value::Null),
        Json::String(text) => parse(text, column),
        other => parse(&other.to_string(), column),
    };
    columns.iter().map(cell).collect()
}

fn parse(text: &str, column: &Column) -> Result<Value, String> {
    cast(&Value::Text(text.to_owned()), &column.kind)
        .map_err(|_| format!("Unable to parse value '{text}' of field '{}'", column.name))
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        other => match cast(other, &ColumnType::String) {
            Ok(Value::Text(text)) => text,
            _ => json(other),
        },
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) | Value::Timestamp(number) => number.to_string(),
        Value::Float(number) => Json::from(*number).to_string(),
        Value::Numeric(text) => text.clone(),
        Value::Date(text) => match text.parse::<NaiveDate>() {
            Ok(day) => day
                .signed_duration_since(NaiveDate::default())
                .num_days()
                .to_string(),
            Err(_) => quoted(text),
        },
        Value::Array(items) | Value::Struct(items) => {
            format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::Bytes(bytes) => quoted(&String::from_utf8_lossy(bytes)),
        Value::Text(text) | Value::Time(text) | Value::DateTime(text) | Value::Json(text) => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_measured() {
        for (value, text) in [
            (Value::Date("2019-01-02".into()), "17898"),
            (Value::Timestamp(1_681_344_060_000_000), "1681344060000000"),
            (Value::Numeric("1234.50".into()), "1234.50"),
            (Value::Text("a\"ü".into()), "\"a\\\"ü\""),
            (Value::Null, "null"),
        ] {
            assert_eq!(json(&value), text);
        }
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
        let rows = csv
            .rows(b"id,name,day\r\n1,\"a, b\",2024-02-29\n2,,\n", true, &columns)
            .unwrap();
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(
            rows[0],
            [Value::Int(1), text("a, b"), Value::Date("2024-02-29".into())]
        );
        assert_eq!(rows[1], [Value::Int(2), Value::Null, Value::Null]);
        let json = Format::Json
            .rows(b"{\"name\":\"x\",\"id\":7}\n", false, &columns)
            .unwrap();
        assert_eq!(json, [[Value::Int(7), text("x"), Value::Null]]);
        let lines = Format::Text
            .rows(b"ab\nc", false, &Format::Text.columns().unwrap())
            .unwrap();
        assert_eq!(lines, [[Value::Int(0), text("ab")], [Value::Int(3), text("c")]]);
        for (bytes, words) in [
            (
                "1,2,3,4",
                "Found a row with 4 fields when the schema only contains 3 fields.",
            ),
            ("x", "Unable to parse value 'x' of field 'id'"),
            ("1,\"a", "unenclosed quote"),
        ] {
            let error = csv.rows(bytes.as_bytes(), false, &columns).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
