//! Copy and extract jobs: a table into a table, a table into files of the bucket.

use super::Desk;
use super::work::{Destination, Outcome};
use flate2::Compression;
use flate2::read::GzEncoder;
use googlesql::value::Value;
use googlesql::{QuerySettings, SqlError};
use pipelines::bucket;
use pipelines::container::{Codec, Container, Content};
use serde_json::{Map, Value as Json};
use std::io::Read;

/// A table as a source.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub dataset: String,
    pub name: String,
}

impl Table {
    /// All of it, with the modes and descriptions of its columns, which a query does not tell.
    fn read(&self, desk: &Desk) -> Result<Content, SqlError> {
        let sql = format!("SELECT * FROM `{}`.`{}`", self.dataset, self.name);
        let read = desk.warehouse.query(&sql, &QuerySettings::default())?;
        let described = desk.warehouse.table(&self.dataset, &self.name)?;
        Ok((described.map_or(read.columns, |table| table.columns), read.rows))
    }
}

/// Tables into a table.
pub(super) struct Copy {
    pub sources: Vec<Table>,
    pub destination: Destination,
}

impl Copy {
    pub fn perform(&self, desk: &Desk) -> Result<Outcome, SqlError> {
        let (mut columns, mut rows) = (Vec::new(), Vec::new());
        for source in &self.sources {
            let (found, more) = source.read(desk)?;
            if !columns.is_empty() && columns != found {
                return Err(SqlError::bad_data(
                    "Schema mismatch: the tables that are copied have different schemas",
                ));
            }
            columns = found;
            rows.extend(more);
        }
        let to = &self.destination;
        let rows = desk
            .warehouse
            .load(&to.dataset, &to.table, &columns, &rows, to.how)?;
        Ok(Outcome::Copy { rows })
    }
}

/// How an extract writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv {
        header: bool,
        delimiter: u8,
        /// By gzip.
        packed: bool,
    },
    Json {
        packed: bool,
    },
    Container {
        container: Container,
        codec: Codec,
        /// Avro's logical types, instead of text and plain numbers.
        logical: bool,
    },
}

/// A table into files.
pub(super) struct Extract {
    pub source: Table,
    /// `gs://bucket/name`; a `*` becomes the file's number.
    pub uris: Vec<String>,
    pub form: Form,
}

impl Extract {
    pub fn perform(&self, desk: &Desk) -> Result<Outcome, SqlError> {
        let (columns, rows) = self.source.read(desk)?;
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let maybe_packed = |bytes: Vec<u8>, packed| if packed { pack(&bytes) } else { Ok(bytes) };
        let bytes = match self.form {
            Form::Csv {
                header,
                delimiter,
                packed,
            } => maybe_packed(csv(&names, &rows, header, delimiter)?, packed)?,
            Form::Json { packed } => maybe_packed(json(&names, &rows), packed)?,
            Form::Container {
                container,
                codec,
                logical,
            } => container
                .write(&columns, &rows, codec, logical)
                .map_err(SqlError::bad_data)?,
        };
        for uri in &self.uris {
            // It is small enough for one file each.
            let uri = uri.replace('*', "000000000000");
            let (bucket, _) = bucket::split_path(&uri).map_err(SqlError::bad_data)?;
            if !desk.buckets.has(bucket) {
                // The reason is documented; how the text goes is not known.
                return Err(SqlError::not_found(format!("Not found: Bucket {bucket}")));
            }
            desk.buckets.put(&uri, &bytes).map_err(SqlError::bad_data)?;
        }
        Ok(Outcome::Extract {
            files: vec![1; self.uris.len()],
        })
    }
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>, SqlError> {
    let mut packed = Vec::new();
    GzEncoder::new(bytes, Compression::default())
        .read_to_end(&mut packed)
        .map_err(|error| SqlError::bad_data(error.to_string()))?;
    Ok(packed)
}

fn csv(names: &[&str], rows: &[Vec<Value>], header: bool, delimiter: u8) -> Result<Vec<u8>, SqlError> {
    let broken = |error: csv::Error| SqlError::bad_data(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    if header {
        writer.write_record(names).map_err(broken)?;
    }
    for row in rows {
        let cells = row.iter().map(|value| text(value).unwrap_or_default());
        writer.write_record(cells).map_err(broken)?;
    }
    writer
        .into_inner()
        .map_err(|error| SqlError::bad_data(error.to_string()))
}

fn json(names: &[&str], rows: &[Vec<Value>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        let cells = names.iter().zip(row).filter_map(|(name, value)| {
            let cell = match value {
                Value::Bool(truth) => Json::from(*truth),
                Value::Float(number) => Json::from(*number),
                Value::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
                // Whole numbers are text: a reader may have no more than 53 bits for them.
                other => Json::from(text(other)?),
            };
            Some(((*name).to_owned(), cell))
        });
        bytes.extend(
            Json::Object(cells.collect::<Map<_, _>>())
                .to_string()
                .into_bytes(),
        );
        bytes.push(b'\n');
    }
    bytes
}

/// A cell as BigQuery exports it; `None` is NULL.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Timestamp(micros) => {
            let moment = chrono::DateTime::from_timestamp_micros(*micros)?;
            moment.format("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
        }
        other => super::encode::text(other, super::asked::Moments::Micros)?,
    })
}
