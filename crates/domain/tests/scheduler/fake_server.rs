//! A server and a clock that exist only in a test: performs the scheduler's effects in virtual time.
//!
//! It checks after every step what must always hold: one live run for a try, legal transitions, and
//! that a replay of the journal is the run.

use super::fake_job::{JobLife, Jobs};
use super::fake_run::ServerRun;
pub use super::life::Life;
use super::transitions::is_legal;
use domain::command::RunCommand;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::id::{DagRunId, TaskId};
use domain::pipeline::PipelineState;
use domain::plan::Preflight;
use domain::request::RunRequest;
use domain::row::Configuration;
use domain::run::Run;
use domain::scheduler::{Answer, Effect, Input, Scheduler};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything that is scripted.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The lives of a task's starts, the last one repeated.
    pub lives: BTreeMap<String, Vec<Life>>,
    /// Seconds in which nothing that watches is answered.
    pub blind: Vec<(u64, u64)>,
    /// What a person commands, by second.
    pub commands: Vec<(u64, RunCommand)>,
    /// What happens to the requests before the pipelines: `preflight`, `truncate`, `configuration`;
    /// `last_count` meets counts that are asked for when a run has ended.
    pub faults: BTreeMap<String, Vec<Failure>>,
    /// The table as `start` reads it, if it is another one then.
    pub configuration_at_start: Option<Configuration>,
    pub configuration: Configuration,
    /// What the preflight finds, and what is found when the configuration is read again.
    pub inspections: [Preflight; 2],
    pub truncate: JobLife,
    /// The second at which the program is killed and started again.
    pub restart: Option<u64>,
    /// After so many seconds.
    pub down: u64,
    /// Seconds from, to: the machine sleeps.
    pub asleep: Vec<(u64, u64)>,
    /// By second: the machine's clock is set by so many seconds.
    pub clock: Vec<(u64, i64)>,
    /// The table after that.
    pub later: Option<Configuration>,
    /// What happens to its reading after that.
    pub later_faults: Vec<Failure>,
    /// Whether starts may have another password than the row's.
    pub any_password: bool,
}

/// The rows that a completed run has loaded.
pub const LOADED: u64 = 10;

pub struct FakeServer {
    pub scheduler: Scheduler,
    pub events: Vec<RunEvent>,
    pub script: Script,
    begin: Timestamp,
    /// The server's time.
    pub now: Timestamp,
    /// How far the machine's clock is ahead, in milliseconds.
    ahead: i64,
    /// Whether the program runs.
    is_up: bool,
    /// When the DAG run ended.
    ended: Option<Timestamp>,
    /// Since when two runs of a task are live.
    two_live: BTreeMap<String, Timestamp>,
    queue: BTreeMap<(Timestamp, u64), Due>,
    turn: u64,
    pub runs: Vec<ServerRun>,
    pub starts: BTreeMap<TaskId, usize>,
    pub jobs: Jobs,
    /// The arguments of each task's last start.
    pub sent: BTreeMap<TaskId, BTreeMap<String, String>>,
    pub lists: u32,
}

enum Due {
    Effect(Effect),
    Answer(Answer),
    Command(RunCommand),
    Restart,
    Begin,
    SetClock(i64),
}

impl FakeServer {
    pub fn new(request: RunRequest, script: Script) -> Self {
        let begin = Timestamp::from_seconds(1_700_000_000);
        let fact = domain::event::Fact::RunStarted {
            run: DagRunId::new("run"),
            request: Box::new(request),
        };
        let first = RunEvent { at: begin, fact };
        let run = Run::begin(&first).unwrap();
        let mut server = Self {
            scheduler: Scheduler::new(run),
            events: vec![first],
            begin,
            now: begin,
            ahead: 0,
            is_up: true,
            ended: None,
            two_live: BTreeMap::new(),
            queue: BTreeMap::new(),
            turn: 0,
            runs: Vec::new(),
            starts: BTreeMap::new(),
            jobs: Jobs::new(script.truncate.clone()),
            sent: BTreeMap::new(),
            lists: 0,
            script,
        };
        for (second, command) in server.script.commands.clone() {
            server.put(begin + Duration::from_secs(second), Due::Command(command));
        }
        if let Some(second) = server.script.restart {
            server.put(begin + Duration::from_secs(second), Due::Restart);
        }
        for (second, jump) in server.script.clock.clone() {
            server.put(begin + Duration::from_secs(second), Due::SetClock(jump));
        }
        server
    }

    pub fn seconds(&self) -> u64 {
        self.now.since(self.begin).as_secs()
    }

    /// How many runs the server was asked to begin for a task, and how many it has.
    pub fn server_runs(&self, task: &str) -> usize {
        self.runs
            .iter()
            .filter(|run| run.task.as_str() == task && run.life.answer != "busy" && run.exists(self.now))
            .count()
    }

    fn put(&mut self, at: Timestamp, due: Due) {
        self.turn += 1;
        self.queue.insert((at, self.turn), due);
    }

    /// Lives until nothing more happens.
    pub fn run_until_idle(&mut self) {
        let mut wake = self.step(Input::Begin);
        for _ in 0..20_000 {
            wake = wake.map(|wake| self.woken(wake));
            let next = self.queue.keys().next().map(|(at, _)| *at);
            match (next, wake) {
                (Some(at), woken) if woken.is_none_or(|w| at <= w) => {
                    self.now = self.now.max(at);
                    if let Some((_, due)) = self.queue.pop_first() {
                        wake = self.on_due(due, wake);
                    }
                }
                (_, Some(at)) => {
                    self.now = self.now.max(at);
                    wake = self.step(Input::Timer);
                }
                (_, None) => return,
            }
        }
        panic!("the run never ends: {:?}", self.scheduler.run().tasks);
    }

    /// The moment, or the one at which the machine wakes up.
    fn woken(&self, moment: Timestamp) -> Timestamp {
        let second = moment.since(self.begin).as_secs();
        let asleep = self.script.asleep.iter();
        let mut asleep = asleep.filter(|(from, to)| (*from..*to).contains(&second));
        asleep
            .next()
            .map_or(moment, |(_, to)| self.begin + Duration::from_secs(*to))
    }

    fn on_due(&mut self, due: Due, wake: Option<Timestamp>) -> Option<Timestamp> {
        let woken = self.woken(self.now);
        if woken > self.now && !matches!(due, Due::Restart) {
            // What was sent arrives all the same.
            let due = match due {
                Due::Effect(effect) => Due::Answer(self.perform(effect)),
                other => other,
            };
            self.put(woken, due);
            return wake;
        }
        match due {
            Due::Command(command) if !self.is_up => {
                self.put(self.now + Duration::from_secs(1), Due::Command(command));
                wake
            }
            Due::Command(command) => self.step(Input::Command(command)),
            Due::Restart => {
                // Everything under way is lost; only the journal is left. A start that was on its way arrives.
                let pending = std::mem::take(&mut self.queue);
                for ((at, _), due) in pending {
                    match due {
                        Due::Effect(effect @ (Effect::Start { .. } | Effect::Truncate { .. })) => {
                            drop(self.perform(effect));
                        }
                        // A person goes on with the program that was started again.
                        Due::Command(_) | Due::SetClock(_) => self.put(at, due),
                        _ => {}
                    }
                }
                self.is_up = false;
                self.put(self.now + Duration::from_secs(self.script.down), Due::Begin);
                None
            }
            Due::Begin => {
                self.is_up = true;
                self.forget_secrets();
                self.scheduler = Scheduler::resumed(Run::replay(&self.events).unwrap());
                self.step(Input::Begin)
            }
            Due::SetClock(jump) => {
                self.ahead += jump * 1000;
                wake
            }
            Due::Effect(effect) => {
                let answer = self.perform(effect);
                self.step(Input::Answer(answer))
            }
            Due::Answer(answer) => self.step(Input::Answer(answer)),
        }
    }

    fn step(&mut self, input: Input) -> Option<Timestamp> {
        let before = self.scheduler.run().clone();
        let machine = Timestamp::from_millis(self.now.millis() + self.ahead);
        let step = self.scheduler.step(machine, input);
        self.check_transitions(before, &step.events);
        self.events.extend(step.events);
        let is_over = self.scheduler.run().state.is_end();
        self.ended = is_over.then_some(self.ended.unwrap_or(self.now));
        for effect in step.effects {
            // Answers take between 20 and 400 ms, and do not come in the order of the questions.
            let latency = 20 + (self.turn * 7919) % 380;
            let due = match effect {
                // The counts of the moment of the request: what a run does after it is not in the answer.
                Effect::Count { runs } => Due::Answer(self.count(&runs)),
                effect => Due::Effect(effect),
            };
            self.put(self.now + Duration::from_millis(latency), due);
        }
        self.check();
        // The timer waits by a clock that nobody sets.
        step.wake_at.map(|wake| self.now + machine.until(wake))
    }

    fn check_transitions(&self, mut run: Run, events: &[RunEvent]) {
        for event in events {
            let before: Vec<_> = run.tasks.iter().map(|t| (t.id.clone(), t.state)).collect();
            run.apply(event);
            for (id, from) in before {
                let to = run.task(&id).unwrap().state;
                assert!(
                    from == to || is_legal(from, to),
                    "{id}: {from:?} -> {to:?} by {:?}",
                    event.fact
                );
            }
        }
        assert_eq!(
            run,
            *self.scheduler.run(),
            "what is published is what was decided on"
        );
    }

    fn check(&mut self) {
        assert!(
            self.events.len() < 5_000,
            "the same facts again and again: {:?}",
            &self.events[self.events.len() - 6..]
        );
        assert_eq!(
            Run::replay(&self.events).as_ref(),
            Some(self.scheduler.run()),
            "a replay is the run"
        );
        self.check_live();
    }

    /// No try has two live runs. A start that arrives late may make two of them for a moment: as long as it takes to see
    /// the second one and to stop it.
    fn check_live(&mut self) {
        let mut live: BTreeMap<String, Vec<&ServerRun>> = BTreeMap::new();
        for run in self
            .runs
            .iter()
            .filter(|run| run.is_ours() && run.is_live(self.now))
        {
            live.entry(run.task.to_string()).or_default().push(run);
        }
        for (task, runs) in &live {
            let known = runs.iter().filter(|run| run.life.late == 0 && !run.life.deaf);
            let mut tries: Vec<&str> = known
                .map(|run| run.token.as_str().rsplit_once('.').unwrap().0)
                .collect();
            let all = tries.len();
            tries.dedup();
            assert_eq!(tries.len(), all, "two live runs for one try of {task}");
        }
        let is_watching = self.blind().is_none() && self.is_up;
        live.retain(|_, runs| is_watching && runs.len() > 1 && runs.iter().all(|run| !run.life.deaf));
        let two: Vec<String> = live.into_keys().collect();
        self.two_live.retain(|task, _| two.contains(task));
        for task in two {
            let since = *self.two_live.entry(task.clone()).or_insert(self.now);
            let patience = self.script.asleep.iter().map(|(from, to)| to - from).sum::<u64>() + 100;
            assert!(
                self.now.since(since).as_secs() < patience,
                "two live runs of {task} since {since}, at {}",
                self.now
            );
        }
    }

    /// How many runs of a task have completed that began while the DAG run went on.
    pub fn completed(&self, task: &str) -> usize {
        let of_task = self
            .runs
            .iter()
            .filter(|run| run.task.as_str() == task && self.is_in_time(run));
        of_task
            .filter(|run| run.state(self.now) == PipelineState::Completed)
            .count()
    }

    /// Whether a run is live that could be stopped, of any task.
    pub fn is_live(&self) -> bool {
        let mut ours = self.runs.iter().filter(|run| run.is_ours() && !run.life.deaf);
        ours.any(|run| self.is_in_time(run) && run.is_live(self.now))
    }

    /// Whether it began before the DAG run was over.
    fn is_in_time(&self, run: &ServerRun) -> bool {
        self.ended
            .is_none_or(|ended| run.started + Duration::from_secs(1) < ended)
    }
}
