//! A window on the logs: which rows are loaded, which are shown, and what to read next.
//!
//! No file is ever loaded; [`LogsPane::request`] names the rows that the next frame needs, and the shell reads only those
//! (`tui/log_reader.rs`). Whoever moves in a log reads it: it stays as it is until it is followed again.

pub mod extract;
pub mod json;
pub mod jump;
pub mod line;
pub mod moment;
pub mod pattern;
mod reading;
pub mod scope;
mod scroll;
pub mod stamp;
pub mod view;

use domain::time::Timestamp;
use jump::Jump;
use line::Line;
use pattern::Pattern;
use scope::{LogOwner, LogScope, ReadBefore};
use stamp::Stamps;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use view::{LogFilter, LogPlace, LogRow, LogTarget, LogView, LogWindow};

/// The pane of the logs.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
#[derive(Clone, Debug)]
pub struct LogsPane {
    /// The try of the selected task: its file is shown, alone or among others.
    pub target: Option<LogTarget>,
    /// Which logs are shown as one.
    pub scope: LogScope,
    /// The files that are shown.
    pub sources: Arc<Vec<LogTarget>>,
    /// Whose their lines are.
    pub owners: Arc<Vec<LogOwner>>,
    /// The columns of their widest letters and of their widest name.
    pub widest: (usize, usize),
    /// What was read before several logs were.
    pub before: Option<Box<ReadBefore>>,
    /// Whether it was said what several logs lack.
    pub has_told_gaps: bool,
    /// The try that was chosen; nothing while the newest is followed.
    pub pinned: Option<u32>,
    /// Which lines are shown.
    pub filter: LogFilter,
    /// The loaded rows.
    pub window: LogWindow,
    /// The first row of the file shown, and the first of its parts when rows are wrapped.
    pub top: (usize, usize),
    /// The row where the reader is, while the end is not followed.
    pub cursor: usize,
    /// Where a selection of rows began.
    pub mark: Option<usize>,
    /// Where that row is.
    pub marked: Option<LogPlace>,
    /// The first column shown when rows are not wrapped.
    pub column: usize,
    /// Whether the end is followed; else it is read.
    pub follows: bool,
    /// The rows whose JSON is folded out.
    pub unfolded: BTreeSet<LogPlace>,
    /// Whether long rows are wrapped.
    pub wraps: bool,
    /// What is searched for.
    pub find: Option<Pattern>,
    /// Where to go as soon as it is known where that is.
    pub jump: Option<Jump>,
    /// How times are shown.
    pub stamps: Stamps,
    /// The number of rows when following stopped.
    pub seen: usize,
    /// Whether the file may have new rows, or other ones are wanted.
    pub is_stale: bool,
    /// Whether rows are being read.
    pub is_reading: bool,
    /// Whether not all of the file was looked at.
    pub has_more: bool,
    /// The row to stay at when other lines are shown.
    pub anchor: Option<LogPlace>,
    /// The moment to go to.
    pub moment: Option<Timestamp>,
    /// Why the file cannot be read.
    pub failure: Option<String>,
}

impl Default for LogsPane {
    fn default() -> Self {
        Self {
            target: None,
            scope: LogScope::Try,
            sources: Arc::default(),
            owners: Arc::default(),
            widest: (0, 0),
            before: None,
            has_told_gaps: false,
            pinned: None,
            filter: LogFilter::default(),
            window: LogWindow::default(),
            top: (0, 0),
            cursor: 0,
            mark: None,
            marked: None,
            column: 0,
            follows: true,
            unfolded: BTreeSet::new(),
            wraps: false,
            find: None,
            jump: None,
            stamps: Stamps::default(),
            seen: 0,
            is_stale: false,
            is_reading: false,
            has_more: false,
            anchor: None,
            moment: None,
            failure: None,
        }
    }
}

/// Columns and rows for lines.
pub type Room = (usize, usize);

impl LogsPane {
    /// Shows another file, from its end. What is searched for and how lines are shown lasts.
    pub fn open(&mut self, target: Option<LogTarget>) {
        let before = std::mem::take(self);
        *self = Self {
            is_stale: target.is_some(),
            target,
            scope: before.scope,
            before: before.before,
            pinned: before.pinned,
            wraps: before.wraps,
            filter: before.filter,
            find: before.find,
            stamps: before.stamps,
            ..Self::default()
        };
    }

    /// What is shown.
    pub fn view(&self) -> LogView {
        LogView {
            sources: self.sources.clone(),
            filter: self.filter.clone(),
        }
    }

    /// Shows other lines; the reader stays where he is.
    pub fn show(&mut self, filter: LogFilter) {
        if filter == self.filter {
            return;
        }
        if self.anchor.is_none() && !self.follows {
            self.anchor = self.window.row(self.cursor).map(|row| row.place);
        }
        self.filter = filter;
        self.mark = None;
        self.is_stale = true;
    }

    /// Goes to the first line of a moment or a later one.
    pub fn go_to(&mut self, moment: Timestamp) {
        self.stop_following((self.cursor, 0));
        self.moment = Some(moment);
        self.is_stale = true;
    }

    /// A row as it is shown; nothing if it is not loaded.
    pub fn line(&self, index: usize) -> Option<Line> {
        let row = self.window.row(index)?;
        let before = (self.window.first..index)
            .rev()
            .filter_map(|at| self.window.row(at));
        // A date stands where it changes, not at every row that follows a trace.
        let before = before.take(64).find_map(|row| stamp::time(&row.text));
        let line = Line::new(row, self.stamps, before, index == 0);
        if self.unfolded.contains(&row.place) {
            return Some(line.unfolded(json::lines(&row.text)));
        }
        Some(line)
    }

    /// The selected rows: those from the mark to the reader's row.
    pub fn selection(&self) -> Range<usize> {
        let mark = self.mark.unwrap_or(self.cursor);
        mark.min(self.cursor)..mark.max(self.cursor) + 1
    }

    /// The loaded row where the reader is.
    pub fn row(&self) -> Option<&LogRow> {
        self.window.row(self.cursor)
    }
}
