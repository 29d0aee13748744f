//! GoogleSQL's functions on SQLite, one place for each: what it computes and what type comes out.
//!
//! A TIMESTAMP is microseconds since 1970 in an integer, a BOOL is 0 or 1, everything else is as it is
//! written. NULL in, NULL out.

use crate::sandbox::value::ColumnType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, Error};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Functions that SQLite has under the same name and with the same meaning, and what they return;
/// `None`: the type of their first argument.
const NATIVE: [(&str, Option<ColumnType>); 26] = [
    ("COALESCE", None),
    ("IFNULL", None),
    ("NULLIF", None),
    ("MIN", None),
    ("MAX", None),
    ("SUM", None),
    ("ABS", None),
    ("ROUND", Some(ColumnType::Float64)),
    ("AVG", Some(ColumnType::Float64)),
    ("COUNT", Some(ColumnType::Int64)),
    ("LENGTH", Some(ColumnType::Int64)),
    ("LOWER", Some(ColumnType::String)),
    ("UPPER", Some(ColumnType::String)),
    ("TRIM", Some(ColumnType::String)),
    ("LTRIM", Some(ColumnType::String)),
    ("RTRIM", Some(ColumnType::String)),
    ("REPLACE", Some(ColumnType::String)),
    ("SUBSTR", Some(ColumnType::String)),
    ("ROW_NUMBER", Some(ColumnType::Int64)),
    ("RANK", Some(ColumnType::Int64)),
    ("DENSE_RANK", Some(ColumnType::Int64)),
    ("LAG", None),
    ("LEAD", None),
    ("FIRST_VALUE", None),
    ("LAST_VALUE", None),
    ("STARTS_WITH", Some(ColumnType::Bool)),
];

/// Functions under another name in SQLite.
const RENAMED: [(&str, &str, Option<ColumnType>); 6] = [
    ("IF", "iif", None),
    ("ANY_VALUE", "max", None),
    ("GREATEST", "max", None),
    ("LEAST", "min", None),
    ("STRING_AGG", "group_concat", Some(ColumnType::String)),
    ("SUBSTRING", "substr", Some(ColumnType::String)),
];

/// Functions that are made here: name, number of arguments (-1: any), type.
const OURS: [(&str, i32, ColumnType); 20] = [
    ("CONCAT", -1, ColumnType::String),
    ("ERROR", 1, ColumnType::String),
    ("GENERATE_UUID", 0, ColumnType::String),
    ("NOW_MICROS", 0, ColumnType::Timestamp),
    ("TODAY", 0, ColumnType::Date),
    ("TIMESTAMP", -1, ColumnType::Timestamp),
    ("DATE", 1, ColumnType::Date),
    ("FORMAT_TIMESTAMP", -1, ColumnType::String),
    ("TIMESTAMP_ADD", 3, ColumnType::Timestamp),
    ("TIMESTAMP_SUB", 3, ColumnType::Timestamp),
    ("TIMESTAMP_DIFF", 3, ColumnType::Int64),
    ("TIMESTAMP_TRUNC", 2, ColumnType::Timestamp),
    ("TIMESTAMP_MICROS", 1, ColumnType::Timestamp),
    ("TIMESTAMP_MILLIS", 1, ColumnType::Timestamp),
    ("TIMESTAMP_SECONDS", 1, ColumnType::Timestamp),
    ("UNIX_MICROS", 1, ColumnType::Int64),
    ("UNIX_SECONDS", 1, ColumnType::Int64),
    ("MOD", 2, ColumnType::Int64),
    ("SAFE_DIVIDE", 2, ColumnType::Float64),
    ("STARTS_WITH", 2, ColumnType::Bool),
];

/// The name of a function in SQLite; `None` if the sandbox does not have it.
pub(super) fn sqlite_name(name: &str) -> Option<&'static str> {
    let native = NATIVE.iter().map(|(ours, _)| (*ours, *ours));
    let renamed = RENAMED.iter().map(|(ours, theirs, _)| (*ours, *theirs));
    let made = OURS.iter().map(|(ours, ..)| (*ours, *ours));
    native
        .chain(renamed)
        .chain(made)
        .find(|(ours, _)| ours.eq_ignore_ascii_case(name))
        .map(|(_, theirs)| theirs)
}

/// The type of a function's value; `Some(None)`: that of its first argument.
pub(super) fn return_type(name: &str) -> Option<Option<ColumnType>> {
    let native = NATIVE.iter().map(|(ours, kind)| (*ours, *kind));
    let renamed = RENAMED.iter().map(|(ours, _, kind)| (*ours, *kind));
    let made = OURS.iter().map(|(ours, _, kind)| (*ours, Some(*kind)));
    made.chain(native)
        .chain(renamed)
        .find(|(ours, _)| ours.eq_ignore_ascii_case(name))
        .map(|(_, kind)| kind)
}

/// Gives a connection the functions that SQLite lacks.
pub(super) fn register(connection: &Connection, moment: &Arc<AtomicI64>) -> rusqlite::Result<()> {
    for (name, arguments, _) in OURS {
        let volatile = matches!(name, "ERROR" | "GENERATE_UUID" | "NOW_MICROS" | "TODAY");
        let flags = if volatile {
            FunctionFlags::SQLITE_UTF8
        } else {
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC
        };
        let clock = moment.clone();
        connection.create_scalar_function(name, arguments, flags, move |context| {
            call(name, context, clock.load(Ordering::SeqCst))
        })?;
    }
    for (target, flags) in [
        ("CAST_TO", FunctionFlags::SQLITE_UTF8),
        ("SAFE_CAST_TO", FunctionFlags::SQLITE_UTF8),
    ] {
        let safe = target == "SAFE_CAST_TO";
        connection.create_scalar_function(target, 2, flags, move |context| cast(context, safe))?;
    }
    Ok(())
}

fn fault(message: impl Into<String>) -> Error {
    Error::UserFunctionError(message.into().into())
}

/// `now` is the statement's moment: the same for all of its rows.
fn call(name: &str, context: &Context<'_>, now: i64) -> rusqlite::Result<Cell> {
    let null = (0..context.len()).any(|i| matches!(context.get_raw(i), ValueRef::Null));
    if null && name != "ERROR" {
        return Ok(Cell::Null);
    }
    Ok(match name {
        "CONCAT" => Cell::Text((0..context.len()).map(|i| text(context, i)).collect()),
        "ERROR" => return Err(fault(text(context, 0))),
        "GENERATE_UUID" => Cell::Text(uuid::Uuid::new_v4().to_string()),
        "NOW_MICROS" => Cell::Integer(now),
        "TODAY" => Cell::Text(moment(now)?.format("%F").to_string()),
        "TIMESTAMP" => timestamp(context)?,
        "DATE" => Cell::Text(match context.get_raw(0) {
            ValueRef::Integer(micros) => moment(micros)?.format("%F").to_string(),
            _ => text(context, 0).chars().take(10).collect(),
        }),
        "FORMAT_TIMESTAMP" => format(context)?,
        "TIMESTAMP_ADD" => moved(context, 1)?,
        "TIMESTAMP_SUB" => moved(context, -1)?,
        "TIMESTAMP_DIFF" => {
            let span = int(context, 0)?
                .checked_sub(int(context, 1)?)
                .ok_or_else(overflow)?;
            Cell::Integer(span / unit(&text(context, 2))?)
        }
        "TIMESTAMP_TRUNC" => {
            let (micros, unit) = (int(context, 0)?, unit(&text(context, 1))?);
            Cell::Integer(micros.div_euclid(unit) * unit)
        }
        "TIMESTAMP_MICROS" | "UNIX_MICROS" => Cell::Integer(int(context, 0)?),
        "TIMESTAMP_MILLIS" => times(int(context, 0)?, 1_000)?,
        "TIMESTAMP_SECONDS" => times(int(context, 0)?, 1_000_000)?,
        "UNIX_SECONDS" => Cell::Integer(int(context, 0)?.div_euclid(1_000_000)),
        "MOD" if int(context, 1)? == 0 => return Err(fault("division by zero: MOD")),
        "MOD" => Cell::Integer(int(context, 0)?.wrapping_rem(int(context, 1)?)),
        "SAFE_DIVIDE" => match (number(context, 0), number(context, 1)) {
            (Some(_), Some(0.0)) => Cell::Null,
            (Some(a), Some(b)) => Cell::Real(a / b),
            _ => Cell::Null,
        },
        _ => Cell::Integer(i64::from(text(context, 0).starts_with(&text(context, 1)))),
    })
}

fn overflow() -> Error {
    fault("integer overflow")
}

fn times(number: i64, factor: i64) -> rusqlite::Result<Cell> {
    number.checked_mul(factor).map(Cell::Integer).ok_or_else(overflow)
}

/// The moment, so many units later (1) or earlier (-1).
fn moved(context: &Context<'_>, direction: i64) -> rusqlite::Result<Cell> {
    let (moment, count) = (int(context, 0)?, int(context, 1)?);
    let span = unit(&text(context, 2))? * direction;
    let sum = count.checked_mul(span).and_then(|span| moment.checked_add(span));
    sum.map(Cell::Integer).ok_or_else(overflow)
}

fn text(context: &Context<'_>, index: usize) -> String {
    as_text(context.get_raw(index))
}

fn as_text(cell: ValueRef<'_>) -> String {
    match cell {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn int(context: &Context<'_>, index: usize) -> rusqlite::Result<i64> {
    match context.get_raw(index) {
        ValueRef::Integer(number) => Ok(number),
        other => Err(fault(format!(
            "No matching signature: '{}' is no integer or TIMESTAMP",
            as_text(other)
        ))),
    }
}

fn number(context: &Context<'_>, index: usize) -> Option<f64> {
    as_text(context.get_raw(index)).parse().ok()
}

fn moment(micros: i64) -> rusqlite::Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| fault("Invalid timestamp"))
}

fn unit(name: &str) -> rusqlite::Result<i64> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "MICROSECOND" => 1,
        "MILLISECOND" => 1_000,
        "SECOND" => 1_000_000,
        "MINUTE" => 60_000_000,
        "HOUR" => 3_600_000_000,
        "DAY" => 86_400_000_000,
        other => {
            return Err(fault(format!(
                "A date part '{other}' is not supported by the sandbox"
            )));
        }
    })
}

fn zone(context: &Context<'_>, index: usize) -> rusqlite::Result<()> {
    match (context.len() > index).then(|| text(context, index)).as_deref() {
        None | Some("UTC" | "Etc/UTC" | "+00" | "+00:00") => Ok(()),
        Some(other) => Err(fault(format!(
            "Time zone '{other}' is not supported by the sandbox; use UTC"
        ))),
    }
}

fn timestamp(context: &Context<'_>) -> rusqlite::Result<Cell> {
    zone(context, 1)?;
    match context.get_raw(0) {
        ValueRef::Integer(micros) => Ok(Cell::Integer(micros)),
        other => {
            let text = as_text(other);
            let micros =
                parse_timestamp(&text).ok_or_else(|| fault(format!("Invalid timestamp: '{text}'")))?;
            Ok(Cell::Integer(micros))
        }
    }
}

fn format(context: &Context<'_>) -> rusqlite::Result<Cell> {
    zone(context, 2)?;
    let pattern = text(context, 0);
    let items: Vec<_> = chrono::format::StrftimeItems::new(&pattern).collect();
    if items.contains(&chrono::format::Item::Error) {
        return Err(fault(format!(
            "Format '{pattern}' is not supported by the sandbox"
        )));
    }
    Ok(Cell::Text(
        moment(int(context, 1)?)?
            .format_with_items(items.iter())
            .to_string(),
    ))
}

/// Microseconds since 1970 of a GoogleSQL timestamp text; UTC unless it says otherwise.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(zoned) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Some(zoned.timestamp_micros());
    }
    let bare = text.trim_end_matches("UTC").trim_end_matches('Z').trim_end();
    let bare = bare
        .strip_suffix("+00")
        .or_else(|| bare.strip_suffix("+00:00"))
        .unwrap_or(bare)
        .replacen('T', " ", 1);
    let full = ["%F %H:%M:%S%.f", "%F %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&bare, form).ok());
    let day = || NaiveDate::parse_from_str(&bare, "%F").ok()?.and_hms_opt(0, 0, 0);
    Some(full.or_else(day)?.and_utc().timestamp_micros())
}

/// `CAST(value AS TYPE)`; the type comes second.
fn cast(context: &Context<'_>, safe: bool) -> rusqlite::Result<Cell> {
    let (cell, kind) = (context.get_raw(0), text(context, 1));
    if matches!(cell, ValueRef::Null) {
        return Ok(Cell::Null);
    }
    let text = as_text(cell);
    let made = match kind.as_str() {
        "STRING" => Some(Cell::Text(text.clone())),
        "INT64" => text
            .parse::<i64>()
            .ok()
            .or_else(|| rounded(&text))
            .map(Cell::Integer),
        "FLOAT64" => text.parse().ok().map(Cell::Real),
        "NUMERIC" | "BIGNUMERIC" => text.parse::<f64>().ok().map(|_| Cell::Text(text.clone())),
        "BOOL" => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Cell::Integer(1)),
            "false" | "0" => Some(Cell::Integer(0)),
            _ => None,
        },
        "TIMESTAMP" => parse_timestamp(&text).map(Cell::Integer),
        "DATE" => NaiveDate::parse_from_str(text.get(..10).unwrap_or(&text), "%F")
            .ok()
            .map(|d| Cell::Text(d.to_string())),
        _ => return Err(fault(format!("A cast to {kind} is not supported by the sandbox"))),
    };
    match made {
        Some(made) => Ok(made),
        None if safe => Ok(Cell::Null),
        None => Err(fault(format!("Bad {} value: {text}", kind.to_ascii_lowercase()))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
fn rounded(text: &str) -> Option<i64> {
    text.parse::<f64>()
        .ok()
        .filter(|number| number.abs() < 9.0e15)
        .map(|number| number.round() as i64)
}
