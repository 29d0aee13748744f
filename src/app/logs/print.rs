//! Rows of a log on standard output: as they are, or as one JSON object for each line with its continuations.

use crate::cli::Output;
use crate::engine::now;
use domain::id::{DagRunId, TaskId};
use domain::log::LogLine;
use domain::sanitize;
use domain::time::Timestamp;
use serde_json::json;
use std::io::{self, Write};

pub(super) struct Printed {
    output: Output,
    run: DagRunId,
    task: TaskId,
    /// A line whose continuations may follow, for JSON.
    line: String,
    /// When the last line was written; a half line has no time of its own.
    last: Option<Timestamp>,
    lines: u64,
}

impl Printed {
    pub(super) fn new(output: Output, run: &DagRunId, task: &TaskId) -> Self {
        Self {
            output,
            run: run.clone(),
            task: task.clone(),
            line: String::new(),
            last: None,
            lines: 0,
        }
    }

    /// How many rows were printed.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Prints rows of a try.
    ///
    /// # Errors
    /// The reader is gone.
    pub(super) fn rows(&mut self, number: u32, rows: &str) -> io::Result<()> {
        let mut to = io::stdout().lock();
        for row in rows.lines() {
            self.lines += 1;
            if self.output == Output::Text {
                writeln!(to, "{}", sanitize::line(row))?;
                continue;
            }
            let goes_on = row.starts_with("    ") && !self.line.is_empty();
            if goes_on {
                self.line.push('\n');
            } else {
                self.put(number, &mut to)?;
            }
            self.line.push_str(row);
        }
        to.flush()
    }

    /// Prints what may have been waiting for a continuation.
    pub(super) fn flush(&mut self, number: u32) -> io::Result<()> {
        self.put(number, &mut io::stdout().lock())
    }

    fn put(&mut self, number: u32, to: &mut impl Write) -> io::Result<()> {
        if self.line.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.line);
        let line = LogLine::parse(&text);
        self.last = line.as_ref().map(|line| line.at).or(self.last);
        let json = json!({
            "event": "log", "run": self.run, "time": self.last.unwrap_or_else(now).to_rfc3339(), "task": self.task,
            "try": number, "level": line.as_ref().map(|line| line.level), "source": line.as_ref().map(|line| &line.source),
            "text": line.as_ref().map_or(&text, |line| &line.message),
        });
        writeln!(to, "{}", sanitize::json(&json.to_string()))?;
        to.flush()
    }
}
