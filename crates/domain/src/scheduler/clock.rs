//! The time of a run: it never goes back, and it shows when nobody watched.
//!
//! The machine's clock may be set back, also between two starts of the program: then the run's time goes on from where it
//! was. A machine that slept, or whose clock was set forward, calls much later than it was asked to.

use crate::policy;
use crate::time::Timestamp;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct RunClock {
    /// The run's time.
    pub now: Timestamp,
    /// How far the machine's clock is behind it.
    behind: Duration,
    /// When a step was asked for, in the run's time.
    wake_at: Option<Timestamp>,
}

impl RunClock {
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            behind: Duration::ZERO,
            wake_at: None,
        }
    }

    /// Goes on to this moment of the machine's clock. Returns since when nobody watched, if nobody did.
    pub fn advance(&mut self, machine: Timestamp) -> Option<Timestamp> {
        let before = self.now;
        let latest = self.wake_at.map(|wake| wake + policy::SLEPT);
        let mut now = machine + self.behind;
        if latest.is_some_and(|latest| now > latest) {
            // A clock that had been set back may be right again.
            now = machine.max(before).max(now.min(self.wake_at.unwrap_or(before)));
        }
        self.now = now.max(before);
        self.behind = self.now.since(machine);
        latest.is_some_and(|latest| self.now > latest).then_some(before)
    }

    /// Asks for the next step, in the run's time; the answer is in the machine's.
    pub fn ask_for(&mut self, wake_at: Option<Timestamp>) -> Option<Timestamp> {
        self.wake_at = wake_at;
        wake_at.map(|moment| moment - self.behind)
    }

    /// Whether the machine's clock is known to have been wrong.
    pub fn is_corrected(&self) -> bool {
        !self.behind.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_the_run() {
        let mut clock = RunClock::new(at(10_000));
        assert_eq!(clock.advance(at(6_400)), None);
        assert_eq!(clock.ask_for(Some(at(10_005))), Some(at(6_405)));
        assert_eq!(clock.advance(at(6_405)), None);
        assert_eq!(clock.now, at(10_005));
        // Set right again: nothing was missed.
        clock.ask_for(Some(at(10_010)));
        assert_eq!(clock.advance(at(10_012)), None);
        assert_eq!(clock.now, at(10_012));
        assert!(!clock.is_corrected());
    }

    #[test]
    fn a_late_step_means_that_nobody_watched() {
        let mut clock = RunClock::new(at(0));
        assert_eq!(clock.advance(at(0)), None);
        clock.ask_for(Some(at(60)));
        assert_eq!(clock.advance(at(79)), None);
        clock.ask_for(Some(at(240)));
        assert_eq!(clock.advance(at(4_000)), Some(at(79)));
        // Nothing was asked for: a run that is over may be left for days.
        assert_eq!(clock.ask_for(None), None);
        assert_eq!(clock.advance(at(90_000)), None);
    }
}
