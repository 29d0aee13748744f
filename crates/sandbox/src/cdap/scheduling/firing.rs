//! Starts the runs of schedules. Fire times and ends of runs are notices; a schedule collects them in jobs, and a job
//! whose trigger and constraints are met starts one run.
//!
//! The end of a run is noticed under the lock under which it is applied, and jobs are stored: a restart loses nothing.
//! The ends of a pipeline's phases are not noticed: a trigger that names one is shown and never met.

use crate::cdap::Cdap;
use crate::cdap::schedule::constraint::{Constraint, Limit, within};
use crate::cdap::schedule::trigger::Notice;
use crate::cdap::schedule::{Job, Schedule, ScheduleId};
use crate::cdap::state::CdapState;
use crate::run_status::RunStatus;

/// What the constraints decide for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It may start.
    Met,
    /// Not yet.
    Waits,
    /// Never.
    Never,
}

impl Schedule {
    /// Adds a notice to the last job, or begins one if its trigger is met already.
    fn receive(&mut self, notice: Notice, now: i64) {
        if self.jobs.last().is_none_or(|job| job.met.is_some()) {
            self.jobs.push(Job {
                since: now,
                notices: Vec::new(),
                met: None,
            });
        }
        if let Some(job) = self.jobs.last_mut() {
            job.notices.push(notice);
            job.met = self.trigger.is_met(&job.notices).then_some(now);
        }
    }

    /// Receives the fire times since the last call. Several of one expression count as one, as in Quartz with CDAP's
    /// setting for misfires.
    fn receive_fire_times(&mut self, now: i64) -> bool {
        let moments: Vec<_> = self
            .trigger
            .fire_times(self.since)
            .into_iter()
            .filter(|(at, _)| *at <= now)
            .map(|(at, cron)| (at, cron.to_owned()))
            .collect();
        if moments.is_empty() {
            return false;
        }
        for (at, cron) in &moments {
            self.fired = Some(*at);
            let cron = cron.clone();
            self.receive(Notice::Time { cron, at: *at }, now);
        }
        self.since = now;
        true
    }
}

impl Cdap {
    /// Notifies all schedules that a run has ended. This happens once, because its record does not change any more.
    pub(in crate::cdap) fn notify_schedules(&self, state: &mut CdapState, run: &str) {
        let Some(run) = state.runs.get(run) else {
            return;
        };
        let notice = Notice::Ended {
            program: run.program.clone(),
            run: run.id.clone(),
            status: run.status,
        };
        let notices = std::slice::from_ref(&notice);
        let listening: Vec<_> = state
            .schedules
            .values()
            .filter(|schedule| {
                let units = schedule.trigger.simple_triggers();
                schedule.enabled
                    && units
                        .into_iter()
                        .any(|unit| unit.matching_notice(notices).is_some())
            })
            .cloned()
            .collect();
        let now = self.clock.now();
        for mut schedule in listening {
            schedule.receive(notice.clone(), now);
            self.put_schedule(state, schedule);
        }
    }

    /// Starts the runs that are due.
    pub(in crate::cdap) fn fire_schedules(&self) {
        let now = self.clock.now();
        {
            let mut state = self.state();
            let ids: Vec<ScheduleId> = enabled(&state);
            for id in ids {
                let Some(schedule) = state.schedules.get_mut(&id) else {
                    continue;
                };
                if schedule.receive_fire_times(now) {
                    self.store.put("schedule", &id.key(), schedule);
                }
            }
        }
        // One by one, because each started run counts for the constraints of the next.
        loop {
            let Some((schedule, job)) = self.take_job(now) else {
                return;
            };
            self.start_scheduled(&schedule, &job);
        }
    }

    /// Takes the next job that may start now, and drops those that never may.
    fn take_job(&self, now: i64) -> Option<(Schedule, Job)> {
        let mut state = self.state();
        for id in enabled(&state) {
            let mut schedule = state.schedules.get(&id)?.clone();
            let before = schedule.jobs.len();
            let mut chosen = None;
            let mut kept = Vec::new();
            for job in std::mem::take(&mut schedule.jobs) {
                let late = now - job.since > schedule.timeout;
                match job.met {
                    None if !late => kept.push(job),
                    Some(met) if !late && chosen.is_none() => match verdict(&schedule, &state, met, now) {
                        Verdict::Met => chosen = Some(job),
                        Verdict::Waits => kept.push(job),
                        Verdict::Never => {}
                    },
                    Some(_) if !late => kept.push(job),
                    _ => {}
                }
            }
            schedule.jobs = kept;
            if schedule.jobs.len() != before {
                self.put_schedule(&mut state, schedule.clone());
            }
            if let Some(job) = chosen {
                return Some((schedule, job));
            }
        }
        None
    }

    fn start_scheduled(&self, schedule: &Schedule, job: &Job) {
        let mut arguments = schedule.properties.clone();
        // Only a fire time passes the schedule's name (measured).
        if job
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::Time { .. }))
        {
            arguments.push(("scheduleName".to_owned(), schedule.id.name.clone()));
        }
        match self.start(&schedule.program(), arguments) {
            Ok(run) => {
                let mut state = self.state();
                let early = schedule.early_arguments(&state, &run, job);
                if let Some(run) = state.runs.get_mut(&run).filter(|_| early.is_some()) {
                    run.early_arguments = early;
                }
            }
            Err(refused) => tracing::warn!(
                app = schedule.id.app,
                schedule = schedule.id.name,
                reason = refused.body_text(),
                "a scheduled start failed"
            ),
        }
    }
}

fn enabled(state: &CdapState) -> Vec<ScheduleId> {
    let enabled = state.schedules.values().filter(|schedule| schedule.enabled);
    enabled.map(|schedule| schedule.id.clone()).collect()
}

/// The strictest verdict of all constraints.
fn verdict(schedule: &Schedule, state: &CdapState, met: i64, now: i64) -> Verdict {
    let mut all = Verdict::Met;
    for constraint in &schedule.constraints {
        match constraint.check(schedule, state, met, now) {
            Verdict::Never => return Verdict::Never,
            Verdict::Waits => all = Verdict::Waits,
            Verdict::Met => {}
        }
    }
    all
}

impl Constraint {
    /// What it decides at `now` for a run whose trigger was met at `met`.
    fn check(&self, schedule: &Schedule, state: &CdapState, met: i64, now: i64) -> Verdict {
        let program = schedule.program();
        let holds = match &self.limit {
            Limit::Concurrency { most } => {
                let active = state
                    .runs_of(&program, None)
                    .filter(|run| !run.status.is_end())
                    .count();
                i64::try_from(active).is_ok_and(|active| active < *most)
            }
            Limit::Delay { after } => now - met >= *after,
            Limit::LastRun { since } => !state.runs_of(&program, None).any(|run| {
                run.status == RunStatus::Completed && run.end.is_some_and(|end| now - end < *since)
            }),
            Limit::TimeRange { zone, start, end } => within(zone, start, end, now),
        };
        match (holds, self.waits) {
            (true, _) => Verdict::Met,
            (false, true) => Verdict::Waits,
            (false, false) => Verdict::Never,
        }
    }
}
