//! What was done for the person at this screen: each action, the command of the shell that does the same, and the requests
//! that changed something. Bounded; the journal has what matters for longer.

use domain::call::ServiceCall;
use domain::time::Timestamp;
use std::collections::VecDeque;

/// The most entries that are kept.
const KEPT: usize = 500;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub what: Deed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A person asked for something.
    Asked {
        /// What, in a sentence.
        words: String,
        /// The command that does the same, if there is one.
        command: Option<String>,
    },
    /// A request that changed something.
    Called(ServiceCall),
}

/// The entries, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionLog(VecDeque<Logged>);

impl ActionLog {
    /// Adds one; the oldest goes when there are too many.
    pub fn add(&mut self, at: Timestamp, what: Deed) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Logged { at, what });
    }

    /// All, the newest last.
    pub fn iter(&self) -> impl Iterator<Item = &Logged> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_grow_without_end() {
        let mut log = ActionLog::default();
        for number in 0..KEPT + 5 {
            let words = number.to_string();
            let deed = Deed::Asked { words, command: None };
            log.add(Timestamp::default(), deed);
        }
        assert_eq!(log.iter().count(), KEPT);
        let first = log.iter().next().map(|logged| logged.what.clone());
        assert!(matches!(first, Some(Deed::Asked { words, .. }) if words == "5"));
    }
}
