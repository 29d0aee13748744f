//! When somebody followed the run, and what could be seen then.

use super::cdap::ServerRun;
use super::schedule::Schedule;
use super::spans::Spans;

/// How long trouble with a service, or with the journal, is still felt by the pauses that it caused.
const FELT: u64 = 75_000;

/// How long a machine needs to see again after it slept.
const WAKING: u64 = 5_000;

#[derive(Debug)]
pub struct Sight {
    /// When a program was there; the last one may still be.
    alive: Vec<(u64, u64)>,
    /// When it had a run to follow.
    followed: Vec<(u64, u64)>,
    suspended: Vec<(u64, u64)>,
    troubled: Vec<(u64, u64)>,
}

impl Sight {
    pub fn new(schedule: &Schedule) -> Self {
        let outages = schedule.outages().into_iter();
        Self {
            alive: Vec::new(),
            followed: Vec::new(),
            suspended: schedule.suspended(),
            troubled: outages.chain(schedule.blocked()).collect(),
        }
    }

    /// A program begins.
    pub fn begins(&mut self, now: u64, has_run: bool) {
        self.alive.push((now, u64::MAX));
        if has_run {
            self.follows(now);
        }
    }

    /// It is gone.
    pub fn ends(&mut self, now: u64) {
        close(&mut self.alive, now);
        self.leaves(now);
    }

    /// The run goes on.
    pub fn follows(&mut self, now: u64) {
        self.followed.push((now, u64::MAX));
    }

    /// The run is over.
    pub fn leaves(&mut self, now: u64) {
        close(&mut self.followed, now);
    }

    /// The time in which a program was there on a machine that was awake.
    pub fn watched(&self, from: u64, to: u64) -> u64 {
        let spans = Spans::new(self.alive.iter().copied());
        let awake = self.suspended.iter();
        let awake = awake.fold(spans, |spans, (from, to)| spans.without(*from, *to));
        awake.between(from, to).total()
    }

    /// Whether the run was not over at some moment between these two, and a program was there.
    pub fn is_followed(&self, from: u64, to: u64) -> bool {
        let spans = Spans::new(self.followed.iter().copied());
        spans.between(from, to).total() > 0
    }

    /// Whether somebody who followed the run could see this pipeline run for so long between these moments.
    pub fn could_see(&self, run: &ServerRun, from: u64, to: u64, for_long: u64) -> bool {
        let slept = self.suspended.iter().map(|(from, to)| (*from, *to + WAKING));
        let troubled = self.troubled.iter().map(|(from, to)| (*from, *to + FELT));
        let spans = Spans::new(self.followed.iter().copied());
        let clear = slept
            .chain(troubled)
            .fold(spans, |spans, (from, to)| spans.without(from, to));
        clear.between(from.max(run.shown()), to).longest() >= for_long
    }
}

fn close(spans: &mut [(u64, u64)], now: u64) {
    if let Some(last) = spans.last_mut().filter(|(_, to)| *to == u64::MAX) {
        last.1 = now;
    }
}
