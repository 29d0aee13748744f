//! The part of Avro's schema language that the BigQuery sink takes: a record of flat fields.

use crate::sandbox::value::{Column, ColumnType};
use serde_json::Value as Json;

/// The columns of a record schema.
///
/// # Errors
/// What is no flat record, with the field's name.
pub(super) fn columns(schema: &str) -> Result<Vec<Column>, String> {
    let json: Json = serde_json::from_str(schema).map_err(|error| format!("Invalid schema: {error}"))?;
    let fields = json["fields"]
        .as_array()
        .ok_or("Invalid schema: it has no fields.")?;
    fields.iter().map(column).collect()
}

fn column(field: &Json) -> Result<Column, String> {
    let name = field["name"]
        .as_str()
        .ok_or("Invalid schema: a field has no name.")?;
    let (branches, nullable) = match &field["type"] {
        Json::Array(union) => {
            let branches: Vec<&Json> = union.iter().filter(|branch| *branch != "null").collect();
            let nullable = branches.len() < union.len();
            (branches, nullable)
        }
        single => (vec![single], false),
    };
    let [only] = branches[..] else {
        return Err(format!(
            "Field '{name}' is a union, which is not supported by the sandbox."
        ));
    };
    let kind = kind(only)
        .ok_or_else(|| format!("Field '{name}' has type {only}, which is not supported by the sandbox."))?;
    Ok(Column {
        nullable,
        ..Column::nullable(name, kind)
    })
}

fn kind(json: &Json) -> Option<ColumnType> {
    let base = json.as_str().or_else(|| json["type"].as_str())?;
    Some(match json["logicalType"].as_str() {
        Some("date") => ColumnType::Date,
        Some("timestamp-micros" | "timestamp-millis") => ColumnType::Timestamp,
        Some("time-micros" | "time-millis") => ColumnType::Time,
        Some("decimal") => ColumnType::Numeric,
        Some("datetime") => ColumnType::DateTime,
        Some(_) => return None,
        None => match base {
            "boolean" => ColumnType::Bool,
            "int" | "long" => ColumnType::Int64,
            "float" | "double" => ColumnType::Float64,
            "string" => ColumnType::String,
            "bytes" => ColumnType::Bytes,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_kind_of_schema_is_read() {
        let schema = r#"{"type":"record","name":"x","fields":[{"name":"id","type":["long","null"]},
            {"name":"salary","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},
            {"name":"hired_on","type":[{"type":"int","logicalType":"date"},"null"]},
            {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}}]}"#;
        let columns = columns(schema).unwrap();
        let seen: Vec<_> = columns
            .iter()
            .map(|c| (c.name.as_str(), c.kind, c.nullable))
            .collect();
        let expected = [
            ("id", ColumnType::Int64, true),
            ("salary", ColumnType::Numeric, true),
            ("hired_on", ColumnType::Date, true),
            ("at", ColumnType::Timestamp, false),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_is_not_flat_is_refused_by_name() {
        let bad = [
            "",
            "{}",
            r#"{"fields":[{"type":"long"}]}"#,
            r#"{"fields":[{"name":"x","type":["long","string"]}]}"#,
            r#"{"fields":[{"name":"x","type":{"type":"array","items":"long"}}]}"#,
        ];
        for schema in bad {
            assert!(columns(schema).is_err(), "{schema}");
        }
    }
}
