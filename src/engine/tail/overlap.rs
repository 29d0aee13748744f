//! Reading forward with an overlap: which events of a page are new.

use crate::client::cdap::LogEvent;
use domain::time::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// How far back every reading begins. A line that arrives late has an older time than those before it;
/// measured delays are below 0.3 s on one machine, clocks of several machines differ by more.
pub(super) const SPAN: Duration = Duration::from_secs(10);

/// The events of the last [`SPAN`], as a multiset: the same line may be written twice and both count.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    known: VecDeque<LogEvent>,
    newest: Timestamp,
}

impl Overlap {
    /// The events that have not been seen, in their order.
    pub fn fresh(&mut self, events: Vec<LogEvent>) -> Vec<LogEvent> {
        let mut seen: Vec<bool> = vec![false; self.known.len()];
        let mut fresh = Vec::new();
        for event in events {
            let place = self
                .known
                .iter()
                .zip(&seen)
                .position(|(known, taken)| !taken && *known == event);
            match place {
                Some(place) => seen[place] = true,
                None => fresh.push(event),
            }
        }
        self.known.extend(fresh.iter().cloned());
        self.newest = self
            .known
            .iter()
            .map(|event| event.timestamp)
            .max()
            .unwrap_or(self.newest);
        let oldest = self.newest - SPAN * 2;
        self.known.retain(|event| event.timestamp >= oldest);
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(millis: i64, message: &str) -> LogEvent {
        LogEvent {
            timestamp: Timestamp::from_millis(millis),
            level: "INFO".into(),
            logger: "x.Y".into(),
            thread: "t".into(),
            line: 1,
            message: message.into(),
            stack_trace: String::new(),
            stage: None,
        }
    }

    #[test]
    fn late_lines_are_found_and_none_is_told_twice() {
        let mut overlap = Overlap::default();
        assert_eq!(
            overlap
                .fresh(vec![event(1_000, "a"), event(1_000, "a"), event(3_000, "c")])
                .len(),
            3
        );
        // The next reading begins ten seconds earlier and sees all of it again, and a late line.
        let again = vec![
            event(1_000, "a"),
            event(1_000, "a"),
            event(2_000, "late"),
            event(3_000, "c"),
            event(4_000, "d"),
        ];
        let fresh: Vec<_> = overlap.fresh(again).into_iter().map(|e| e.message).collect();
        assert_eq!(fresh, ["late", "d"]);
        assert!(overlap.fresh(vec![event(4_000, "d")]).is_empty());
    }
}
