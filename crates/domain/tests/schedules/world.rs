//! Everything outside: the services, what they really did, and what they answer. It knows nothing of the scheduler.

use super::cdap::{ServerRun, Turn};
use super::schedule::{Fault, Schedule, StartPlan, Trouble};
use super::warehouse::{JobTurn, Warehouse};
use super::{chance::Chance, task_of};
use domain::failure::{Failure, FailureKind};
use domain::id::{JobId, PipelineRunId, StartToken, TaskId};
use domain::pipeline::PipelineState;
use domain::scheduler::{Answer, Effect};
use domain::service::Service;
use domain::time::Timestamp;
use domain::truncate::TruncateJob;
use std::collections::BTreeMap;

/// Seconds since 1970 at the beginning.
const EPOCH: i64 = 1_700_000_000;

/// True time as a clock shows it that is right.
pub fn wall(now: u64) -> Timestamp {
    Timestamp::from_millis(EPOCH * 1000 + i64::try_from(now).unwrap())
}

/// What happens by itself, later.
#[derive(Clone, Debug)]
pub enum Later {
    Run(usize, Turn),
    Job(JobId, JobTurn),
    /// A request that was on its way for long.
    LateStart(TaskId, StartToken, StartPlan),
    LateJob(JobId),
}

/// What a request leads to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub later: Vec<(u64, Later)>,
    /// The answer, and how long it takes.
    pub answer: Option<(u64, Answer)>,
}

/// The services.
#[derive(Debug)]
pub struct World<'a> {
    pub(super) schedule: &'a Schedule,
    pub(super) chance: Chance,
    pub runs: Vec<ServerRun>,
    pub warehouse: Warehouse,
    /// The rows that are active now.
    pub active: Vec<usize>,
    sent: BTreeMap<TaskId, usize>,
    pub(super) job_requests: usize,
    /// What was sent with the wrong secret.
    pub wrong_secret: Option<TaskId>,
    /// Starts that were refused for good.
    pub refused: Vec<StartToken>,
}

impl<'a> World<'a> {
    pub fn new(schedule: &'a Schedule) -> Self {
        Self {
            schedule,
            chance: Chance::new(schedule.seed ^ 0xabcd),
            runs: Vec::new(),
            warehouse: Warehouse::default(),
            active: (0..schedule.rows.len()).collect(),
            sent: BTreeMap::new(),
            job_requests: 0,
            wrong_secret: None,
            refused: Vec::new(),
        }
    }

    /// How long a request or an answer is on its way.
    pub fn latency(&mut self) -> u64 {
        if self.chance.one_in(40) {
            return self.chance.between(1_000, 8_000);
        }
        self.chance.between(10, 180)
    }

    fn fault(&self, of: Service, now: u64) -> Option<Fault> {
        self.schedule.troubles.iter().find_map(|trouble| match trouble {
            Trouble::Outage {
                of: service,
                from,
                length,
                how,
            } if *service == of && (from * 1000..(from + length) * 1000).contains(&now) => Some(*how),
            _ => None,
        })
    }

    /// What is answered while a service does not work.
    pub(super) fn trouble(fault: Fault, has_effect: bool) -> Failure {
        match fault {
            Fault::Refused => Failure::new(FailureKind::Unsent, "connection refused"),
            Fault::Busy => Failure::new(FailureKind::Busy, "429"),
            Fault::Expired => Failure::new(FailureKind::Unidentified, "the login has expired"),
            Fault::Broken | Fault::Mute if has_effect => Failure::ambiguous("503"),
            Fault::Broken | Fault::Mute => Failure::transient("503"),
        }
    }

    /// A request arrives.
    pub fn arrive(&mut self, effect: Effect, now: u64, skew: i64) -> Outcome {
        let needed = services_of(&effect);
        let fault = needed.iter().find_map(|service| self.fault(*service, now));
        let is_first = matches!(effect, Effect::Preflight) && self.schedule.is_gentle;
        // Nothing begins with an expired login, and a gentle schedule begins.
        let fault = fault.map(|fault| match fault {
            Fault::Expired if is_first => Fault::Refused,
            fault => fault,
        });
        let mut outcome = match effect {
            Effect::Start {
                task,
                token,
                arguments,
            } => self.start(task, token, &arguments, fault, now),
            Effect::Truncate { job } => self.truncate(job, fault, now),
            effect => {
                let (later, answer) = self.perform(effect, fault, now, skew);
                let answer = Some((0, answer));
                Outcome { later, answer }
            }
        };
        if let Some((after, _)) = &mut outcome.answer {
            *after += self.latency();
        }
        outcome
    }

    pub(super) fn next_start(&mut self, task: &TaskId) -> StartPlan {
        let sent = self.sent.entry(task.clone()).or_insert(0);
        let row = self
            .schedule
            .rows
            .iter()
            .enumerate()
            .find(|(place, _)| task_of(*place) == *task);
        let plan = row.and_then(|(_, row)| row.starts.get(*sent)).cloned();
        *sent += 1;
        plan.unwrap_or_else(|| StartPlan::ordinary(&mut self.chance))
    }

    /// A pipeline run begins, with what will become of it.
    pub fn accept(
        &mut self,
        task: &TaskId,
        token: &StartToken,
        plan: &StartPlan,
        is_rejected: bool,
        now: u64,
    ) -> (PipelineRunId, Vec<(u64, Later)>) {
        let id = PipelineRunId::new(format!("run-{}", self.runs.len()));
        let life = plan.life.clone();
        let run = ServerRun::new(id.clone(), task.clone(), token.clone(), life, now, is_rejected);
        self.runs.push(run);
        let later = self.turns_of(self.runs.len() - 1);
        (id, later)
    }

    /// What the run at this place did by itself: once it has completed, its row is in the table.
    pub fn load(&mut self, place: usize) {
        let run = &self.runs[place];
        if run.state == PipelineState::Completed {
            self.warehouse.table.push((run.task.clone(), run.id.clone()));
        }
    }

    /// What the run at this place will do.
    fn turns_of(&self, place: usize) -> Vec<(u64, Later)> {
        let turns = self.runs[place].turns().into_iter();
        turns.map(|(at, turn)| (at, Later::Run(place, turn))).collect()
    }

    /// The request to make the job arrives.
    pub fn insert(&mut self, job: &JobId, now: u64) -> (Vec<(u64, Later)>, TruncateJob) {
        let (turns, status) = self.warehouse.insert(job, &self.schedule.truncate, now);
        let turns = turns.into_iter();
        let later = turns.map(|(at, turn)| (at, Later::Job(job.clone(), turn)));
        (later.collect(), status)
    }

    /// The requests that may be repeated. Where nothing is changed, it does not matter what is lost.
    fn perform(
        &mut self,
        effect: Effect,
        fault: Option<Fault>,
        now: u64,
        skew: i64,
    ) -> (Vec<(u64, Later)>, Answer) {
        let failure = fault.map(|fault| Self::trouble(fault, false));
        let has_effect = fault.is_none_or(|fault| fault == Fault::Mute);
        let mut later = Vec::new();
        let answer = match effect {
            Effect::CancelTruncate { job } => {
                if has_effect {
                    self.warehouse.cancel(&job, &self.schedule.truncate);
                }
                Answer::TruncateCancelled(failed(failure, || self.warehouse.look(&job)))
            }
            Effect::Stop { task, run_id } => {
                if has_effect {
                    later = self.stop(&run_id, now);
                }
                let outcome = failed(failure, || ());
                Answer::StopSent {
                    task,
                    run_id,
                    outcome,
                }
            }
            effect => self.look(effect, failure, now, skew),
        };
        (later, answer)
    }

    pub(super) fn run(&self, id: &PipelineRunId) -> Option<&ServerRun> {
        self.runs.iter().find(|run| run.id == *id)
    }

    fn stop(&mut self, run_id: &PipelineRunId, now: u64) -> Vec<(u64, Later)> {
        let Some(place) = self.runs.iter().position(|run| run.id == *run_id) else {
            return Vec::new();
        };
        let dies = self.runs[place].stop(now).into_iter();
        dies.map(|at| (at, Later::Run(place, Turn::Dies))).collect()
    }
}

pub(super) fn failed<T>(failure: Option<Failure>, value: impl FnOnce() -> T) -> Result<T, Failure> {
    failure.map_or_else(|| Ok(value()), Err)
}

/// Every service that a request needs, in the order in which they are called.
fn services_of(effect: &Effect) -> &'static [Service] {
    use Service::{BigQuery, Cdap, Credentials, DataFusion};
    match effect {
        Effect::SaveArguments(_) => &[],
        Effect::Truncate { .. }
        | Effect::LookAtTruncate { .. }
        | Effect::CancelTruncate { .. }
        | Effect::ReadConfiguration => &[Credentials, BigQuery],
        Effect::Preflight => &[Credentials, DataFusion, Cdap, BigQuery],
        _ => &[Credentials, Cdap],
    }
}
