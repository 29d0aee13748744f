//! The sources `GCSFile` and `File`: read all objects of a path, sorted by name.

use super::format::Format;
use super::{names, object_path, resolution};
use crate::container::avro::schema;
use crate::event::{Failure, LogLevel};
use crate::memory::Memory;
use crate::plugin::{Batch, StageContext, failure};
use bytes::Bytes;
use googlesql::regexp::{self, Dialect};
use googlesql::value::{Column, ColumnType, Value};

/// The most bytes of a file: it is read as a whole.
const MAX_FILE: usize = 64 << 20;

const LOGGER: &str = "io.cdap.plugin.format.plugin.AbstractFileSource";

pub(super) fn read(context: &StageContext<'_>) -> Result<Batch, Failure> {
    check_supported(context)?;
    let format = Format::from_properties(context)?;
    let path = context.property("path", "");
    let Some(objects) = objects(context, &path)? else {
        return Ok(Batch {
            columns: columns(context, &format, None)?,
            rows: Vec::new(),
        });
    };
    let text = format!("Reading {} files of {path}", objects.len());
    context.log(LogLevel::Debug, LOGGER, text);
    let columns = columns(context, &format, objects.first())?;
    let path_field = context.property("pathField", "");
    let path_index = columns.iter().position(|column| column.name == path_field);
    // The column of the path is inserted afterwards: the files do not have it.
    let in_file = columns.iter().filter(|column| column.name != path_field);
    let in_file: Vec<Column> = in_file.cloned().collect();
    let mut rows = Vec::new();
    let mut memory = context.memory;
    for object in objects {
        let read = rows_of_object(context, &format, &object, &in_file, &mut memory)?;
        let shown = match context.property("filenameOnly", "false").as_str() {
            "true" => object.rsplit('/').next().unwrap_or_default().to_owned(),
            _ => object,
        };
        for mut row in read {
            if let Some(index) = path_index {
                let path = Value::Text(shown.clone());
                memory.value(&path).map_err(|text| context.too_large(&text))?;
                row.reserve_exact(1);
                row.insert(index, path);
            }
            rows.push(row);
        }
    }
    Ok(Batch { columns, rows })
}

fn check_supported(context: &StageContext<'_>) -> Result<(), Failure> {
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
    Ok(())
}

/// The objects of a path; `None` if nothing matches the path and the stage ignores that.
fn objects(context: &StageContext<'_>, path: &str) -> Result<Option<Vec<String>>, Failure> {
    let recursive = context.property("recursive", "false") == "true";
    let found = names::objects(&context.stores.buckets, &object_path(path), recursive)
        .map_err(|text| failure("java.lang.IllegalArgumentException", text))?;
    let Some(mut objects) = found else {
        if context.property("ignoreNonExistingFolders", "false") == "true" {
            return Ok(None);
        }
        // Hadoop's message; whether the plugin adds another one is not known.
        return Err(failure(
            "org.apache.hadoop.mapreduce.lib.input.InvalidInputException",
            format!("Input path does not exist: {path}"),
        ));
    };
    let pattern = context.property("fileRegex", "");
    if !pattern.is_empty() {
        let pattern = regexp::compile(&format!("^(?:{pattern})$"), Dialect::Java)
            .map_err(|error| failure("java.util.regex.PatternSyntaxException", error.to_string()))?;
        objects.retain(|object| pattern.is_match(object));
    }
    Ok(Some(objects))
}

fn rows_of_object(
    context: &StageContext<'_>,
    format: &Format,
    object: &str,
    columns: &[Column],
    memory: &mut Memory,
) -> Result<Vec<Vec<Value>>, Failure> {
    let bytes = content(context, object)?;
    let held = bytes.len();
    memory.hold(held).map_err(|text| context.too_large(&text))?;
    let rows = if let Format::Container(container) = format {
        let schema = context.property("schema", "");
        resolution::rows(*container, &bytes, columns, (&schema, memory))?
    } else {
        let skip_header = context.property("skipHeader", "false") == "true";
        let rows = format.rows(&bytes, skip_header, columns, memory);
        rows.map_err(|text| failure("java.io.IOException", text))?
    };
    memory.let_go(held);
    Ok(rows)
}

fn content(context: &StageContext<'_>, object: &str) -> Result<Bytes, Failure> {
    let bytes = context.stores.buckets.read_at_most(object, MAX_FILE);
    bytes
        .map(Bytes::from)
        .map_err(|error| failure("java.io.IOException", format!("{object}: {error}")))
}

/// The columns of the stage's schema or of the first file, with the column of the path.
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
    let found = match first.filter(|_| given.is_none()) {
        Some(object) => {
            let found = format.file_columns(&content(context, object)?);
            found.map_err(|text| resolution::broken(&text))?
        }
        None => None,
    };
    let mut columns = given.or(found).or_else(|| format.columns()).ok_or_else(|| {
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
