//! The scenario that is on: one play behind a lock, its time, and whether the control plane is away.
//!
//! Scenario time is the sandbox's: `--speed 10` makes a scenario's ten seconds one. Who gives the
//! faults asks here; `scenario/play.rs` decides.

use super::facts::{Arguments, Facts};
use super::play::{Given, Play, Standing, Verdict};
use super::{FOREVER, Fate, Happening, Scenario};
use crate::clock::Clock;
use crate::run_status::RunStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What goes wrong at present.
#[derive(Debug)]
pub struct Faults {
    clock: Clock,
    stage: Mutex<Stage>,
    /// How many times all tokens were expired.
    expiries: AtomicU64,
}

#[derive(Debug)]
struct Stage {
    play: Play,
    began: Instant,
    /// Until when the control plane is away.
    away: Option<Instant>,
}

impl Faults {
    /// Begins a scenario.
    pub fn new(scenario: Scenario, clock: Clock) -> Self {
        Self {
            clock,
            stage: Mutex::new(Stage {
                play: Play::new(scenario),
                began: Instant::now(),
                away: None,
            }),
            expiries: AtomicU64::new(0),
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Play, Duration) -> T) -> T {
        let mut stage = self.stage();
        let elapsed = self.clock.told(stage.began.elapsed());
        question(&mut stage.play, elapsed)
    }

    /// Plays another scenario, from its beginning.
    pub fn play(&self, scenario: Scenario) {
        let mut stage = self.stage();
        stage.play = Play::new(scenario);
        stage.began = Instant::now();
    }

    /// Ends all tokens that were given out.
    pub fn expire_tokens(&self) {
        self.expiries.fetch_add(1, Ordering::SeqCst);
    }

    /// How many times that was done.
    pub fn expiries(&self) -> u64 {
        self.expiries.load(Ordering::SeqCst)
    }

    /// Whether requests can be left alone.
    pub fn spares_requests(&self) -> bool {
        let stage = self.stage();
        stage.play.scenario().requests.is_empty() && stage.away.is_none()
    }

    /// Whether a rule asks for the bodies of requests.
    pub fn reads_bodies(&self) -> bool {
        let stage = self.stage();
        let requests = &stage.play.scenario().requests;
        requests
            .iter()
            .any(|rule| rule.fit.body.is_some() || !rule.fit.arguments.is_empty() || rule.gate.per.is_some())
    }

    /// What a request meets; its delay is in real time.
    pub fn request(&self, facts: &Facts<'_>) -> Verdict {
        let mut verdict = self.ask(|play, elapsed| play.request(facts, elapsed));
        verdict.delay = self.clock.scaled(verdict.delay);
        verdict
    }

    /// What befalls a run that is being started; its spans are in real time.
    pub fn run(&self, arguments: &Arguments) -> Fate {
        let mut fate = self.ask(|play, elapsed| play.run(arguments, elapsed));
        for span in [
            &mut fate.hidden,
            &mut fate.arguments_hidden,
            &mut fate.unlisted,
            &mut fate.pending,
            &mut fate.starting,
            &mut fate.stopping,
            &mut fate.logs_late,
        ] {
            let told = Duration::from_millis(*span);
            if told < FOREVER {
                *span = u64::try_from(self.clock.scaled(told).as_millis()).unwrap_or(u64::MAX);
            }
        }
        fate
    }

    /// A span of the scenario in real time.
    pub fn real(&self, span: Duration) -> Duration {
        self.clock.scaled(span)
    }

    /// A run is seen in another status.
    pub fn seen(&self, status: RunStatus, arguments: &Arguments) {
        self.ask(|play, elapsed| play.seen(status, arguments, elapsed));
    }

    /// What is to happen by now.
    pub fn due(&self) -> Vec<Happening> {
        self.ask(Play::due)
    }

    /// Notes what was asked for by hand.
    pub fn by_hand(&self, happening: &Happening) {
        self.ask(|play, elapsed| play.by_hand(happening, elapsed));
    }

    /// The control plane goes away for this span of the scenario's time.
    pub fn leave(&self, span: Duration) {
        let until = Instant::now().checked_add(self.clock.scaled(span));
        let far = Duration::from_secs(24 * 3600);
        self.stage().away = until.or_else(|| Instant::now().checked_add(far));
    }

    /// Whether the control plane is away.
    pub fn is_away(&self) -> bool {
        self.stage().away.is_some()
    }

    /// Whether its time away has just ended; true once.
    pub fn returns(&self) -> bool {
        let mut stage = self.stage();
        let over = stage.away.is_some_and(|until| until <= Instant::now());
        if over {
            stage.away = None;
        }
        over
    }

    /// The title, and all rules with their counters.
    pub fn standings(&self) -> (String, Vec<Standing>) {
        let stage = self.stage();
        (stage.play.scenario().title.clone(), stage.play.standings())
    }

    /// How many faults were given, and the last of them.
    pub fn given(&self) -> (u64, Vec<Given>) {
        let stage = self.stage();
        let (total, given) = stage.play.given();
        (total, given.iter().cloned().collect())
    }
}
