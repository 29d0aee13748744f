//! JSON functions.

mod write;

pub(crate) use write::{Writer, written};

use super::argument::text;
use super::entry::{Context, Entry};
use crate::cast::cast;
use crate::document::read;
use crate::value::{ColumnType, Value};
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
        parse(&v[0])?
            .as_i64()
            .map(Value::Int)
            .ok_or_else(|| "The provided JSON input is not an integer".into())
    }),
    ("FLOAT64", "JSON -> FLOAT64", |v, _| {
        parse(&v[0])?
            .as_f64()
            .map(Value::Float)
            .ok_or_else(|| "The provided JSON input is not a number".into())
    }),
    ("STRING", "JSON -> STRING", string),
    ("BOOL", "JSON -> BOOL", |v, _| {
        parse(&v[0])?
            .as_bool()
            .map(Value::Bool)
            .ok_or_else(|| "The provided JSON input is not a boolean".into())
    }),
];

fn parse(value: &Value) -> Result<Json, String> {
    match value {
        Value::Json(text) | Value::Text(text) => Ok(read(text)?.unwrap_or_default()),
        _ => Ok(Json::Null),
    }
}

/// The field `j.name`; NULL if there is none.
///
/// # Errors
/// The document takes too much memory.
pub(crate) fn member(value: &Value, name: &str) -> ValueResult {
    Ok(json_or_null(parse(value)?.get(name)))
}

/// The element `j['name']` or `j[0]`; NULL if there is none.
///
/// # Errors
/// The document takes too much memory.
pub(crate) fn subscript(value: &Value, key: &Value) -> ValueResult {
    let whole = parse(value)?;
    Ok(match key {
        Value::Text(name) => json_or_null(whole.get(name.as_str())),
        Value::Int(index) => json_or_null(usize::try_from(*index).ok().and_then(|index| whole.get(index))),
        _ => Value::Null,
    })
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
        Value::Text(text) | Value::Json(text) => match read(text)? {
            Ok(json) => json,
            Err(_) => return Ok(None),
        },
        _ => return Ok(None),
    };
    for step in steps(path)? {
        let next = match here {
            Json::Object(mut fields) => fields.remove(&step),
            Json::Array(items) => {
                let index = step.parse::<usize>().ok();
                index.and_then(|index| items.into_iter().nth(index))
            }
            _ => None,
        };
        match next {
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
    let name = match parse(&values[0])? {
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
    match parse(&values[0])? {
        Json::String(text) => Ok(Value::Text(text)),
        Json::Null => Ok(Value::Null),
        _ => Err("The provided JSON input is not a string".into()),
    }
}
