//! Takes the rows of one file in their order, and gives the lines that a filter lets through to the index.

use super::index::{Index, Stretch};
use crate::tui::model::logs::view::LogFilter;
use domain::log::{Level, level_of_row, says_loss, time_of_row};
use domain::time::Timestamp;

/// The state between two rows of a file.
#[derive(Debug)]
pub(super) struct Sieve {
    source: u16,
    /// The line that goes on, if it was not given away yet.
    line: Line,
    /// The row after the last one that was given away.
    shown_to: u32,
    /// How many rows after the last line are still shown.
    after: u32,
    losses: usize,
}

/// A line with the rows that belong to it.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    first: u32,
    at: i64,
    level: Option<Level>,
    has_text: bool,
}

/// What is searched of a row: everything after its time.
pub(super) fn searched(row: &str) -> &str {
    match level_of_row(row) {
        Some(_) => row.get(25..).unwrap_or(row),
        None => row,
    }
}

impl Sieve {
    pub fn new(source: u16) -> Self {
        Self {
            source,
            line: Line::default(),
            shown_to: 0,
            after: 0,
            losses: 0,
        }
    }

    /// In how many places the file says that something is missing.
    pub fn losses(&self) -> usize {
        self.losses
    }

    /// Takes the next row.
    pub fn take(&mut self, filter: &LogFilter, row: usize, text: &str, index: &mut Index) {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        self.losses += usize::from(says_loss(text));
        if !text.starts_with("    ") {
            self.give(filter, row, index);
            let level = level_of_row(text);
            let is_asked = index.is_merged() || filter.during.is_some();
            let at = is_asked.then(|| time_of_row(text)).flatten();
            let at = at.map(Timestamp::millis);
            self.line = Line {
                first: row,
                // Within a file the order of the rows counts.
                at: at.unwrap_or(i64::MIN).max(self.line.at),
                // A row without a level belongs to what is before it.
                level: level.or(self.line.level),
                has_text: false,
            };
        }
        if let Some(wanted) = &filter.text {
            self.line.has_text |= wanted.is_in(searched(text));
        }
    }

    /// Gives away what was taken so far; the file has so many rows.
    pub fn flush(&mut self, filter: &LogFilter, rows: usize, index: &mut Index) {
        let end = u32::try_from(rows).unwrap_or(u32::MAX);
        self.give(filter, end, index);
        self.line.first = end;
    }

    fn give(&mut self, filter: &LogFilter, end: u32, index: &mut Index) {
        let line = self.line;
        let rows = end - line.first;
        if rows == 0 {
            return;
        }
        let stretch = |first: u32, end: u32, is_context: bool| Stretch {
            at: line.at,
            source: self.source,
            first,
            rows: end - first,
            is_context,
            is_error: line.level == Some(Level::Error) && !is_context,
        };
        let has_level = filter
            .level
            .is_none_or(|least| line.level.is_none_or(|level| level >= least));
        let has_text = filter.text.is_none() || line.has_text != filter.is_inverse;
        let is_of_time = filter.during.as_ref().is_none_or(|range| range.contains(line.at));
        let context = u32::try_from(filter.context).unwrap_or(0);
        if has_level && has_text && is_of_time {
            let before = line.first.saturating_sub(context).max(self.shown_to);
            index.push(stretch(before, line.first, true));
            index.push(stretch(line.first, end, false));
            (self.shown_to, self.after) = (end, context);
        } else if self.after > 0 {
            let shown = rows.min(self.after);
            index.push(stretch(line.first, line.first + shown, true));
            (self.shown_to, self.after) = (line.first + shown, self.after - shown);
        }
    }
}
