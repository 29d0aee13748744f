//! Rows that are taken out of the logs: for a file, for the clipboard, for another program. They are read from the files,
//! whatever of them is loaded.

use super::LogsPane;
use super::scope::LogOwner;
use super::view::{LogFilter, LogPlace, LogTarget, LogView};
use crate::tui::widget::text;
use std::path::PathBuf;
use std::sync::Arc;

/// Rows of logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogExtract {
    /// Of what.
    pub view: LogView,
    /// Whose the lines of each file are, if that stands in front of them.
    pub owners: Arc<Vec<LogOwner>>,
    /// The first and the last row; all if there is none.
    pub rows: Option<(LogPlace, LogPlace)>,
}

/// Which rows are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPart {
    /// All of the log, whatever is shown of it.
    Whole,
    /// What the filters show.
    Shown,
    /// The selected rows.
    Selected,
}

impl LogExtract {
    /// A row as it is written: as in its file, with its owner in front if there are several.
    pub fn row(&self, source: usize, text: &str) -> String {
        match self.owners.get(source) {
            Some(owner) => format!("{} | {text}", owner.name),
            None => text.to_owned(),
        }
    }

    /// The file that has exactly these rows, if there is one.
    pub fn file(&self) -> Option<&LogTarget> {
        let is_whole = self.rows.is_none() && self.view.filter == LogFilter::default();
        match &self.view.sources[..] {
            [one] if is_whole && self.owners.is_empty() => Some(one),
            _ => None,
        }
    }
}

impl LogsPane {
    /// Which rows a part has, in a few words.
    pub fn words(&self, part: LogPart) -> String {
        let rows = |number: usize| match number {
            1 => "the row".to_owned(),
            number => format!("the {} rows", text::thousands(number as u64)),
        };
        match part {
            LogPart::Whole => "the whole log".into(),
            // They are still being counted.
            LogPart::Shown if self.is_stale || self.is_reading || self.has_more => {
                "what the filter shows".into()
            }
            LogPart::Shown => format!("{} that the filter shows", rows(self.window.total)),
            LogPart::Selected => format!("{} selected", rows(self.selection().len())),
        }
    }

    /// The rows of a part. Nothing if it is not known where the selection begins or ends.
    pub fn extract(&self, part: LogPart) -> Option<LogExtract> {
        let mut view = self.view();
        if part == LogPart::Whole {
            view.filter = LogFilter::default();
        }
        let rows = match part {
            LogPart::Selected => {
                let here = self.row()?.place;
                let marked = self.mark.map_or(Some(here), |_| self.marked)?;
                let is_forward = self.mark.is_none_or(|mark| mark <= self.cursor);
                Some(if is_forward {
                    (marked, here)
                } else {
                    (here, marked)
                })
            }
            _ => None,
        };
        let owners = self.is_merged().then(|| self.owners.clone());
        Some(LogExtract {
            view,
            owners: owners.unwrap_or_default(),
            rows,
        })
    }
}

/// The most bytes of a text for the clipboard; more is for a file of a person's choice.
pub const LARGEST_COPY: usize = 16 << 20;

/// What rows are taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPurpose {
    /// For the clipboard.
    Copy {
        /// What they are, in a few words.
        what: String,
        /// What stands before them, if they become Markdown.
        head: Option<String>,
    },
    /// For a new file.
    Save {
        /// Which rows.
        part: LogPart,
        /// The name of the file, as it was typed.
        name: String,
    },
    /// For another program.
    Show,
}

/// What has become of rows that were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakenLog {
    /// A text.
    Text(String),
    /// They are in a file.
    File {
        /// Its whole path.
        path: PathBuf,
        /// How many there are.
        rows: usize,
    },
    /// They are all of the file of a log.
    Log(PathBuf),
}

/// Why rows were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TakeFailure {
    /// There is a file of this name.
    Exists,
    /// They are more than [`LARGEST_COPY`].
    TooLarge,
    /// Something else, in a sentence with the path.
    Other(String),
}

/// What a person wants of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogErrand {
    /// These rows in a file.
    Save(LogPart),
    /// These rows for the clipboard.
    Copy(LogPart),
    /// The failure of the task with all of the log.
    CopyFailure,
}
