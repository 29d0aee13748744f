//! A part of a table, without a statement.

use super::Warehouse;
use crate::error::SqlError;
use crate::memory;
use crate::storage::table::{self, Scan};
use crate::value::Row;

/// How many bytes of rows one page has at most, but for its first row: more than 10 MB of text become in memory.
const MAX_PAGE_BYTES: usize = 32 << 20;

impl Warehouse {
    /// Rows of a table in its order: the columns of these indexes, `start` rows left out, `limit` rows at most, and
    /// fewer if they are large. Nothing else of the table is read.
    ///
    /// # Errors
    /// The storage failed, or there is no such table.
    pub fn page(
        &self,
        dataset: &str,
        table: &str,
        columns: &[usize],
        start: usize,
        limit: usize,
    ) -> Result<Vec<Row>, SqlError> {
        let scan = Scan {
            full: format!("{dataset}.{table}"),
            columns: Some(columns.to_vec()),
            limit: Some(limit),
            offset: start,
        };
        let (mut rows, mut bytes) = (Vec::new(), 0_usize);
        self.connections.read(|connection| {
            table::read_while(connection, &scan, |_, row| {
                bytes += memory::bytes_of_row(&row);
                let fits = bytes <= MAX_PAGE_BYTES || rows.is_empty();
                if fits {
                    rows.push(row);
                }
                Ok(fits)
            })
        })?;
        Ok(rows)
    }
}
