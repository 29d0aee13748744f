//! What of which logs is shown, as data: the shell reads it (`tui/log_reader.rs`), and gives back a window of rows.

use super::pattern::Pattern;
use domain::id::{DagRunId, TaskId};
use domain::log::Level;
use domain::time::Timestamp;
use std::ops::Range;
use std::sync::Arc;

/// The file of one try.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogTarget {
    /// The run.
    pub run: DagRunId,
    /// The task.
    pub task: TaskId,
    /// The try, from 1.
    pub number: u32,
}

/// Which lines are shown. A line is shown with the rows that belong to it, such as a stack trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// The lowest level.
    pub level: Option<Level>,
    /// What a line has, in any of its rows.
    pub text: Option<Pattern>,
    /// Whether the lines without that text are shown instead.
    pub is_inverse: bool,
    /// How many rows around each line are shown too.
    pub context: usize,
    /// The time that they are of; all if none is set.
    pub during: Option<TimeRange>,
}

/// The time in which a try was at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// When it began.
    pub from: Timestamp,
    /// When it ended; nothing while it goes on.
    pub to: Option<Timestamp>,
    /// Its task, by its short name.
    pub of: String,
}

impl TimeRange {
    /// Whether a moment is in it, in milliseconds since 1970.
    pub fn contains(&self, at: i64) -> bool {
        self.from.millis() <= at && self.to.is_none_or(|to| at <= to.millis())
    }
}

impl LogFilter {
    /// The lowest levels to choose from; the first is none.
    pub const LEVELS: [Option<Level>; 4] = [None, Some(Level::Info), Some(Level::Warn), Some(Level::Error)];

    /// How many rows around a line there are to choose from.
    pub const CONTEXTS: [usize; 4] = [0, 1, 3, 5];

    /// The word of a lowest level, as it is typed: `all`, `warn`.
    pub fn level_word(level: Option<Level>) -> String {
        level.map_or("all", Level::as_str).to_lowercase()
    }

    /// Whether every line is shown.
    pub fn is_all(&self) -> bool {
        self.level.is_none() && self.text.is_none() && self.during.is_none()
    }
}

/// What is shown: the lines of these files that a filter lets through, in the order of their times if there are
/// several files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogView {
    /// The files. Others of the same run may be added behind them.
    pub sources: Arc<Vec<LogTarget>>,
    /// Which of their lines.
    pub filter: LogFilter,
}

/// Where a row is, whatever is shown around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// The index of the file in the view.
    pub source: usize,
    /// The index of the row in the file.
    pub row: usize,
}

/// A range of rows to read. Indexes are those of what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSpan {
    /// The last so many.
    Last(usize),
    /// From this row on (from 0), so many.
    From(usize, usize),
    /// So many before and after the row that is, or would be, at this place.
    Around(LogPlace, usize),
    /// So many before and after the first row of this moment or a later one.
    At(Timestamp, usize),
}

/// What to read, and what to search for meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// What is shown.
    pub view: LogView,
    /// What is searched for in it.
    pub find: Option<Pattern>,
    /// The rows.
    pub span: LogSpan,
}

/// A row of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRow {
    /// Where it is.
    pub place: LogPlace,
    /// Its text, as in the file.
    pub text: String,
    /// Whether it is only shown because a line near it is.
    pub is_context: bool,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// The index of the first loaded row.
    pub first: usize,
    /// The loaded rows.
    pub rows: Vec<LogRow>,
    /// How many rows are shown, as far as the files were read.
    pub total: usize,
    /// The index of the place or the moment that was asked for.
    pub at: Option<usize>,
    /// The indexes of the rows with the text that is searched for, as far as they were searched.
    pub found: Arc<Vec<u32>>,
    /// The indexes of the rows where an error begins.
    pub errors: Arc<Vec<u32>>,
    /// In how many places the log says that something of it is missing.
    pub losses: usize,
    /// The files that lack something, as far as they were read.
    pub gaps: Vec<LogGap>,
}

/// What a file lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The index of the file in the view.
    pub source: usize,
    /// What of it is missing.
    pub kind: GapKind,
}

/// What of a file is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// It has no line, or is not there.
    Empty,
    /// It says in so many places that something is missing.
    Losses(usize),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

impl LogWindow {
    /// A window with all rows of one file.
    pub fn whole(lines: &[String]) -> Self {
        let rows = lines.iter().enumerate().map(|(row, text)| LogRow {
            place: LogPlace { source: 0, row },
            text: text.clone(),
            is_context: false,
        });
        Self {
            rows: rows.collect(),
            total: lines.len(),
            ..Self::default()
        }
    }

    /// The indexes of the loaded rows.
    pub fn range(&self) -> Range<usize> {
        self.first..self.first + self.rows.len()
    }

    /// A row, if it is loaded.
    pub fn row(&self, index: usize) -> Option<&LogRow> {
        self.rows.get(index.checked_sub(self.first)?)
    }
}
