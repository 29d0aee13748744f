//! Values as SQLite's cells, and columns as its declarations.
//!
//! What SQLite has no type for is kept as text: an ARRAY or STRUCT as JSON, a NUMERIC as its digits.

use crate::error::SqlError;
use crate::kind;
use crate::numeric::Numeric;
use crate::syntax;
use crate::value::{Column, ColumnType, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::Value as Cell;
use serde_json::Value as Json;

/// The declared type in SQLite, in quotes: GoogleSQL's name of the type, then a word that fixes the affinity.
fn declaration(kind: &ColumnType) -> String {
    let affinity = match kind {
        ColumnType::Bool | ColumnType::Timestamp | ColumnType::Int64 => "INT",
        ColumnType::Float64 => "REAL",
        ColumnType::Bytes => "BLOB",
        _ => "TEXT",
    };
    quote(&format!("{} {affinity}", kind::name(kind)))
}

/// A column's definition in SQLite. Without the CHECK, SQLite would store any value in any column.
pub(crate) fn definition(column: &Column) -> String {
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
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The type that a column's declaration in SQLite begins with.
pub fn declared_type(declaration: &str) -> Option<ColumnType> {
    let bare = declaration.rsplit_once(' ').map_or(declaration, |(kind, _)| kind);
    syntax::kind(bare.trim_matches('"')).ok()
}

/// A stored cell as a value of its column's type.
pub fn from_sqlite(cell: Cell, kind: &ColumnType) -> Value {
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
        (Cell::Real(number), ColumnType::Numeric) => {
            Value::Numeric(Numeric::from_float(number).map_or_else(|| number.to_string(), |n| n.to_string()))
        }
        (Cell::Real(number), _) => Value::Float(number),
        (Cell::Blob(bytes), _) => Value::Bytes(bytes),
        (Cell::Text(text), ColumnType::Numeric) => Value::Numeric(text),
        (Cell::Text(text), ColumnType::Date) => Value::Date(text),
        (Cell::Text(text), ColumnType::Time) => Value::Time(text),
        // A literal may have a space between date and time; BigQuery returns a T.
        (Cell::Text(text), ColumnType::DateTime) => Value::DateTime(text.replacen(' ', "T", 1)),
        (Cell::Text(text), ColumnType::Json) => Value::Json(text),
        (Cell::Text(text), ColumnType::Array(_) | ColumnType::Struct(_)) => {
            from_json(&serde_json::from_str(&text).unwrap_or(Json::Null), kind)
        }
        (Cell::Text(text), _) => Value::Text(text),
    }
}

/// A value as SQLite stores it.
fn to_sqlite(value: &Value) -> Cell {
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

/// A value as a column keeps it: an ARRAY is never NULL, a NUMERIC has no zeros at its end.
pub(crate) fn to_sqlite_column(value: &Value, kind: &ColumnType) -> Cell {
    match (value, kind) {
        (Value::Null, ColumnType::Array(_)) => to_sqlite(&Value::Array(Vec::new())),
        (Value::Numeric(text), _) => match Numeric::parse(text) {
            Some(number) => Cell::Text(number.to_string()),
            None => to_sqlite(value),
        },
        _ => to_sqlite(value),
    }
}

/// Refuses NULLs in arrays, which expressions may have, and neither results nor tables.
pub(crate) fn check_elements(value: &Value, name: &str) -> Result<(), SqlError> {
    match value {
        Value::Array(items) if items.contains(&Value::Null) => Err(SqlError::invalid(format!(
            "Array cannot have a null element; error in writing field {name}"
        ))),
        Value::Array(items) | Value::Struct(items) => {
            items.iter().try_for_each(|item| check_elements(item, name))
        }
        _ => Ok(()),
    }
}

/// A value inside an ARRAY or STRUCT as it is stored: a JSON array, or text.
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
        (Json::Null, ColumnType::Array(_)) => Value::Array(Vec::new()),
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
            Ok(number) => from_sqlite(Cell::Integer(number), kind),
            Err(_) => Value::Null,
        },
        (_, ColumnType::Float64) => text().parse().map_or(Value::Null, Value::Float),
        (_, ColumnType::Bytes) => STANDARD.decode(text()).map_or(Value::Null, Value::Bytes),
        _ => from_sqlite(Cell::Text(text().to_owned()), kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back_as_it_was_stored() {
        let deep = "ARRAY<STRUCT<a INT64, b ARRAY<STRING>, c FLOAT64, d BYTES, e TIMESTAMP, f NUMERIC, g BOOL, h STRUCT<i DATE>>>";
        let kind = syntax::kind(deep).unwrap();
        assert_eq!(kind::name(&kind), deep);
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
            // A stored ARRAY is never NULL, those inside of a STRUCT neither.
            fields[1] = Value::Array(Vec::new());
        }
        assert_eq!(from_sqlite(to_sqlite(&all), &kind), expected);
        assert_eq!(declared_type(&declaration(&kind)), Some(kind));
    }
}
