//! Reads what of the logs is shown: rows of one file or of several in the order of their times, all or those that a filter
//! lets through; and searches them. It works in pieces, so that keys are answered between two of them.
//!
//! No file is ever loaded. What is remembered: 8 bytes for 64 rows of each file, 24 bytes for each stretch of rows that
//! a filter lets through (for each line, if there are several files), 4 bytes for each row that was found.

pub mod extract;
mod index;
mod sieve;

use super::log_file::{LogFile, Scanned};
use super::model::logs::pattern::Pattern;
use super::model::logs::view::{
    GapKind, LogFilter, LogGap, LogPlace, LogRequest, LogRow, LogSpan, LogTarget, LogView, LogWindow,
};
use domain::log::time_of_row;
use domain::time::Timestamp;
use index::Index;
use sieve::{Sieve, searched};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows that are searched at once.
const SEARCHED_AT_ONCE: usize = 4096;

/// Files that are looked at at once, if nothing is new in them.
const FILES_AT_ONCE: usize = 256;
/// Bytes that are looked at at once, in all of them.
const BYTES_AT_ONCE: u64 = 1 << 20;

/// One of the files.
#[derive(Debug)]
struct Source {
    file: LogFile,
    sieve: Sieve,
    /// Why it cannot be read, if there are others.
    failure: Option<String>,
}

/// The logs that are shown, with what is known of them.
#[derive(Debug, Default)]
pub struct LogReader {
    view: LogView,
    sources: Vec<Source>,
    /// The file to look at next, and how many are still to be looked at.
    next: usize,
    unseen: usize,
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
        // Rows of several files are in their places when all of them were looked at.
        if !(has_more && self.index.is_merged()) {
            has_more |= self.search(request.find.as_ref())?;
        }
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
            losses: self.sources.iter().map(|source| source.sieve.losses()).sum(),
            gaps: self.gaps(),
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
            self.sources.push(Source {
                file: LogFile::new(path(source)),
                sieve: Sieve::new(number),
                failure: None,
            });
            self.unseen = 0;
        }
        self.view = view.clone();
    }

    /// Looks at the next piece of the files; whether there is more.
    fn scan(&mut self, path: &dyn Fn(&LogTarget) -> PathBuf) -> io::Result<bool> {
        let number = self.sources.len();
        if self.unseen == 0 {
            self.unseen = number;
        }
        let (mut files, mut bytes) = (0, 0);
        while self.unseen > 0 && files < FILES_AT_ONCE && bytes < BYTES_AT_ONCE {
            self.next %= number;
            let source = &mut self.sources[self.next];
            let before = source.file.seen();
            let state = source.scan(&self.view.filter, &mut self.index, number > 1)?;
            bytes += source.file.seen() - before;
            match state {
                Scanned::Some => {}
                Scanned::All => {
                    files += 1;
                    self.next += 1;
                    self.unseen -= 1;
                }
                Scanned::Replaced => {
                    let view = std::mem::take(&mut self.view);
                    *self = Self::default();
                    self.show(&view, path);
                    return Ok(true);
                }
            }
        }
        let kept = self.index.settle();
        if kept < self.searched {
            // What was found behind it is elsewhere now.
            self.searched = kept;
            Arc::make_mut(&mut self.found).retain(|at| (*at as usize) < kept);
        }
        Ok(self.unseen > 0)
    }

    /// What the files lack.
    fn gaps(&self) -> Vec<LogGap> {
        let gap = |source: &Source| match (&source.failure, source.sieve.losses()) {
            (Some(failure), _) => Some(GapKind::Unreadable(failure.clone())),
            (None, _) if source.file.row_count() == 0 => Some(GapKind::Empty),
            (None, 0) => None,
            (None, losses) => Some(GapKind::Losses(losses)),
        };
        let gaps = self.sources.iter().enumerate();
        gaps.filter_map(|(source, of)| {
            Some(LogGap {
                source,
                kind: gap(of)?,
            })
        })
        .collect()
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

    /// Rows of what is shown. Each file is opened once: the rows of several are read file by file.
    fn rows(&self, first: usize, number: usize) -> io::Result<Vec<LogRow>> {
        let mut rows = Vec::with_capacity(number.min(SEARCHED_AT_ONCE));
        let mut by_file: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut parts = Vec::new();
        for part in self.index.parts(first, number) {
            by_file.entry(part.place.source).or_default().push(parts.len());
            parts.push((part, rows.len()));
            rows.extend((part.place.row..part.place.row + part.rows).map(|row| LogRow {
                place: LogPlace { row, ..part.place },
                text: String::new(),
                is_context: part.is_context,
            }));
        }
        for (source, of_file) in by_file {
            let Some(source) = self.sources.get(source) else {
                continue;
            };
            let mut reading = source.file.reading();
            for (part, at) in of_file.into_iter().map(|place| parts[place]) {
                let texts = reading.read(part.place.row, part.rows)?;
                rows[at..]
                    .iter_mut()
                    .zip(texts)
                    .for_each(|(row, text)| row.text = text);
            }
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

impl Source {
    /// Looks at the next piece of the file. One of several that cannot be read does not hide the others.
    fn scan(
        &mut self,
        filter: &LogFilter,
        index: &mut Index,
        is_one_of_several: bool,
    ) -> io::Result<Scanned> {
        let sieve = &mut self.sieve;
        let scanned = self.file.scan(|row, text| sieve.take(filter, row, text, index));
        self.sieve.flush(filter, self.file.row_count(), index);
        match scanned {
            Err(error) if is_one_of_several => {
                self.failure = Some(error.to_string());
                Ok(Scanned::All)
            }
            Err(error) => Err(error),
            Ok(scanned) => {
                self.failure = None;
                Ok(scanned)
            }
        }
    }
}

/// So many rows before and after a position.
fn around(at: usize, number: usize) -> (usize, usize, Option<usize>) {
    (at.saturating_sub(number), number * 2, Some(at))
}

#[cfg(test)]
mod tests;
