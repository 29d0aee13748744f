//! A server and a clock that exist only in a test: performs the scheduler's effects in virtual time.
//!
//! It checks after every step what must always hold: one live run for a try, legal transitions, and
//! that a replay of the journal is the run.

use super::fake_job::{JobLife, Jobs};
pub use super::life::Life;
use super::transitions::is_legal;
use domain::arguments::MASK;
use domain::command::RunCommand;
use domain::event::RunEvent;
use domain::failure::{Failure, FailureKind};
use domain::id::{DagRunId, JobId, PipelineRunId, StartToken, TaskId};
use domain::pipeline::{PipelineRun, PipelineState, RunArguments, StageCounts, TOKEN_ARGUMENT};
use domain::plan::Preflight;
use domain::request::RunRequest;
use domain::row::Configuration;
use domain::run::Run;
use domain::scheduler::{Answer, Effect, Input, Scheduler};
use domain::time::Timestamp;
use domain::truncate::TruncateJob;
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
    /// The table after that.
    pub later: Option<Configuration>,
    /// What happens to its reading after that.
    pub later_faults: Vec<Failure>,
    /// Whether starts may have another password than the row's.
    pub any_password: bool,
}

/// The rows that a completed run has loaded.
pub const LOADED: u64 = 10;

struct ServerRun {
    id: PipelineRunId,
    task: TaskId,
    token: StartToken,
    started: Timestamp,
    stopped: Option<Timestamp>,
    life: Life,
}

impl ServerRun {
    fn state(&self, now: Timestamp) -> PipelineState {
        let age = now.since(self.started).as_secs();
        if self.life.answer == "busy" {
            return PipelineState::Rejected;
        }
        let end = self.life.pending + self.life.running;
        if let Some(stopped) = self
            .stopped
            .filter(|s| s.since(self.started).as_secs() < end && !self.life.deaf)
        {
            let waited = now.since(stopped).as_secs();
            return if waited >= 4 {
                PipelineState::Killed
            } else {
                PipelineState::Stopping
            };
        }
        if age < self.life.pending {
            PipelineState::Pending
        } else if age < end {
            PipelineState::Running
        } else {
            PipelineState::from(self.life.end.clone())
        }
    }

    fn record(&self, now: Timestamp) -> PipelineRun {
        let state = self.state(now);
        let hidden = now.since(self.started).as_secs() < self.life.hidden;
        let arguments = BTreeMap::from([(TOKEN_ARGUMENT.to_owned(), self.token.to_string())]);
        PipelineRun {
            id: self.id.clone(),
            cluster_ended: state.is_end(),
            state,
            starting: Timestamp::from_seconds(self.started.seconds()),
            arguments: if hidden {
                RunArguments::Hidden
            } else {
                RunArguments::Visible(arguments)
            },
        }
    }
}

pub struct FakeServer {
    pub scheduler: Scheduler,
    pub events: Vec<RunEvent>,
    pub script: Script,
    begin: Timestamp,
    now: Timestamp,
    queue: BTreeMap<(Timestamp, u64), Due>,
    turn: u64,
    runs: Vec<ServerRun>,
    starts: BTreeMap<TaskId, usize>,
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
        server
    }

    pub fn seconds(&self) -> u64 {
        self.now.since(self.begin).as_secs()
    }

    /// How many runs the server was asked to begin for a task, and how many it has.
    pub fn server_runs(&self, task: &str) -> usize {
        self.runs
            .iter()
            .filter(|run| run.task.as_str() == task && run.life.answer != "busy")
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
            let next = self.queue.keys().next().map(|(at, _)| *at);
            match (next, wake) {
                (Some(at), woken) if woken.is_none_or(|w| at <= w) => {
                    self.now = self.now.max(at);
                    if let Some((_, due)) = self.queue.pop_first() {
                        wake = self.on_due(due);
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

    fn on_due(&mut self, due: Due) -> Option<Timestamp> {
        match due {
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
                        Due::Command(_) => self.put(at, due),
                        _ => {}
                    }
                }
                self.forget_secrets();
                self.scheduler = Scheduler::resumed(Run::replay(&self.events).unwrap());
                self.step(Input::Begin)
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
        let step = self.scheduler.step(self.now, input);
        self.check_transitions(before, &step.events);
        self.events.extend(step.events);
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
        step.wake_at
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

    fn check(&self) {
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
        let mut live: BTreeMap<&str, Vec<&StartToken>> = BTreeMap::new();
        for run in self.runs.iter().filter(|run| !run.state(self.now).is_end()) {
            live.entry(run.task.as_str()).or_default().push(&run.token);
        }
        for (task, tokens) in live {
            let mut tries: Vec<&str> = tokens
                .iter()
                .map(|t| t.as_str().rsplit_once('.').unwrap().0)
                .collect();
            let all = tries.len();
            tries.dedup();
            assert_eq!(
                tries.len(),
                all,
                "two live runs for one try of {task}: {tokens:?}"
            );
        }
    }

    fn blind(&self) -> Option<Failure> {
        let second = self.seconds();
        let blind = self
            .script
            .blind
            .iter()
            .any(|(from, to)| (*from..*to).contains(&second));
        blind.then(|| Failure::transient("503"))
    }

    /// A completed run has loaded all its rows; one that works, none.
    fn count(&mut self, asked: &[PipelineRunId]) -> Answer {
        let now = self.now;
        let asked = self.runs.iter().filter(|run| asked.contains(&run.id));
        let states: Vec<_> = asked.map(|run| (run.id.clone(), run.state(now))).collect();
        if states.iter().any(|(_, state)| state.is_end())
            && let Err(failure) = self.fault("last_count")
        {
            return Answer::Counted(Err(failure));
        }
        let counts = states.into_iter().map(|(id, state)| {
            let loaded = if state == PipelineState::Completed {
                LOADED
            } else {
                0
            };
            let stage = StageCounts {
                stage: "Import To BigQuery".into(),
                loaded: Some(loaded),
                ..StageCounts::default()
            };
            (id, vec![stage])
        });
        Answer::Counted(Ok(counts.collect()))
    }

    fn fault(&mut self, of: &str) -> Result<(), Failure> {
        match self.script.faults.get_mut(of) {
            Some(faults) if !faults.is_empty() => Err(faults.remove(0)),
            _ => Ok(()),
        }
    }

    fn perform(&mut self, effect: Effect) -> Answer {
        match effect {
            Effect::Preflight => {
                let table = &self.script.configuration_at_start;
                let table = table.as_ref().unwrap_or(&self.script.configuration);
                let active = Some(table.active().count() as u64);
                let preflight = Preflight {
                    active,
                    ..self.script.inspections[0].clone()
                };
                Answer::Preflight(self.fault("preflight").map(|()| preflight))
            }
            Effect::Truncate { job } => Answer::Truncated(self.insert_job(&job)),
            Effect::LookAtTruncate { job } => {
                let seen = self.jobs.look(&job, self.now);
                Answer::TruncateLookedAt(self.blind().map_or(Ok(seen), Err))
            }
            Effect::CancelTruncate { job } => Answer::TruncateCancelled(match self.blind() {
                None => Ok(self.jobs.cancel(&job, self.now)),
                Some(failure) => Err(failure),
            }),
            Effect::ReadConfiguration => Answer::ConfigurationRead(self.fault("configuration").map(|()| {
                (
                    self.script.configuration.clone(),
                    self.script.inspections[1].clone(),
                )
            })),
            Effect::SaveArguments(_) => Answer::ArgumentsSaved(Ok(())),
            Effect::Start {
                task,
                token,
                arguments,
            } => {
                let sent = arguments
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()));
                let sent: BTreeMap<_, _> = sent.collect();
                let password = sent.get("db_password").map(String::as_str);
                assert!(
                    password == Some(super::PASSWORD) || self.script.any_password && password != Some(MASK),
                    "a start with the wrong password: {password:?}"
                );
                self.sent.insert(task.clone(), sent);
                let outcome = self.begin_run(&task, &token);
                Answer::Started { task, token, outcome }
            }
            Effect::List { .. } => {
                self.lists += 1;
                let records = self.runs.iter().map(|run| run.record(self.now)).collect();
                Answer::Listed(self.blind().map_or(Ok(records), Err))
            }
            Effect::LookAt { task, run_id } => {
                let found = self
                    .runs
                    .iter()
                    .find(|run| run.id == run_id)
                    .map(|run| run.record(self.now));
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome: self.blind().map_or(Ok(found), Err),
                }
            }
            Effect::Stop { task, run_id } => {
                let now = self.now;
                let outcome = self.blind().map_or(Ok(()), Err);
                if let Some(run) = self
                    .runs
                    .iter_mut()
                    .find(|run| run.id == run_id && outcome.is_ok())
                {
                    run.stopped.get_or_insert(now);
                }
                Answer::StopSent { task, outcome }
            }
            Effect::Explain { task, run_id, .. } => {
                let life = self
                    .runs
                    .iter()
                    .find(|run| run.id == run_id)
                    .map(|run| run.life.clone())
                    .unwrap_or_default();
                let failure = if life.unauthorised {
                    Failure::new(FailureKind::Unauthorised, life.cause)
                } else if life.lasting {
                    Failure::permanent(life.cause)
                } else {
                    Failure::transient(life.cause)
                };
                Answer::Explained {
                    task,
                    run_id,
                    failure,
                }
            }
            Effect::Count { runs } => self.count(&runs),
        }
    }

    /// A fault `ambiguous` loses the answer, not the job; the others come before the job.
    fn insert_job(&mut self, job: &JobId) -> Result<TruncateJob, Failure> {
        if let Some(failure) = self.blind() {
            return Err(failure);
        }
        if let Err(failure) = self.fault("truncate") {
            if failure.kind == FailureKind::Ambiguous {
                let _ = self.jobs.insert(job, self.now);
            }
            return Err(failure);
        }
        self.jobs.insert(job, self.now)
    }

    fn begin_run(&mut self, task: &TaskId, token: &StartToken) -> Result<PipelineRunId, Failure> {
        assert!(
            !self.jobs.is_undecided(self.now),
            "a pipeline starts while the table may still be emptied"
        );
        let turn = self.starts.entry(task.clone()).or_insert(0);
        let lives = self.script.lives.get(task.as_str()).cloned().unwrap_or_default();
        let life = lives.get(*turn).or(lives.last()).cloned().unwrap_or_default();
        *turn += 1;
        let id = PipelineRunId::new(format!("{task}-{turn}"));
        if !matches!(life.answer.as_str(), "refused" | "void") {
            let run = ServerRun {
                id: id.clone(),
                task: task.clone(),
                token: token.clone(),
                started: self.now,
                stopped: None,
                life: life.clone(),
            };
            self.runs.push(run);
        }
        match life.answer.as_str() {
            "started" => Ok(id),
            "refused" => Err(Failure::permanent(life.cause)),
            "busy" => Err(Failure::new(FailureKind::Busy, "429")),
            "lost" | "void" => Err(Failure::ambiguous("reset")),
            other => panic!("no such answer: {other}"),
        }
    }
}
