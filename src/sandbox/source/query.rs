//! Reading: one SELECT in MySQL's dialect, typed by the declared columns, with MySQL's complaints.

use super::Answer;
use crate::sandbox::value::{Column, ColumnType, Value};
use chrono::{NaiveDate, NaiveDateTime};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value as Cell;

const SECONDS: &str = "%Y-%m-%d %H:%M:%S";

/// Registers what SQLite lacks.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("TIMESTAMP", 1, flags, |context| {
        let text: Option<String> = context.get(0)?;
        Ok(text
            .and_then(|text| moment(&text))
            .map(|at| at.format(SECONDS).to_string()))
    })
}

/// A moment from a date or a date with a time.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let day = || {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(0, 0, 0)
    };
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .ok()
        .or_else(day)
}

/// Runs a query.
pub(super) fn select(connection: &Connection, database: &str, sql: &str) -> Result<Answer, String> {
    let fail = |error: rusqlite::Error| complaint(&error, database, sql);
    let mut statement = connection.prepare(sql).map_err(fail)?;
    if !statement.readonly() {
        return Err(
            "Statement.executeQuery() cannot issue statements that do not produce result sets.".into(),
        );
    }
    let moments = timestamp_aliases(sql);
    let declared: Vec<(String, Option<String>)> = statement
        .columns()
        .map(|column| (column.name().to_owned(), column.decl_type().map(str::to_owned)))
        .collect();
    let mut cells: Vec<Vec<Cell>> = Vec::new();
    let mut rows = statement.query([]).map_err(fail)?;
    while let Some(row) = rows.next().map_err(fail)? {
        let row: rusqlite::Result<_> = (0..declared.len()).map(|index| row.get(index)).collect();
        cells.push(row.map_err(fail)?);
    }
    let kinds: Vec<Kind> = declared
        .iter()
        .enumerate()
        .map(|(index, (name, declared))| match declared {
            Some(declared) => Kind::declared(declared),
            None if moments.contains(name) => Kind::plain(ColumnType::Timestamp),
            None => Kind::guessed(cells.iter().map(|row| &row[index])),
        })
        .collect();
    let columns = declared.into_iter().zip(&kinds);
    Ok(Answer {
        columns: columns
            .map(|((name, _), kind)| Column::nullable(name, kind.kind))
            .collect(),
        rows: cells
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .zip(&kinds)
                    .map(|(cell, kind)| kind.value(cell))
                    .collect()
            })
            .collect(),
    })
}

struct Kind {
    kind: ColumnType,
    /// Digits behind the point of a DECIMAL.
    scale: usize,
}

impl Kind {
    fn plain(kind: ColumnType) -> Self {
        Self { kind, scale: 0 }
    }

    fn declared(declared: &str) -> Self {
        let name = declared
            .split('(')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_uppercase();
        let scale = declared
            .split_once(',')
            .and_then(|(_, rest)| rest.trim().trim_end_matches(')').parse().ok())
            .unwrap_or(0);
        let kind = match name.as_str() {
            "BIGINT" | "INT" | "INTEGER" => ColumnType::Int64,
            "DECIMAL" | "NUMERIC" => {
                return Self {
                    kind: ColumnType::Numeric,
                    scale,
                };
            }
            "DATE" => ColumnType::Date,
            "TIMESTAMP" => ColumnType::Timestamp,
            "DATETIME" => ColumnType::DateTime,
            "BOOLEAN" => ColumnType::Bool,
            "DOUBLE" | "FLOAT" | "REAL" => ColumnType::Float64,
            _ => ColumnType::String,
        };
        Self::plain(kind)
    }

    fn guessed<'a>(mut cells: impl Iterator<Item = &'a Cell>) -> Self {
        Self::plain(match cells.find(|cell| !matches!(cell, Cell::Null)) {
            Some(Cell::Integer(_)) => ColumnType::Int64,
            Some(Cell::Real(_)) => ColumnType::Float64,
            Some(Cell::Blob(_)) => ColumnType::Bytes,
            _ => ColumnType::String,
        })
    }

    fn value(&self, cell: Cell) -> Value {
        match (self.kind, cell) {
            (_, Cell::Null) => Value::Null,
            (ColumnType::Bool, Cell::Integer(number)) => Value::Bool(number != 0),
            // SQLite keeps decimals as numbers: fifteen digits are exact, more than these tables hold.
            (ColumnType::Numeric, Cell::Real(number)) => Value::Numeric(format!("{number:.*}", self.scale)),
            (ColumnType::Numeric, Cell::Integer(number)) if self.scale > 0 => {
                Value::Numeric(format!("{number}.{:0width$}", 0, width = self.scale))
            }
            (ColumnType::Numeric, Cell::Integer(number)) => Value::Numeric(number.to_string()),
            (ColumnType::Date, Cell::Text(text)) => Value::Date(text),
            (ColumnType::DateTime, Cell::Text(text)) => Value::DateTime(text.replacen(' ', "T", 1)),
            (ColumnType::Timestamp, Cell::Text(text)) => match moment(&text) {
                Some(at) => Value::Timestamp(at.and_utc().timestamp_micros()),
                None => Value::Text(text),
            },
            (_, Cell::Integer(number)) => Value::Int(number),
            (_, Cell::Real(number)) => Value::Float(number),
            (_, Cell::Text(text)) => Value::Text(text),
            (_, Cell::Blob(bytes)) => Value::Bytes(bytes),
        }
    }
}

/// The names of `TIMESTAMP(…) AS name`: SQLite forgets what type a function gives.
fn timestamp_aliases(sql: &str) -> Vec<String> {
    let upper = sql.to_ascii_uppercase();
    let calls = upper
        .match_indices("TIMESTAMP(")
        .map(|(at, lead)| at + lead.len());
    calls.filter_map(|from| alias_behind_call(sql, from)).collect()
}

fn alias_behind_call(sql: &str, from: usize) -> Option<String> {
    let mut depth = 1;
    let mut in_text = false;
    let mut end = None;
    for (at, letter) in sql[from..].char_indices() {
        match letter {
            '\'' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            end = Some(from + at + 1);
            break;
        }
    }
    let mut words = sql[end?..].split_whitespace();
    let is_alias = words.next()?.eq_ignore_ascii_case("AS");
    let name = words.next()?.trim_end_matches(',').trim_matches('`');
    is_alias.then(|| name.to_owned())
}

/// SQLite's complaint in MySQL's words.
fn complaint(error: &rusqlite::Error, database: &str, sql: &str) -> String {
    let text = error.to_string();
    let after = |lead: &str| {
        let (_, rest) = text.split_once(lead)?;
        Some(rest.split(" in ").next().unwrap_or(rest).trim().to_owned())
    };
    if let Some(name) = after("no such table: ") {
        let name = if name.contains('.') {
            name
        } else {
            format!("{database}.{name}")
        };
        return format!("Table '{name}' doesn't exist");
    }
    if let Some(name) = after("no such column: ") {
        let bare = name.rsplit('.').next().unwrap_or(&name);
        let upper = sql.to_ascii_uppercase();
        let conditions = upper.find("WHERE").map_or("", |at| &sql[at..]);
        let clause = if conditions.contains(bare) {
            "where clause"
        } else {
            "field list"
        };
        return format!("Unknown column '{name}' in '{clause}'");
    }
    if let Some(name) = after("no such function: ") {
        return format!("FUNCTION {database}.{name} does not exist");
    }
    if let Some(rest) = after("near \"") {
        let word = rest.split('"').next().unwrap_or_default();
        let at = sql.find(word).unwrap_or(0);
        return format!(
            "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server \
             version for the right syntax to use near '{}' at line {}",
            sql[at..].chars().take(80).collect::<String>(),
            sql[..at].lines().count().max(1)
        );
    }
    text
}
