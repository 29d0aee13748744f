//! What all parts of a load job share: the formats of its files, the room for rows, the error of a file.

use googlesql::SqlError;
use pipelines::container::{Container, ReadOptions};
use pipelines::memory::Memory;
use std::fmt::Display;

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

/// The memory for rows.
pub(super) struct Room(Memory);

impl Room {
    /// The room for rows beside so many bytes that are held anyway.
    pub fn beside(held: usize) -> Self {
        Self(Memory::beside(held))
    }

    /// Whether there is room for bytes that are needed only for a moment.
    ///
    /// # Errors
    /// There is not.
    pub fn check(&self, bytes: usize) -> Result<(), SqlError> {
        self.0.check(bytes).map_err(|text| read_failed(&text))
    }

    /// Takes bytes for a row.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn take(&mut self, bytes: usize) -> Result<(), SqlError> {
        self.0.take(bytes).map_err(|text| read_failed(&text))
    }
}

/// Why the files of a job cannot be read.
pub(super) fn read_failed(error: &dyn Display) -> SqlError {
    SqlError::bad_data(format!("Error while reading data, error message: {error}"))
}
