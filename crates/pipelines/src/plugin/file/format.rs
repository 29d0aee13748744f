//! File formats: `text`, `csv`, `tsv`, `delimited` and `json` by lines, `blob`, `avro` and `parquet` as a whole.
//!
//! The values in JSON were measured: a DATE is the number of days since 1970, a TIMESTAMP the number of
//! microseconds, a DECIMAL a plain number. The exact form of such values in delimited formats is not known; they
//! are written as BigQuery's text.

use crate::container::Container;
use crate::event::Failure;
use crate::plugin::{StageContext, failure};
use bytes::Bytes;
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
    pub fn file_columns(&self, bytes: &Bytes) -> Result<Option<Vec<Column>>, String> {
        match self {
            Self::Container(container) => container.columns(bytes).map(Some),
            _ => Ok(None),
        }
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
}
