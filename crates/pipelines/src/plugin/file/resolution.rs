//! Resolves a file's schema against the stage's, with Avro's error messages (measured on 6.11.0).
//!
//! A field that the file lacks is an error even if it is nullable, because CDAP's schemas have no defaults.

use crate::container::avro::{NOT_AVRO, file_schema};
use crate::container::{self, Container, ReadOptions, SchemaMismatch};
use crate::event::Failure;
use crate::memory::Memory;
use crate::plugin::failure;
use bytes::Bytes;
use googlesql::value::{Column, Value};
use serde_json::Value as Json;

/// The rows of a file as rows of these columns, which are taken from the memory. `schema` is the stage's schema, or empty.
pub(super) fn rows(
    container: Container,
    bytes: &Bytes,
    columns: &[Column],
    (schema, memory): (&str, &mut Memory),
) -> Result<Vec<Vec<Value>>, Failure> {
    let content = container
        .read(bytes, ReadOptions::FULL, memory)
        .map_err(|text| broken(&text))?;
    if container == Container::Parquet || schema.is_empty() {
        return container::convert_rows(content, columns, memory)
            .map_err(|mismatch| broken(&mismatch.to_string()));
    }
    let file = file_schema(bytes).map_err(|text| broken(&text))?;
    let wanted: Json = serde_json::from_str(schema).unwrap_or_default();
    let type_exception = |text| failure("org.apache.avro.AvroTypeException", text);
    let missing = |name: &str| {
        let (file, wanted) = (full_name(&file), full_name(&wanted));
        type_exception(format!(
            "Found {file}, expecting {wanted}, missing required field {name}"
        ))
    };
    let has = |name: &str| content.0.iter().any(|column| column.name == name);
    if let Some(column) = columns.iter().find(|column| !has(&column.name)) {
        return Err(missing(&column.name));
    }
    container::convert_rows(content, columns, memory).map_err(|mismatch| match mismatch {
        SchemaMismatch::Missing(name) => missing(&name),
        SchemaMismatch::Kind { column, .. } => {
            let (found, expected) = (plain(&file, &column, false), plain(&wanted, &column, true));
            type_exception(format!("Found {found}, expecting {expected}"))
        }
        SchemaMismatch::TooLarge(text) => broken(&text),
    })
}

/// The failure for a file that cannot be read.
pub(super) fn broken(text: &str) -> Failure {
    let class = if text == NOT_AVRO {
        "org.apache.avro.InvalidAvroMagicException"
    } else {
        "java.io.IOException"
    };
    failure(class, text)
}

/// The name of a record with its namespace.
fn full_name(schema: &Json) -> String {
    let name = schema["name"].as_str().unwrap_or("record");
    match schema["namespace"].as_str() {
        Some(space) => format!("{space}.{name}"),
        None => name.to_owned(),
    }
}

/// The plain type of a field; in the file's own schema, a union counts as its branch that is not `null`.
fn plain(schema: &Json, name: &str, is_version_or_range: bool) -> String {
    let mut fields = schema["fields"].as_array().into_iter().flatten();
    let field = fields.find(|field| field["name"] == name);
    let mut kind = field.map_or(&Json::Null, |field| &field["type"]);
    if let Some(branches) = kind.as_array() {
        if is_version_or_range {
            return "union".into();
        }
        kind = branches
            .iter()
            .find(|branch| *branch != "null")
            .unwrap_or(&Json::Null);
    }
    while let Some(inner) = kind.get("type") {
        kind = inner;
    }
    kind.as_str().unwrap_or("null").to_owned()
}
