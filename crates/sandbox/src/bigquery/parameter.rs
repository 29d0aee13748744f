//! A query out of a request's body: its text, its default dataset, its parameters. What the sandbox
//! cannot honour is refused, never skipped.

use super::Desk;
use super::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use googlesql::kind::{from_name, name as kind_name};
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{Parameter, QuerySettings, SqlError, parse_timestamp};
use serde_json::Value as Json;

/// Reads `configuration.query` of a job, or the body of jobs.query; both have the same fields.
pub(super) fn read(
    desk: &Desk,
    query: &Json,
    location: Option<&str>,
    dry_run: bool,
) -> Result<(String, QuerySettings), Fault> {
    let Some(sql) = query["query"].as_str().filter(|sql| !sql.trim().is_empty()) else {
        return Err(Fault::new("required", "Required parameter is missing: query"));
    };
    if truth(&query["useLegacySql"]) != Some(false) {
        let message =
            "Legacy SQL is not supported by the sandbox. useLegacySql is true unless it is sent as false.";
        return Err(SqlError::invalid(message).into());
    }
    for field in ["tableDefinitions", "userDefinedFunctionResources"] {
        let is_empty = |given: &Json| given.as_array().is_some_and(Vec::is_empty);
        if !query[field].is_null() && !is_empty(&query[field]) {
            return Err(Fault::new(
                "notImplemented",
                format!("{field} is not supported by the sandbox"),
            ));
        }
    }
    let parameters = query["queryParameters"].as_array().map_or(&[][..], Vec::as_slice);
    let settings = QuerySettings {
        default_dataset: default_dataset(desk, &query["defaultDataset"])?,
        parameters: parameters.iter().map(parameter).collect::<Result<_, _>>()?,
        dry_run,
        location: location.map(str::to_owned),
    };
    Ok((sql.to_owned(), settings))
}

/// A boolean, as a JSON boolean or as text in any case.
pub(super) fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(truth) => Some(*truth),
        Json::String(text) => Some(text.eq_ignore_ascii_case("true")),
        _ => None,
    }
}

fn default_dataset(desk: &Desk, given: &Json) -> Result<Option<String>, Fault> {
    let Some(dataset) = given["datasetId"].as_str() else {
        return Ok(None);
    };
    let project = given["projectId"].as_str().unwrap_or(desk.warehouse.project());
    desk.check_project(project, || {
        format!(
            "Access Denied: Dataset {project}:{dataset}: Permission bigquery.datasets.get denied on dataset \
             {project}:{dataset} (or it may not exist)."
        )
    })?;
    Ok(Some(dataset.to_owned()))
}

/// `{"name", "parameterType": {"type"}, "parameterValue": {"value"}}`; without a name it is positional.
fn parameter(given: &Json) -> Result<Parameter, Fault> {
    let name = given["name"].as_str().unwrap_or_default().to_owned();
    let kind = parameter_kind(&given["parameterType"])?;
    match parameter_value(&given["parameterValue"], &kind) {
        Some(value) => Ok(Parameter { name, kind, value }),
        None => Err(Fault::invalid(format!(
            "Invalid value for query parameter {name}: {} is no {}",
            given["parameterValue"],
            kind_name(&kind)
        ))),
    }
}

/// `{"type": "ARRAY", "arrayType": {…}}`, `{"type": "STRUCT", "structTypes": [{"name", "type": {…}}]}`.
fn parameter_kind(given: &Json) -> Result<ColumnType, Fault> {
    let name = given["type"].as_str().unwrap_or_default();
    if name.eq_ignore_ascii_case("ARRAY") {
        return Ok(ColumnType::Array(Box::new(parameter_kind(&given["arrayType"])?)));
    }
    if name.eq_ignore_ascii_case("STRUCT") {
        let fields = given["structTypes"].as_array().map_or(&[][..], Vec::as_slice);
        let field = |field: &Json| {
            let name = field["name"].as_str().unwrap_or_default();
            Ok(Column::nullable(name, parameter_kind(&field["type"])?))
        };
        return fields
            .iter()
            .map(field)
            .collect::<Result<_, Fault>>()
            .map(ColumnType::Struct);
    }
    from_name(name).ok_or_else(|| {
        SqlError::invalid(format!(
            "A query parameter of type {name} is not supported by the sandbox"
        ))
        .into()
    })
}

/// `{"value"}`, `{"arrayValues": [{"value"}]}`, `{"structValues": {"name": {"value"}}}`.
fn parameter_value(given: &Json, kind: &ColumnType) -> Option<Value> {
    match kind {
        ColumnType::Array(inner) => {
            let items = given["arrayValues"].as_array().map_or(&[][..], Vec::as_slice);
            items
                .iter()
                .map(|item| parameter_value(item, inner))
                .collect::<Option<_>>()
                .map(Value::Array)
        }
        ColumnType::Struct(fields) => {
            let given = given["structValues"].as_object()?;
            let value =
                |field: &Column| parameter_value(given.get(&field.name).unwrap_or(&Json::Null), &field.kind);
            fields.iter().map(value).collect::<Option<_>>().map(Value::Struct)
        }
        _ => match &given["value"] {
            Json::Null => Some(Value::Null),
            Json::String(text) => scalar(text, kind),
            other => scalar(&other.to_string(), kind),
        },
    }
}

/// A value as a row of JSON has it; `None` if it is none of the type.
pub(super) fn json_value(given: &Json, kind: &ColumnType) -> Option<Value> {
    match (given, kind) {
        (Json::Null, ColumnType::Array(_)) => Some(Value::Array(Vec::new())),
        (Json::Null, _) => Some(Value::Null),
        (Json::Array(items), ColumnType::Array(inner)) => {
            let items = items
                .iter()
                .map(|item| json_value(item, inner).filter(|item| *item != Value::Null));
            items.collect::<Option<_>>().map(Value::Array)
        }
        (Json::Object(given), ColumnType::Struct(fields)) => {
            let known = |name: &String| fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
            if !given.keys().all(known) {
                return None;
            }
            let value = |field: &Column| {
                let found = given
                    .iter()
                    .find(|(name, _)| field.name.eq_ignore_ascii_case(name));
                let value = json_value(found.map_or(&Json::Null, |(_, value)| value), &field.kind);
                value.filter(|value| field.nullable || *value != Value::Null)
            };
            fields.iter().map(value).collect::<Option<_>>().map(Value::Struct)
        }
        (_, ColumnType::Array(_) | ColumnType::Struct(_)) => None,
        (Json::String(text), kind) if *kind != ColumnType::Json => scalar(text, kind),
        (other, kind) => scalar(&other.to_string(), kind),
    }
}

/// A scalar out of its text; `None` if it is no such one.
pub(super) fn scalar(text: &str, kind: &ColumnType) -> Option<Value> {
    let own = || text.to_owned();
    Some(match kind {
        ColumnType::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Value::Bool(true),
            "false" | "0" => Value::Bool(false),
            _ => return None,
        },
        ColumnType::Int64 => Value::Int(text.parse().ok()?),
        ColumnType::Float64 => Value::Float(text.parse().ok()?),
        ColumnType::Timestamp => Value::Timestamp(parse_timestamp(text)?),
        ColumnType::Numeric => text.parse::<f64>().ok().map(|_| Value::Numeric(own()))?,
        ColumnType::String => Value::Text(own()),
        ColumnType::Date => Value::Date(text.parse::<NaiveDate>().ok()?.to_string()),
        ColumnType::Time => Value::Time(text.parse::<NaiveTime>().ok().map(|_| own())?),
        ColumnType::DateTime => Value::DateTime(datetime(text)?),
        ColumnType::Json => Value::Json(serde_json::from_str::<Json>(text).ok().map(|_| own())?),
        ColumnType::Bytes => Value::Bytes(BASE64.decode(text).ok()?),
        ColumnType::Array(_) | ColumnType::Struct(_) => return None,
    })
}

/// `2024-02-29T23:59:59.5`, with a blank in the place of the `T` too.
fn datetime(text: &str) -> Option<String> {
    let canonical = text.replacen(' ', "T", 1);
    canonical.parse::<NaiveDateTime>().ok().map(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_typed_by_what_they_say() {
        let read = |kind: &str, value: Json| {
            let given =
                json!({"name": "p", "parameterType": {"type": kind}, "parameterValue": {"value": value}});
            parameter(&given).map(|read| read.value).ok()
        };
        for (kind, value, expected) in [
            ("STRING", json!("x"), Some(Value::Text("x".into()))),
            ("INT64", json!("12"), Some(Value::Int(12))),
            ("INTEGER", json!(12), Some(Value::Int(12))),
            ("BOOL", json!("True"), Some(Value::Bool(true))),
            (
                "TIMESTAMP",
                json!("1970-01-02 00:00:00+00"),
                Some(Value::Timestamp(86_400_000_000)),
            ),
            ("STRING", Json::Null, Some(Value::Null)),
            ("INT64", json!("twelve"), None),
            ("GEOGRAPHY", json!("x"), None),
        ] {
            assert_eq!(read(kind, value.clone()), expected, "{kind} {value}");
        }
    }
}
