//! A table that several holders look at and change, with requests that are late and answers that are lost.

use super::*;
use std::collections::BTreeMap;

/// Milliseconds since the beginning; the server's true time.
pub(super) type Millis = i64;

pub(super) const START: Millis = 1_795_973_000_000;

/// How far the clocks of two servers of the service may differ.
pub(super) const SKEW: Millis = 10_000;

/// How long a request may be on its way to its effect.
pub(super) const IN_FLIGHT: Millis = 60_000;

pub(super) fn time(millis: Millis) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

/// The `Date` of an answer: whole seconds, of a server whose clock may be wrong.
pub(super) fn date(now: Millis, skew: Millis) -> Timestamp {
    Timestamp::from_seconds(time(now + skew).seconds())
}

/// A table: labels, and an etag that each change makes new.
#[derive(Default)]
pub(super) struct Table {
    pub(super) labels: Labels,
    etag: u64,
}

/// A change that is on its way.
#[derive(Clone, Debug)]
pub(super) struct Write {
    etag: u64,
    changes: BTreeMap<String, Option<String>>,
}

impl Table {
    pub(super) fn patch(&mut self, write: &Write) -> bool {
        if write.etag != self.etag {
            return false;
        }
        for (key, value) in &write.changes {
            match value {
                Some(value) => _ = self.labels.insert(key.clone(), value.clone()),
                None => _ = self.labels.remove(key),
            }
        }
        self.etag += 1;
        true
    }
}

/// A look at the table that has not been acted on yet.
pub(super) struct Look {
    labels: Labels,
    etag: u64,
    date: Timestamp,
    sent: Millis,
}

pub(super) struct Holder {
    pub(super) lease: TableLease,
    skew: Millis,
    look: Option<Look>,
    /// The `Date` that the held claim was made from, and when that look was sent.
    clock: Option<(Timestamp, Millis)>,
    pub(super) is_over: bool,
}

impl Holder {
    pub(super) fn new(name: usize, skew: Millis) -> Self {
        let run = format!("run-{name}");
        Self {
            lease: TableLease::new(&run.as_str().into(), &format!("h{name}"), &BTreeSet::new()),
            skew,
            look: None,
            clock: None,
            is_over: false,
        }
    }

    /// The latest that the server's time can be, by a clock of its own that counts all time.
    pub(super) fn at_most(&self, now: Millis) -> Option<Timestamp> {
        let (date, sent) = self.clock?;
        Some(date + Duration::from_secs(1) + Duration::from_millis((now - sent).unsigned_abs()))
    }
}

/// What becomes of a request to change the table.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Answered,
    /// Done, but the answer is lost.
    AnswerLost,
    /// On its way for a while.
    Late,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Look,
    Write(Fate),
    Act,
    Release(Fate),
    /// One of the requests that are on their way arrives.
    Arrive(usize),
    /// Somebody removes the labels by hand.
    Clear,
}

pub(super) struct World {
    pub(super) table: Table,
    pub(super) holders: Vec<Holder>,
    late: Vec<Write>,
    pub(super) now: Millis,
    /// Who acted from when.
    pub(super) acts: Vec<(usize, Millis)>,
}

impl World {
    pub(super) fn new(skews: &[Millis]) -> Self {
        let holders = skews.iter().enumerate();
        Self {
            table: Table::default(),
            holders: holders.map(|(name, skew)| Holder::new(name, *skew)).collect(),
            late: Vec::new(),
            now: 0,
            acts: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, write: Write, fate: Fate) -> bool {
        match fate {
            Fate::Answered => self.table.patch(&write),
            Fate::AnswerLost => {
                self.table.patch(&write);
                false
            }
            Fate::Late => {
                self.late.push(write);
                false
            }
        }
    }

    pub(super) fn step(&mut self, who: usize, op: Op) {
        let now = self.now;
        match op {
            Op::Look => {
                let (labels, etag) = (self.table.labels.clone(), self.table.etag);
                let holder = &mut self.holders[who];
                holder.look = Some(Look {
                    labels,
                    etag,
                    date: date(now, holder.skew),
                    sent: now,
                });
            }
            Op::Write(fate) => self.write(who, fate),
            Op::Act => {
                let holder = &self.holders[who];
                let may = holder
                    .at_most(now)
                    .is_some_and(|latest| holder.lease.may_act(latest));
                if may && !holder.is_over {
                    self.acts.push((who, now));
                }
            }
            Op::Release(fate) => {
                let Some(look) = self.holders[who].look.take() else {
                    return;
                };
                if self.holders[who].lease.may_release(&look.labels) {
                    self.holders[who].is_over = true;
                    self.holders[who].lease.let_go();
                    let changes = Claim::no_labels();
                    self.send(
                        Write {
                            etag: look.etag,
                            changes,
                        },
                        fate,
                    );
                }
            }
            Op::Arrive(index) => {
                if !self.late.is_empty() {
                    let write = self.late.remove(index % self.late.len());
                    self.table.patch(&write);
                }
            }
            Op::Clear => {
                // By hand only while nobody holds it: whoever removes the labels of a live run is on their own.
                let claim = Claim::read(&self.table.labels).unwrap();
                if claim.is_some_and(|claim| time(now) > claim.until + GRACE) {
                    let (etag, changes) = (self.table.etag, Claim::no_labels());
                    self.table.patch(&Write { etag, changes });
                }
            }
        }
    }

    pub(super) fn write(&mut self, who: usize, fate: Fate) {
        let holder = &mut self.holders[who];
        let Some(look) = holder.look.take().filter(|_| !holder.is_over) else {
            return;
        };
        match holder.lease.decide(&look.labels, look.date) {
            Decision::Take | Decision::Renew | Decision::Expired(_) => {}
            Decision::Lost(_) => {
                holder.is_over = true;
                return holder.lease.let_go();
            }
            Decision::HeldBy(_) | Decision::Beside(_) | Decision::Unreadable(_) => return,
        }
        let claim = holder.lease.claim(look.date);
        let changes = claim.labels();
        let etag = look.etag;
        if self.send(Write { etag, changes }, fate) {
            let holder = &mut self.holders[who];
            holder.lease.hold(&claim);
            holder.clock = Some((look.date, look.sent));
        }
    }

    /// The first two acts of different holders that overlap.
    pub(super) fn overlap(&self) -> Option<((usize, Millis), (usize, Millis))> {
        let pairs = self.acts.iter().enumerate();
        let mut pairs =
            pairs.flat_map(|(i, first)| self.acts[i + 1..].iter().map(move |next| (*first, *next)));
        pairs.find(|((a, begin), (b, next))| a != b && next - begin < IN_FLIGHT)
    }

    /// A holder that acted again after another one had acted.
    pub(super) fn interleaved(&self) -> Option<usize> {
        let mut order: Vec<usize> = self.acts.iter().map(|(who, _)| *who).collect();
        order.dedup();
        let mut seen = BTreeSet::new();
        order.into_iter().find(|who| !seen.insert(*who))
    }
}
