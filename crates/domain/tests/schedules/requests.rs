//! Requests that must not be repeated: starts, and the job that empties the table. What becomes of each is in the schedule.

use super::ROW_PASSWORD;
use super::schedule::{Fault, RequestPlan};
use super::world::{Later, Outcome, World};
use domain::arguments::RuntimeArguments;
use domain::failure::Failure;
use domain::id::{JobId, StartToken, TaskId};
use domain::scheduler::Answer;
use domain::truncate::TruncateJob;

/// How long a client waits for an answer, in milliseconds.
const PATIENCE: u64 = 30_000;

/// What a request comes to.
enum Fate {
    /// It is accepted, and the answer comes after so many milliseconds, unless it is lost.
    Accepted { answered: bool, after: u64 },
    /// It is accepted, and the answer names another run.
    Foreign,
    /// It is accepted, and flow control turns it away: in the answer, or in the record.
    Rejected { in_answer: bool },
    /// It has no effect.
    Failed(Failure, u64),
    /// It arrives at this moment.
    Late(u64),
}

impl World<'_> {
    fn fate(&mut self, plan: RequestPlan, fault: Option<Fault>, now: u64) -> Fate {
        let quick = if self.chance.one_in(2) { 100 } else { PATIENCE };
        let accepted = |answered, after| Fate::Accepted { answered, after };
        match (fault, plan) {
            (Some(Fault::Mute), _) | (None, RequestPlan::LostAfter) => accepted(false, quick),
            (Some(fault), _) => Fate::Failed(Self::trouble(fault, true), 0),
            (None, RequestPlan::Answered) => accepted(true, 0),
            (None, RequestPlan::LostBefore) => Fate::Failed(lost(), quick),
            (None, RequestPlan::Late(seconds)) => Fate::Late(now + seconds * 1000),
            (None, RequestPlan::Unsent) => Fate::Failed(Self::trouble(Fault::Refused, true), 0),
            (None, RequestPlan::Foreign) => Fate::Foreign,
            (None, RequestPlan::Busy) => Fate::Rejected { in_answer: true },
            (None, RequestPlan::Rejected) => Fate::Rejected { in_answer: false },
            (None, RequestPlan::Refused) => Fate::Failed(Failure::permanent("400"), 0),
        }
    }

    pub(super) fn start(
        &mut self,
        task: TaskId,
        token: StartToken,
        arguments: &RuntimeArguments,
        fault: Option<Fault>,
        now: u64,
    ) -> Outcome {
        if arguments.get("db_password") != Some(ROW_PASSWORD) {
            self.wrong_secret = Some(task.clone());
        }
        let plan = self.next_start(&task);
        let mut later = Vec::new();
        let (after, outcome) = match self.fate(plan.request, fault, now) {
            Fate::Accepted { answered, after } => {
                let (id, turns) = self.accept(&task, &token, &plan, false, now);
                later = turns;
                (after, if answered { Ok(id) } else { Err(lost()) })
            }
            Fate::Foreign => {
                let older = self.runs.first().map(|run| run.id.clone());
                (_, later) = self.accept(&task, &token, &plan, false, now);
                (0, older.ok_or_else(lost))
            }
            Fate::Rejected { in_answer } => {
                let (id, turns) = self.accept(&task, &token, &plan, true, now);
                later = turns;
                (
                    0,
                    if in_answer {
                        Err(Self::trouble(Fault::Busy, true))
                    } else {
                        Ok(id)
                    },
                )
            }
            Fate::Failed(failure, after) => {
                if !failure.can_get_better() && !failure.is_waited_for() {
                    self.refused.push(token.clone());
                }
                (after, Err(failure))
            }
            Fate::Late(at) => {
                later.push((at, Later::LateStart(task.clone(), token.clone(), plan)));
                (PATIENCE, Err(lost()))
            }
        };
        let answer = Answer::Started { task, token, outcome };
        Outcome {
            later,
            answer: Some((after, answer)),
        }
    }

    pub(super) fn truncate(&mut self, job: JobId, fault: Option<Fault>, now: u64) -> Outcome {
        let plan = self.schedule.truncate.requests.get(self.job_requests);
        let plan = plan.copied().unwrap_or(RequestPlan::Answered);
        self.job_requests += 1;
        let (later, after, outcome): (_, _, Result<TruncateJob, _>) = match self.fate(plan, fault, now) {
            Fate::Accepted { answered, after } => {
                let (later, status) = self.insert(&job, now);
                (later, after, if answered { Ok(status) } else { Err(lost()) })
            }
            Fate::Rejected { .. } | Fate::Foreign => (Vec::new(), 0, Err(Self::trouble(Fault::Busy, true))),
            Fate::Failed(failure, after) => (Vec::new(), after, Err(failure)),
            Fate::Late(at) => (vec![(at, Later::LateJob(job))], PATIENCE, Err(lost())),
        };
        let answer = Some((after, Answer::Truncated(outcome)));
        Outcome { later, answer }
    }
}

fn lost() -> Failure {
    Failure::ambiguous("the answer was lost")
}
