//! Values out of JSON: cells of rows, and settings that clients send as text or as their own type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use googlesql::parse_timestamp;
use googlesql::value::{Column, ColumnType, Value};
use serde_json::Value as Json;

/// A boolean, as a JSON boolean or as text in any case.
pub(super) fn boolean(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(boolean) => Some(*boolean),
        Json::String(text) => Some(text.eq_ignore_ascii_case("true")),
        _ => None,
    }
}

/// A whole number, as a JSON number or as text.
pub(super) fn integer(value: &Json) -> Option<usize> {
    match value {
        Json::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| usize::try_from(number).ok()),
    }
}

/// A value as rows of JSON contain it; `None` if it is not of the type.
pub(super) fn from_json(given: &Json, kind: &ColumnType) -> Option<Value> {
    match (given, kind) {
        (Json::Null, ColumnType::Array(_)) => Some(Value::Array(Vec::new())),
        (Json::Null, _) => Some(Value::Null),
        (Json::Array(items), ColumnType::Array(inner)) => {
            let items = items
                .iter()
                .map(|item| from_json(item, inner).filter(|item| *item != Value::Null));
            items.collect::<Option<_>>().map(Value::Array)
        }
        (Json::Object(given), ColumnType::Struct(fields)) => {
            let is_known = |name: &String| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
            if !given.keys().all(is_known) {
                return None;
            }
            let value = |field: &Column| {
                let found = given
                    .iter()
                    .find(|(name, _)| field.name.eq_ignore_ascii_case(name));
                let value = from_json(found.map_or(&Json::Null, |(_, value)| value), &field.kind);
                value.filter(|value| field.nullable || *value != Value::Null)
            };
            fields.iter().map(value).collect::<Option<_>>().map(Value::Struct)
        }
        (_, ColumnType::Array(_) | ColumnType::Struct(_)) => None,
        (Json::String(text), kind) if *kind != ColumnType::Json => scalar_from_text(text, kind),
        (other, kind) => scalar_from_text(&other.to_string(), kind),
    }
}

/// A scalar out of its text; `None` if it is not of the type.
pub(super) fn scalar_from_text(text: &str, kind: &ColumnType) -> Option<Value> {
    let owned = || text.to_owned();
    Some(match kind {
        ColumnType::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => return None,
        },
        ColumnType::Int64 => Value::Int(text.parse().ok()?),
        ColumnType::Float64 => Value::Float(text.parse().ok()?),
        ColumnType::Timestamp => Value::Timestamp(parse_timestamp(text)?),
        ColumnType::Numeric => text.parse::<f64>().ok().map(|_| Value::Numeric(owned()))?,
        ColumnType::String => Value::Text(owned()),
        ColumnType::Date => Value::Date(text.parse::<NaiveDate>().ok()?.to_string()),
        ColumnType::Time => Value::Time(text.parse::<NaiveTime>().ok().map(|_| owned())?),
        ColumnType::DateTime => Value::DateTime(datetime(text)?),
        ColumnType::Json => Value::Json(serde_json::from_str::<Json>(text).ok().map(|_| owned())?),
        ColumnType::Bytes => Value::Bytes(BASE64.decode(text).ok()?),
        ColumnType::Array(_) | ColumnType::Struct(_) => return None,
    })
}

/// `2024-02-29T23:59:59.5`; a blank instead of the `T` is allowed.
fn datetime(text: &str) -> Option<String> {
    let canonical = text.replacen(' ', "T", 1);
    canonical.parse::<NaiveDateTime>().ok().map(|_| canonical)
}
