//! Requests under way and the pauses between them: what a restart may forget.

use crate::id::TaskId;
use crate::policy;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of request of which at most one is under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Errand {
    Preflight,
    Truncate,
    ReadConfiguration,
    SaveArguments,
    Start(TaskId),
    List,
    LookAt(TaskId),
    Stop(TaskId),
    Explain(TaskId),
    Count,
}

#[derive(Debug, Default)]
pub(super) struct Desk {
    out: BTreeSet<Errand>,
    pauses: BTreeMap<Errand, Timestamp>,
    strikes: BTreeMap<Errand, u32>,
    /// How many errands were ever sent; a key for jitter.
    pub turn: u64,
}

impl Desk {
    pub fn is_out(&self, errand: &Errand) -> bool {
        self.out.contains(errand)
    }

    /// Before this moment the errand is not to be sent.
    pub fn pause(&self, errand: &Errand) -> Timestamp {
        self.pauses.get(errand).copied().unwrap_or_default()
    }

    pub fn sent(&mut self, errand: Errand) {
        self.turn += 1;
        self.out.insert(errand);
    }

    /// It came back well; the next one may leave at `again`.
    pub fn returned(&mut self, errand: Errand, again: Timestamp) {
        self.out.remove(&errand);
        self.strikes.remove(&errand);
        self.pauses.insert(errand, again);
    }

    /// It came back without what it went for; the pause doubles each time.
    pub fn failed(&mut self, errand: Errand, now: Timestamp) {
        self.out.remove(&errand);
        let strikes = self.strikes.entry(errand.clone()).or_insert(0);
        *strikes = strikes.saturating_add(1);
        let pause = policy::jittered(policy::backoff(*strikes), "errand", self.turn);
        self.pauses.insert(errand, now + pause);
    }

    /// The next one may leave at once.
    pub fn hurry(&mut self, errand: &Errand) {
        self.pauses.remove(errand);
    }

    /// A task begins anew: nothing that was paused for it matters.
    pub fn forget(&mut self, task: &TaskId) {
        for errand in [
            Errand::LookAt(task.clone()),
            Errand::Stop(task.clone()),
            Errand::Explain(task.clone()),
        ] {
            self.pauses.remove(&errand);
            self.strikes.remove(&errand);
        }
    }
}
