//! Reads what of the logs is shown: rows of one file or of several in the order of their times, all or those that a filter
//! lets through; and searches them. It works in pieces, so that keys are answered between two of them.
//!
//! No file is ever loaded. What is remembered: 8 bytes for 64 rows of each file, 24 bytes for each stretch of rows that
//! a filter lets through (for each line, if there are several files), 4 bytes for each row that was found.

mod index;
mod sieve;

use super::log_file::{LogFile, Scanned};
use super::model::logs::pattern::Pattern;
use super::model::logs::view::{LogRequest, LogRow, LogSpan, LogTarget, LogView, LogWindow};
use domain::log::time_of_row;
use domain::time::Timestamp;
use index::Index;
use sieve::{Sieve, searched};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows that are searched at once.
const SEARCHED_AT_ONCE: usize = 4096;

/// The logs that are shown, with what is known of them.
#[derive(Debug, Default)]
pub struct LogReader {
    view: LogView,
    sources: Vec<(LogFile, Sieve)>,
    index: Index,
    find: Option<Pattern>,
    found: Arc<Vec<u32>>,
    /// How many rows were searched.
    searched: usize,
}

/// What was read, and whether there is more to look at.
pub type Reading = (LogWindow, bool);

impl LogReader {
    /// Looks at what is new, then reads the rows.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(
        &mut self,
        request: &LogRequest,
        path: &dyn Fn(&LogTarget) -> PathBuf,
    ) -> io::Result<Reading> {
        self.show(&request.view, path);
        let mut has_more = self.scan(path)?;
        has_more |= self.search(request.find.as_ref())?;
        let total = self.index.total();
        let (first, number, at) = match request.span {
            LogSpan::Last(number) => (total.saturating_sub(number), number, None),
            LogSpan::From(first, number) => (first.min(total), number, None),
            LogSpan::Around(place, number) => around(self.index.position(place), number),
            LogSpan::At(moment, number) => around(self.position_of(moment)?, number),
        };
        let window = LogWindow {
            first,
            rows: self.rows(first, number)?,
            total,
            at,
            found: self.found.clone(),
            errors: self.index.errors(),
            losses: self.sources.iter().map(|(_, sieve)| sieve.losses()).sum(),
        };
        Ok((window, has_more))
    }

    /// Shows something else. More files of the same view are added to it.
    fn show(&mut self, view: &LogView, path: &dyn Fn(&LogTarget) -> PathBuf) {
        let is_same = self.view.filter == view.filter && view.sources.starts_with(&self.view.sources);
        let is_merged = view.sources.len() > 1;
        if !is_same || is_merged != self.index.is_merged() {
            *self = Self {
                index: Index::new(is_merged),
                ..Self::default()
            };
        }
        for source in &view.sources[self.sources.len()..] {
            let number = u16::try_from(self.sources.len()).unwrap_or(u16::MAX);
            self.sources
                .push((LogFile::new(path(source)), Sieve::new(number)));
        }
        self.view = view.clone();
    }

    /// Looks at the next piece of the files; whether there is more.
    fn scan(&mut self, path: &dyn Fn(&LogTarget) -> PathBuf) -> io::Result<bool> {
        let (index, filter) = (&mut self.index, &self.view.filter);
        let mut state = Scanned::All;
        for (file, sieve) in &mut self.sources {
            state = file.scan(|row, text| sieve.take(filter, row, text, index))?;
            sieve.flush(filter, file.row_count(), index);
            if state != Scanned::All {
                break;
            }
        }
        if state == Scanned::Replaced {
            let view = std::mem::take(&mut self.view);
            *self = Self::default();
            self.show(&view, path);
            return Ok(true);
        }
        if !self.index.settle() {
            // Rows have moved: what was found is elsewhere now.
            self.searched = 0;
            self.found = Arc::default();
        }
        Ok(state == Scanned::Some)
    }

    /// Searches the next rows; whether there are more.
    fn search(&mut self, find: Option<&Pattern>) -> io::Result<bool> {
        if self.find.as_ref() != find {
            self.find = find.cloned();
            self.searched = 0;
            self.found = Arc::default();
        }
        let Some(find) = self.find.clone() else {
            return Ok(false);
        };
        let number = SEARCHED_AT_ONCE.min(self.index.total() - self.searched);
        for (row, at) in self.rows(self.searched, number)?.iter().zip(self.searched..) {
            if find.is_in(searched(&row.text)) {
                Arc::make_mut(&mut self.found).push(u32::try_from(at).unwrap_or(u32::MAX));
            }
        }
        self.searched += number;
        Ok(self.searched < self.index.total())
    }

    fn rows(&self, first: usize, number: usize) -> io::Result<Vec<LogRow>> {
        let mut rows = Vec::with_capacity(number.min(SEARCHED_AT_ONCE));
        for part in self.index.parts(first, number) {
            let Some((file, _)) = self.sources.get(part.place.source) else {
                continue;
            };
            let texts = file.read(part.place.row, part.rows)?;
            rows.extend(texts.into_iter().zip(part.place.row..).map(|(text, row)| {
                let mut place = part.place;
                place.row = row;
                LogRow {
                    place,
                    text,
                    is_context: part.is_context,
                }
            }));
        }
        Ok(rows)
    }

    /// The first row of this moment or a later one, found by halving what is shown.
    fn position_of(&self, moment: Timestamp) -> io::Result<usize> {
        let (mut low, mut high) = (0, self.index.total());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.stamped(middle, high)? {
                Some((_, time)) if time >= moment => high = middle,
                Some((at, _)) => low = at + 1,
                None => high = middle,
            }
        }
        // Rows that belong to the line before have no time of their own.
        let line = self.stamped(low, self.index.total())?;
        Ok(line.map_or(low, |(at, _)| at))
    }

    /// The first row with a time from `first` on, before `end`.
    fn stamped(&self, first: usize, end: usize) -> io::Result<Option<(usize, Timestamp)>> {
        /// Most rows have a time.
        const AT_ONCE: usize = 32;
        for first in (first..end).step_by(AT_ONCE) {
            let rows = self.rows(first, AT_ONCE.min(end - first))?;
            let times = rows.iter().zip(first..);
            let mut times = times.filter_map(|(row, at)| Some((at, time_of_row(&row.text)?)));
            if let Some(found) = times.next() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// So many rows before and after a position.
fn around(at: usize, number: usize) -> (usize, usize, Option<usize>) {
    (at.saturating_sub(number), number * 2, Some(at))
}

#[cfg(test)]
mod tests;
