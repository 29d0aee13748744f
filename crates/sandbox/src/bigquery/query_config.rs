//! The query in a request's body: its text, its default dataset, its parameters. What the sandbox does not
//! support is refused, never ignored.

use super::ApiState;
use super::error::ApiError;
use super::value::{boolean, scalar_from_text};
use googlesql::kind::{from_name, name as kind_name};
use googlesql::limits::MAX_RECORD_DEPTH;
use googlesql::value::{Column, ColumnType, Value};
use googlesql::{Parameter, QuerySettings, SqlError};
use serde_json::Value as Json;

/// Reads `configuration.query` of a job, or the body of jobs.query; both have the same fields.
pub(super) fn from_json(
    state: &ApiState,
    query: &Json,
    location: Option<&str>,
    dry_run: bool,
) -> Result<(String, QuerySettings), ApiError> {
    let Some(sql) = query["query"].as_str().filter(|sql| !sql.trim().is_empty()) else {
        return Err(ApiError::required("query"));
    };
    if boolean(&query["useLegacySql"]) != Some(false) {
        let message =
            "Legacy SQL is not supported by the sandbox. useLegacySql is true unless it is sent as false.";
        return Err(SqlError::invalid(message).into());
    }
    for field in ["tableDefinitions", "userDefinedFunctionResources"] {
        let is_empty = |given: &Json| given.as_array().is_some_and(Vec::is_empty);
        if !query[field].is_null() && !is_empty(&query[field]) {
            let message = format!("{field} is not supported by the sandbox");
            return Err(ApiError::new("notImplemented", message));
        }
    }
    let parameters = query["queryParameters"].as_array().map_or(&[][..], Vec::as_slice);
    let settings = QuerySettings {
        default_dataset: default_dataset(state, &query["defaultDataset"])?,
        parameters: parameters.iter().map(parameter).collect::<Result<_, _>>()?,
        dry_run,
        location: location.map(str::to_owned),
    };
    Ok((sql.to_owned(), settings))
}

fn default_dataset(state: &ApiState, given: &Json) -> Result<Option<String>, ApiError> {
    let Some(dataset) = given["datasetId"].as_str() else {
        return Ok(None);
    };
    let project = given["projectId"].as_str().unwrap_or(state.warehouse.project());
    state.check_dataset(project, dataset)?;
    Ok(Some(dataset.to_owned()))
}

/// `{"name", "parameterType": {"type"}, "parameterValue": {"value"}}`; without a name it is positional.
fn parameter(given: &Json) -> Result<Parameter, ApiError> {
    let name = given["name"].as_str().unwrap_or_default().to_owned();
    let kind = parameter_type(&given["parameterType"], 0)?;
    match parameter_value(&given["parameterValue"], &kind) {
        Some(value) => Ok(Parameter { name, kind, value }),
        None => Err(ApiError::invalid(format!(
            "Invalid value for query parameter {name}: {} is not a valid {}",
            given["parameterValue"],
            kind_name(&kind)
        ))),
    }
}

/// `{"type": "ARRAY", "arrayType": {…}}`, `{"type": "STRUCT", "structTypes": [{"name", "type": {…}}]}`.
fn parameter_type(given: &Json, level: usize) -> Result<ColumnType, ApiError> {
    if level > MAX_RECORD_DEPTH {
        let message = format!("A query parameter nests deeper than the maximum of {MAX_RECORD_DEPTH} levels");
        return Err(ApiError::invalid(message));
    }
    let name = given["type"].as_str().unwrap_or_default();
    if name.eq_ignore_ascii_case("ARRAY") {
        return Ok(ColumnType::Array(Box::new(parameter_type(
            &given["arrayType"],
            level + 1,
        )?)));
    }
    if name.eq_ignore_ascii_case("STRUCT") {
        let fields = given["structTypes"].as_array().map_or(&[][..], Vec::as_slice);
        let field = |field: &Json| {
            let name = field["name"].as_str().unwrap_or_default();
            Ok(Column::nullable(name, parameter_type(&field["type"], level + 1)?))
        };
        return fields
            .iter()
            .map(field)
            .collect::<Result<_, ApiError>>()
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
            Json::String(text) => scalar_from_text(text, kind),
            other => scalar_from_text(&other.to_string(), kind),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_type_of_a_parameter_nests_to_a_depth() {
        let read = |depth: usize| {
            let kind = (0..depth).fold(
                json!({"type": "INT64"}),
                |kind, _| json!({"type": "STRUCT", "structTypes": [{"name": "a", "type": kind}]}),
            );
            parameter_type(&kind, 0)
        };
        assert!(read(15).is_ok());
        assert!(read(16).is_err() && read(100).is_err());
    }

    #[test]
    fn parameters_have_the_type_that_they_name() {
        let value_of = |kind: &str, value: Json| {
            let given =
                json!({"name": "p", "parameterType": {"type": kind}, "parameterValue": {"value": value}});
            parameter(&given).map(|parameter| parameter.value).ok()
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
            assert_eq!(value_of(kind, value.clone()), expected, "{kind} {value}");
        }
    }
}
