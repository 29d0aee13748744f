//! How long an instance that is being made is waited for, when it is looked at, and what is told meanwhile.
//!
//! Half an hour is usual, an hour and a half has been seen. Google goes on however this ends, and a new start waits again.

use crate::time::human;
use std::time::Duration;

/// From here on it takes longer than usual.
const LONG: Duration = Duration::from_mins(30);

/// From here on nobody waits any more.
const LONGEST: Duration = Duration::from_hours(2);

/// The pauses between two looks: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(20));

/// How often a wait is told when nothing else changes.
const TOLD: Duration = Duration::from_mins(1);

/// One wait, from its first look on.
#[derive(Clone, Debug)]
pub struct Waiting {
    pause: Duration,
    told: Option<(Duration, String)>,
    is_warned: bool,
}

/// What is done after a look that did not show the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is told, each in one line.
    pub lines: Vec<String>,
    /// When it is looked at again; never, if it has taken too long.
    pub pause: Option<Duration>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            pause: PAUSES.0,
            told: None,
            is_warned: false,
        }
    }
}

impl Waiting {
    /// After a look. `waited`: since this wait began; `age`: since the work began, which a former start may have seen;
    /// `seen`: what was seen, in a few words.
    pub fn turn(&mut self, waited: Duration, age: Duration, seen: &str) -> Turn {
        let mut lines = Vec::new();
        let is_news = self
            .told
            .as_ref()
            .is_none_or(|(at, text)| text != seen || waited.saturating_sub(*at) >= TOLD);
        if is_news {
            lines.push(format!("{seen} ({})", human(age)));
            self.told = Some((waited, seen.to_owned()));
        }
        if age >= LONG && !self.is_warned {
            self.is_warned = true;
            let left = human(LONGEST.saturating_sub(waited));
            lines.push(format!(
                "this takes longer than usual; it is waited for {left} more"
            ));
        }
        let pause = (waited < LONGEST).then_some(self.pause);
        self.pause = (self.pause * 3 / 2).min(PAUSES.1);
        Turn { lines, pause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits for what takes so long in all, of which `before` has passed already: how long it was waited for, how often
    /// it was looked at, all that was told, and whether the end was seen.
    fn wait(takes: Duration, before: Duration) -> (Duration, u32, Vec<String>, bool) {
        let (mut waiting, mut waited, mut looks, mut told) =
            (Waiting::default(), Duration::ZERO, 0, Vec::new());
        loop {
            looks += 1;
            if waited + before >= takes {
                return (waited, looks, told, true);
            }
            let turn = waiting.turn(waited, waited + before, "etl is CREATING");
            told.extend(turn.lines);
            match turn.pause {
                Some(pause) => waited += pause,
                None => return (waited, looks, told, false),
            }
        }
    }

    #[test]
    fn what_takes_long_is_waited_for_to_its_end() {
        for minutes in [1, 15, 30, 90, 119] {
            let takes = Duration::from_mins(minutes);
            let (waited, looks, told, is_seen) = wait(takes, Duration::ZERO);
            assert!(is_seen, "{minutes} minutes");
            assert!(waited <= takes + PAUSES.1, "{minutes} minutes: {waited:?}");
            // A look every twenty seconds, and a line every minute: neither a flood nor silence.
            assert!(looks <= 15 + 3 * u32::try_from(minutes).unwrap(), "{looks} looks");
            let lines = u64::try_from(told.len()).unwrap();
            assert!(
                (minutes * 2 / 3..=minutes + 2).contains(&lines),
                "{minutes} minutes: {told:?}"
            );
            let warned = told
                .iter()
                .filter(|line| line.contains("longer than usual"))
                .count();
            assert_eq!(warned, usize::from(minutes > 30), "{minutes} minutes");
        }
    }

    #[test]
    fn what_never_ends_is_waited_for_two_hours() {
        let forever = Duration::MAX;
        let (waited, _, told, is_seen) = wait(forever, Duration::ZERO);
        assert!(!is_seen);
        assert!((LONGEST..LONGEST + PAUSES.1).contains(&waited), "{waited:?}");
        assert!(told.iter().any(|line| line.contains("1h 29m more")), "{told:?}");
    }

    #[test]
    fn a_new_start_waits_as_long_again_and_tells_the_whole_time() {
        let before = Duration::from_mins(95);
        let (waited, _, told, is_seen) = wait(Duration::from_mins(100), before);
        assert!(is_seen && waited < Duration::from_mins(6), "{waited:?}");
        assert_eq!(told[0], "etl is CREATING (1h 35m)");
        assert_eq!(
            told[1],
            "this takes longer than usual; it is waited for 2h 00m more"
        );
        let (waited, ..) = wait(Duration::MAX, before);
        assert!(waited >= LONGEST, "{waited:?}");
    }

    #[test]
    fn another_state_is_told_at_once() {
        let mut waiting = Waiting::default();
        let second = Duration::from_secs;
        assert_eq!(waiting.turn(second(0), second(0), "a").lines.len(), 1);
        assert!(waiting.turn(second(1), second(1), "a").lines.is_empty());
        assert_eq!(waiting.turn(second(2), second(2), "b").lines, ["b (2.0 s)"]);
    }
}
