//! What the steps of a scheduler have left to do, until its events are on disk.
//!
//! ```text
//!  put(step) ──→ waiting steps, in order ──→ to_write ──→ the journal ─┬─ written ──→ effects are executed
//!                        ▲                                             └─ failed ───→ written again after 1 s … 30 s
//!                        └──────────────── nothing is lost ────────────────────┘
//! ```
//!
//! It lets no effect out before every event that it was decided on is on disk. While the disk is in the way,
//! steps are taken as before, so that no answer is lost, but the run's clock stands still ([`Outbox::moment`]): a limit
//! must not end what could not go on. No I/O, no clock; it never drops an event or an effect.

use super::{Effect, Step};
use crate::event::RunEvent;
use crate::policy;
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// For how long a write may take before the run's clock stands still.
const PATIENCE: Duration = Duration::from_secs(5);

/// The steps that are not on disk yet.
#[derive(Debug, Default)]
pub struct Outbox {
    /// What each of them left to do. The first has events.
    waiting: VecDeque<Left>,
    /// How many of them, from the first, are being written.
    in_writing: usize,
    /// Since when something waits.
    since: Option<Timestamp>,
    /// How many writes have failed in a row, and when the next one may begin.
    failures: u32,
    not_before: Timestamp,
}

#[derive(Debug)]
struct Left {
    events: Vec<RunEvent>,
    effects: Vec<Effect>,
}

impl Outbox {
    /// Takes what a step has decided. Returns the effects that may be executed at once: those of a step that has
    /// decided nothing new, if nothing waits.
    #[must_use = "each effect must be executed, or it is never answered"]
    pub fn put(&mut self, now: Timestamp, step: Step) -> Vec<Effect> {
        let Step { events, effects, .. } = step;
        if self.is_empty() && events.is_empty() {
            return effects;
        }
        if !events.is_empty() || !effects.is_empty() {
            self.since.get_or_insert(now);
            self.waiting.push_back(Left { events, effects });
        }
        Vec::new()
    }

    /// The events to write now, in order, all in one; none while a write is under way or its turn has not come.
    /// [`Self::written`] or [`Self::failed`] must follow.
    pub fn to_write(&mut self, now: Timestamp) -> Option<Vec<RunEvent>> {
        if self.in_writing > 0 || self.is_empty() || now < self.not_before {
            return None;
        }
        self.in_writing = self.waiting.len();
        let events = self.waiting.iter().flat_map(|left| &left.events);
        Some(events.cloned().collect())
    }

    /// The events of [`Self::to_write`] are on disk. Returns the effects that may be executed now.
    #[must_use = "each effect must be executed, or it is never answered"]
    pub fn written(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut left = std::mem::take(&mut self.in_writing);
        // What was decided since then without a new event waits for nothing more.
        while let Some(first) = self.waiting.front()
            && (left > 0 || first.events.is_empty())
        {
            left = left.saturating_sub(1);
            effects.extend(self.waiting.pop_front().into_iter().flat_map(|left| left.effects));
        }
        self.since = (!self.is_empty()).then_some(now);
        self.failures = 0;
        self.not_before = Timestamp::default();
        effects
    }

    /// None of the events of [`Self::to_write`] is on disk: they are written again later.
    pub fn failed(&mut self, now: Timestamp) {
        self.in_writing = 0;
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + policy::write_pause(self.failures);
    }

    /// When [`Self::to_write`] has something again, after a write that failed.
    pub fn write_at(&self) -> Option<Timestamp> {
        (self.in_writing == 0 && !self.is_empty()).then_some(self.not_before)
    }

    /// The moment at which a step is taken: now, unless events have waited for the disk for a while. Then the run's
    /// clock stands still until they are written, as if the machine were asleep.
    pub fn moment(&self, now: Timestamp) -> Timestamp {
        self.since.map_or(now, |since| now.min(since + PATIENCE))
    }

    /// Whether the run's clock stands still: [`super::Input::Timer`] would find nothing due.
    pub fn is_stuck(&self, now: Timestamp) -> bool {
        self.moment(now) < now
    }

    /// When that begins, if nothing is written until then.
    pub fn stuck_at(&self) -> Option<Timestamp> {
        self.since.map(|since| since + PATIENCE)
    }

    /// Whether everything is on disk.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many events are not on disk, as far as is known.
    pub fn unwritten(&self) -> usize {
        self.waiting.iter().map(|left| left.events.len()).sum()
    }
}

#[cfg(test)]
mod tests;
