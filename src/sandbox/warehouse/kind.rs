//! Types: declared ones, guessed ones, and the way of a cell from SQLite to BigQuery and back.
//!
//! SQLite tells the declared type of every result column that is a column of a table, through views
//! and sub-selects. For an expression the type comes from its outermost function or from the column in
//! it; the value itself is the last resort.

use super::function;
use super::rewrite;
use super::token::{Kind, Token};
use crate::sandbox::value::{ColumnType, Value};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;

/// BigQuery's standard name.
pub(crate) const fn name(kind: ColumnType) -> &'static str {
    match kind {
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
    }
}

/// The type of this name, in the standard or the legacy spelling.
pub(crate) fn from_name(text: &str) -> Option<ColumnType> {
    Some(match text.to_ascii_uppercase().as_str() {
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "INT64" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" => ColumnType::Int64,
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

/// The declaration in SQLite: BigQuery's name, then a word that fixes the affinity.
pub(super) fn declaration(kind: ColumnType) -> String {
    let affinity = match kind {
        ColumnType::Bool | ColumnType::Timestamp | ColumnType::Int64 => "INT",
        ColumnType::Float64 => "REAL",
        ColumnType::Bytes => "BLOB",
        // Compared, sorted and summed as a number; what is too long for one stays text.
        ColumnType::Numeric => "NUM",
        _ => "TEXT",
    };
    format!("{} {affinity}", name(kind))
}

/// A column's definition. SQLite would store any value in any column; GoogleSQL would not.
pub(super) fn definition(column: &str, kind: ColumnType) -> String {
    let quoted = rewrite::quote(column);
    let stored = match kind {
        ColumnType::Bool | ColumnType::Timestamp | ColumnType::Int64 => "integer",
        ColumnType::Float64 => "real",
        _ => return format!("{quoted} {}", declaration(kind)),
    };
    format!(
        "{quoted} {} CONSTRAINT {} CHECK (typeof({quoted}) IN ('{stored}', 'null'))",
        declaration(kind),
        rewrite::quote(&format!("{} {column}", name(kind))),
    )
}

/// The type in a declaration.
pub(crate) fn declared(declaration: &str) -> Option<ColumnType> {
    from_name(declaration.split(' ').next()?)
}

/// The type that fits what is there.
pub(crate) fn of_cells<'a>(cells: impl Iterator<Item = &'a Cell>) -> ColumnType {
    for cell in cells {
        match cell {
            Cell::Integer(_) => return ColumnType::Int64,
            Cell::Real(_) => return ColumnType::Float64,
            Cell::Text(_) => return ColumnType::String,
            Cell::Blob(_) => return ColumnType::Bytes,
            Cell::Null => {}
        }
    }
    ColumnType::String
}

/// A cell as a value of its column's type.
pub(crate) fn value(cell: Cell, kind: ColumnType) -> Value {
    match (cell, kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(number), ColumnType::Bool) => Value::Bool(number != 0),
        (Cell::Integer(number), ColumnType::Timestamp) => Value::Timestamp(number),
        (Cell::Integer(number), ColumnType::Numeric) => Value::Numeric(number.to_string()),
        (Cell::Integer(number), ColumnType::Float64) => Value::Float(as_float(number)),
        (Cell::Integer(number), _) => Value::Int(number),
        (Cell::Real(number), ColumnType::Numeric) => Value::Numeric(decimal(number)),
        (Cell::Real(number), _) => Value::Float(number),
        (Cell::Blob(bytes), _) => Value::Bytes(bytes),
        (Cell::Text(text), ColumnType::Numeric) => Value::Numeric(text),
        (Cell::Text(text), ColumnType::Date) => Value::Date(text),
        (Cell::Text(text), ColumnType::Time) => Value::Time(text),
        // A literal may have a blank between day and time; the wire has a T.
        (Cell::Text(text), ColumnType::DateTime) => Value::DateTime(text.replacen(' ', "T", 1)),
        (Cell::Text(text), ColumnType::Json) => Value::Json(text),
        (Cell::Text(text), _) => Value::Text(text),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a FLOAT64 has no more digits at Google either"
)]
fn as_float(number: i64) -> f64 {
    number as f64
}

/// A NUMERIC has nine digits behind the point, and none for nothing.
fn decimal(number: f64) -> String {
    let text = format!("{number:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
    }
}

/// The guessed types of a SELECT's items, one for each; shorter or longer than the result where a
/// star stands among them, and then of no use.
pub(super) fn select_items(connection: &Connection, tokens: &[Token]) -> Vec<Option<ColumnType>> {
    let Some(start) = tokens.iter().position(|t| t.is("SELECT")).filter(|at| *at == 0) else {
        return Vec::new();
    };
    let mut items = vec![Vec::new()];
    let mut depth = 0;
    for token in &tokens[start + 1..] {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        if depth == 0 && token.is("FROM") {
            break;
        }
        if depth == 0 && token.is_symbol(",") {
            items.push(Vec::new());
        } else if let Some(item) = items.last_mut() {
            item.push(token.clone());
        }
    }
    items.iter().map(|item| expression(connection, item)).collect()
}

fn expression(connection: &Connection, item: &[Token]) -> Option<ColumnType> {
    let first = item.first()?;
    if is_condition(item) {
        return Some(ColumnType::Bool);
    }
    let called = item.get(1).is_some_and(|t| t.is_symbol("("));
    // `DATE '2024-02-29'`, `NUMERIC '1.5'`: a literal says its type itself.
    if first.kind == Kind::Word
        && item.get(1).is_some_and(|t| t.kind == Kind::Text)
        && let Some(kind) = from_name(&first.text)
    {
        return Some(kind);
    }
    match first.kind {
        Kind::Text => Some(ColumnType::String),
        Kind::Number if first.text.contains(['.', 'e', 'E']) => Some(ColumnType::Float64),
        Kind::Number => Some(ColumnType::Int64),
        Kind::Word if first.is("CASE") => {
            let at = item.iter().position(|t| t.is("THEN"))?;
            expression(connection, item.get(at + 1..)?)
        }
        Kind::Word if first.is_any(&["TRUE", "FALSE", "NOT", "EXISTS"]) => Some(ColumnType::Bool),
        Kind::Word if first.is_any(&["CURRENT_TIMESTAMP", "TIMESTAMP"]) => Some(ColumnType::Timestamp),
        Kind::Word if first.is_any(&["CURRENT_DATE"]) => Some(ColumnType::Date),
        Kind::Word if first.is_any(&["COUNTIF"]) => Some(ColumnType::Int64),
        Kind::Word if called && first.is_any(&["CAST", "SAFE_CAST"]) => {
            let at = item.iter().position(|t| t.is("AS"))?;
            from_name(&item.get(at + 1)?.text)
        }
        Kind::Word if called => match function::return_type(&first.text)? {
            Some(kind) => Some(kind),
            // IF's value is its second argument; all others follow the first.
            None if first.is("IF") => {
                let comma = item.iter().position(|t| t.is_symbol(","))?;
                expression(connection, item.get(comma + 1..)?)
            }
            None => expression(connection, item.get(2..)?),
        },
        Kind::Symbol if first.is_symbol("(") => expression(connection, item.get(1..)?),
        Kind::Word if first.is("SELECT") => expression(connection, item.get(1..)?),
        Kind::Word | Kind::Name => {
            let (parts, next) = rewrite::path(item, 0);
            // Arithmetic or a comparison behind it makes another type of it.
            let alone = item
                .get(next)
                .is_none_or(|t| t.kind != Kind::Symbol || t.is_symbol(",") || t.is_symbol(")"));
            alone.then(|| column(connection, parts.last()?)).flatten()
        }
        _ => None,
    }
}

/// Whether a comparison or a logical word stands outside of all brackets and CASEs, before the
/// expression ends.
fn is_condition(item: &[Token]) -> bool {
    let mut depth = 0;
    for token in item {
        depth += i32::from(token.is_symbol("(") || token.is("CASE"));
        depth -= i32::from(token.is_symbol(")") || token.is("END"));
        if depth < 0 || (depth == 0 && (token.is_symbol(",") || token.is("FROM"))) {
            return false;
        }
        let compares = token.kind == Kind::Symbol
            && ["=", "<", ">", "<=", ">=", "<>", "!="].contains(&token.text.as_str());
        if depth == 0 && (compares || token.is_any(&["AND", "OR", "IS", "LIKE", "IN", "BETWEEN"])) {
            return true;
        }
    }
    false
}

/// The type that every table gives to a column of this name, if they agree.
pub(super) fn column(connection: &Connection, name: &str) -> Option<ColumnType> {
    let sql = "SELECT DISTINCT i.type FROM sqlite_schema s, pragma_table_info(s.name) i
               WHERE s.type = 'table' AND i.name = ?1 COLLATE NOCASE";
    let mut statement = connection.prepare_cached(sql).ok()?;
    let found: Vec<String> = statement
        .query_map([name], |row| row.get(0))
        .ok()?
        .filter_map(Result::ok)
        .collect();
    match found.as_slice() {
        [one] => declared(one),
        _ => None,
    }
}
