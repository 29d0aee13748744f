//! Decides what happens next in a DAG run, without doing any of it.
//!
//! ```text
//!            Input ──→ step(now, input) ──→ events  (journal, then apply, then publish)
//!              ▲                       └──→ effects (the driver performs them)
//!              └────────── answers ←────────────┘
//! ```
//!
//! No I/O, no clock, no randomness: the same inputs at the same moments give the same events, so a
//! scenario file is a test and a journal can be resumed. Its only truth is the [`Run`]; what it keeps
//! beside it (`scheduler/desk.rs`) is what a restart may forget: requests under way and their pauses.
//!
//! Where to look: `chain.rs` the tasks before the pipelines, `start.rs` starting and doubting,
//! `watch.rs` seeing, `ending.rs` retries, limits, stops, and the end of the run.

mod chain;
mod desk;
mod ending;
mod message;
mod start;
mod watch;

pub use message::{Answer, Ask, Effect, Input, StartOutcome};

use crate::event::{Fact, RunEvent};
use crate::id::{PipelineRunId, TaskId};
use crate::run::Run;
use crate::task::Task;
use crate::time::Timestamp;
use desk::{Desk, Errand};
use std::collections::{BTreeMap, BTreeSet};

/// What one step decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// What happened, in order.
    pub events: Vec<RunEvent>,
    /// What is to be done; to be performed only after the events are on disk.
    pub effects: Vec<Effect>,
    /// When [`Input::Woke`] is wanted at the latest, whatever else comes in.
    pub wake: Option<Timestamp>,
}

/// The scheduler of one run.
#[derive(Debug)]
pub struct Scheduler {
    run: Run,
    desk: Desk,
    /// Log lines as signs of life; too frequent to be events.
    signs: BTreeMap<TaskId, Timestamp>,
    /// Runs whose limit has passed and whose last look is under way or over.
    last_looks: BTreeSet<TaskId>,
    /// Ended runs whose counts have not been read for the last time.
    uncounted: BTreeSet<PipelineRunId>,
    now: Timestamp,
    step: Step,
}

impl Scheduler {
    /// For a run whose events so far have been applied: a new one, or one that is resumed.
    pub fn new(run: Run) -> Self {
        let now = run.started;
        Self {
            run,
            desk: Desk::default(),
            signs: BTreeMap::new(),
            last_looks: BTreeSet::new(),
            uncounted: BTreeSet::new(),
            now,
            step: Step::default(),
        }
    }

    /// The run as it stands.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Takes one input and decides. `now` never runs backwards: an earlier moment counts as the last one.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        self.now = self.now.max(now);
        match input {
            Input::Begin => self.doubt_open_starts(),
            Input::Woke => {}
            Input::Asked(ask) => self.hear(&ask),
            Input::Answered(answer) => self.take(answer),
        }
        self.advance();
        std::mem::take(&mut self.step)
    }

    fn take(&mut self, answer: Answer) {
        match answer {
            Answer::Preflight(outcome) => self.take_preflight(outcome),
            Answer::Truncated(outcome) => self.take_truncated(outcome),
            Answer::ConfigurationRead(outcome) => self.take_configuration(outcome),
            Answer::ArgumentsSaved(outcome) => self.take_saved(outcome),
            Answer::Started { task, token, outcome } => self.take_started(&task, &token, outcome),
            Answer::Listed(outcome) => self.take_list(outcome),
            Answer::LookedAt {
                task,
                run_id,
                outcome,
            } => self.take_look(&task, &run_id, outcome),
            Answer::StopSent { task, outcome } => self.take_stop_sent(&task, outcome),
            Answer::Explained {
                task,
                run_id,
                failure,
            } => self.take_explanation(&task, &run_id, failure),
            Answer::Counted { runs, outcome } => self.take_counts(&runs, outcome),
            Answer::LogSeen(run_id) => self.take_sign(&run_id),
        }
    }

    /// Everything that follows from the run as it stands and from the time.
    fn advance(&mut self) {
        self.mind_run_limit();
        self.mind_try_limits();
        self.advance_chain();
        self.start_what_may_start();
        self.stop_what_must_stop();
        self.end_if_over();
        if self.run.state.is_end() {
            self.step.wake = None; // No limit counts any more; only late words are waited for.
        }
        self.watch();
    }

    /// Records a fact: applied at once, so that what follows decides on it.
    fn tell(&mut self, fact: Fact) {
        let event = RunEvent { at: self.now, fact };
        self.run.apply(&event);
        self.step.events.push(event);
    }

    /// Sends an errand unless it is under way or must pause; a pause asks to be woken.
    fn send(&mut self, errand: Errand, effect: impl FnOnce() -> Effect) -> bool {
        if self.desk.is_out(&errand) || !self.reached(self.desk.pause(&errand)) {
            return false;
        }
        self.desk.sent(errand);
        self.step.effects.push(effect());
        true
    }

    /// Whether the moment has come; if not, asks to be woken then.
    fn reached(&mut self, moment: Timestamp) -> bool {
        if moment <= self.now {
            return true;
        }
        self.step.wake = Some(self.step.wake.map_or(moment, |wake| wake.min(moment)));
        false
    }

    fn tasks_where(&self, wanted: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        self.run
            .tasks
            .iter()
            .filter(|task| wanted(task))
            .map(|task| task.id.clone())
            .collect()
    }

    /// The pipeline task whose open try owns this run.
    fn owner(&self, run_id: &PipelineRunId) -> Option<TaskId> {
        self.run
            .pipelines()
            .find(|task| task.live_run() == Some(run_id))
            .map(|task| task.id.clone())
    }
}
