//! Extract jobs: a table into files of a bucket.

use super::ApiState;
use super::encode;
use super::job::Outcome;
use super::params::TimestampFormat;
use super::table_reference::TableReference;
use flate2::Compression;
use flate2::read::GzEncoder;
use googlesql::SqlError;
use googlesql::value::{Column, ColumnType, Value};
use pipelines::bucket;
use pipelines::container::{Codec, Container};
use serde_json::{Map, Value as Json};
use std::io::Read;

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
        let bytes = self.contents(state)?;
        for uri in &self.uris {
            // The sandbox's tables are small enough for one file.
            let uri = uri.replace('*', "000000000000");
            let (bucket, _) = bucket::split_path(&uri).map_err(SqlError::bad_data)?;
            if !state.buckets.has(bucket) {
                // The reason is documented; the text is not known.
                return Err(SqlError::not_found(format!("Not found: Bucket {bucket}")));
            }
            state.buckets.put(&uri, &bytes).map_err(SqlError::bad_data)?;
        }
        Ok(Outcome::Extract {
            files: vec![1; self.uris.len()],
        })
    }

    fn contents(&self, state: &ApiState) -> Result<Vec<u8>, SqlError> {
        let (columns, rows) = self.source.read(state)?;
        let (bytes, gzip) = match self.format {
            DestinationFormat::Csv {
                header,
                delimiter,
                gzip,
            } => (csv(&columns, &rows, header, delimiter)?, gzip),
            DestinationFormat::Json { gzip } => (json(&columns, &rows), gzip),
            DestinationFormat::Container {
                container,
                codec,
                logical,
            } => {
                let bytes = container.write(&columns, &rows, codec, logical);
                (bytes.map_err(SqlError::bad_data)?, false)
            }
        };
        if gzip { compress(&bytes) } else { Ok(bytes) }
    }
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, SqlError> {
    let mut compressed = Vec::new();
    GzEncoder::new(bytes, Compression::default())
        .read_to_end(&mut compressed)
        .map_err(|error| SqlError::bad_data(error.to_string()))?;
    Ok(compressed)
}

fn csv(columns: &[Column], rows: &[Vec<Value>], header: bool, delimiter: u8) -> Result<Vec<u8>, SqlError> {
    let is_nested = |column: &&Column| matches!(column.kind, ColumnType::Array(_) | ColumnType::Struct(_));
    if let Some(column) = columns.iter().find(is_nested) {
        return Err(SqlError::bad_data(format!(
            "Operation cannot be performed on a nested schema. Field: {}",
            column.name
        )));
    }
    let failed = |error: csv::Error| SqlError::bad_data(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    if header {
        let names = columns.iter().map(|column| &column.name);
        writer.write_record(names).map_err(failed)?;
    }
    for row in rows {
        let cells = row.iter().map(|value| text(value).unwrap_or_default());
        writer.write_record(cells).map_err(failed)?;
    }
    writer
        .into_inner()
        .map_err(|error| SqlError::bad_data(error.to_string()))
}

fn json(columns: &[Column], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        bytes.extend(object(columns, row).to_string().into_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// The fields that are not NULL.
fn object(fields: &[Column], values: &[Value]) -> Json {
    let cells = fields.iter().zip(values);
    let cells = cells.filter_map(|(field, value)| Some((field.name.clone(), json_cell(value, &field.kind)?)));
    Json::Object(cells.collect::<Map<_, _>>())
}

fn json_cell(value: &Value, kind: &ColumnType) -> Option<Json> {
    Some(match (value, kind) {
        (Value::Null, ColumnType::Array(_)) => Json::Array(Vec::new()),
        (Value::Array(items), ColumnType::Array(inner)) => {
            items.iter().filter_map(|item| json_cell(item, inner)).collect()
        }
        (Value::Struct(items), ColumnType::Struct(fields)) => object(fields, items),
        (Value::Bool(boolean), _) => Json::from(*boolean),
        (Value::Float(number), _) => Json::from(*number),
        (Value::Json(text), _) => serde_json::from_str(text).unwrap_or(Json::Null),
        // 64-bit integers are text, because many JSON readers have only 53 bits.
        (other, _) => Json::from(text(other)?),
    })
}

/// A cell as BigQuery exports it; `None` is NULL.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Timestamp(micros) => {
            let time = chrono::DateTime::from_timestamp_micros(*micros)?;
            time.format("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
        }
        other => encode::text(other, TimestampFormat::Int64)?,
    })
}
