//! The program: a scheduler, its outbox and its journal, as the driver of `src/engine` puts them together.
//!
//! Its clock counts on from what the machine's clock showed when it began, also while the machine sleeps.

use super::schedule::{Moment, Schedule};
use super::simulation::Simulation;
use super::world::wall;
use super::{ROW_PASSWORD, answers};
use domain::arguments::RuntimeArguments;
use domain::event::RunEvent;
use domain::run::Run;
use domain::scheduler::{Input, Outbox, Scheduler};
use domain::secret::Secrets;
use domain::time::Timestamp;
use std::time::Duration;

#[derive(Debug)]
pub struct Process {
    pub number: u32,
    pub scheduler: Scheduler,
    outbox: Outbox,
    writing: Option<Vec<RunEvent>>,
    wake_at: Option<Timestamp>,
    /// True time when it began, and what the clock showed.
    began: (u64, Timestamp),
    /// By how much its clock is ahead, in milliseconds.
    pub skew: i64,
    /// The fold of everything that the scheduler decided.
    folded: Run,
    secrets: Secrets,
}

impl Process {
    pub fn new(number: u32, run: Run, is_new: bool, now: u64, wall: Timestamp, skew: i64) -> Self {
        let mut secrets = Secrets::default();
        secrets.learn(&RuntimeArguments::from_iter([("db_password", ROW_PASSWORD)]));
        let folded = run.clone();
        Self {
            number,
            scheduler: if is_new {
                Scheduler::new(run)
            } else {
                Scheduler::resumed(run)
            },
            outbox: Outbox::default(),
            writing: None,
            wake_at: None,
            began: (now, wall),
            skew,
            folded,
            secrets,
        }
    }

    /// What its clock shows.
    pub fn clock(&self, now: u64) -> Timestamp {
        let (began, wall) = self.began;
        wall + Duration::from_millis(now - began)
    }

    fn true_time(&self, clock: Timestamp) -> u64 {
        let (began, wall) = self.began;
        began + u64::try_from(clock.since(wall).as_millis()).unwrap()
    }

    /// When it does something by itself, on a machine that may be asleep.
    pub fn wakes(&self, now: u64, schedule: &Schedule) -> Option<u64> {
        let moment = |clock| schedule.awake_from(self.true_time(clock).max(now));
        let timer = self.wake_at.map(moment);
        let timer = timer.filter(|at| !self.outbox.is_stuck(self.clock(*at)));
        let write = self.outbox.write_at().map(moment);
        timer.into_iter().chain(write).min()
    }

    /// Whether the timer has come, and its coming is not put off.
    pub fn is_due(&self, clock: Timestamp) -> bool {
        self.wake_at.is_some_and(|at| at <= clock) && !self.outbox.is_stuck(clock)
    }
}

impl Simulation<'_> {
    /// Steps, keeps what is to be written, and executes what may be executed.
    pub fn step(&mut self, input: Input) {
        let Some(process) = &mut self.process else { return };
        let clock = process.clock(self.now);
        let step = process.scheduler.step(process.outbox.moment(clock), input);
        process.wake_at = step.wake_at;
        let events = step.events.clone();
        events.iter().for_each(|event| process.folded.apply(event));
        let is_same = events.is_empty() || process.folded == *process.scheduler.run();
        let effects = process.outbox.put(clock, step);
        for event in &events {
            self.tell(|| answers::event_words(event));
        }
        if !is_same {
            self.watch.broken = Some("What was decided is not what was told.".into());
        }
        self.execute(effects);
        self.pump();
    }

    /// Begins to write what waits.
    pub fn pump(&mut self) {
        let Some(process) = &mut self.process else { return };
        let clock = process.clock(self.now);
        if let Some(events) = process.outbox.to_write(clock) {
            process.writing = Some(events);
            let (number, after) = (process.number, 1 + self.now % 5);
            self.put_write(after, number);
        }
    }

    /// The write that is under way: it fails, or it is done, or the program dies before, in or after it.
    pub fn write(&mut self) {
        let blocked = self.schedule.blocked();
        let is_blocked = blocked.iter().any(|(from, to)| (*from..*to).contains(&self.now));
        let Some(process) = &mut self.process else { return };
        let Some(events) = process.writing.take() else {
            return;
        };
        let clock = process.clock(self.now);
        if is_blocked {
            process.outbox.failed(clock);
            return self.tell(|| "the journal cannot be written".into());
        }
        let redacted: Vec<_> = events
            .iter()
            .map(|event| event.redacted(&process.secrets))
            .collect();
        let turn = self.journal.appends + 1;
        if let Some((_, pause)) = self.take_kill(|when| when == Moment::BeforeAppend(turn)) {
            return self.kill(pause);
        }
        self.journal.append(&redacted);
        for event in self.journal.last(redacted.len()) {
            self.watch.on_event(&event, &self.world, self.now);
        }
        if let Some((_, pause)) = self.take_kill(|when| when == Moment::AfterAppend(turn)) {
            return self.kill(pause);
        }
        let Some(process) = &mut self.process else { return };
        let mut effects = process.outbox.written(clock);
        let killed = self.take_kill(|when| matches!(when, Moment::AfterEffects(nth, _) if nth == turn));
        if let Some((Moment::AfterEffects(_, count), pause)) = killed {
            effects.truncate(count);
            self.execute(effects);
            return self.kill(pause);
        }
        self.execute(effects);
        self.pump();
    }

    /// The program is gone at once. What had left arrives; no answer is heard.
    pub fn kill(&mut self, pause: u64) {
        if self.process.take().is_none() {
            return;
        }
        self.tell(|| format!("KILLED; started again after {pause} s"));
        self.watch.on_death(self.now);
        self.put_begin(self.now + pause * 1000 + 5);
    }

    /// The kill that is due at this write, if one is.
    fn take_kill(&mut self, moment: impl Fn(Moment) -> bool) -> Option<(Moment, u64)> {
        let place = self.kills.iter().position(|(when, _)| moment(*when))?;
        Some(self.kills.remove(place))
    }

    /// The program starts, and goes on with what the journal holds.
    pub fn begin(&mut self) {
        if self.process.is_some() {
            return;
        }
        let Some(run) = Run::replay(&self.journal.events()) else {
            self.watch.broken = Some("The journal cannot be read.".into());
            return;
        };
        self.processes += 1;
        let wall = Timestamp::from_millis(wall(self.now).millis() + self.ahead);
        self.tell(|| format!("the program starts; its clock shows {wall}"));
        self.watch.on_birth(&run, self.now);
        let is_new = self.processes == 1;
        self.process = Some(Process::new(
            self.processes,
            run,
            is_new,
            self.now,
            wall,
            self.ahead,
        ));
        self.step(Input::Begin);
    }
}
