//! A row of a log as it is shown: time, level and message, one behind the other.

use super::stamp::{self, Stamps};
use super::view::LogRow;
use crate::tui::widget::text;
use domain::log::{Level, level_of_row};
use domain::sanitize;
use domain::time::Timestamp;
use std::ops::Range;

/// Columns of a level and the space behind it.
const LEVEL: usize = 6;

/// A row of a log as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// All of its text.
    pub words: String,
    /// Its level; nothing for a row that belongs to the one before.
    pub level: Option<Level>,
    /// Where what is searched begins: behind the time.
    pub level_at: usize,
    /// Where the message begins: behind the level.
    pub message_at: usize,
    /// Whether it is only shown because a line near it is.
    pub is_context: bool,
    /// The lines of its JSON, if that is folded out.
    pub json: Vec<String>,
}

/// What a row of the screen shows of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The line of its JSON; nothing for its own words.
    pub json: Option<usize>,
    /// Which part of that text, in bytes.
    pub part: Range<usize>,
}

impl Line {
    /// A row; `before` is the time of the line before it.
    pub fn new(row: &LogRow, stamps: Stamps, before: Option<Timestamp>, is_first: bool) -> Self {
        let time = stamp::time(&row.text);
        let (words, level, level_at) = if let Some((at, message)) = time.zip(row.text.get(25..)) {
            let mut words = stamps.text(at);
            let is_other_day = before.is_some_and(|before| stamps.changes_date(before, at));
            if is_other_day || (is_first && stamps.changes_date(Timestamp::default(), at)) {
                words = format!("{} {words}", stamps.date(at));
            }
            let level_at = words.len();
            words.push_str(&sanitize::line(message));
            (words, level_of_row(&row.text), level_at)
        } else {
            // Below the text of the line that it belongs to.
            let columns = stamps.mode.columns();
            (
                format!("{:columns$}{}", "", sanitize::line(&row.text)),
                None,
                columns,
            )
        };
        let message_at = match level {
            Some(_) => (level_at + LEVEL).min(words.len()),
            None => level_at,
        };
        // The level is ASCII, unless the file is not ours.
        let message_at = if words.is_char_boundary(message_at) {
            message_at
        } else {
            level_at
        };
        Self {
            words,
            level,
            level_at,
            message_at,
            is_context: row.is_context,
            json: Vec::new(),
        }
    }

    /// The same with the lines of its JSON below its message.
    #[must_use]
    pub fn unfolded(mut self, lines: Vec<String>) -> Self {
        let indented = lines
            .into_iter()
            .map(|line| format!("{:1$}{2}", "", self.level_at, sanitize::line(&line)));
        self.json = indented.collect();
        self
    }

    /// The text of which a row shows a part.
    pub fn text(&self, shown: &Shown) -> &str {
        let json = shown.json.and_then(|at| self.json.get(at));
        json.map_or(&self.words, |line| line)
    }

    /// Its rows on the screen: as many as it takes in so many columns, or one for each text.
    pub fn rows(&self, columns: Option<usize>) -> Vec<Shown> {
        let texts = self.json.iter().zip(0..).map(|(line, at)| (line, Some(at)));
        let rows = [(&self.words, None)].into_iter().chain(texts);
        rows.flat_map(|(text, json)| {
            let parts = columns.map(|columns| text::fold(text, columns));
            let whole = parts.is_none().then_some(0..text.len());
            let parts = parts.into_iter().flatten().chain(whole);
            parts.map(move |part| Shown { json, part })
        })
        .collect()
    }
}
