//! The lines that are made of one moment, and how a number of things is written in them.

use crate::log::{Level, LogLine};
use crate::task::Task;
use crate::time::Timestamp;

/// The lines of one moment, in order.
pub(super) struct Lines<'a> {
    pub(super) at: Timestamp,
    pub(super) task: &'a Task,
    pub(super) done: Vec<LogLine>,
}

impl Lines<'_> {
    pub(super) fn push(&mut self, level: Level, about: &str, text: &str) {
        self.done.push(LogLine::new(self.at, level, about, text));
    }

    pub(super) fn say(&mut self, level: Level, text: impl AsRef<str>) {
        self.push(level, self.task.id.as_str(), text.as_ref());
    }

    pub(super) fn info(&mut self, text: impl AsRef<str>) {
        self.say(Level::Info, text);
    }
}
