//! Load jobs: CSV, JSON lines, Avro and Parquet, from an upload or from a bucket, all of it or nothing.
//!
//! A file is read whole before anything is written. `load_columnar.rs` has Avro and Parquet.

use super::autodetect::detect_columns;
use super::job::Outcome;
use super::record::{Record, RowOptions};
use super::table_reference::{Destination, TableReference};
use super::{ApiState, MAX_UPLOAD};
use crate::body::read_at_most;
use flate2::read::MultiGzDecoder;
use googlesql::json_memory::JsonMemory;
use googlesql::value::{Column, Value};
use googlesql::{SqlError, WriteDisposition};
use pipelines::container::{Container, ReadOptions};
use serde_json::Value as Json;

/// How many bytes a packed file may have when it is unpacked.
const MAX_UNPACKED: usize = 64 << 20;

/// The most bytes that the records of a job take in memory. The rows that they become take about as much.
const MAX_RECORDS: usize = 128 << 20;

/// A load job.
pub(super) struct Load {
    pub destination: Destination,
    pub format: SourceFormat,
    /// The given schema; without one it is the table's, or detected.
    pub columns: Option<Vec<Column>>,
    pub autodetect: bool,
    pub uris: Vec<String>,
    /// What was uploaded with the job.
    pub data: Option<Vec<u8>>,
    pub max_bad_records: usize,
    pub ignore_unknown_values: bool,
}

/// `sourceFormat`, with the options of each format.
pub(super) enum SourceFormat {
    Csv(CsvOptions),
    Json,
    /// Avro or Parquet, with the schema in each file.
    Columnar(Container, ReadOptions),
}

/// How a CSV file is read.
pub(super) struct CsvOptions {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub skip_leading_rows: usize,
    pub null_marker: String,
    pub allow_jagged_rows: bool,
}

impl Load {
    pub fn execute(self, state: &ApiState) -> Result<Outcome, SqlError> {
        if let SourceFormat::Columnar(container, reading) = self.format {
            return self.load_columnar(state, container, reading);
        }
        let (mut files, mut bytes, mut records) = (0, 0, Vec::new());
        let mut room = MAX_RECORDS;
        for content in self.contents(state)? {
            files += 1;
            bytes += u64::try_from(content.len()).unwrap_or(u64::MAX);
            records.extend(self.records(&content, &mut room)?);
        }
        let columns = self.schema(state, &mut records)?;
        let rows = self.rows(records, &columns)?;
        let rows = self.destination.write(state, &columns, &rows)?;
        Ok(Outcome::Load { rows, files, bytes })
    }

    /// The rows of the records that fit, unless too many do not. Each record gives way to its row.
    fn rows(&self, records: Vec<Record>, columns: &[Column]) -> Result<Vec<Vec<Value>>, SqlError> {
        let (format, allow_jagged_rows) = match &self.format {
            SourceFormat::Csv(options) => ("CSV", options.allow_jagged_rows),
            _ => ("JSON", true),
        };
        let options = RowOptions {
            ignore_unknown_values: self.ignore_unknown_values,
            allow_jagged_rows,
        };
        let count = records.len();
        let mut rows = Vec::with_capacity(count);
        let mut bad = Vec::new();
        for (index, record) in records.into_iter().enumerate() {
            match record.row(columns, options) {
                Ok(row) => rows.push(row),
                Err(text) => bad.push((index + 1, text)),
            }
        }
        match bad.first() {
            Some((number, text)) if bad.len() > self.max_bad_records => Err(SqlError::bad_data(format!(
                "Error while reading data, error message: {format} processing encountered too many errors, giving up. \
                 Rows: {}; errors: {}; max bad: {}; error percent: 0; row {number}: {text}",
                count,
                bad.len(),
                self.max_bad_records
            ))),
            _ => Ok(rows),
        }
    }

    /// The files, decompressed: together no more than an upload may have.
    pub(super) fn contents(&self, state: &ApiState) -> Result<Vec<Vec<u8>>, SqlError> {
        if let Some(data) = &self.data {
            return Ok(vec![decompress(data.clone(), MAX_UPLOAD)?]);
        }
        let mut contents = Vec::new();
        let mut room = MAX_UPLOAD;
        for uri in &self.uris {
            let found = matching_objects(state, uri)?;
            if found.is_empty() {
                return Err(SqlError::not_found(format!("Not found: URI {uri}")));
            }
            for uri in found {
                let content = state.buckets.read_at_most(&uri, room);
                let content = content.map_err(|error| SqlError::bad_data(format!("{uri}: {error}")))?;
                let content = decompress(content, room)?;
                room = room.saturating_sub(content.len());
                contents.push(content);
            }
        }
        Ok(contents)
    }

    /// The records of a file, which are charged to `room`.
    fn records(&self, content: &[u8], room: &mut usize) -> Result<Vec<Record>, SqlError> {
        match &self.format {
            SourceFormat::Csv(options) => options.records(content, room),
            SourceFormat::Json => json_records(content, room),
            SourceFormat::Columnar(..) => Ok(Vec::new()),
        }
    }

    /// The given schema, else the table's, else a detected one.
    fn schema(&self, state: &ApiState, records: &mut Vec<Record>) -> Result<Vec<Column>, SqlError> {
        if let Some(columns) = &self.columns {
            return Ok(columns.clone());
        }
        let TableReference { dataset, table } = &self.destination.table;
        if let Some(found) = state.warehouse.table(dataset, table)?
            && (self.destination.how.write != WriteDisposition::Truncate || !self.autodetect)
        {
            return Ok(found.columns);
        }
        if !self.autodetect {
            let message = "No schema specified on job or table.";
            return Err(SqlError::bad_data(message));
        }
        Ok(detect_columns(records))
    }
}

impl CsvOptions {
    /// An empty cell is NULL, quoted or not: the reader cannot tell the two apart.
    fn records(&self, content: &[u8], room: &mut usize) -> Result<Vec<Record>, SqlError> {
        let mut builder = csv::ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter);
        match self.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        let failed = |error: csv::Error| {
            SqlError::bad_data(format!("Error while reading data, error message: {error}"))
        };
        let cell = |text: &str| (text != self.null_marker).then(|| text.to_owned());
        let mut reader = builder.from_reader(content);
        let records = reader.records().skip(self.skip_leading_rows);
        records
            .map(|record| {
                let record = record.map_err(failed)?;
                let cells = record.len().saturating_mul(size_of::<Option<String>>());
                charge(room, size_of::<Record>() + cells + record.as_slice().len())?;
                Ok(Record::Cells(record.iter().map(cell).collect()))
            })
            .collect()
    }
}

/// Takes memory off what is left.
fn charge(room: &mut usize, size: usize) -> Result<(), SqlError> {
    *room = room.checked_sub(size).ok_or_else(|| {
        SqlError::bad_data(format!(
            "Error while reading data, error message: the records take more than {MAX_RECORDS} bytes, which the sandbox \
             refuses"
        ))
    })?;
    Ok(())
}

fn json_records(content: &[u8], room: &mut usize) -> Result<Vec<Record>, SqlError> {
    let text = String::from_utf8_lossy(content);
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let parse = |(index, line): (usize, &str)| {
        let mut memory = JsonMemory::default();
        memory.add(line.as_bytes());
        charge(room, size_of::<Record>() + memory.total())?;
        match serde_json::from_str(line) {
            Ok(object @ Json::Object(_)) => Ok(Record::Object(object)),
            _ => Err(SqlError::bad_data(format!(
                "Error while reading data, error message: JSON parsing error in row starting at line {}: Parser terminated before end of string",
                index + 1
            ))),
        }
    };
    lines.map(parse).collect()
}

/// What a file has, if it has room. Gzip is recognised by its first bytes, whatever the name of the file.
fn decompress(content: Vec<u8>, room: usize) -> Result<Vec<u8>, SqlError> {
    if !content.starts_with(&[0x1f, 0x8b]) {
        return Ok(content);
    }
    let bad = |text: String| SqlError::bad_data(format!("Error while reading data, error message: {text}"));
    let most = room.min(MAX_UNPACKED);
    read_at_most(MultiGzDecoder::new(&content[..]), most)
        .map_err(|error| bad(error.to_string()))?
        .ok_or_else(|| {
            bad(format!(
                "the file unpacks to more than {most} bytes, which the sandbox refuses"
            ))
        })
}

/// The addresses of the objects that match a `gs://` address with at most one `*`.
fn matching_objects(state: &ApiState, uri: &str) -> Result<Vec<String>, SqlError> {
    state.buckets.locate(uri).map_err(SqlError::bad_data)?;
    let inside = uri.strip_prefix("gs://").unwrap_or(uri);
    let (bucket, name) = inside.split_once('/').unwrap_or((inside, ""));
    let (before, after) = name.split_once('*').unwrap_or((name, ""));
    let all = state.buckets.objects(bucket, before);
    let matches = |object: &String| {
        if name.contains('*') {
            object.len() >= before.len() + after.len() && object.ends_with(after)
        } else {
            object == name
        }
    };
    Ok(all
        .into_iter()
        .filter(matches)
        .map(|object| format!("gs://{bucket}/{object}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_packed_file_has_the_room_that_is_left() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&[b'a'; 2_000]).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(decompress(packed.clone(), 2_000).unwrap().len(), 2_000);
        let error = decompress(packed, 1_999).unwrap_err();
        assert!(
            error.message.contains("unpacks to more than 1999 bytes"),
            "{error}"
        );
    }
}
