//! A log line of a pipeline run, cleaned, and its form in the file of a try.
//!
//! ```text
//! 2026-11-23T05:41:18.021Z INFO  Read MySQL | 120 rows read
//!     at io.cdap.…                                    a continuation starts with four spaces
//! ```
//!
//! Text from outside cannot drive the terminal: control characters are gone before a line exists.

use crate::sanitize;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

/// The level of a line, as CDAP has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The finest.
    Trace,
    /// For developers.
    Debug,
    /// The usual.
    Info,
    /// Something to look at.
    Warn,
    /// Something broke; not necessarily the run (measured).
    Error,
}

impl Level {
    /// CDAP's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }

    /// The level of this name; `Info` for an unknown name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "WARN" => Self::Warn,
            "ERROR" => Self::Error,
            _ => Self::Info,
        }
    }
}

/// One event of a log; its message may have several lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogLine {
    /// When it was written, on the server's clock.
    pub at: Timestamp,
    /// Its level.
    pub level: Level,
    /// The stage's name, else the logger's short name.
    pub source: String,
    /// Its text; newlines are the only control characters in it.
    pub message: String,
}

impl LogLine {
    /// A line made safe: without control characters, and cut with a note if it is too long.
    pub fn new(at: Timestamp, level: Level, source: &str, message: &str) -> Self {
        Self::cut(at, level, source, message, 0)
    }

    /// The same for a message of which so many bytes at its end are missing already.
    pub fn cut(at: Timestamp, level: Level, source: &str, message: &str, missing: u64) -> Self {
        Self {
            at,
            level,
            source: sanitize::line(source).replace('|', " "),
            message: clean(message, missing),
        }
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = self.message.trim_end().split('\n');
        let first = rows.next().unwrap_or_default();
        write!(
            f,
            "{} {:<5} {} | {first}",
            self.at.to_rfc3339(),
            self.level.as_str(),
            self.source
        )?;
        rows.try_for_each(|row| write!(f, "\n    {row}"))
    }
}

impl LogLine {
    /// Reads a line of a try's file with its continuations; `None` for one that a killed process left half.
    pub fn parse(text: &str) -> Option<Self> {
        let at = time_of_row(text)?;
        let level = level_of_row(text)?;
        let (source, message) = text.get(31..)?.split_once(" | ")?;
        Some(Self {
            at,
            level,
            source: source.to_owned(),
            message: message.replace("\n    ", "\n"),
        })
    }
}

/// The level of one row of a try's file; `None` for a continuation.
pub fn level_of_row(row: &str) -> Option<Level> {
    let name = row.get(25..30)?;
    let stamped = row.as_bytes().first().is_some_and(u8::is_ascii_digit);
    stamped.then(|| Level::from_name(name.trim_end()))
}

/// When a row of a try's file was written; `None` for a continuation.
pub fn time_of_row(row: &str) -> Option<Timestamp> {
    let moment = chrono::DateTime::parse_from_rfc3339(row.get(..24)?).ok()?;
    Some(Timestamp::from_millis(moment.timestamp_millis()))
}

/// The source of the lines that Downbeat itself writes into a log.
pub const OURS: &str = "Downbeat";

/// Whether a row of a try's file says that something of the log is missing: a part of a line, lines, or all of them.
pub fn says_loss(row: &str) -> bool {
    if row.ends_with(" bytes left out]") && row.contains(" … [cut: ") {
        return true;
    }
    let ours = row
        .get(25..)
        .and_then(|rest| rest.strip_prefix("WARN  Downbeat | "));
    let words = ["left out here", "may be missing", "has shown no line"];
    ours.is_some_and(|text| words.iter().any(|words| text.contains(words)))
}

/// Longest message that is kept, in characters; a server may send 100 MB in one line.
const LONGEST: usize = 32_000;

/// Text from outside, made harmless for a terminal. If it is too long it is cut, with a note that also counts the
/// bytes that were missing at its end before.
fn clean(text: &str, missing: u64) -> String {
    let end = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(end, _)| end);
    let (text, rest) = text.split_at(end);
    let mut kept = sanitize::text(text).into_owned();
    let left_out = missing.saturating_add(rest.len() as u64);
    if left_out > 0 {
        // Writing into a string cannot fail.
        let _ = write!(kept, " … [cut: {left_out} bytes left out]");
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monstrous_line_is_cut_and_says_so() {
        let clean = |text: &str| clean(text, 0);
        let cleaned = clean(&"x".repeat(1_000_000));
        assert!(cleaned.len() < 33_000 && cleaned.ends_with(" … [cut: 968000 bytes left out]"));
        assert_eq!(clean(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        assert!(clean(&"é".repeat(LONGEST + 1)).ends_with(" … [cut: 2 bytes left out]"));
    }

    #[test]
    fn what_was_missing_before_is_counted_too() {
        let cut =
            |message: &str| LogLine::cut(Timestamp::from_millis(0), Level::Info, "x", message, 500).message;
        assert_eq!(cut("short"), "short … [cut: 500 bytes left out]");
        assert!(cut(&"x".repeat(LONGEST + 7)).ends_with(" … [cut: 507 bytes left out]"));
    }

    #[test]
    fn a_row_says_that_something_is_missing() {
        let row = |source: &str, message: &str| {
            LogLine::new(Timestamp::from_millis(0), Level::Warn, source, message).to_string()
        };
        assert!(says_loss(&row("Read", &"x".repeat(LONGEST + 1))));
        assert!(says_loss(&row(
            OURS,
            "7 lines are left out here: too many have the same time."
        )));
        assert!(says_loss(&row(
            OURS,
            "The log cannot be read: reset. Lines may be missing."
        )));
        assert!(!says_loss(&row("Read", "Rows may be missing.")));
        assert!(!says_loss(&row(
            OURS,
            "The log cannot be read: reset. It will be tried again."
        )));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for message in ["one", "a | b", "one\n\nthree\n    at x", ""] {
            let line = LogLine::new(
                Timestamp::from_millis(1_763_876_478_021),
                Level::Warn,
                "Read | MySQL",
                message,
            );
            assert_eq!(LogLine::parse(&line.to_string()), Some(line.clone()), "{line}");
        }
        for half in ["", "2025-11-23T05:4", "2025-11-23T05:41:18.021Z WARN  Read"] {
            assert_eq!(LogLine::parse(half), None, "{half}");
        }
    }

    #[test]
    fn a_row_tells_its_level() {
        let line = LogLine::new(
            Timestamp::from_millis(1_763_876_478_021),
            Level::Warn,
            "Read MySQL",
            "a\nb",
        );
        let text = line.to_string();
        let rows: Vec<_> = text.lines().collect();
        assert_eq!(rows, ["2025-11-23T05:41:18.021Z WARN  Read MySQL | a", "    b"]);
        assert_eq!(
            rows.iter().map(|row| level_of_row(row)).collect::<Vec<_>>(),
            [Some(Level::Warn), None]
        );
        assert_eq!(
            rows.iter().map(|row| time_of_row(row)).collect::<Vec<_>>(),
            [Some(line.at), None]
        );
    }
}
