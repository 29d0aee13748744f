//! The active scenario behind a lock, its time, and whether the control plane is away.
//!
//! Scenario time is the sandbox's: `--speed 10` makes a scenario's ten seconds one. `scenario/evaluator.rs` decides;
//! here its decisions are converted to real time.

use super::evaluator::{Decision, Evaluator, InjectedFault, RuleStatus};
use super::request::{ApiRequest, Arguments};
use super::{FOREVER, RunFault, Scenario, ServerFault};
use crate::clock::Clock;
use crate::run_status::RunStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Injects the faults of the active scenario.
#[derive(Debug)]
pub struct FaultInjector {
    clock: Clock,
    active: Mutex<Active>,
    /// How often all tokens were expired.
    token_expiries: AtomicU64,
}

#[derive(Debug)]
struct Active {
    evaluator: Evaluator,
    started: Instant,
    /// Until when the control plane is away.
    away: Option<Instant>,
}

impl FaultInjector {
    /// Starts a scenario.
    pub fn new(scenario: Scenario, clock: Clock) -> Self {
        Self {
            clock,
            active: Mutex::new(Active {
                evaluator: Evaluator::new(scenario),
                started: Instant::now(),
                away: None,
            }),
            token_expiries: AtomicU64::new(0),
        }
    }

    fn active(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Evaluates with the scenario time that has passed.
    fn evaluate<T>(&self, evaluate: impl FnOnce(&mut Evaluator, Duration) -> T) -> T {
        let mut active = self.active();
        let elapsed = self.clock.unscaled(active.started.elapsed());
        evaluate(&mut active.evaluator, elapsed)
    }

    /// Starts another scenario, from its beginning.
    pub fn replace(&self, scenario: Scenario) {
        let mut active = self.active();
        active.evaluator = Evaluator::new(scenario);
        active.started = Instant::now();
    }

    /// Expires all issued tokens.
    pub fn expire_tokens(&self) {
        self.token_expiries.fetch_add(1, Ordering::SeqCst);
    }

    /// How often all tokens were expired.
    pub fn token_expiries(&self) -> u64 {
        self.token_expiries.load(Ordering::SeqCst)
    }

    /// Whether any request can get a fault now.
    pub fn affects_requests(&self) -> bool {
        let active = self.active();
        !active.evaluator.scenario().requests.is_empty() || active.away.is_some()
    }

    /// Whether a rule needs the bodies of requests.
    pub fn needs_bodies(&self) -> bool {
        let active = self.active();
        let rules = &active.evaluator.scenario().requests;
        rules.iter().any(|rule| {
            let matcher = &rule.matcher;
            matcher.body.is_some() || !matcher.arguments.is_empty() || rule.selector.per.is_some()
        })
    }

    /// The fault of a request; its delay is in real time.
    pub fn request(&self, request: &ApiRequest<'_>) -> Decision {
        let mut decision = self.evaluate(|evaluator, elapsed| evaluator.request(request, elapsed));
        decision.delay = self.clock.scaled(decision.delay);
        decision
    }

    /// The faults of a run that is being started; their durations are in real time.
    pub fn run(&self, arguments: &Arguments) -> RunFault {
        let mut fault = self.evaluate(|evaluator, elapsed| evaluator.run(arguments, elapsed));
        for millis in [
            &mut fault.hidden,
            &mut fault.arguments_hidden,
            &mut fault.unlisted,
            &mut fault.pending,
            &mut fault.starting,
            &mut fault.stopping,
            &mut fault.logs_late,
        ] {
            let duration = Duration::from_millis(*millis);
            if duration < FOREVER {
                *millis = u64::try_from(self.clock.scaled(duration).as_millis()).unwrap_or(u64::MAX);
            }
        }
        fault
    }

    /// A duration of the scenario in real time.
    pub fn real_time(&self, duration: Duration) -> Duration {
        self.clock.scaled(duration)
    }

    /// Must be called when a run is shown in another status: events may wait for it.
    pub fn on_run_status(&self, status: RunStatus, arguments: &Arguments) {
        self.evaluate(|evaluator, elapsed| evaluator.on_run_status(status, arguments, elapsed));
    }

    /// The faults of the server that are due; each is returned once.
    pub fn take_due(&self) -> Vec<ServerFault> {
        self.evaluate(Evaluator::take_due)
    }

    /// Notes a fault that a client of `/sandbox` asked for.
    pub fn note_manual(&self, fault: &ServerFault) {
        self.evaluate(|evaluator, elapsed| evaluator.note_manual(fault, elapsed));
    }

    /// Marks the control plane as away for this duration of the scenario's time.
    pub fn set_away(&self, duration: Duration) {
        let until = Instant::now().checked_add(self.clock.scaled(duration));
        let far = Duration::from_secs(24 * 3600);
        self.active().away = until.or_else(|| Instant::now().checked_add(far));
    }

    /// Whether the control plane is away.
    pub fn is_away(&self) -> bool {
        self.active().away.is_some()
    }

    /// Ends the control plane's absence if its time is over. True if it has just ended.
    pub fn end_absence(&self) -> bool {
        let mut active = self.active();
        let over = active.away.is_some_and(|until| until <= Instant::now());
        if over {
            active.away = None;
        }
        over
    }

    /// The title, and all rules with their counters.
    pub fn rule_statuses(&self) -> (String, Vec<RuleStatus>) {
        let active = self.active();
        let title = active.evaluator.scenario().title.clone();
        (title, active.evaluator.rule_statuses())
    }

    /// How many faults were injected, and the last of them, oldest first.
    pub fn injected(&self) -> (u64, Vec<InjectedFault>) {
        let active = self.active();
        let (total, last) = active.evaluator.injected();
        (total, last.iter().cloned().collect())
    }
}
