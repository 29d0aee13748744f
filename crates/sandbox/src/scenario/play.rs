//! A scenario under way: its counters, and what they decide. Pure: time and facts are given.
//!
//! Each rule counts and draws for itself, from (seed, name, key, number): what one request meets
//! does not depend on how unrelated ones happened to be ordered.

#[cfg(test)]
mod tests;

use super::facts::{Arguments, Facts, has};
use super::{Fate, Gate, Happening, Occasion, Scenario, Upset};
use crate::run_status::RunStatus;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How many of the faults given are remembered.
const REMEMBERED: usize = 1000;

/// A scenario and how far it is.
#[derive(Debug, Default)]
pub struct Play {
    scenario: Scenario,
    counts: BTreeMap<String, Count>,
    given: VecDeque<Given>,
    total: u64,
    due: Vec<Due>,
}

/// What is counted of a rule.
#[derive(Clone, Debug, Default)]
struct Count {
    /// How many fitted in time, and how many of them met the fault, for each key.
    keys: BTreeMap<String, (u64, u64)>,
    /// When it took effect first.
    first: Option<Duration>,
}

/// Something that is to happen.
#[derive(Debug)]
struct Due {
    at: Duration,
    rule: String,
    happening: Happening,
}

/// A fault that was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Given {
    /// From 1, over the whole scenario.
    pub number: u64,
    /// Seconds since the scenario's beginning, in its own time.
    pub at: f64,
    /// Whose doing.
    pub rule: String,
    /// What it befell: `GET /api/…`, the arguments of a run, `the server`.
    pub befell: String,
    /// What happened.
    pub what: String,
}

/// A rule and its counters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Its name.
    pub rule: String,
    /// `request`, `run` or `event`.
    pub kind: &'static str,
    /// What it does.
    pub what: String,
    /// How many fitted in time.
    pub matched: u64,
    /// How many of them met it.
    pub given: u64,
}

/// What a request meets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Wait so long first; in the scenario's time.
    pub delay: Duration,
    /// Then this, unless nothing.
    pub upset: Option<Upset>,
}

impl Play {
    /// From the beginning.
    pub fn new(scenario: Scenario) -> Self {
        let at = |rule: &super::EventRule| match rule.occasion {
            Occasion::At(at) => Some(Due {
                at: at.saturating_add(rule.wait),
                rule: rule.gate.name.clone(),
                happening: rule.happening.clone(),
            }),
            Occasion::Seen { .. } => None,
        };
        Self {
            due: scenario.events.iter().filter_map(at).collect(),
            scenario,
            ..Self::default()
        }
    }

    /// What it plays.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many faults were given, and the last of them.
    pub fn given(&self) -> (u64, &VecDeque<Given>) {
        (self.total, &self.given)
    }

    /// All rules with their counters.
    pub fn standings(&self) -> Vec<Standing> {
        let standing = |gate: &Gate, kind, what| {
            let keys = self.counts.get(&gate.name).map(|count| &count.keys);
            let sum = |part: fn(&(u64, u64)) -> u64| keys.map_or(0, |keys| keys.values().map(part).sum());
            Standing {
                rule: gate.name.clone(),
                kind,
                what,
                matched: sum(|(matched, _)| *matched),
                given: sum(|(_, given)| *given),
            }
        };
        let scenario = &self.scenario;
        let requests = scenario.requests.iter();
        let requests = requests.map(|rule| standing(&rule.gate, "request", rule.upset.words()));
        let runs = scenario.runs.iter();
        let runs = runs.map(|rule| standing(&rule.gate, "run", rule.fate.words()));
        let events = scenario.events.iter();
        let events = events.map(|rule| standing(&rule.gate, "event", rule.happening.words()));
        requests.chain(runs).chain(events).collect()
    }

    /// What a request meets. Delays add up; of the rest the first rule of the file wins.
    pub fn request(&mut self, facts: &Facts<'_>, elapsed: Duration) -> Verdict {
        let mut verdict = Verdict::default();
        for rule in self.scenario.requests.clone() {
            if !facts.fits(&rule.fit) || !self.open(&rule.gate, |per| facts.key(per), elapsed) {
                continue;
            }
            match &rule.upset {
                Upset::Delay(delay) => verdict.delay = verdict.delay.saturating_add(*delay),
                _ if verdict.upset.is_some() => {
                    self.undo(&rule.gate, |per| facts.key(per));
                    continue;
                }
                upset => verdict.upset = Some(upset.clone()),
            }
            let befell = format!("{} {}", facts.method, facts.path);
            self.note(&rule.gate.name, befell, rule.upset.words(), elapsed);
        }
        verdict
    }

    /// What befalls a run that is being started; the rules that fit are laid over each other.
    pub fn run(&mut self, arguments: &Arguments, elapsed: Duration) -> Fate {
        let mut fate = Fate::default();
        for rule in self.scenario.runs.clone() {
            let key = |per: &str| arguments.get(per).cloned().unwrap_or_default();
            if has(arguments, &rule.arguments) && self.open(&rule.gate, key, elapsed) {
                let words = rule.fate.words();
                fate.take(rule.fate);
                self.note(&rule.gate.name, title(arguments), words, elapsed);
            }
        }
        fate
    }

    /// A run is seen in another status: events may wait for it.
    pub fn seen(&mut self, status: RunStatus, arguments: &Arguments, elapsed: Duration) {
        for rule in self.scenario.events.clone() {
            let Occasion::Seen {
                status: wanted,
                arguments: own,
            } = &rule.occasion
            else {
                continue;
            };
            let key = |per: &str| arguments.get(per).cloned().unwrap_or_default();
            if *wanted == status && has(arguments, own) && self.open(&rule.gate, key, elapsed) {
                self.due.push(Due {
                    at: elapsed.saturating_add(rule.wait),
                    rule: rule.gate.name.clone(),
                    happening: rule.happening.clone(),
                });
            }
        }
    }

    /// What is to happen by now.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Happening> {
        let (now, later) = std::mem::take(&mut self.due)
            .into_iter()
            .partition(|due| due.at <= elapsed);
        self.due = later;
        let now: Vec<Due> = now;
        now.into_iter()
            .map(|due| {
                self.counts
                    .entry(due.rule.clone())
                    .or_default()
                    .first
                    .get_or_insert(elapsed);
                self.note(&due.rule, "the server".to_owned(), due.happening.words(), elapsed);
                due.happening
            })
            .collect()
    }

    /// Notes what was asked for by hand.
    pub fn by_hand(&mut self, happening: &Happening, elapsed: Duration) {
        self.note("by hand", "the server".to_owned(), happening.words(), elapsed);
    }

    /// Counts one that fits, and says whether the rule takes it.
    fn open(&mut self, gate: &Gate, key: impl FnOnce(&str) -> String, elapsed: Duration) -> bool {
        let began = match &gate.since {
            None => Some(Duration::ZERO),
            Some(rule) => self.counts.get(rule).and_then(|count| count.first),
        };
        let Some(moment) = began.and_then(|began| elapsed.checked_sub(began)) else {
            return false;
        };
        if moment < gate.from || gate.until.is_some_and(|until| moment >= until) {
            return false;
        }
        let key = gate.per.as_deref().map(key).unwrap_or_default();
        let count = self.counts.entry(gate.name.clone()).or_default();
        let (matched, given) = count.keys.entry(key.clone()).or_default();
        *matched += 1;
        let Some(number) = matched.checked_sub(gate.after).filter(|number| *number > 0) else {
            return false;
        };
        let taken = gate.first.is_none_or(|first| *given < first)
            && gate.every.is_none_or(|every| number.is_multiple_of(every))
            && gate.chance.is_none_or(|chance| draw(gate, &key, number) < chance);
        if taken {
            *given += 1;
            count.first.get_or_insert(elapsed);
        }
        taken
    }

    /// Another rule came first.
    fn undo(&mut self, gate: &Gate, key: impl FnOnce(&str) -> String) {
        let key = gate.per.as_deref().map(key).unwrap_or_default();
        let count = self.counts.get_mut(&gate.name);
        if let Some((_, given)) = count.and_then(|count| count.keys.get_mut(&key)) {
            *given = given.saturating_sub(1);
        }
    }

    fn note(&mut self, rule: &str, befell: String, what: String, elapsed: Duration) {
        self.total += 1;
        if self.given.len() == REMEMBERED {
            self.given.pop_front();
        }
        self.given.push_back(Given {
            number: self.total,
            at: elapsed.as_secs_f64(),
            rule: rule.to_owned(),
            befell,
            what,
        });
    }
}

/// A run by its arguments, without Downbeat's or the system's own.
fn title(arguments: &Arguments) -> String {
    let own = arguments.iter().filter(|(name, _)| !name.contains('.'));
    let pairs: Vec<_> = own.map(|(name, value)| format!("{name}={value}")).collect();
    format!("run {}", pairs.join(","))
}

/// A number from 0 to 1 that depends on nothing but the rule, the key and the count.
fn draw(gate: &Gate, key: &str, number: u64) -> f64 {
    // FNV-1a gathers, splitmix64 scatters: small, and the same on every machine for ever.
    let bytes = gate.name.bytes().chain([0]).chain(key.bytes());
    let name = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut z = (gate.seed ^ name).wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    f64::from(u32::try_from(z >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

impl Fate {
    /// Lays another fate over this one: the longer span, the later break.
    fn take(&mut self, other: Self) {
        self.hidden = self.hidden.max(other.hidden);
        self.arguments_hidden = self.arguments_hidden.max(other.arguments_hidden);
        self.unlisted = self.unlisted.max(other.unlisted);
        self.pending = self.pending.max(other.pending);
        self.starting = self.starting.max(other.starting);
        self.stopping = self.stopping.max(other.stopping);
        self.deaf |= other.deaf;
        self.skip.extend(other.skip);
        self.logs_late = self.logs_late.max(other.logs_late);
        self.refuse = self.refuse.or(other.refuse);
        self.fail = self.fail.take().or(other.fail);
    }
}
