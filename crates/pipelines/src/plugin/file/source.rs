//! `GCSFile` and `File` as sources: all objects that the path means, in the order of their names.

use super::format::Format;
use super::{names, object_path, resolution};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use crate::plugin::{Batch, StageContext, failure};
use googlesql::value::{Column, ColumnType, Value};
use regex::Regex;

const LOGGER: &str = "io.cdap.plugin.format.plugin.AbstractFileSource";

pub(super) fn read(context: &StageContext<'_>) -> Result<Batch, Failure> {
    for (property, supported) in [
        ("override", ""),
        ("fileEncoding", "UTF-8"),
        ("copyHeader", "false"),
        ("minSplitSize", ""),
    ] {
        let value = context.property(property, supported);
        if value != supported {
            return Err(context.unsupported(property, &value));
        }
    }
    let format = Format::of(context)?;
    let path = context.property("path", "");
    let found = names::objects(
        &context.stores.buckets,
        &object_path(&path),
        context.property("recursive", "false") == "true",
    );
    let Some(mut objects) = found.map_err(|text| failure("java.lang.IllegalArgumentException", text))? else {
        if context.property("ignoreNonExistingFolders", "false") == "true" {
            return Ok(Batch {
                columns: columns(context, &format, None)?,
                rows: Vec::new(),
            });
        }
        // Hadoop's words; whether the plugin says something before them is not known.
        return Err(failure(
            "org.apache.hadoop.mapreduce.lib.input.InvalidInputException",
            format!("Input path does not exist: {path}"),
        ));
    };
    let wanted = context.property("fileRegex", "");
    if !wanted.is_empty() {
        let pattern = Regex::new(&format!("^(?:{wanted})$"))
            .map_err(|error| failure("java.util.regex.PatternSyntaxException", error.to_string()))?;
        objects.retain(|object| pattern.is_match(object));
    }
    context.log(
        LogLevel::Debug,
        LOGGER,
        format!("Reading {} files of {path}", objects.len()),
    );
    let columns = columns(context, &format, objects.first())?;
    let schema = context.property("schema", "");
    let named = context.property("pathField", "");
    // The path's column is filled in afterwards: no file has it.
    let own: Vec<Column> = columns
        .iter()
        .filter(|column| column.name != named)
        .cloned()
        .collect();
    let mut rows = Vec::new();
    for object in objects {
        let bytes = content(context, &object)?;
        let read = if let Format::Container(container) = format {
            resolution::rows(container, &bytes, &own, &schema)?
        } else {
            let skip = context.property("skipHeader", "false") == "true";
            let read = format.rows(&bytes, skip, &own);
            read.map_err(|text| failure("java.io.IOException", text))?
        };
        let shown = match context.property("filenameOnly", "false").as_str() {
            "true" => object.rsplit('/').next().unwrap_or_default().to_owned(),
            _ => object,
        };
        rows.extend(read.into_iter().map(|mut row| {
            if let Some(place) = columns.iter().position(|column| column.name == named) {
                row.insert(place, Value::Text(shown.clone()));
            }
            row
        }));
    }
    Ok(Batch { columns, rows })
}

fn content(context: &StageContext<'_>, object: &str) -> Result<Vec<u8>, Failure> {
    let bytes = context.stores.buckets.read(object);
    bytes.map_err(|error| failure("java.io.IOException", format!("{object}: {error}")))
}

/// The columns of the schema, or of the first file that has one in it, with the path's among them.
fn columns(
    context: &StageContext<'_>,
    format: &Format,
    first: Option<&String>,
) -> Result<Vec<Column>, Failure> {
    let schema = context.property("schema", "");
    let given = if schema.is_empty() {
        None
    } else {
        Some(schema::columns(&schema).map_err(|text| context.invalid_schema(&text))?)
    };
    let told = match first.filter(|_| given.is_none()) {
        Some(object) => {
            let told = format.told(&content(context, object)?);
            told.map_err(|text| resolution::broken(&text))?
        }
        None => None,
    };
    let mut columns = given.or(told).or_else(|| format.columns()).ok_or_else(|| {
        let format = context.property("format", "");
        failure(
            "java.lang.IllegalArgumentException",
            format!("Schema must be specified for format '{format}'."),
        )
    })?;
    let named = context.property("pathField", "");
    if !named.is_empty() && !columns.iter().any(|column| column.name == named) {
        columns.push(Column::nullable(named, ColumnType::String));
    }
    Ok(columns)
}
