//! How schedules start runs: they hear of moments and of ends of runs, gather these in jobs, and each job whose
//! trigger and constraints are met starts one run, once.
//!
//! Ends are heard of under the lock that makes them, and what was gathered is stored: a restart loses nothing.
//! The ends of a pipeline's phases are not heard of: a trigger that names one is shown and never met.

use crate::cdap::Cdap;
use crate::cdap::schedule::constraint::{Constraint, Limit, within};
use crate::cdap::schedule::trigger::Notice;
use crate::cdap::schedule::{Job, Schedule, ScheduleId};
use crate::cdap::world::World;
use crate::run_status::RunStatus;

/// What a constraint says to a run.
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
    /// Adds to the job that still gathers, or begins one.
    fn hear(&mut self, notice: Notice, now: i64) {
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

    /// The moments that have come since the last look. Several of one expression count as one, as Quartz has it
    /// with CDAP's setting for misfires.
    fn hear_clock(&mut self, now: i64) -> bool {
        let moments: Vec<_> = self
            .trigger
            .moments(self.since)
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
            self.hear(Notice::Time { cron, at: *at }, now);
        }
        self.since = now;
        true
    }
}

impl Cdap {
    /// Tells all schedules that a run has ended. Its record does not change any more, so that this is once.
    pub(in crate::cdap) fn tell_schedules(&self, world: &mut World, run: &str) {
        let Some(run) = world.runs.get(run) else {
            return;
        };
        let notice = Notice::Ended {
            program: run.program.clone(),
            run: run.id.clone(),
            status: run.status,
        };
        let told = std::slice::from_ref(&notice);
        let listening: Vec<_> = world
            .schedules
            .values()
            .filter(|schedule| {
                let units = schedule.trigger.units();
                schedule.enabled && units.into_iter().any(|unit| unit.heard(told).is_some())
            })
            .cloned()
            .collect();
        let now = self.clock.now();
        for mut schedule in listening {
            schedule.hear(notice.clone(), now);
            self.keep_schedule(world, schedule);
        }
    }

    /// Starts what is due.
    pub(in crate::cdap) fn fire_schedules(&self) {
        let now = self.clock.now();
        {
            let mut world = self.world();
            let ids: Vec<ScheduleId> = enabled(&world);
            for id in ids {
                let Some(schedule) = world.schedules.get_mut(&id) else {
                    continue;
                };
                if schedule.hear_clock(now) {
                    self.store.put("schedule", &id.key(), schedule);
                }
            }
        }
        // One by one: each run that is started counts for the constraints of the next.
        loop {
            let Some((schedule, job)) = self.take_job(now) else {
                return;
            };
            self.start_scheduled(&schedule, &job);
        }
    }

    /// The next job that may start now; drops those that never may.
    fn take_job(&self, now: i64) -> Option<(Schedule, Job)> {
        let mut world = self.world();
        for id in enabled(&world) {
            let mut schedule = world.schedules.get(&id)?.clone();
            let before = schedule.jobs.len();
            let mut chosen = None;
            let mut kept = Vec::new();
            for job in std::mem::take(&mut schedule.jobs) {
                let late = now - job.since > schedule.timeout;
                match job.met {
                    None if !late => kept.push(job),
                    Some(met) if !late && chosen.is_none() => match verdict(&schedule, &world, met, now) {
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
                self.keep_schedule(&mut world, schedule.clone());
            }
            if let Some(job) = chosen {
                return Some((schedule, job));
            }
        }
        None
    }

    fn start_scheduled(&self, schedule: &Schedule, job: &Job) {
        let mut arguments = schedule.properties.clone();
        // Measured: only the clock tells a run who started it.
        if job
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::Time { .. }))
        {
            arguments.push(("scheduleName".to_owned(), schedule.id.name.clone()));
        }
        match self.start(&schedule.program(), arguments) {
            Ok(run) => {
                let mut world = self.world();
                let early = schedule.early_arguments(&world, &run, job);
                if let Some(run) = world.runs.get_mut(&run).filter(|_| early.is_some()) {
                    run.early_arguments = early;
                }
            }
            Err(refused) => tracing::warn!(
                app = schedule.id.app,
                schedule = schedule.id.name,
                reason = refused.words(),
                "a scheduled start failed"
            ),
        }
    }
}

fn enabled(world: &World) -> Vec<ScheduleId> {
    let enabled = world.schedules.values().filter(|schedule| schedule.enabled);
    enabled.map(|schedule| schedule.id.clone()).collect()
}

/// The strictest of what the constraints say.
fn verdict(schedule: &Schedule, world: &World, met: i64, now: i64) -> Verdict {
    let mut all = Verdict::Met;
    for constraint in &schedule.constraints {
        match constraint.check(schedule, world, met, now) {
            Verdict::Never => return Verdict::Never,
            Verdict::Waits => all = Verdict::Waits,
            Verdict::Met => {}
        }
    }
    all
}

impl Constraint {
    /// What it says at `now` to a run whose trigger was met at `met`.
    fn check(&self, schedule: &Schedule, world: &World, met: i64, now: i64) -> Verdict {
        let program = schedule.program();
        let holds = match &self.limit {
            Limit::Concurrency { most } => {
                let active = world
                    .runs_of(&program, None)
                    .filter(|run| !run.status.is_end())
                    .count();
                i64::try_from(active).is_ok_and(|active| active < *most)
            }
            Limit::Delay { after } => now - met >= *after,
            Limit::LastRun { since } => !world.runs_of(&program, None).any(|run| {
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
