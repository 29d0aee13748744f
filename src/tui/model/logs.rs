//! A window on a try's log file: which lines are loaded, which are shown, and what to read next.
//!
//! The whole file is never loaded; [`LogsPane::span_to_read`] names the lines that the next frame needs,
//! and the shell reads only those (`tui/log_file.rs`).

pub mod pattern;

use crate::tui::widget::text;
use domain::id::{DagRunId, TaskId};
use domain::sanitize;
use pattern::Pattern;
use std::borrow::Cow;
use std::ops::Range;

/// The file of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTarget {
    /// The run.
    pub run: DagRunId,
    /// The task.
    pub task: TaskId,
    /// The try, from 1.
    pub number: u32,
}

/// A range of lines to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSpan {
    /// The last so many.
    Last(usize),
    /// From this line on (from 0), so many.
    From(usize, usize),
}

/// What was read of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// The index of the first loaded line.
    pub first: usize,
    /// The loaded lines.
    pub rows: Vec<String>,
    /// How many lines the file has.
    pub total: usize,
}

impl LogWindow {
    /// The indexes of the loaded lines.
    pub fn range(&self) -> Range<usize> {
        self.first..self.first + self.rows.len()
    }

    /// A line, if it is loaded.
    pub fn row(&self, place: usize) -> Option<&str> {
        self.rows.get(place.checked_sub(self.first)?).map(String::as_str)
    }
}

/// The pane of the logs.
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that do not exclude each other"
)]
#[derive(Clone, Debug)]
pub struct LogsPane {
    /// The file that is shown.
    pub target: Option<LogTarget>,
    /// The try that was chosen; nothing while the newest is followed.
    pub pinned: Option<u32>,
    /// The loaded lines.
    pub window: LogWindow,
    /// The first line shown, and the first of its rows when lines are wrapped.
    pub top: (usize, usize),
    /// The first column shown when lines are not wrapped.
    pub column: usize,
    /// Whether the end is followed.
    pub follows: bool,
    /// Whether long lines are wrapped.
    pub wraps: bool,
    /// What is searched for.
    pub find: Option<Pattern>,
    /// The number of lines when following stopped.
    pub seen: usize,
    /// Whether the file may have new lines.
    pub is_stale: bool,
    /// Whether lines are being read.
    pub is_reading: bool,
    /// Why the file cannot be read.
    pub failure: Option<String>,
}

impl Default for LogsPane {
    fn default() -> Self {
        Self {
            target: None,
            pinned: None,
            window: LogWindow::default(),
            top: (0, 0),
            column: 0,
            follows: true,
            wraps: false,
            find: None,
            seen: 0,
            is_stale: false,
            is_reading: false,
            failure: None,
        }
    }
}

/// Columns and rows for lines.
pub type Room = (usize, usize);

impl LogsPane {
    /// Shows another file, from its end.
    pub fn open(&mut self, target: Option<LogTarget>) {
        *self = Self {
            is_stale: target.is_some(),
            target,
            pinned: self.pinned,
            wraps: self.wraps,
            find: self.find.take(),
            ..Self::default()
        };
    }

    /// How many rows a line takes in so many columns.
    fn row_count(&self, place: usize, columns: usize) -> usize {
        match self.window.row(place) {
            Some(row) if self.wraps => text::fold(display(row).as_ref(), columns).len(),
            _ => 1,
        }
    }

    /// The top that shows the end of the file.
    pub fn bottom(&self, (columns, height): Room) -> (usize, usize) {
        let mut left = height;
        for place in (0..self.window.total).rev() {
            let rows = self.row_count(place, columns);
            if rows >= left {
                return (place, rows - left);
            }
            left -= rows;
        }
        (0, 0)
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

    /// Scrolls by rows: up stops following, reaching the end follows again.
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
        self.scroll_to(top.min(bottom), step > 0 && top >= bottom);
    }

    /// Scrolls to a line and row; `follows` if that is the end.
    pub fn scroll_to(&mut self, top: (usize, usize), follows: bool) {
        if self.follows && !follows {
            self.seen = self.window.total;
        }
        self.top = top;
        self.follows = follows;
    }

    /// The number of lines since following stopped.
    pub fn unread(&self) -> usize {
        if self.follows {
            0
        } else {
            self.window.total.saturating_sub(self.seen)
        }
    }

    /// The lines to read for the next frame; nothing if all are loaded.
    pub fn span_to_read(&self, (_, height): Room) -> Option<LogSpan> {
        self.target.as_ref()?;
        if self.is_reading {
            return None;
        }
        let held = self.window.range();
        let needed = if self.follows {
            self.window.total.saturating_sub(height)..self.window.total
        } else {
            self.top.0..(self.top.0 + height).min(self.window.total)
        };
        let has_all = needed.is_empty() || (held.start <= needed.start && needed.end <= held.end);
        if has_all && !self.is_stale {
            return None;
        }
        Some(if self.follows {
            LogSpan::Last(height * 2)
        } else {
            LogSpan::From(self.top.0.saturating_sub(height), height * 4)
        })
    }
}

/// A line as it is shown: its time without date and fractions.
pub fn display(row: &str) -> Cow<'_, str> {
    let stamp = row.as_bytes().get(..25).unwrap_or_default();
    if stamp.is_ascii() && stamp.first().is_some_and(u8::is_ascii_digit) && stamp[23..] == *b"Z " {
        Cow::Owned(format!("{} {}", &row[11..19], sanitize::line(&row[25..])))
    } else {
        sanitize::line(row)
    }
}
