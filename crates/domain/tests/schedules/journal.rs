//! The journal: all that is left of a program that was killed.

use super::tally::Tally;
use domain::event::RunEvent;
use serde_json::Value;

/// What is on disk: a line for each event.
#[derive(Debug, Default)]
pub struct Journal {
    lines: Vec<String>,
    /// How many writes there were.
    pub appends: u64,
}

impl Journal {
    pub fn append(&mut self, events: &[RunEvent]) {
        self.appends += 1;
        let lines = events.iter().map(|event| serde_json::to_string(event).unwrap());
        self.lines.extend(lines);
    }

    pub fn events(&self) -> Vec<RunEvent> {
        let lines = self.lines.iter();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Counts each fact.
    pub fn count(&self, tally: &mut Tally) {
        tally.add("journal written", self.appends);
        for line in &self.lines {
            let fact: Value = serde_json::from_str(line).unwrap();
            tally.add(fact["event"].as_str().unwrap(), 1);
        }
    }

    /// The last lines, as they will be read again.
    pub fn last(&self, count: usize) -> Vec<RunEvent> {
        let lines = self.lines[self.lines.len() - count..].iter();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
