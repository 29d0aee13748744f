//! Which lines of a page are new. Every reading begins before the end of the one before, because a line may
//! arrive late with an older time; what has been written already is dropped.

use domain::log::LogLine;
use domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// How far back a reading begins. Measured delays are below 0.3 s on one machine, clocks of several machines
/// differ by more; what comes even later is found by reading the whole log again.
pub(super) const SPAN: Duration = Duration::from_secs(10);

/// The most lines that are remembered of a log, in about 8 MB.
const MOST: usize = 200_000;

/// A line without its text.
type Key = (Timestamp, u64);

/// The lines that have been written, as a multiset: the same line may be logged twice, and both count.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    written: BTreeMap<Key, u32>,
    newest: Option<Timestamp>,
    forgotten: Option<Timestamp>,
}

impl Overlap {
    /// A line that was written before, in the form in which it was written.
    pub fn remember(&mut self, at: Timestamp, text: &str) {
        *self.written.entry(key(at, text)).or_default() += 1;
        self.forget_the_oldest();
    }

    /// The lines of a page that have not been written, in their order. All lines of one millisecond must be on one
    /// page: a line counts as new if the page has more of its like than were written.
    pub fn fresh(&mut self, page: Vec<LogLine>) -> Vec<LogLine> {
        let mut on_page: HashMap<Key, u32> = HashMap::new();
        let mut is_fresh = |line: &LogLine| {
            if Some(line.at) <= self.forgotten {
                return false;
            }
            let key = key(line.at, &line.to_string());
            let seen = on_page.entry(key).or_default();
            *seen += 1;
            let written = self.written.entry(key).or_default();
            let is_fresh = *seen > *written;
            *written = (*written).max(*seen);
            self.newest = self.newest.max(Some(line.at));
            is_fresh
        };
        let mut page = page;
        page.retain(|line| is_fresh(line));
        self.forget_the_oldest();
        page
    }

    /// The time of the newest line that has come from the server.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Up to here lines are not remembered any more, so nothing may be read again.
    pub fn forgotten(&self) -> Option<Timestamp> {
        self.forgotten
    }

    fn forget_the_oldest(&mut self) {
        while self.written.len() > MOST {
            let Some(((at, _), _)) = self.written.pop_first() else {
                return;
            };
            self.forgotten = Some(at);
        }
    }
}

fn key(at: Timestamp, text: &str) -> Key {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (at, hasher.finish())
}

#[cfg(test)]
mod tests;
