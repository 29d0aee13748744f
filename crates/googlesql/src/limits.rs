//! What anything from outside may take: how deep it nests and how large one value grows.
//!
//! A reader whose format needs another bound has a constant of its own.

use std::io::{self, Read};

/// How deep a text, a file or a message may nest. Readers recurse as deep, on stacks of 2 MiB and more.
pub const MAX_DEPTH: usize = 60;

/// How deep STRUCTs may nest in a result or a table, as at Google.
pub const MAX_RECORD_DEPTH: usize = 15;

/// The most columns of a table: SQLite's. BigQuery has 10,000.
pub const MAX_COLUMNS: usize = 2_000;

/// How many bytes one value may have: 10 MiB. BigQuery allows a row of 100 MB.
pub const MAX_VALUE_BYTES: usize = 10 << 20;

/// How many bytes the rows and values of all statements of a warehouse may take at once.
pub const MAX_STATEMENT_BYTES: usize = 144 << 20;

/// All that a reader has; `None` if that is more than `most` bytes, of which one more is read at the most.
///
/// # Errors
/// The reader's.
pub fn read_at_most(reader: impl Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut all = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_to_end(&mut all)?;
    Ok(Some(all).filter(|all| all.len() <= most))
}
