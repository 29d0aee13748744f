//! A window on the logs: which rows are loaded, which are shown, and what to read next.
//!
//! No file is ever loaded; [`LogsPane::request`] names the rows that the next frame needs, and the shell reads only those
//! (`tui/log_reader.rs`). Whoever moves in a log reads it: it stays as it is until it is followed again.

pub mod jump;
pub mod line;
pub mod moment;
pub mod pattern;
pub mod stamp;
pub mod view;

use crate::tui::widget::text;
use domain::time::Timestamp;
use jump::Jump;
use line::Line;
use pattern::Pattern;
use stamp::Stamps;
use std::ops::Range;
use view::{LogFilter, LogPlace, LogRequest, LogRow, LogSpan, LogTarget, LogView, LogWindow};

/// The pane of the logs.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not exclude each other"
)]
#[derive(Clone, Debug)]
pub struct LogsPane {
    /// The file that is shown.
    pub target: Option<LogTarget>,
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
    /// The first column shown when rows are not wrapped.
    pub column: usize,
    /// Whether the end is followed; else it is read.
    pub follows: bool,
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
            pinned: None,
            filter: LogFilter::default(),
            window: LogWindow::default(),
            top: (0, 0),
            cursor: 0,
            mark: None,
            column: 0,
            follows: true,
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
            sources: self.target.iter().cloned().collect(),
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
        Some(Line::new(row, self.stamps, before, index == 0))
    }

    /// How many rows of the screen a row takes in so many columns.
    fn row_count(&self, index: usize, columns: usize) -> usize {
        match self.line(index) {
            Some(line) if self.wraps => text::fold(&line.words, columns).len(),
            _ => 1,
        }
    }

    /// The top that shows this row at the bottom.
    fn end_at(&self, last: usize, (columns, height): Room) -> (usize, usize) {
        let mut left = height;
        for place in (0..=last).rev() {
            let rows = self.row_count(place, columns);
            if rows >= left {
                return (place, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    /// The top that shows the end of the file.
    pub fn bottom(&self, room: Room) -> (usize, usize) {
        match self.window.total.checked_sub(1) {
            Some(last) => self.end_at(last, room),
            None => (0, 0),
        }
    }

    /// The top of the next frame.
    pub fn effective_top(&self, room: Room) -> (usize, usize) {
        let bottom = self.bottom(room);
        if self.follows {
            bottom
        } else {
            self.top.min(bottom)
        }
    }

    /// The index after the last row that is shown.
    pub fn end(&self, (columns, height): Room) -> usize {
        let (mut place, skipped) = self.effective_top((columns, height));
        let mut rows = 0;
        while rows < height + skipped && place < self.window.total {
            rows += self.row_count(place, columns);
            place += 1;
        }
        place
    }

    /// Moves by one row: up stops following, beyond the end follows again.
    pub fn step(&mut self, step: isize, room: Room) {
        if self.follows && step > 0 {
            return;
        }
        if self.follows {
            self.stop_following(self.bottom(room));
        }
        self.top = self.effective_top(room);
        let is_cut = self.end_at(self.cursor, room) > self.top;
        if step < 0 && self.top.0 == self.cursor && self.top.1 > 0 {
            self.top.1 -= 1;
        } else if step > 0 && is_cut {
            self.top.1 += 1;
        } else if step > 0 && self.cursor + 1 >= self.window.total {
            self.follow();
        } else {
            self.go(self.cursor.saturating_add_signed(step), room);
        }
    }

    /// Moves to a row, and no further than needed to show it.
    pub fn go(&mut self, index: usize, room: Room) {
        let top = self.effective_top(room);
        self.stop_following(top);
        self.cursor = index.min(self.window.total.saturating_sub(1));
        let end = self.end_at(self.cursor, room);
        if self.cursor < top.0 {
            self.top = (self.cursor, 0);
        } else if end > top {
            self.top = end.min((self.cursor, 0));
        }
    }

    /// Scrolls by rows of the screen; the reader's row comes along.
    pub fn scroll(&mut self, step: isize, room: Room) {
        let bottom = self.bottom(room);
        let mut top = self.effective_top(room);
        for _ in 0..step.unsigned_abs() {
            top = if step < 0 {
                match top {
                    (place, 0) => {
                        let Some(above) = place.checked_sub(1) else { break };
                        (above, self.row_count(above, room.0) - 1)
                    }
                    (place, row) => (place, row - 1),
                }
            } else if top.1 + 1 < self.row_count(top.0, room.0) {
                (top.0, top.1 + 1)
            } else {
                (top.0 + 1, 0)
            };
        }
        if step > 0 && top >= bottom {
            return self.follow();
        }
        self.stop_following(top);
        self.top = top;
        let end = self.end(room);
        self.cursor = self.cursor.clamp(top.0, end.max(top.0 + 1) - 1);
    }

    /// Follows the end.
    pub fn follow(&mut self) {
        self.follows = true;
        self.mark = None;
        self.jump = None;
    }

    /// Stays at a top.
    pub fn stop_following(&mut self, top: (usize, usize)) {
        if self.follows {
            self.seen = self.window.total;
            self.cursor = self.window.total.saturating_sub(1);
            self.top = top;
        }
        self.follows = false;
    }

    /// The number of rows since following stopped.
    pub fn unread(&self) -> usize {
        if self.follows {
            0
        } else {
            self.window.total.saturating_sub(self.seen)
        }
    }

    /// The selected rows: those from the mark to the reader's row.
    pub fn selection(&self) -> Range<usize> {
        let mark = self.mark.unwrap_or(self.cursor);
        mark.min(self.cursor)..mark.max(self.cursor) + 1
    }

    /// What to read for the next frame; nothing if all is there.
    pub fn request(&self, (_, height): Room) -> Option<LogRequest> {
        self.target.as_ref()?;
        if self.is_reading || height == 0 {
            return None;
        }
        let held = self.window.range();
        let top = self.top.0.min(self.window.total);
        let needed = if self.follows {
            self.window.total.saturating_sub(height)..self.window.total
        } else {
            top..(top + height).min(self.window.total)
        };
        let has_all = needed.is_empty() || (held.start <= needed.start && needed.end <= held.end);
        if has_all && !self.is_stale {
            return None;
        }
        let span = match (self.moment, self.anchor) {
            (Some(moment), _) => LogSpan::At(moment, height * 2),
            (None, Some(place)) => LogSpan::Around(place, height * 2),
            (None, None) if self.follows => LogSpan::Last(height * 2),
            (None, None) => LogSpan::From(top.saturating_sub(height), height * 4),
        };
        Some(self.request_of(span))
    }

    /// The request for some rows of what is shown.
    pub fn request_of(&self, span: LogSpan) -> LogRequest {
        LogRequest {
            view: self.view(),
            find: self.find.clone(),
            span,
        }
    }

    /// Takes what was read. What was asked for before something else was wanted is dropped: whether it was taken.
    pub fn take(&mut self, request: &LogRequest, window: LogWindow, has_more: bool, room: Room) -> bool {
        if request.view != self.view() {
            if request.view.sources == self.view().sources {
                (self.is_reading, self.is_stale) = (false, true);
            }
            return false;
        }
        self.is_reading = false;
        self.has_more = has_more;
        self.is_stale |= has_more;
        self.failure = None;
        let at = window.at;
        self.window = window;
        if request.find != self.find {
            self.window.found = std::sync::Arc::default();
            self.is_stale = true;
        }
        let is_awaited = match request.span {
            LogSpan::At(moment, _) => self.moment == Some(moment),
            LogSpan::Around(place, _) => self.anchor == Some(place),
            _ => false,
        };
        if let Some(at) = at.filter(|_| is_awaited && !self.follows) {
            let before = self.cursor.saturating_sub(self.top.0).min(room.1);
            self.cursor = at.min(self.window.total.saturating_sub(1));
            self.top = (self.cursor.saturating_sub(before), 0);
        }
        if is_awaited && !has_more {
            (self.moment, self.anchor) = (None, None);
            self.seen = self.seen.min(self.window.total);
        }
        self.cursor = self.cursor.min(self.window.total.saturating_sub(1));
        true
    }

    /// The loaded row where the reader is.
    pub fn row(&self) -> Option<&LogRow> {
        self.window.row(self.cursor)
    }
}
