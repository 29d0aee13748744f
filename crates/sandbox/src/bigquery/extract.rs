//! Extract jobs: a table into files of a bucket.

use super::ApiState;
use super::encode;
use super::job::Outcome;
use super::params::TimestampFormat;
use super::table_reference::{TableReader, TableReference};
use flate2::Compression;
use flate2::write::GzEncoder;
use googlesql::SqlError;
use googlesql::value::{Column, ColumnType, Value};
use pipelines::bucket::{self, Conditions, Fields};
use pipelines::container::{Codec, Container};
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

/// The most bytes of rows that are held for Avro or Parquet. CSV and JSON are written as the table is read.
const MAX_ROWS: usize = 64 << 20;

/// `destinationFormat`, with the options of each format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DestinationFormat {
    Csv {
        header: bool,
        delimiter: u8,
        gzip: bool,
    },
    Json {
        gzip: bool,
    },
    Container {
        container: Container,
        codec: Codec,
        /// `useAvroLogicalTypes`: logical types instead of text and plain numbers.
        logical: bool,
    },
}

/// An extract job.
pub(super) struct Extract {
    pub source: TableReference,
    /// `gs://bucket/name`; a `*` is replaced by the number of the file.
    pub uris: Vec<String>,
    pub format: DestinationFormat,
}

impl Extract {
    pub fn execute(&self, state: &ApiState) -> Result<Outcome, SqlError> {
        for uri in &self.uris {
            // The sandbox's tables are small enough for one file.
            let uri = uri.replace('*', "000000000000");
            let (bucket, name) = bucket::split_path(&uri).map_err(SqlError::bad_data)?;
            if !state.buckets.has(bucket) {
                // The reason is documented; the text is not known.
                return Err(SqlError::not_found(format!("Not found: Bucket {bucket}")));
            }
            let failed = |error: &dyn Display| SqlError::bad_data(format!("{uri}: {error}"));
            let mut pending = state.buckets.create_pending().map_err(|error| failed(&error))?;
            self.write(state, &mut pending)?;
            state
                .buckets
                .commit(pending, (bucket, name), Fields::new(), &Conditions::default())
                .map_err(|error| failed(&error))?;
        }
        Ok(Outcome::Extract {
            files: vec![1; self.uris.len()],
        })
    }

    fn write(&self, state: &ApiState, out: &mut (impl Write + Send)) -> Result<(), SqlError> {
        let table = self.source.open(state)?;
        match self.format {
            DestinationFormat::Csv {
                header,
                delimiter,
                gzip,
            } => packed(out, gzip, |out| csv(state, table, header, delimiter, out)),
            DestinationFormat::Json { gzip } => packed(out, gzip, |out| json(state, table, out)),
            DestinationFormat::Container {
                container,
                codec,
                logical,
            } => {
                let (columns, rows) = table.all(state, &mut 0, MAX_ROWS)?;
                container
                    .write_to(out, (&columns, &rows), codec, logical)
                    .map_err(SqlError::bad_data)
            }
        }
    }
}

fn not_written(error: &dyn Display) -> SqlError {
    SqlError::bad_data(error.to_string())
}

/// Writes through gzip if that is wanted.
fn packed(
    out: &mut dyn Write,
    gzip: bool,
    write: impl FnOnce(&mut dyn Write) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    if !gzip {
        return write(out);
    }
    let mut encoder = GzEncoder::new(out, Compression::default());
    write(&mut encoder)?;
    encoder.finish().map(drop).map_err(|error| not_written(&error))
}

fn csv(
    state: &ApiState,
    table: TableReader,
    header: bool,
    delimiter: u8,
    out: &mut dyn Write,
) -> Result<(), SqlError> {
    let is_nested = |column: &&Column| matches!(column.kind, ColumnType::Array(_) | ColumnType::Struct(_));
    if let Some(column) = table.columns.iter().find(is_nested) {
        return Err(SqlError::bad_data(format!(
            "Operation cannot be performed on a nested schema. Field: {}",
            column.name
        )));
    }
    let failed = |error: csv::Error| not_written(&error);
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    if header {
        let names = table.columns.iter().map(|column| &column.name);
        writer.write_record(names).map_err(failed)?;
    }
    table.for_each(state, |row| {
        let cells = row
            .iter()
            .map(|value| text(value).unwrap_or_default().into_owned());
        writer.write_record(cells).map_err(failed)
    })?;
    writer.flush().map_err(|error| not_written(&error))
}

fn json(state: &ApiState, table: TableReader, out: &mut dyn Write) -> Result<(), SqlError> {
    let columns = table.columns.clone();
    table.for_each(state, |row| {
        let written = object(&columns, &row, out).and_then(|()| out.write_all(b"\n"));
        written.map_err(|error| not_written(&error))
    })
}

/// The fields that are not NULL, written one by one: as a tree they would take twenty times as much memory.
fn object(fields: &[Column], values: &[Value], out: &mut dyn Write) -> io::Result<()> {
    let mut before = "{".to_owned();
    for (field, value) in fields.iter().zip(values) {
        before.push_str(&Json::from(field.name.as_str()).to_string());
        before.push(':');
        if json_cell(value, &field.kind, &before, out)? {
            before = ",".into();
        } else {
            before.truncate(1);
        }
    }
    out.write_all(if before == "{" { b"{}" } else { b"}" })
}

/// Writes a value, and what is to be before it; nothing of NULL. Returns whether something was written.
fn json_cell(value: &Value, kind: &ColumnType, before: &str, out: &mut dyn Write) -> io::Result<bool> {
    let text = match (value, kind) {
        (Value::Null, ColumnType::Array(_)) => "[]".into(),
        (Value::Array(items), ColumnType::Array(inner)) => {
            write!(out, "{before}[")?;
            let mut separator = "";
            for item in items {
                if json_cell(item, inner, separator, out)? {
                    separator = ",";
                }
            }
            out.write_all(b"]")?;
            return Ok(true);
        }
        (Value::Struct(items), ColumnType::Struct(fields)) => {
            out.write_all(before.as_bytes())?;
            object(fields, items, out)?;
            return Ok(true);
        }
        (Value::Bool(boolean), _) => boolean.to_string(),
        (Value::Float(number), _) => Json::from(*number).to_string(),
        // A line break is not part of any value in it.
        (Value::Json(text), _) if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            text.replace(['\n', '\r'], " ")
        }
        (Value::Json(_), _) => "null".into(),
        // 64-bit integers are text, because many JSON readers have only 53 bits.
        (other, _) => match text(other) {
            Some(text) => Json::from(text).to_string(),
            None => return Ok(false),
        },
    };
    write!(out, "{before}{text}")?;
    Ok(true)
}

/// A cell as BigQuery exports it; `None` is NULL.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Timestamp(micros) => {
            let time = chrono::DateTime::from_timestamp_micros(*micros)?;
            time.format("%Y-%m-%d %H:%M:%S%.f UTC").to_string().into()
        }
        other => encode::text(other, TimestampFormat::Int64)?,
    })
}
