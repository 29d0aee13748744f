//! What all parts of a load job share: the formats of its files, the room for rows, the error of a file.

use googlesql::SqlError;
use pipelines::container::{Container, ReadOptions};
use std::fmt::Display;

/// The most bytes that the rows of a job take in memory.
const MAX_ROWS: usize = 128 << 20;

/// The most bytes that they take together with what was uploaded.
const MAX_HELD: usize = 160 << 20;

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

/// The memory that is left for rows.
pub(super) struct Room(usize);

impl Room {
    /// The room for rows beside so many bytes that are held anyway.
    pub fn beside(held: usize) -> Self {
        Self(MAX_ROWS.min(MAX_HELD.saturating_sub(held)))
    }

    /// Whether there is room for bytes that are needed only for a moment.
    ///
    /// # Errors
    /// There is not.
    pub fn check(&self, bytes: usize) -> Result<(), SqlError> {
        if bytes <= self.0 {
            return Ok(());
        }
        Err(read_failed(&format!(
            "the rows take more than {MAX_ROWS} bytes of memory, or more than {MAX_HELD} with the upload, which the \
             sandbox refuses"
        )))
    }

    /// Takes bytes for a row.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn take(&mut self, bytes: usize) -> Result<(), SqlError> {
        self.check(bytes)?;
        self.0 -= bytes;
        Ok(())
    }
}

/// Why the files of a job cannot be read.
pub(super) fn read_failed(error: &dyn Display) -> SqlError {
    SqlError::bad_data(format!("Error while reading data, error message: {error}"))
}
