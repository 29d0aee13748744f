//! Table schemas: a `TableSchema` on the wire to columns and back.

use super::error::ApiError;
use googlesql::kind::from_name;
use googlesql::limits::MAX_RECORD_DEPTH;
use googlesql::value::{Column, ColumnType};
use serde_json::{Value as Json, json};

/// `{"fields": […]}`.
pub(super) fn to_json(columns: &[Column]) -> Json {
    let field = |column: &Column| {
        let (kind, mode) = match &column.kind {
            ColumnType::Array(inner) => (&**inner, "REPEATED"),
            kind => (kind, if column.nullable { "NULLABLE" } else { "REQUIRED" }),
        };
        let mut field = json!({"name": column.name, "type": legacy_type_name(kind), "mode": mode});
        if let ColumnType::Struct(fields) = kind {
            field["fields"] = to_json(&with_names(fields))["fields"].take();
        }
        if let Some(description) = &column.description {
            field["description"] = description.as_str().into();
        }
        field
    };
    json!({"fields": columns.iter().map(field).collect::<Vec<_>>()})
}

/// Fields without a name are numbered, like the columns of a result.
fn with_names(fields: &[Column]) -> Vec<Column> {
    let mut fields = fields.to_vec();
    for (index, field) in fields.iter_mut().enumerate() {
        if field.name.is_empty() {
            field.name = format!("_field_{}", index + 1);
        }
    }
    fields
}

/// The service answers with legacy names even for a table that was created with the standard ones.
fn legacy_type_name(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "BOOLEAN",
        ColumnType::Int64 => "INTEGER",
        ColumnType::Float64 => "FLOAT",
        ColumnType::Numeric => "NUMERIC",
        ColumnType::String => "STRING",
        ColumnType::Bytes => "BYTES",
        ColumnType::Date => "DATE",
        ColumnType::Time => "TIME",
        ColumnType::DateTime => "DATETIME",
        ColumnType::Timestamp => "TIMESTAMP",
        ColumnType::Json => "JSON",
        // An array has its elements' type; the mode says REPEATED.
        ColumnType::Array(inner) => legacy_type_name(inner),
        ColumnType::Struct(_) => "RECORD",
    }
}

/// The columns of a schema's fields.
pub(super) fn columns(fields: &[Json]) -> Result<Vec<Column>, ApiError> {
    columns_at(fields, 0)
}

/// The columns of a RECORD that is in as many others.
fn columns_at(fields: &[Json], level: usize) -> Result<Vec<Column>, ApiError> {
    fields.iter().map(|field| column(field, level)).collect()
}

fn column(field: &Json, level: usize) -> Result<Column, ApiError> {
    let name = field["name"].as_str().unwrap_or_default();
    let type_name = field["type"].as_str().unwrap_or_default();
    let is_legal = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (nullable, repeated) = match field["mode"].as_str() {
        None | Some("NULLABLE") => (true, false),
        Some("REQUIRED") => (false, false),
        Some("REPEATED") => (true, true),
        Some(other) => return Err(ApiError::unsupported("Mode", other)),
    };
    match column_type(field, type_name, level)?.filter(|_| is_legal) {
        Some(kind) => Ok(Column {
            name: name.to_owned(),
            kind: if repeated {
                ColumnType::Array(Box::new(kind))
            } else {
                kind
            },
            nullable,
            description: field["description"].as_str().map(str::to_owned),
        }),
        None => Err(ApiError::invalid(format!(
            "Invalid field \"{name}\" of type \"{type_name}\""
        ))),
    }
}

fn column_type(field: &Json, type_name: &str, level: usize) -> Result<Option<ColumnType>, ApiError> {
    let is_record = ["RECORD", "STRUCT"]
        .iter()
        .any(|name| type_name.eq_ignore_ascii_case(name));
    if !is_record {
        return Ok(from_name(type_name));
    }
    match field["fields"].as_array() {
        Some(_) if level == MAX_RECORD_DEPTH => Err(ApiError::invalid(format!(
            "Field {} nests deeper than the maximum of {MAX_RECORD_DEPTH} levels",
            field["name"].as_str().unwrap_or_default()
        ))),
        Some(fields) => Ok(Some(ColumnType::Struct(columns_at(fields, level + 1)?))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_nest_to_a_depth() {
        let nested = |depth: usize| {
            let inner = json!([{"name": "a", "type": "INT64"}]);
            (0..depth).fold(
                inner,
                |fields, _| json!([{"name": "a", "type": "RECORD", "fields": fields}]),
            )
        };
        let read = |depth| columns(nested(depth).as_array().unwrap());
        assert!(read(15).is_ok());
        assert!(read(16).is_err() && read(100).is_err());
    }

    #[test]
    fn schemas_use_legacy_names_and_say_the_mode() {
        let columns = [
            Column {
                nullable: false,
                description: Some("why".into()),
                ..Column::nullable("a", ColumnType::Bool)
            },
            Column::nullable("b", ColumnType::Int64),
        ];
        let expected = json!({"fields": [
            {"name": "a", "type": "BOOLEAN", "mode": "REQUIRED", "description": "why"},
            {"name": "b", "type": "INTEGER", "mode": "NULLABLE"},
        ]});
        assert_eq!(to_json(&columns), expected);
    }
}
