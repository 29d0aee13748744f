//! `truncate_table`: one job empties the output table, one in a run, ever.
//!
//! Its id is journalled before it is sent, so that sending it again, also after a restart, cannot make a second one. The
//! run goes on, or ends, only when the job's end was seen: a job that waits in a queue may be played late, and would then
//! empty what was loaded meanwhile. When a limit has passed, or a person stops it, it is cancelled, again and again, until
//! its end is seen. Only after the run's own limit is it given up, as `unknown`.

mod watch;

pub(super) use watch::TruncateWatch;

use super::lost::LOOKED_FOR;
use super::message::Request;
use super::stop::ON_REQUEST;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::failure::{Failure, FailureKind};
use crate::finding::Finding;
use crate::id::{JobId, TaskId};
use crate::policy;
use crate::remedy::Remedy;
use crate::service::Service;
use crate::state::TaskState;
use crate::task::{StopReason, Task};
use crate::time::human;
use crate::truncate::{JobProgress, TruncateJob, job_of};

impl Scheduler {
    /// Begins the task, with the run's one job.
    pub(super) fn begin_truncate(&mut self) {
        self.truncate = TruncateWatch::new(&self.run);
        if self.run.truncate_job.is_none() {
            let job = job_of(&self.run.id);
            self.emit(Fact::TruncateIntended { job });
        }
        self.follow_truncate();
    }

    /// Sends the job, looks at it, or cancels it, whichever is its turn.
    pub(super) fn follow_truncate(&mut self) {
        let (Some(job), Some(task)) = (self.run.truncate_job.clone(), self.run.open_truncate()) else {
            return;
        };
        let Some(open) = task.open_try() else { return };
        let (stop, asked) = (open.stop, open.stop_asked.unwrap_or(open.started));
        let since = *self.truncate.since.get_or_insert(self.now());
        if stop.is_none() && !self.truncate.is_unseen && self.reached(since + policy::TRUNCATE_LIMIT) {
            return self.on_truncate_limit();
        }
        if stop.is_some() {
            let patience_ends = (self.watched(asked) + policy::STOP_GRACE).max(self.run.deadline());
            if self.run.stop.is_some() && !self.truncate.is_unseen && self.reached(patience_ends) {
                return self.leave_truncate(&job);
            }
            let job = job.clone();
            self.send(Request::CancelTruncate, || Effect::CancelTruncate { job });
        }
        if self.truncate.is_accepted {
            self.send(Request::LookAtTruncate, || Effect::LookAtTruncate { job });
        } else if stop.is_none() {
            self.send(Request::Truncate, || Effect::Truncate { job });
        }
    }

    /// Cancels the job; its end is awaited all the same.
    pub(super) fn stop_truncate(&mut self, why: StopReason) {
        let is_wanted = |task: &&Task| task.open_try().is_some_and(|open| open.stop.is_none());
        let task = self.run.open_truncate().filter(is_wanted);
        if let Some(task) = task.map(|task| task.id.clone()) {
            self.in_flight.allow_now(&Request::CancelTruncate);
            self.emit(Fact::StopIntended { task, why });
            self.follow_truncate();
        }
    }

    /// It was waited for long enough. A job that was never sent needs no cancelling.
    fn on_truncate_limit(&mut self) {
        if self.in_flight.contains(&Request::Truncate) {
            return; // The answer says whether there is a job.
        }
        if self.truncate.is_accepted || self.truncate.is_doubted {
            return self.stop_truncate(StopReason::TryLimit);
        }
        let degraded = self.run.degraded.get(&Service::BigQuery);
        let (why, remedies) = degraded
            .map(|(_, reason)| (reason.reason.clone(), reason.remedies.clone()))
            .unwrap_or_default();
        let reason = format!("The job that empties the table could not be sent. {why}");
        let failure = Failure::transient(reason.trim_end()).with_remedies(remedies);
        self.end_truncate(failure);
    }

    pub(super) fn on_truncate_sent(&mut self, outcome: Result<TruncateJob, Failure>) {
        let request = Request::Truncate;
        match &outcome {
            Ok(_) => {
                self.truncate.is_accepted = true;
                self.in_flight.answered(request, self.now());
                self.delay_next_look();
            }
            Err(failure) => {
                self.truncate.is_doubted |= failure.kind == FailureKind::Ambiguous;
                self.in_flight.failed(request, self.now());
            }
        }
        let stop = self.truncate_stop();
        match outcome {
            Ok(job) => self.on_truncate_seen(job),
            Err(failure) if failure.can_get_better() || failure.is_waited_for() => {
                self.on_truncate_unseen(failure);
            }
            // Once it is to stop, only a look tells: the cancelling may have made the refusal.
            Err(_) if stop.is_some() => {}
            Err(_) if self.truncate.is_doubted => self.stop_truncate(StopReason::TryLimit),
            Err(failure) => self.end_truncate(failure),
        }
    }

    pub(super) fn on_truncate_looked_at(&mut self, outcome: Result<TruncateJob, Failure>) {
        match outcome {
            Ok(job) => {
                self.delay_next_look();
                self.on_truncate_seen(job);
            }
            Err(failure) => {
                self.in_flight.failed(Request::LookAtTruncate, self.now());
                self.on_truncate_unseen(failure);
            }
        }
    }

    pub(super) fn on_truncate_cancelled(&mut self, outcome: Result<TruncateJob, Failure>) {
        match outcome {
            Ok(job) => {
                let again = self.now() + policy::STOP_AGAIN;
                self.in_flight.answered(Request::CancelTruncate, again);
                self.truncate.is_accepted |= job != TruncateJob::Missing;
                self.on_truncate_seen(job);
            }
            Err(failure) => {
                self.in_flight.failed(Request::CancelTruncate, self.now());
                self.on_truncate_unseen(failure);
            }
        }
    }

    fn delay_next_look(&mut self) {
        let age = self.now().since(self.truncate.since.unwrap_or(self.now()));
        let pause = policy::jittered(policy::list_interval(age), "truncate", self.in_flight.sent_count);
        self.in_flight
            .answered(Request::LookAtTruncate, self.now() + pause);
    }

    fn truncate_stop(&self) -> Option<StopReason> {
        let open = self.run.open_truncate().and_then(Task::open_try);
        open.and_then(|open| open.stop)
    }

    /// An answer tells how the job stands. One that comes after the task's end changes nothing.
    fn on_truncate_seen(&mut self, job: TruncateJob) {
        self.restore(Service::BigQuery);
        self.truncate.seen = Some(self.now());
        self.truncate.is_unseen = false;
        let Some(task) = self.run.open_truncate().map(|task| task.id.clone()) else {
            return;
        };
        match job {
            TruncateJob::Live(progress) => self.on_truncate_live(task, progress),
            TruncateJob::Done(emptied) => {
                let (started, rows) = (emptied.started, emptied.rows);
                let fact = Fact::OutputEmptied {
                    task: task.clone(),
                    started,
                    rows,
                };
                self.emit(fact);
                self.emit(Fact::TaskSucceeded { task });
            }
            TruncateJob::Failed(failure) => self.end_truncate(failure),
            // A young job may be hidden for a moment; the limit rules.
            TruncateJob::Missing => {}
        }
    }

    fn on_truncate_live(&mut self, task: TaskId, progress: JobProgress) {
        let is_unknown = |task: &Task| task.state == TaskState::Unknown;
        if self.run.truncate_progress != Some(progress) || self.run.open_truncate().is_some_and(is_unknown) {
            self.emit(Fact::TruncateSeen { task, progress });
        }
        let (Some(job), Some(since)) = (self.run.truncate_job.clone(), self.truncate.since) else {
            return;
        };
        let is_known = self
            .run
            .notices
            .iter()
            .any(|(_, known)| known.about == job.as_str());
        let waited = self.now().since(since);
        if is_known || waited < policy::TRUNCATE_IS_LATE || self.truncate_stop().is_some() {
            return;
        }
        let table = self.run.request.variables.output_table();
        let message = format!(
            "The job that empties {table} has been {} for {}. It is waited for until {}, then cancelled.",
            progress.word(),
            human(waited),
            since + policy::TRUNCATE_LIMIT
        );
        let address = self.run.request.variables.job_address(&job);
        let finding = Finding::warning(job.as_str(), message, Remedy::LookAtJob(address));
        self.emit(Fact::Noticed { finding });
    }

    /// BigQuery could not be asked. That fails nothing; after a while the task is `unknown`.
    fn on_truncate_unseen(&mut self, reason: Failure) {
        if self.run.open_truncate().is_none() {
            return; // It came after the task's end.
        }
        let seen = self.truncate.seen.or(self.truncate.since).unwrap_or(self.now());
        let may_exist = self.truncate.is_accepted || self.truncate.is_doubted;
        let open = self.run.open_truncate();
        let is_fresh = open.is_some_and(|task| task.state != TaskState::Unknown);
        if is_fresh && may_exist && self.now().since(seen) >= policy::LOOK_UP_WINDOW {
            let reason = self.undecided(&reason.reason, LOOKED_FOR);
            if let Some(task) = self.run.open_truncate().map(|task| task.id.clone()) {
                self.emit(Fact::TaskLostSight { task, reason });
            }
        }
        self.degrade(Service::BigQuery, reason);
    }

    /// The job's end is known, and it emptied nothing.
    fn end_truncate(&mut self, failure: Failure) {
        let Some(task) = self.run.open_truncate() else {
            return;
        };
        let Some(open) = task.open_try() else { return };
        let (task, stop) = (task.id.clone(), open.stop);
        let waited = human(self.now().since(open.started));
        let before = match stop {
            None => String::new(),
            Some(StopReason::Asked) => format!("{ON_REQUEST} "),
            Some(StopReason::TryLimit) => format!("It had not emptied the table after {waited}. "),
            Some(StopReason::RunLimit) => "dag_timeout_minutes had passed. ".into(),
        };
        let table = self.run.request.variables.output_table();
        let reason = format!("{before}{} {table} keeps its rows.", failure.reason);
        let mut remedies = match stop {
            None => failure.remedies,
            Some(_) => Vec::new(),
        };
        remedies.push(Remedy::StartRun);
        let failure = Failure::new(failure.kind, reason).with_remedies(remedies);
        self.emit(match stop {
            None => Fact::TaskFailed { task, failure },
            Some(StopReason::Asked) => Fact::TaskStopped { task, failure },
            Some(StopReason::TryLimit | StopReason::RunLimit) => Fact::TaskTimedOut { task, failure },
        });
    }

    /// The run's time is over, and the job's end was not seen.
    fn leave_truncate(&mut self, job: &JobId) {
        let why = format!("The end of the job {job} was not seen, although it was cancelled.");
        let advice =
            "Look at the job before anything is loaded into the table: it may empty the table later.";
        let reason = self.undecided(&why, advice);
        if let Some(task) = self.run.open_truncate().map(|task| task.id.clone()) {
            self.emit(Fact::TaskGivenUp { task, reason });
        }
    }

    fn undecided(&self, why: &str, advice: &str) -> Failure {
        let table = self.run.request.variables.output_table();
        let job = self.run.truncate_job.as_ref();
        let address = job.map(|job| self.run.request.variables.job_address(job));
        let mut remedies = vec![Remedy::from(advice)];
        remedies.extend(address.map(Remedy::LookAtJob));
        Failure::ambiguous(format!(
            "It is not known whether {table} was emptied, or still will be. {why}"
        ))
        .with_remedies(remedies)
    }
}
