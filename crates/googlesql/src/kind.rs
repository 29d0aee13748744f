//! The names of types: `INT64`, `ARRAY<STRUCT<a INT64>>`.

use crate::value::{Column, ColumnType};

/// The type's standard name.
pub fn name(kind: &ColumnType) -> String {
    let plain = match kind {
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
        ColumnType::Array(inner) => return format!("ARRAY<{}>", name(inner)),
        ColumnType::Struct(fields) => {
            let one = |field: &Column| {
                let kind = name(&field.kind);
                if field.name.is_empty() {
                    kind
                } else {
                    format!("{} {kind}", field.name)
                }
            };
            let all: Vec<_> = fields.iter().map(one).collect();
            return format!("STRUCT<{}>", all.join(", "));
        }
    };
    plain.to_owned()
}

/// How many types this one consists of, itself included.
pub(crate) fn count(kind: &ColumnType) -> usize {
    match kind {
        ColumnType::Array(inner) => 1 + count(inner),
        ColumnType::Struct(fields) => fields.iter().fold(1, |sum, field| sum + count(&field.kind)),
        _ => 1,
    }
}

/// How deep STRUCTs nest in each other.
pub fn depth(kind: &ColumnType) -> usize {
    match kind {
        ColumnType::Array(inner) => depth(inner),
        ColumnType::Struct(fields) => fields
            .iter()
            .map(|field| 1 + depth(&field.kind))
            .max()
            .unwrap_or(1),
        _ => 0,
    }
}

/// The scalar type of this name, in the standard or the legacy spelling and in any case.
pub fn from_name(text: &str) -> Option<ColumnType> {
    Some(match text.to_ascii_uppercase().as_str() {
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "INT64" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" => ColumnType::Int64,
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
