//! Takes rows out of the logs, from the first to the last, without loading more than a piece of them.

use super::{LogReader, SEARCHED_AT_ONCE};
use crate::tui::model::logs::extract::LogExtract;
use crate::tui::model::logs::view::{LogRequest, LogSpan, LogTarget};
use std::io::{self, Write};
use std::path::PathBuf;

/// Why not all rows were taken.
#[derive(Debug)]
pub enum ExtractError {
    /// A log cannot be read.
    Read(io::Error),
    /// They cannot be written.
    Write(io::Error),
}

/// Writes the rows, each piece of them cleaned, with a line end behind each. Returns how many there were.
///
/// # Errors
/// A log cannot be read, or the rows cannot be written.
pub fn extract(
    extract: &LogExtract,
    path: &dyn Fn(&LogTarget) -> PathBuf,
    clean: &dyn Fn(&str) -> String,
    to: &mut impl Write,
) -> Result<usize, ExtractError> {
    let mut reader = LogReader::default();
    let request = LogRequest {
        view: extract.view.clone(),
        find: None,
        span: LogSpan::Last(0),
    };
    while reader.read(&request, path).map_err(ExtractError::Read)?.1 {}
    let (first, end) = match extract.rows {
        Some((first, last)) => (reader.index.position(first), reader.index.position(last) + 1),
        None => (0, reader.index.total()),
    };
    for first in (first..end).step_by(SEARCHED_AT_ONCE) {
        let rows = reader.rows(first, SEARCHED_AT_ONCE.min(end - first));
        let mut text = String::new();
        for row in rows.map_err(ExtractError::Read)? {
            text.push_str(&extract.row(row.place.source, &row.text));
            text.push('\n');
        }
        to.write_all(clean(&text).as_bytes())
            .map_err(ExtractError::Write)?;
    }
    to.flush().map_err(ExtractError::Write)?;
    Ok(end.saturating_sub(first))
}
