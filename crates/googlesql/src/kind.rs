//! The names of types, and the way of a cell from SQLite to BigQuery and back.
//!
//! What SQLite has no type for is kept as text: an ARRAY or STRUCT as JSON, a NUMERIC as its digits.

use super::syntax;
use crate::value::{Column, ColumnType, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::Value as Cell;
use serde_json::Value as Json;

/// BigQuery's standard name: `ARRAY<STRUCT<a INT64>>`.
pub fn name(kind: &ColumnType) -> String {
    let plain = match kind {
        ColumnType::Bool => "BOOL",
        ColumnType::Int64 => "INT64",
        ColumnType::Float64 => "FLOAT64",
        ColumnType::Numeric => "NUMERIC",
        ColumnType::String => "STRING",
        ColumnType::Bytes => "BYTES",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME",
        ColumnType::DateTime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Json => "JSON",
        ColumnType::Array(inner) => return format!("ARRAY<{}>", name(inner)),
        ColumnType::Struct(fields) => {
            let one = |field: &Column| {
                let kind = name(&field.kind);
                if field.name.is_empty() {
                    kind
                } else {
                    format!("{} {kind}", field.name)
                }
            };
            let all: Vec<_> = fields.iter().map(one).collect();
            return format!("STRUCT<{}>", all.join(", "));
        }
    };
    plain.to_owned()
}

/// The scalar type of this name, in the standard or the legacy spelling.
pub fn from_name(text: &str) -> Option<ColumnType> {
    Some(match text.to_ascii_uppercase().as_str() {
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "INT64" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" => ColumnType::Int64,
        "FLOAT64" | "FLOAT" => ColumnType::Float64,
        "NUMERIC" | "DECIMAL" | "BIGNUMERIC" | "BIGDECIMAL" => ColumnType::Numeric,
        "STRING" => ColumnType::String,
        "BYTES" => ColumnType::Bytes,
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "DATETIME" => ColumnType::DateTime,
        "TIMESTAMP" => ColumnType::Timestamp,
        "JSON" => ColumnType::Json,
        _ => return None,
    })
}

/// The declaration in SQLite, in quotes: BigQuery's name, then a word that fixes the affinity.
fn declaration(kind: &ColumnType) -> String {
    let affinity = match kind {
        ColumnType::Bool | ColumnType::Timestamp | ColumnType::Int64 => "INT",
        ColumnType::Float64 => "REAL",
        ColumnType::Bytes => "BLOB",
        _ => "TEXT",
    };
    quote(&format!("{} {affinity}", name(kind)))
}

/// A column's definition. SQLite would store any value in any column; GoogleSQL would not.
pub(super) fn definition(column: &Column) -> String {
    let quoted = quote(&column.name);
    let declared = declaration(&column.kind);
    let stored = match column.kind {
        ColumnType::Bool | ColumnType::Timestamp | ColumnType::Int64 => "integer",
        ColumnType::Float64 => "real",
        ColumnType::Bytes => "blob",
        _ => "text",
    };
    let required = if column.nullable { "" } else { " NOT NULL" };
    format!("{quoted} {declared}{required} CHECK (typeof({quoted}) IN ('{stored}', 'null'))")
}

/// A name as SQLite quotes it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The type in a declaration.
pub fn declared(declaration: &str) -> Option<ColumnType> {
    let bare = declaration.rsplit_once(' ').map_or(declaration, |(kind, _)| kind);
    syntax::kind(bare.trim_matches('"')).ok()
}

/// A stored cell as a value of its column's type.
pub fn value(cell: Cell, kind: &ColumnType) -> Value {
    match (cell, kind) {
        (Cell::Null, ColumnType::Array(_)) => Value::Array(Vec::new()),
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(number), ColumnType::Bool) => Value::Bool(number != 0),
        (Cell::Integer(number), ColumnType::Timestamp) => Value::Timestamp(number),
        (Cell::Integer(number), ColumnType::Numeric) => Value::Numeric(number.to_string()),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a FLOAT64 has no more digits at Google either"
        )]
        (Cell::Integer(number), ColumnType::Float64) => Value::Float(number as f64),
        (Cell::Integer(number), _) => Value::Int(number),
        (Cell::Real(number), ColumnType::Numeric) => Value::Numeric(
            super::numeric::Numeric::from_float(number).map_or_else(|| number.to_string(), |n| n.to_string()),
        ),
        (Cell::Real(number), _) => Value::Float(number),
        (Cell::Blob(bytes), _) => Value::Bytes(bytes),
        (Cell::Text(text), ColumnType::Numeric) => Value::Numeric(text),
        (Cell::Text(text), ColumnType::Date) => Value::Date(text),
        (Cell::Text(text), ColumnType::Time) => Value::Time(text),
        // A literal may have a blank between day and time; the wire has a T.
        (Cell::Text(text), ColumnType::DateTime) => Value::DateTime(text.replacen(' ', "T", 1)),
        (Cell::Text(text), ColumnType::Json) => Value::Json(text),
        (Cell::Text(text), ColumnType::Array(_) | ColumnType::Struct(_)) => {
            from_json(&serde_json::from_str(&text).unwrap_or(Json::Null), kind)
        }
        (Cell::Text(text), _) => Value::Text(text),
    }
}

/// A value as it is stored.
pub(super) fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(truth) => Cell::Integer((*truth).into()),
        Value::Int(number) | Value::Timestamp(number) => Cell::Integer(*number),
        Value::Float(number) => Cell::Real(*number),
        Value::Bytes(bytes) => Cell::Blob(bytes.clone()),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => Cell::Text(text.clone()),
        Value::Array(_) | Value::Struct(_) => Cell::Text(to_json(value).to_string()),
    }
}

/// A value inside an ARRAY or STRUCT as it is stored: a list, or text.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Array(items) | Value::Struct(items) => items.iter().map(to_json).collect(),
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) | Value::Timestamp(number) => Json::String(number.to_string()),
        Value::Float(number) => Json::String(number.to_string()),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::Numeric(text)
        | Value::Text(text)
        | Value::Date(text)
        | Value::Time(text)
        | Value::DateTime(text)
        | Value::Json(text) => Json::String(text.clone()),
    }
}

fn from_json(json: &Json, kind: &ColumnType) -> Value {
    let text = || json.as_str().unwrap_or_default();
    match (json, kind) {
        (Json::Null, _) => Value::Null,
        (Json::Array(items), ColumnType::Array(inner)) => {
            Value::Array(items.iter().map(|item| from_json(item, inner)).collect())
        }
        (Json::Array(items), ColumnType::Struct(fields)) => Value::Struct(
            fields
                .iter()
                .enumerate()
                .map(|(i, field)| from_json(items.get(i).unwrap_or(&Json::Null), &field.kind))
                .collect(),
        ),
        (Json::Bool(truth), _) => Value::Bool(*truth),
        (_, ColumnType::Int64 | ColumnType::Timestamp) => match text().parse() {
            Ok(number) => value(Cell::Integer(number), kind),
            Err(_) => Value::Null,
        },
        (_, ColumnType::Float64) => text().parse().map_or(Value::Null, Value::Float),
        (_, ColumnType::Bytes) => STANDARD.decode(text()).map_or(Value::Null, Value::Bytes),
        _ => value(Cell::Text(text().to_owned()), kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was_stored() {
        let deep = "ARRAY<STRUCT<a INT64, b ARRAY<STRING>, c FLOAT64, d BYTES, e TIMESTAMP, f NUMERIC, g BOOL, h STRUCT<i DATE>>>";
        let kind = syntax::kind(deep).unwrap();
        assert_eq!(name(&kind), deep);
        let one = Value::Struct(vec![
            Value::Int(i64::MAX),
            Value::Array(vec![Value::Text("x\"y".into())]),
            Value::Float(f64::INFINITY),
            Value::Bytes(vec![0, 255]),
            Value::Timestamp(-1),
            Value::Numeric("0.1".into()),
            Value::Bool(true),
            Value::Struct(vec![Value::Date("2024-02-29".into())]),
        ]);
        let all = Value::Array(vec![one, Value::Struct(vec![Value::Null; 8])]);
        let mut expected = all.clone();
        if let Value::Array(items) = &mut expected
            && let Value::Struct(fields) = &mut items[1]
        {
            // An ARRAY is never NULL in a table, but one inside a STRUCT that was made so stays so.
            fields[1] = Value::Null;
        }
        assert_eq!(value(cell(&all), &kind), expected);
        assert_eq!(declared(&declaration(&kind)), Some(kind));
    }
}
