//! When the log of a try is read next, how far back, and when nothing more is awaited. Pure: the time is an argument.
//!
//! ```text
//!  live ──→ the try ends ──→ quiet for long enough ──→ settled ──→ read again after 1, 5 and 15 minutes ──→ over
//!           (how long: from how late lines have come)  (a reading of the whole log brought nothing new)
//! ```

use domain::time::Timestamp;
use std::time::Duration;

/// The pause between two readings of the log on the screen, and of any other.
const FOCUSED: Duration = Duration::from_millis(400);
const UNFOCUSED: Duration = Duration::from_secs(2);

/// A log goes on a little after the run: it has settled after this time without a new line, at least.
const QUIET: Duration = Duration::from_secs(2);

/// The longest that lines are waited for after the end of the try, however late they come; also the time that a
/// first line may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The same for the first line of a run that was stopped before it began: it may have written none.
const NEVER_BEGAN: Duration = Duration::from_secs(5);

/// When a settled log is read again, after the end of its try.
const LATER: [Duration; 3] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
];

/// How often a pause is doubled for readings that failed, and after how many in a row a log is given up.
const MOST_DOUBLINGS: u32 = 5;
const MOST_FAILURES: u32 = 20;

/// How far back a reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The end of the log, with an overlap.
    Recent,
    /// The whole log.
    Whole,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Read { after: Duration, reach: Reach },
    Over,
}

/// What is known from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attention {
    /// Whether the log is on the screen.
    pub focused: bool,
    /// When the try ended.
    pub ended: Option<Timestamp>,
    /// Whether its run was stopped before it left PENDING or STARTING.
    pub never_began: bool,
    /// The program ends, and waits until then.
    pub closing: Option<Timestamp>,
}

/// Why lines may be missing when nothing more is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The run goes on without the program.
    Live,
    /// The last reading failed.
    Unread,
    /// The server has shown none.
    AllLines,
    /// The program ends too soon after the last new line.
    LateLines,
}

/// What the readings of a log have shown.
#[derive(Debug, Default)]
pub(super) struct Settling {
    has_lines: bool,
    last_fresh: Option<Timestamp>,
    /// When the last good reading began, and the last one of the whole log.
    last_good: Option<Timestamp>,
    last_whole: Option<Timestamp>,
    /// How late lines have come, at most.
    lateness: Duration,
    /// How long the last good reading took.
    took: Duration,
    failures: u32,
    /// Whether the last reading before the program's end was tried.
    has_closed: bool,
}

impl Settling {
    /// Lines of an earlier process are in the file.
    pub fn has_lines_from_before(&mut self) {
        self.has_lines = true;
    }

    /// A reading that began then has brought new lines, the oldest from this moment, or none.
    pub fn was_read(&mut self, began: Timestamp, reach: Reach, now: Timestamp, oldest: Option<Timestamp>) {
        if let Some(oldest) = oldest {
            // What was not there at the last reading although it is older came late, by this much at least.
            let late = self.last_good.map_or(Duration::ZERO, |last| last.since(oldest));
            self.lateness = self.lateness.max(late);
            self.has_lines = true;
            self.last_fresh = Some(now);
        }
        self.failures = 0;
        self.took = now.since(began);
        self.last_good = Some(began);
        if reach == Reach::Whole {
            self.last_whole = Some(began);
        }
    }

    /// A reading has failed; how many in a row that makes.
    pub fn has_failed(&mut self) -> u32 {
        self.failures = self.failures.saturating_add(1);
        self.failures
    }

    /// What to do next. The first reading is of the whole log and comes at once.
    pub fn next(&mut self, now: Timestamp, attention: Attention) -> Next {
        if attention.closing.is_some_and(|until| now >= until) && attention.ended.is_some() {
            // The time is up: once more, whatever is known.
            return if std::mem::replace(&mut self.has_closed, true) || self.is_settled(attention) {
                Next::Over
            } else {
                read(Duration::ZERO, Reach::Whole)
            };
        }
        let next = match attention.ended {
            None if attention.closing.is_some() => return Next::Over,
            None => self.live(attention),
            Some(ended) if self.is_settled(attention) => self.settled(now, ended, attention),
            Some(ended) => self.unsettled(now, ended, attention),
        };
        match (next, attention.closing) {
            (Next::Read { after, reach }, Some(until)) => read(after.min(now.until(until)), reach),
            (next, _) => next,
        }
    }

    fn live(&self, attention: Attention) -> Next {
        if self.last_good.is_none() && self.failures == 0 {
            return read(Duration::ZERO, Reach::Whole);
        }
        let pause = if attention.focused { FOCUSED } else { UNFOCUSED };
        // A log that takes long to read is read less often.
        read(self.backed_off(pause).max(self.took), Reach::Recent)
    }

    fn unsettled(&self, now: Timestamp, ended: Timestamp, attention: Attention) -> Next {
        let settles = self.settles(ended, attention);
        if self.failures > 0 {
            return if self.failures > MOST_FAILURES {
                Next::Over
            } else {
                read(self.backed_off(FOCUSED), Reach::Whole)
            };
        }
        if now >= settles || self.last_good.is_none() {
            return read(Duration::ZERO, Reach::Whole);
        }
        let is_soon = now.since(self.last_sign(ended)) <= QUIET;
        let pause = if is_soon { FOCUSED } else { UNFOCUSED };
        read(pause.max(self.took).min(now.until(settles)), Reach::Recent)
    }

    fn settled(&self, now: Timestamp, ended: Timestamp, attention: Attention) -> Next {
        let is_later = |moment: &Timestamp| self.last_whole < Some(*moment);
        if attention.closing.is_some() {
            // What has come since the last reading is not left behind.
            let is_recent = self.last_whole.is_some_and(|whole| now.since(whole) <= QUIET);
            return if is_recent {
                Next::Over
            } else {
                read(Duration::ZERO, Reach::Whole)
            };
        }
        match LATER.iter().map(|later| ended + *later).find(is_later) {
            Some(due) => read(now.until(due), Reach::Whole),
            None => Next::Over,
        }
    }

    /// Whether the whole log was read after a time without a new line, and brought none.
    pub fn is_settled(&self, attention: Attention) -> bool {
        let settles = attention.ended.map(|ended| self.settles(ended, attention));
        self.failures == 0 && settles.is_some_and(|settles| self.last_whole >= Some(settles))
    }

    fn last_sign(&self, ended: Timestamp) -> Timestamp {
        self.last_fresh.map_or(ended, |fresh| fresh.max(ended))
    }

    /// All lines that were written before the end of the try have come by then, if none is twice as late as those
    /// before; and what the run writes after its end has paused.
    fn settles(&self, ended: Timestamp, attention: Attention) -> Timestamp {
        let wait = if self.has_lines {
            (self.lateness * 2 + QUIET).min(PATIENCE)
        } else if attention.never_began {
            NEVER_BEGAN
        } else {
            PATIENCE
        };
        (ended + wait).max(self.last_sign(ended) + QUIET)
    }

    fn backed_off(&self, pause: Duration) -> Duration {
        pause * 2_u32.pow(self.failures.min(MOST_DOUBLINGS))
    }

    /// Why lines may be missing; nothing if the log is complete as far as can be known.
    pub fn missing(&self, attention: Attention) -> Option<Missing> {
        if attention.ended.is_none() {
            Some(Missing::Live)
        } else if self.failures > 0 {
            Some(Missing::Unread)
        } else if !self.has_lines {
            Some(Missing::AllLines)
        } else {
            (!self.is_settled(attention)).then_some(Missing::LateLines)
        }
    }
}

const fn read(after: Duration, reach: Reach) -> Next {
    Next::Read { after, reach }
}

#[cfg(test)]
mod tests;
