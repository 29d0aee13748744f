//! Decides what happens next in a DAG run, without doing any of it.
//!
//! ```text
//!            Input ──→ step(now, input) ──→ events  (journal, then apply, then publish)
//!              ▲                       └──→ effects (the driver executes them)
//!              └────────── answers ←────────────┘
//! ```
//!
//! No I/O, no clock, no randomness: the same inputs at the same moments give the same events, so a
//! scenario file is a test and a journal can be resumed. Its only truth is the [`Run`]; what it keeps
//! beside it (`scheduler/in_flight.rs`) is what a restart may forget: requests in flight and their
//! backoff.
//!
//! Where to look: `chain.rs` the tasks before the pipelines, `truncate.rs` the job that empties the table, `start.rs`
//! starts, `lost.rs` those whose answers were lost, `late.rs` runs that begin late, `earlier.rs` what a
//! retry looks for first, `watch.rs` watching, `limit.rs` time
//! limits, `stop.rs` stops, `retry.rs` retries by hand, `ending.rs` the ends of tries and of the run; `clock.rs` the run's
//! time, `resume.rs` what nobody watched, `recall.rs` secrets after a restart, `outbox.rs` what waits for the disk between
//! a step and the world.

mod chain;
mod clock;
mod earlier;
mod ending;
mod in_flight;
mod late;
mod limit;
mod lost;
mod message;
mod outbox;
mod recall;
mod resume;
mod retry;
mod start;
mod stop;
mod truncate;
mod watch;

pub use message::{Answer, Effect, Input};
pub use outbox::Outbox;

use crate::arguments::RuntimeArguments;
use crate::event::{Fact, RunEvent};
use crate::finding::Finding;
use crate::id::{PipelineRunId, TaskId};
use crate::plan::Limits;
use crate::policy;
use crate::run::Run;
use crate::task::Task;
use crate::time::Timestamp;
use clock::RunClock;
use in_flight::InFlight;
use message::Request;
use std::collections::{BTreeMap, BTreeSet};
use truncate::TruncateWatch;

/// What one step decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// What happened, in order.
    pub events: Vec<RunEvent>,
    /// What is to be executed, after the events are on disk.
    pub effects: Vec<Effect>,
    /// When [`Input::Timer`] must come at the latest.
    pub wake_at: Option<Timestamp>,
}

/// The scheduler of one run.
#[derive(Debug)]
pub struct Scheduler {
    run: Run,
    limits: Limits,
    in_flight: InFlight,
    /// When the newest log line of a task was seen; too frequent to be events.
    log_seen: BTreeMap<TaskId, Timestamp>,
    /// Runs whose limit has passed and whose last look is under way or over.
    last_looks: BTreeSet<TaskId>,
    /// Ended runs whose counts have not been read for the last time.
    uncounted: BTreeSet<PipelineRunId>,
    /// Those of them that the count in flight was sent for.
    counted_last: BTreeSet<PipelineRunId>,
    /// What this process knows of the job that empties the output table.
    truncate: TruncateWatch,
    /// Whether the run was read from the journal, which holds no secrets.
    is_resumed: bool,
    /// When the process before watched it last; until the first step.
    left_at: Option<Timestamp>,
    /// Secrets that were read again, or given by a person, since then.
    recalled: BTreeMap<TaskId, RuntimeArguments>,
    /// The names of those that a person gave.
    given: BTreeMap<TaskId, BTreeSet<String>>,
    /// What has not been looked at since nobody watched the run.
    unseen: BTreeSet<TaskId>,
    /// Since when that is: a list that was sent before shows nothing new.
    watched_from: Timestamp,
    /// Since when only lost starts keep the run from its end.
    over_since: Option<Timestamp>,
    /// When the newest list was sent that left no run undecided.
    last_list: Option<Timestamp>,
    /// Late runs that the newest list has shown live.
    listed_late: BTreeSet<PipelineRunId>,
    clock: RunClock,
    step: Step,
}

impl Scheduler {
    /// For a run that was read from the journal.
    pub fn resumed(run: Run) -> Self {
        Self {
            is_resumed: true,
            left_at: (!run.state.is_end()).then_some(run.last_event),
            ..Self::new(run)
        }
    }

    /// For a new run, whose events so far have been applied.
    pub fn new(run: Run) -> Self {
        let now = run.last_event;
        Self {
            truncate: TruncateWatch::new(&run),
            limits: Limits::new(&run.request.variables),
            run,
            in_flight: InFlight::default(),
            log_seen: BTreeMap::new(),
            last_looks: BTreeSet::new(),
            uncounted: BTreeSet::new(),
            counted_last: BTreeSet::new(),
            is_resumed: false,
            left_at: None,
            recalled: BTreeMap::new(),
            given: BTreeMap::new(),
            unseen: BTreeSet::new(),
            watched_from: now,
            over_since: None,
            last_list: None,
            listed_late: BTreeSet::new(),
            clock: RunClock::new(now),
            step: Step::default(),
        }
    }

    /// The run after the last step.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Decides what follows from one input. The run's time never goes back, and does not stand still when the clock of
    /// `now` was set back. A step that comes much later than it was asked for shows that nobody watched meanwhile.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Step {
        let slept_since = self.clock.advance(now);
        // Whatever the first input of a resumed run is: no limit ends what has not been looked at.
        if let Some(since) = self.left_at.take().or(slept_since) {
            self.resume_watch(since);
        }
        match input {
            Input::Begin => self.doubt_open_starts(),
            Input::Timer => {}
            Input::Command(command) => self.on_command(&command),
            Input::Answer(answer) => self.on_answer(answer),
        }
        self.advance();
        let mut step = std::mem::take(&mut self.step);
        step.wake_at = self.clock.ask_for(step.wake_at);
        step
    }

    /// Takes facts of a run that is over which were written beside it: what a person has said of its tasks.
    pub fn take(&mut self, events: &[RunEvent]) {
        events.iter().for_each(|event| self.run.apply(event));
    }

    /// The run's time.
    fn now(&self) -> Timestamp {
        self.clock.now
    }

    /// Decides what follows from the state of the run and from the time.
    fn advance(&mut self) {
        self.check_run_limit();
        self.check_try_limits();
        self.advance_chain();
        self.start_waiting();
        self.send_stops();
        self.end_if_over();
        if self.run.state.is_end() {
            self.step.wake_at = None; // No limit counts any more; only late answers are waited for.
        } else {
            self.reached(self.now() + policy::PULSE);
        }
        self.watch();
    }

    /// Records a fact: applied at once, so that what follows decides on it.
    fn emit(&mut self, fact: Fact) {
        let event = RunEvent { at: self.now(), fact };
        self.run.apply(&event);
        self.step.events.push(event);
    }

    /// Emits a finding that is not among the notices yet.
    fn notice_once(&mut self, finding: Finding) {
        if !self.run.notices.iter().any(|(_, known)| *known == finding) {
            self.emit(Fact::Noticed { finding });
        }
    }

    /// Sends a request unless it is in flight or its backoff is not over; then asks for a timer.
    fn send(&mut self, request: Request, effect: impl FnOnce() -> Effect) -> bool {
        if self.in_flight.contains(&request) || !self.reached(self.in_flight.not_before(&request)) {
            return false;
        }
        self.in_flight.sent(request, self.now());
        self.step.effects.push(effect());
        true
    }

    /// Whether the moment has come; if not, asks for a timer.
    fn reached(&mut self, moment: Timestamp) -> bool {
        if moment <= self.now() {
            return true;
        }
        self.step.wake_at = Some(self.step.wake_at.map_or(moment, |wake| wake.min(moment)));
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
