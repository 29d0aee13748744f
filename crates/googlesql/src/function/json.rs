//! JSON functions, and values as JSON.

use super::argument::text;
use super::entry::{Context, Entry};
use crate::cast::{self, cast};
use crate::value::{Column, ColumnType, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("JSON_VALUE", "JSON STRING? -> STRING", value),
    ("JSON_VALUE", "STRING STRING? -> STRING", value),
    ("JSON_EXTRACT_SCALAR", "JSON STRING? -> STRING", value),
    ("JSON_EXTRACT_SCALAR", "STRING STRING? -> STRING", value),
    ("JSON_QUERY", "JSON STRING? -> JSON", |v, _| {
        at_path(v).map(|json| json.map_or(Value::Null, |j| Value::Json(j.to_string())))
    }),
    ("JSON_QUERY", "STRING STRING? -> STRING", |v, _| {
        at_path(v).map(|json| json.map_or(Value::Null, |j| Value::Text(j.to_string())))
    }),
    ("JSON_EXTRACT", "JSON STRING? -> JSON", |v, _| {
        at_path(v).map(|json| json.map_or(Value::Null, |j| Value::Json(j.to_string())))
    }),
    ("JSON_EXTRACT", "STRING STRING? -> STRING", |v, _| {
        at_path(v).map(|json| json.map_or(Value::Null, |j| Value::Text(j.to_string())))
    }),
    ("JSON_QUERY_ARRAY", "JSON STRING? -> ARRAY<JSON>", |v, _| {
        array(v, |json| Some(Value::Json(json.to_string())))
    }),
    ("JSON_QUERY_ARRAY", "STRING STRING? -> ARRAY<STRING>", |v, _| {
        array(v, |json| Some(Value::Text(json.to_string())))
    }),
    ("JSON_EXTRACT_ARRAY", "JSON STRING? -> ARRAY<JSON>", |v, _| {
        array(v, |json| Some(Value::Json(json.to_string())))
    }),
    ("JSON_EXTRACT_ARRAY", "STRING STRING? -> ARRAY<STRING>", |v, _| {
        array(v, |json| Some(Value::Text(json.to_string())))
    }),
    ("JSON_VALUE_ARRAY", "JSON STRING? -> ARRAY<STRING>", |v, _| {
        array(v, |json| scalar(json).map(Value::Text))
    }),
    ("JSON_VALUE_ARRAY", "STRING STRING? -> ARRAY<STRING>", |v, _| {
        array(v, |json| scalar(json).map(Value::Text))
    }),
    ("JSON_TYPE", "JSON -> STRING", json_type),
    ("PARSE_JSON", "STRING -> JSON", |v, _| {
        cast(&v[0], &ColumnType::Json)
    }),
    ("INT64", "JSON -> INT64", |v, _| {
        parse(&v[0])
            .as_i64()
            .map(Value::Int)
            .ok_or_else(|| "The provided JSON input is not an integer".into())
    }),
    ("FLOAT64", "JSON -> FLOAT64", |v, _| {
        parse(&v[0])
            .as_f64()
            .map(Value::Float)
            .ok_or_else(|| "The provided JSON input is not a number".into())
    }),
    ("STRING", "JSON -> STRING", string),
    ("BOOL", "JSON -> BOOL", |v, _| {
        parse(&v[0])
            .as_bool()
            .map(Value::Bool)
            .ok_or_else(|| "The provided JSON input is not a boolean".into())
    }),
];

fn parse(value: &Value) -> Json {
    match value {
        Value::Json(text) | Value::Text(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        _ => Json::Null,
    }
}

/// The field `j.name`; NULL if there is none.
pub(crate) fn member(value: &Value, name: &str) -> Value {
    json_or_null(parse(value).get(name))
}

/// The element `j['name']` or `j[0]`; NULL if there is none.
pub(crate) fn subscript(value: &Value, key: &Value) -> Value {
    let whole = parse(value);
    match key {
        Value::Text(name) => json_or_null(whole.get(name.as_str())),
        Value::Int(index) => json_or_null(usize::try_from(*index).ok().and_then(|index| whole.get(index))),
        _ => Value::Null,
    }
}

fn json_or_null(found: Option<&Json>) -> Value {
    found.map_or(Value::Null, |json| Value::Json(json.to_string()))
}

/// The steps of `$.a['b'][0]`.
///
/// # Errors
/// The path is not valid.
fn steps(path: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("Invalid JSONPath: {path}");
    let mut rest = path.trim().strip_prefix('$').ok_or_else(wrong)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (quoted, after) = match after.strip_prefix('"') {
                Some(after) => (true, after),
                None => (false, after),
            };
            let end = if quoted {
                after.find('"').ok_or_else(wrong)?
            } else {
                after.find(['.', '[']).unwrap_or(after.len())
            };
            if end == 0 {
                return Err(wrong());
            }
            steps.push(after[..end].to_owned());
            rest = &after[end + usize::from(quoted)..];
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = after.find(']').ok_or_else(wrong)?;
            steps.push(after[..end].trim_matches(['\'', '"']).to_owned());
            rest = &after[end + 1..];
        } else {
            return Err(wrong());
        }
    }
    Ok(steps)
}

/// The part at the path of the second argument; all without one.
fn at_path(values: &[Value]) -> Result<Option<Json>, String> {
    let path = if values.len() > 1 { text(values, 1) } else { "$" };
    let mut here = match &values[0] {
        // No path leads anywhere in text that is not JSON.
        Value::Text(text) | Value::Json(text) => match serde_json::from_str::<Json>(text) {
            Ok(json) => json,
            Err(_) => return Ok(None),
        },
        _ => return Ok(None),
    };
    for step in steps(path)? {
        let next = match &here {
            Json::Object(fields) => fields.get(&step),
            Json::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        match next.cloned() {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn value(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(at_path(values)?
        .as_ref()
        .and_then(scalar)
        .map_or(Value::Null, Value::Text))
}

fn array(values: &[Value], one: fn(&Json) -> Option<Value>) -> ValueResult {
    Ok(match at_path(values)? {
        Some(Json::Array(items)) => Value::Array(
            items
                .iter()
                .map(|item| one(item).unwrap_or(Value::Null))
                .collect(),
        ),
        _ => Value::Null,
    })
}

fn json_type(values: &[Value], _: &Context<'_>) -> ValueResult {
    let name = match parse(&values[0]) {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    Ok(Value::Text(name.into()))
}

fn string(values: &[Value], _: &Context<'_>) -> ValueResult {
    match parse(&values[0]) {
        Json::String(text) => Ok(Value::Text(text)),
        Json::Null => Ok(Value::Null),
        _ => Err("The provided JSON input is not a string".into()),
    }
}

/// How many bytes a value has as JSON, at most.
pub(crate) fn written_size(value: &Value) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    };
    match value {
        Value::Text(text) => 2 + text.chars().map(escaped).sum::<usize>(),
        Value::Json(text) => text.len(),
        Value::Bytes(bytes) => 2 + bytes.len().div_ceil(3) * 4,
        Value::Array(items) | Value::Struct(items) => items.iter().map(|item| 1 + written_size(item)).sum(),
        _ => 8,
    }
}

/// A value as `TO_JSON_STRING` writes it, with the fields of a STRUCT in their order.
pub(crate) fn to_json_text(value: &Value, kind: &ColumnType) -> String {
    match (value, kind) {
        (Value::Array(items), ColumnType::Array(inner)) => {
            let items: Vec<_> = items.iter().map(|item| to_json_text(item, inner)).collect();
            format!("[{}]", items.join(","))
        }
        (Value::Struct(items), ColumnType::Struct(fields)) => {
            let pair = |(field, item): (&Column, &Value)| {
                let name = Json::from(field.name.as_str());
                format!("{name}:{}", to_json_text(item, &field.kind))
            };
            let pairs: Vec<_> = fields.iter().zip(items).map(pair).collect();
            format!("{{{}}}", pairs.join(","))
        }
        (Value::Int(number), _) => exact(number.to_string(), i128::from(*number)),
        (Value::Numeric(text), _) => match text.split_once('.') {
            // The digits behind the point are kept as text.
            Some((_, fraction)) if fraction.contains(|digit| digit != '0') => {
                Json::from(text.trim_end_matches('0')).to_string()
            }
            _ => {
                let whole = text.split('.').next().unwrap_or_default();
                exact(whole.to_owned(), whole.parse().unwrap_or(i128::MAX))
            }
        },
        (Value::Float(number), _) if number.is_finite() => cast::text(value).unwrap_or_default(),
        (Value::Float(number), _) if !number.is_nan() => {
            let sign = if *number < 0.0 { "-" } else { "" };
            format!("\"{sign}Infinity\"")
        }
        _ => to_json(value, kind).to_string(),
    }
}

/// A whole number; one that a double does not hold exactly as a string.
fn exact(text: String, number: i128) -> String {
    if number.abs() > 1 << 53 {
        format!("\"{text}\"")
    } else {
        text
    }
}

/// A value as `TO_JSON` makes it, with the fields of a STRUCT in the order of their names.
pub(crate) fn to_json(value: &Value, kind: &ColumnType) -> Json {
    match (value, kind) {
        (Value::Null, _) => Json::Null,
        (Value::Bool(truth), _) => Json::Bool(*truth),
        (Value::Int(number), _) => Json::from(*number),
        (Value::Float(number), _) => serde_json::Number::from_f64(*number).map_or_else(
            || Json::String(cast::text(value).unwrap_or_default()),
            Json::Number,
        ),
        (Value::Numeric(text), _) => text.parse::<i64>().map_or_else(
            |_| {
                text.parse::<f64>()
                    .ok()
                    .and_then(serde_json::Number::from_f64)
                    .map_or(Json::Null, Json::Number)
            },
            Json::from,
        ),
        (Value::Json(text), _) => serde_json::from_str(text).unwrap_or(Json::Null),
        (Value::Bytes(bytes), _) => Json::String(STANDARD.encode(bytes)),
        (Value::Timestamp(micros), _) => Json::String(
            chrono::DateTime::from_timestamp_micros(*micros)
                .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
                .unwrap_or_default(),
        ),
        (Value::Array(items), ColumnType::Array(inner)) => {
            items.iter().map(|item| to_json(item, inner)).collect()
        }
        (Value::Struct(items), ColumnType::Struct(fields)) => {
            let pairs = fields
                .iter()
                .zip(items)
                .map(|(field, item)| (field.name.clone(), to_json(item, &field.kind)));
            Json::Object(pairs.collect())
        }
        (Value::DateTime(text), _) => Json::String(text.clone()),
        _ => Json::String(cast::text(value).unwrap_or_default()),
    }
}
