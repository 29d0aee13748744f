//! Plays one schedule in virtual time: the events of the world and of the program, in the order of true time.

use super::conductor::Process;
use super::first_event;
use super::journal::Journal;
use super::schedule::{Moment, Schedule, Trouble, Wish};
use super::tally::Tally;
use super::watch::Watch;
use super::world::{Later, World, wall};
use domain::scheduler::{Answer, Effect, Input};
use std::collections::BTreeMap;
use std::time::Duration;

/// After the last trouble, a run may take as long as its own limit and the patience for stops.
const PATIENCE: u64 = 3_000_000;

/// More steps than any run needs.
const STEPS: usize = 60_000;

pub struct Simulation<'a> {
    pub schedule: &'a Schedule,
    /// Milliseconds of true time.
    pub now: u64,
    pub world: World<'a>,
    pub journal: Journal,
    pub watch: Watch,
    pub process: Option<Process>,
    /// How many programs there were.
    pub processes: u32,
    queue: BTreeMap<(u64, u64), Due>,
    turn: u64,
    /// By how much this machine's clock is ahead, in milliseconds.
    pub ahead: i64,
    /// Kills at writes of the journal that are still to come.
    pub kills: Vec<(Moment, u64)>,
    /// From when on nothing goes wrong any more.
    healthy: u64,
    /// What happened, for a person; kept only on request.
    story: Option<Vec<String>>,
}

/// What is due at a moment.
#[derive(Debug)]
enum Due {
    Later(Later),
    Arrival(Effect, i64, u32),
    Answer(Answer, u32),
    Write(u32),
    Kill(u64),
    Begin,
    Clock(i64),
    Wish(Wish),
    Table(Vec<usize>),
}

impl Due {
    /// Whether only a machine that is awake does it.
    fn needs_machine(&self) -> bool {
        matches!(
            self,
            Self::Answer(..) | Self::Write(_) | Self::Kill(_) | Self::Begin | Self::Wish(_)
        )
    }
}

/// Plays it: what happened how often, or the first promise that was broken.
pub fn play(schedule: &Schedule) -> Result<Tally, String> {
    let mut simulation = Simulation::new(schedule, false);
    simulation.run()?;
    let mut tally = Tally::default();
    simulation.journal.count(&mut tally);
    tally.add("program started", u64::from(simulation.processes));
    let excuses = simulation.watch.excused.values();
    excuses.for_each(|excuse| tally.add(excuse, 1));
    Ok(tally)
}

/// Plays it again, for a person to read.
pub fn tell(schedule: &Schedule) -> String {
    let mut simulation = Simulation::new(schedule, true);
    let _ = simulation.run();
    simulation.story.unwrap_or_default().join("\n")
}

impl<'a> Simulation<'a> {
    fn new(schedule: &'a Schedule, is_told: bool) -> Self {
        let mut simulation = Self {
            schedule,
            now: 0,
            world: World::new(schedule),
            journal: Journal::default(),
            watch: Watch::new(schedule),
            process: None,
            processes: 0,
            queue: BTreeMap::new(),
            turn: 0,
            ahead: 0,
            kills: Vec::new(),
            healthy: 0,
            story: is_told.then(Vec::new),
        };
        for trouble in &schedule.troubles {
            simulation.plan(trouble);
        }
        simulation
    }

    fn plan(&mut self, trouble: &Trouble) {
        self.healthy = self.healthy.max(trouble.end() * 1000);
        match trouble {
            Trouble::Kill {
                when: Moment::Second(at),
                pause,
            } => self.put(at * 1000, Due::Kill(*pause)),
            Trouble::Kill { when, pause } => self.kills.push((*when, *pause)),
            Trouble::ClockStep { at, by } => self.put(at * 1000, Due::Clock(by * 1000)),
            Trouble::Wish { at, wish } => self.put(at * 1000, Due::Wish(*wish)),
            Trouble::Table { at, active } => self.put(at * 1000, Due::Table(active.clone())),
            Trouble::Outage { .. }
            | Trouble::Suspended { .. }
            | Trouble::JournalBlocked { .. }
            | Trouble::Stranger { .. } => {}
        }
    }

    fn put(&mut self, at: u64, due: Due) {
        self.turn += 1;
        self.queue.insert((at.max(self.now), self.turn), due);
    }

    pub fn put_later(&mut self, later: Vec<(u64, Later)>) {
        later
            .into_iter()
            .for_each(|(at, later)| self.put(at, Due::Later(later)));
    }

    pub fn put_write(&mut self, after: u64, process: u32) {
        self.put(self.now + after, Due::Write(process));
    }

    /// The program is started again then; nothing is expected of it before.
    pub fn put_begin(&mut self, at: u64) {
        self.healthy = self.healthy.max(at);
        self.put(at, Due::Begin);
    }

    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let clock = format!("{:>9.3}", Duration::from_millis(self.now).as_secs_f64());
            story.push(format!("{clock}  {}", line()));
        }
    }

    fn run(&mut self) -> Result<(), String> {
        let first = first_event(self.schedule);
        self.journal.append(&[first]);
        self.begin();
        for _ in 0..STEPS {
            if let Some(broken) = self.watch.broken.take() {
                self.tell(|| format!("BROKEN: {broken}"));
                return Err(broken);
            }
            if !self.advance() {
                let ended = self.watch.check_end(&self.world, &self.journal, self.now);
                if let Err(broken) = &ended {
                    self.tell(|| format!("BROKEN: {broken}"));
                }
                return ended;
            }
        }
        Err("It goes round in circles.".into())
    }

    /// Does what is due next; false at the end.
    fn advance(&mut self) -> bool {
        let next = self.queue.keys().next().map(|(at, _)| *at);
        let process = self.process.as_ref();
        let woken = process.and_then(|process| process.wakes(self.now, self.schedule));
        let limit = self.healthy + self.schedule.settings.dag_minutes * 60_000 + PATIENCE;
        match (next, woken) {
            (Some(at), woken) if woken.is_none_or(|woken| at <= woken) => {
                let Some((_, due)) = self.queue.pop_first() else {
                    return false;
                };
                self.now = at;
                self.on_due(due);
            }
            (_, Some(at)) if at <= limit || next.is_some() => {
                self.now = at;
                self.wake();
            }
            _ => return false,
        }
        true
    }

    fn wake(&mut self) {
        let clock = self.process.as_ref().map(|process| process.clock(self.now));
        if let (Some(process), Some(clock)) = (&self.process, clock)
            && process.is_due(clock)
        {
            self.step(Input::Timer);
        }
        self.pump();
    }

    fn on_due(&mut self, due: Due) {
        let awake = self.schedule.awake_from(self.now);
        if due.needs_machine() && awake > self.now {
            // The connection broke while the machine slept.
            let due = match due {
                Due::Answer(answer, process) => Due::Answer(super::answers::lost(answer), process),
                other => other,
            };
            return self.put(awake, due);
        }
        match due {
            Due::Later(later) => self.on_later(later),
            Due::Arrival(effect, skew, process) => {
                let outcome = self.world.arrive(effect, self.now, skew);
                self.put_later(outcome.later);
                if let Some((after, answer)) = outcome.answer {
                    self.put(self.now + after, Due::Answer(answer, process));
                }
                self.watch.check_starts(&self.world);
            }
            Due::Answer(answer, process) if self.is_running(process) => {
                self.tell(|| super::answers::words(&answer));
                self.step(Input::Answer(answer));
            }
            Due::Write(process) if self.is_running(process) => self.write(),
            Due::Answer(..) | Due::Write(_) => {}
            Due::Kill(pause) => self.kill(pause),
            Due::Begin => self.begin(),
            Due::Clock(by) => {
                self.ahead += by;
                self.tell(|| format!("the clock is set by {} s", by / 1000));
            }
            Due::Wish(wish) => self.wish(wish),
            Due::Table(active) => {
                self.tell(|| format!("the table changes: {active:?} are active"));
                self.world.active = active;
            }
        }
    }

    fn is_running(&self, process: u32) -> bool {
        self.process.as_ref().is_some_and(|own| own.number == process)
    }

    fn on_later(&mut self, later: Later) {
        match later {
            Later::Run(place, turn) => {
                if self.world.runs[place].turn(turn, self.now) {
                    self.world.load(place);
                    let run = &self.world.runs[place];
                    let (id, of, state) = (run.id.clone(), run.of_try().to_owned(), run.state.clone());
                    self.tell(|| format!("    {id} ({of}): {turn:?}, {state}"));
                    self.watch.on_turn(place, turn, &self.world, self.now);
                }
            }
            Later::Job(job, turn) => {
                let plan = &self.schedule.truncate;
                let emptied = self.world.warehouse.turn(&job, turn, plan, wall(self.now));
                self.tell(|| format!("    {job}: {turn:?}{}", if emptied { ", emptied" } else { "" }));
                if emptied {
                    self.watch.on_truncation(&self.world);
                }
            }
            Later::LateStart(task, token, plan) => {
                self.tell(|| format!("    the late request of {token} arrives"));
                let (_, later) = self.world.accept(&task, &token, &plan, false, self.now);
                self.put_later(later);
            }
            Later::LateJob(job) => {
                self.tell(|| format!("    the late request of {job} arrives"));
                let (later, _) = self.world.insert(&job, self.now);
                self.put_later(later);
            }
        }
    }

    /// Sends the requests.
    pub fn execute(&mut self, effects: Vec<Effect>) {
        let Some(process) = &self.process else { return };
        let (skew, number) = (process.skew, process.number);
        for effect in effects {
            if !matches!(effect, Effect::List { .. } | Effect::Count { .. }) {
                self.tell(|| format!("-> {}", super::answers::effect_words(&effect)));
            }
            let at = self.now + self.world.latency();
            self.put(at, Due::Arrival(effect, skew, number));
        }
    }

    fn wish(&mut self, wish: Wish) {
        self.tell(|| format!("a person: {wish:?}"));
        let run = self.process.as_ref().map(|process| process.scheduler.run());
        if let Some(command) = run.map(|run| wish.command(run)) {
            self.step(Input::Command(command));
        }
    }
}
