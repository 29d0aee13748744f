//! Evaluates a scenario's rules: counters, chance and time decide. Pure: time and requests are given.
//!
//! Each rule counts and draws for itself, from (seed, name, key, number): the fault of one request does not depend on
//! the order of unrelated ones.

#[cfg(test)]
mod tests;

use super::request::{ApiRequest, Arguments, has_arguments};
use super::{EventRule, EventTrigger, RequestFault, RunFault, Scenario, Selector, ServerFault};
use crate::run_status::RunStatus;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How many injected faults are remembered.
const REMEMBERED: usize = 1000;

/// A scenario with its counters.
#[derive(Debug, Default)]
pub struct Evaluator {
    scenario: Scenario,
    /// By the rule's name.
    counters: BTreeMap<String, Counter>,
    injected: VecDeque<InjectedFault>,
    total: u64,
    due: Vec<Due>,
}

/// The counters of a rule.
#[derive(Clone, Debug, Default)]
struct Counter {
    keys: BTreeMap<String, KeyCounter>,
    /// When the rule took effect first.
    first_effect: Option<Duration>,
}

/// The counters of a rule for one key.
#[derive(Clone, Copy, Debug, Default)]
struct KeyCounter {
    /// How many matched inside the time window.
    matched: u64,
    /// How many of them got the fault.
    injected: u64,
    /// Another rule preceded the last fault: the next match gets it.
    postponed: bool,
}

/// A fault of the server that is to happen.
#[derive(Debug)]
struct Due {
    at: Duration,
    rule: String,
    fault: ServerFault,
}

/// A fault that was injected. The JSON keys are those of `/sandbox/faults`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InjectedFault {
    /// From 1, over the whole scenario.
    number: u64,
    /// Seconds since the scenario's start, in its own time.
    at: f64,
    /// The rule's name, or `by hand`.
    rule: String,
    /// `GET /api/…`, the arguments of a run, or `the server`.
    #[serde(rename = "befell")]
    target: String,
    #[serde(rename = "what")]
    description: String,
}

/// A rule and its counters. The JSON keys are those of `/sandbox/scenario`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleStatus {
    rule: String,
    /// `request`, `run` or `event`.
    kind: &'static str,
    #[serde(rename = "what")]
    description: String,
    /// How many matched inside the time window.
    matched: u64,
    /// How many of them got the fault.
    #[serde(rename = "given")]
    injected: u64,
}

/// What happens to a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Wait so long first; in the scenario's time.
    pub delay: Duration,
    /// Never [`RequestFault::Delay`].
    pub fault: Option<RequestFault>,
}

impl Evaluator {
    /// Starts with all counters at zero.
    pub fn new(scenario: Scenario) -> Self {
        let timed = |rule: &EventRule| match rule.trigger {
            EventTrigger::At(at) => Some(Due::new(rule, at)),
            EventTrigger::RunStatus { .. } => None,
        };
        Self {
            due: scenario.events.iter().filter_map(timed).collect(),
            scenario,
            ..Self::default()
        }
    }

    /// Its rules.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many faults were injected, and the last of them, oldest first.
    pub fn injected(&self) -> (u64, &VecDeque<InjectedFault>) {
        (self.total, &self.injected)
    }

    /// All rules with their counters.
    pub fn rule_statuses(&self) -> Vec<RuleStatus> {
        let status = |selector: &Selector, kind, description| {
            let keys = self.counters.get(&selector.name).map(|counter| &counter.keys);
            let sum = |part: fn(&KeyCounter) -> u64| keys.map_or(0, |keys| keys.values().map(part).sum());
            RuleStatus {
                rule: selector.name.clone(),
                kind,
                description,
                matched: sum(|key| key.matched),
                injected: sum(|key| key.injected),
            }
        };
        let scenario = &self.scenario;
        let requests = scenario.requests.iter();
        let requests = requests.map(|rule| status(&rule.selector, "request", rule.fault.describe()));
        let runs = scenario.runs.iter();
        let runs = runs.map(|rule| status(&rule.selector, "run", rule.fault.describe()));
        let events = scenario.events.iter();
        let events = events.map(|rule| status(&rule.selector, "event", rule.fault.describe()));
        requests.chain(runs).chain(events).collect()
    }

    /// The fault of a request. Delays add up; of the rest the first rule of the file wins, and the others
    /// have their turn at their next match: none is left out because it competes.
    pub fn request(&mut self, request: &ApiRequest<'_>, elapsed: Duration) -> Decision {
        let mut decision = Decision::default();
        for rule in self.scenario.requests.clone() {
            let key = |per: &str| request.key(per);
            if !request.matches(&rule.matcher) || !self.select(&rule.selector, key, elapsed) {
                continue;
            }
            match &rule.fault {
                RequestFault::Delay(delay) => decision.delay = decision.delay.saturating_add(*delay),
                _ if decision.fault.is_some() => {
                    self.postpone(&rule.selector, key);
                    continue;
                }
                fault => decision.fault = Some(fault.clone()),
            }
            let target = format!("{} {}", request.method, request.path);
            self.note(&rule.selector.name, target, rule.fault.describe(), elapsed);
        }
        decision
    }

    /// The faults of a run that is being started, merged from all rules that select it.
    pub fn run(&mut self, arguments: &Arguments, elapsed: Duration) -> RunFault {
        let mut fault = RunFault::default();
        for rule in self.scenario.runs.clone() {
            let key = |per: &str| arguments.get(per).cloned().unwrap_or_default();
            if has_arguments(arguments, &rule.arguments) && self.select(&rule.selector, key, elapsed) {
                let description = rule.fault.describe();
                fault.merge(rule.fault);
                self.note(&rule.selector.name, run_title(arguments), description, elapsed);
            }
        }
        fault
    }

    /// A run is shown in another status: events may wait for it.
    pub fn on_run_status(&mut self, status: RunStatus, arguments: &Arguments, elapsed: Duration) {
        for rule in self.scenario.events.clone() {
            let EventTrigger::RunStatus {
                status: wanted,
                arguments: own,
            } = &rule.trigger
            else {
                continue;
            };
            let key = |per: &str| arguments.get(per).cloned().unwrap_or_default();
            if *wanted == status && has_arguments(arguments, own) && self.select(&rule.selector, key, elapsed)
            {
                self.due.push(Due::new(&rule, elapsed));
            }
        }
    }

    /// The faults of the server that are due; each is returned once.
    pub fn take_due(&mut self, elapsed: Duration) -> Vec<ServerFault> {
        let all = std::mem::take(&mut self.due);
        let (now, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|due| due.at <= elapsed);
        self.due = later;
        let mut faults = Vec::new();
        for Due { rule, fault, .. } in now {
            let counter = self.counters.entry(rule.clone()).or_default();
            counter.first_effect.get_or_insert(elapsed);
            self.note(&rule, "the server".to_owned(), fault.describe(), elapsed);
            faults.push(fault);
        }
        faults
    }

    /// Notes a fault that a client of `/sandbox` asked for.
    pub fn note_manual(&mut self, fault: &ServerFault, elapsed: Duration) {
        self.note("by hand", "the server".to_owned(), fault.describe(), elapsed);
    }

    /// Counts a match, and decides whether it gets the rule's fault.
    fn select(&mut self, selector: &Selector, key: impl FnOnce(&str) -> String, elapsed: Duration) -> bool {
        let window_start = match &selector.since {
            None => Some(Duration::ZERO),
            Some(rule) => self.counters.get(rule).and_then(|counter| counter.first_effect),
        };
        let Some(moment) = window_start.and_then(|start| elapsed.checked_sub(start)) else {
            return false;
        };
        if moment < selector.from || selector.until.is_some_and(|until| moment >= until) {
            return false;
        }
        let key = selector.per.as_deref().map(key).unwrap_or_default();
        let counter = self.counters.entry(selector.name.clone()).or_default();
        let count = counter.keys.entry(key.clone()).or_default();
        count.matched += 1;
        let Some(number) = count.matched.checked_sub(selector.after).filter(|n| *n > 0) else {
            return false;
        };
        let by_count_and_chance = selector.every.is_none_or(|every| number.is_multiple_of(every))
            && selector
                .chance
                .is_none_or(|chance| draw(selector, &key, number) < chance);
        let selected = selector.first.is_none_or(|first| count.injected < first)
            && (count.postponed || by_count_and_chance);
        if selected {
            count.injected += 1;
            count.postponed = false;
            counter.first_effect.get_or_insert(elapsed);
        }
        selected
    }

    /// Takes back a fault that another rule preceded; the next match gets it.
    fn postpone(&mut self, selector: &Selector, key: impl FnOnce(&str) -> String) {
        let key = selector.per.as_deref().map(key).unwrap_or_default();
        let counter = self.counters.get_mut(&selector.name);
        if let Some(count) = counter.and_then(|counter| counter.keys.get_mut(&key)) {
            count.injected = count.injected.saturating_sub(1);
            count.postponed = true;
        }
    }

    fn note(&mut self, rule: &str, target: String, description: String, elapsed: Duration) {
        self.total += 1;
        if self.injected.len() == REMEMBERED {
            self.injected.pop_front();
        }
        self.injected.push_back(InjectedFault {
            number: self.total,
            at: elapsed.as_secs_f64(),
            rule: rule.to_owned(),
            target,
            description,
        });
    }
}

impl Due {
    /// The fault of a rule whose trigger came at `moment`.
    fn new(rule: &EventRule, moment: Duration) -> Self {
        Self {
            at: moment.saturating_add(rule.wait),
            rule: rule.selector.name.clone(),
            fault: rule.fault.clone(),
        }
    }
}

/// A run by its arguments, without Downbeat's and the system's own.
fn run_title(arguments: &Arguments) -> String {
    let own = arguments.iter().filter(|(name, _)| !name.contains('.'));
    let pairs: Vec<_> = own.map(|(name, value)| format!("{name}={value}")).collect();
    format!("run {}", pairs.join(","))
}

/// A pseudo-random number from 0 to 1 that depends on nothing but the rule, the key and the count.
fn draw(selector: &Selector, key: &str, number: u64) -> f64 {
    // FNV-1a hashes, splitmix64 distributes: small, and the same on every machine.
    let bytes = selector.name.bytes().chain([0]).chain(key.bytes());
    let name = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut z = (selector.seed ^ name).wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    f64::from(u32::try_from(z >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

impl RunFault {
    /// Adds the faults of another rule: the longer duration counts, and the first failing stage.
    fn merge(&mut self, other: Self) {
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
