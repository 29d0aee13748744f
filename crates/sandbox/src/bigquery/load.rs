//! Load jobs: CSV, JSON lines, Avro and Parquet, from an upload or from a bucket, all of it or nothing.
//!
//! All rows are there before anything is written, but of the files no more than a piece. `load_file.rs` has the files,
//! `load_record.rs` the records of CSV and JSON, `load_columnar.rs` Avro and Parquet.

use super::ApiState;
use super::autodetect::Detector;
use super::job::Outcome;
use super::load_file::{self, Place};
use super::load_format::{Room, SourceFormat, read_failed};
use super::load_record;
use super::record::{Record, RowOptions};
use super::table_reference::{Destination, TableReference};
use crate::server::Reservation;
use axum::body::Bytes;
use googlesql::memory::bytes_of_row;
use googlesql::value::{Column, Value};
use googlesql::{SqlError, WriteDisposition};

/// A load job.
pub(super) struct Load {
    pub destination: Destination,
    pub format: SourceFormat,
    /// The given schema; without one it is the table's, or detected.
    pub columns: Option<Vec<Column>>,
    pub autodetect: bool,
    pub uris: Vec<String>,
    /// What was uploaded with the job.
    pub data: Option<Uploaded>,
    pub max_bad_records: usize,
    pub ignore_unknown_values: bool,
}

/// What was uploaded with a job.
pub(super) struct Uploaded {
    pub bytes: Bytes,
    /// Its share of the memory for requests, which nobody else gets as long as the job waits or runs.
    _held: Option<Reservation>,
}

impl Uploaded {
    pub const fn new(bytes: Bytes, held: Option<Reservation>) -> Self {
        Self { bytes, _held: held }
    }
}

/// The rows so far, and how many records did not fit.
#[derive(Default)]
struct Rows {
    fitting: Vec<Vec<Value>>,
    records: usize,
    bad: usize,
    /// The number of the first that did not fit, and why.
    first_bad: Option<(usize, String)>,
}

impl Load {
    pub fn execute(self, state: &ApiState) -> Result<Outcome, SqlError> {
        if let SourceFormat::Columnar(container, reading) = self.format {
            return self.load_columnar(state, container, reading);
        }
        let places = load_file::places(state, self.bytes(), &self.uris)?;
        let (columns, mut has_header) = self.schema(state, &places)?;
        let (mut rows, mut room) = (Rows::default(), self.room());
        let options = RowOptions {
            ignore_unknown_values: self.ignore_unknown_values,
            allow_jagged_rows: match &self.format {
                SourceFormat::Csv(options) => options.allow_jagged_rows,
                _ => true,
            },
        };
        let bytes = load_file::read(state, &places, |file| {
            load_record::for_each(&self.format, file, &mut room, &mut |record, room| {
                if std::mem::take(&mut has_header) {
                    return Ok(());
                }
                rows.add(&record, &columns, options, room)
            })
        })?;
        self.check(&rows)?;
        Ok(Outcome::Load {
            rows: self.destination.write(state, &columns, &rows.fitting)?,
            files: u64::try_from(places.len()).unwrap_or(u64::MAX),
            bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
        })
    }

    /// The room for rows beside what was uploaded.
    fn room(&self) -> Room {
        Room::beside(self.uploaded())
    }

    /// How many bytes were uploaded with the job.
    pub(super) fn uploaded(&self) -> usize {
        self.bytes().map_or(0, Bytes::len)
    }

    pub(super) fn bytes(&self) -> Option<&Bytes> {
        self.data.as_ref().map(|data| &data.bytes)
    }

    /// Refuses rows if too many records did not fit.
    fn check(&self, rows: &Rows) -> Result<(), SqlError> {
        match &rows.first_bad {
            Some((number, text)) if rows.bad > self.max_bad_records => Err(read_failed(&format!(
                "{} processing encountered too many errors, giving up. Rows: {}; errors: {}; max bad: {}; error \
                 percent: 0; row {number}: {text}",
                match self.format {
                    SourceFormat::Csv(_) => "CSV",
                    _ => "JSON",
                },
                rows.records,
                rows.bad,
                self.max_bad_records
            ))),
            _ => Ok(()),
        }
    }

    /// The given schema, else the table's, else a detected one; and whether the first record has the names of its
    /// columns. To detect it, the files are read one time more.
    fn schema(&self, state: &ApiState, places: &[Place<'_>]) -> Result<(Vec<Column>, bool), SqlError> {
        if let Some(columns) = &self.columns {
            return Ok((columns.clone(), false));
        }
        let TableReference { dataset, table } = &self.destination.table;
        if let Some(found) = state.warehouse.table(dataset, table)?
            && (self.destination.how.write != WriteDisposition::Truncate || !self.autodetect)
        {
            return Ok((found.columns, false));
        }
        if !self.autodetect {
            let message = "No schema specified on job or table.";
            return Err(SqlError::bad_data(message));
        }
        let (mut detector, mut room) = (Detector::default(), self.room());
        load_file::read(state, places, |file| {
            load_record::for_each(&self.format, file, &mut room, &mut |record, room| {
                // What the row takes at least: rows for which there is no room are not read twice.
                if let Record::Cells(cells) = &record {
                    room.take(cells.len().saturating_mul(size_of::<Value>()))?;
                }
                detector.add(record)
            })
        })?;
        Ok(detector.finish())
    }
}

impl Rows {
    /// Adds the row of a record, if it fits the columns.
    fn add(
        &mut self,
        record: &Record,
        columns: &[Column],
        options: RowOptions,
        room: &mut Room,
    ) -> Result<(), SqlError> {
        self.records += 1;
        match record.row(columns, options) {
            Ok(row) => {
                room.take(bytes_of_row(&row))?;
                self.fitting.push(row);
            }
            Err(text) => {
                self.bad += 1;
                self.first_bad.get_or_insert((self.records, text));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use googlesql::value::ColumnType;

    #[test]
    fn short_rows_and_the_upload_count() {
        let columns = [Column::nullable("a", ColumnType::String)];
        let options = RowOptions {
            ignore_unknown_values: false,
            allow_jagged_rows: false,
        };
        let record = Record::Cells(vec![Some("x".into())]);
        for (held, most) in [(0, 1_400_000), (100 << 20, 700_000)] {
            let (mut rows, mut room) = (Rows::default(), Room::beside(held));
            let added = (0..most).try_for_each(|_| rows.add(&record, &columns, options, &mut room));
            let error = added.unwrap_err();
            assert!(
                error.message.contains("are not supported by the sandbox"),
                "{error}"
            );
            assert!(rows.fitting.len() > most / 3, "{}", rows.fitting.len());
        }
    }
}
