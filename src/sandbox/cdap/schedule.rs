//! Schedules of workflows: what is kept of each. A pipeline's config brings `dataPipelineSchedule`, clients
//! add others; all are born SUSPENDED and start runs only while they are enabled.
//!
//! `schedule/request.rs` reads what clients send, `calls.rs` and `lists.rs` answer them, `moments.rs` tells when the clock
//! starts runs, `trigger.rs` and `constraint.rs` are the conditions, `firing.rs` and `info.rs` the starts.
//! Texts that no recording has follow CDAP's source (`ProgramScheduleHttpHandler`, `CoreSchedulerService`).

use super::Cdap;
use super::cron::Cron;
use super::program::{ProgramKind, ProgramRef, WORKFLOW};
use super::world::World;
use crate::sandbox::SandboxError;
use constraint::{Constraint, Limit};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::cmp::Ordering;
use trigger::{Notice, Trigger};

pub mod calls;
mod constraint;
mod firing;
mod info;
pub mod lists;
pub mod moments;
mod request;
mod trigger;

/// The schedule that a pipeline's config brings.
const OF_CONFIG: &str = "dataPipelineSchedule";

/// How long a trigger that is met in parts, or a constraint, is waited for if a client does not say.
const A_DAY: i64 = 86_400_000;

/// Which schedule. Their order is that of the rows of a real server's table, whose keys begin with
/// their lengths (measured: `two` comes before `mine`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleId {
    /// The namespace.
    pub namespace: String,
    /// The app.
    pub app: String,
    /// The schedule's name.
    pub name: String,
}

impl ScheduleId {
    fn rank(&self) -> [(usize, &str); 3] {
        [&self.namespace, &self.app, &self.name].map(|part| (part.len(), part.as_str()))
    }

    /// `schedule:default.app.name`
    fn entity(&self) -> String {
        format!("schedule:{}.{}.{}", self.namespace, self.app, self.name)
    }

    /// Under which it is stored. No part has a slash: each was a segment of a path.
    fn key(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.app, self.name)
    }

    fn is_of(&self, namespace: &str, app: &str) -> bool {
        self.namespace == namespace && self.app == app
    }
}

impl Ord for ScheduleId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for ScheduleId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What a trigger has gathered: CDAP's job. It starts a run when its trigger and its constraints are met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    /// When the first notice came, in milliseconds since 1970.
    since: i64,
    /// What was told so far.
    notices: Vec<Notice>,
    /// When its trigger was met.
    met: Option<i64>,
}

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its name and place.
    id: ScheduleId,
    /// Free text.
    description: String,
    /// The workflow that it starts.
    workflow: String,
    /// Arguments of the runs that it starts.
    properties: Vec<(String, String)>,
    /// When it starts them.
    trigger: Trigger,
    /// What may hold them back.
    constraints: Vec<Constraint>,
    /// How long it waits for the rest of its conditions.
    timeout: i64,
    /// Whether it starts runs.
    enabled: bool,
    /// When it was changed, in milliseconds since 1970.
    updated: i64,
    /// Since when its moments count, in milliseconds since 1970.
    since: i64,
    /// The last moment of its clock.
    fired: Option<i64>,
    /// What is on its way to a run, oldest first.
    jobs: Vec<Job>,
}

impl Schedule {
    fn status(&self) -> &'static str {
        if self.enabled { "SCHEDULED" } else { "SUSPENDED" }
    }

    /// The program that it starts.
    fn program(&self) -> ProgramRef {
        ProgramRef {
            namespace: self.id.namespace.clone(),
            app: self.id.app.clone(),
            kind: ProgramKind::Workflow,
            name: self.workflow.clone(),
        }
    }

    /// Turns it on or off. What it had gathered is forgotten when it is turned off.
    fn turn(&mut self, on: bool, now: i64) {
        self.enabled = on;
        self.updated = now;
        self.since = now;
        if !on {
            self.jobs.clear();
        }
    }

    /// What a pipeline's config asks for.
    fn of_config(id: ScheduleId, cron: String, concurrency: u64, now: i64) -> Self {
        Self {
            id,
            description: "Data pipeline schedule".to_owned(),
            workflow: WORKFLOW.to_owned(),
            properties: Vec::new(),
            trigger: Trigger::Time { cron },
            constraints: vec![Constraint {
                limit: Limit::Concurrency {
                    most: i64::try_from(concurrency).unwrap_or(i64::MAX),
                },
                waits: false,
            }],
            timeout: A_DAY,
            enabled: false,
            updated: now,
            since: now,
            fired: None,
            jobs: Vec::new(),
        }
    }
}

/// The form in which earlier releases kept the one schedule of an app, under `namespace/app`.
#[derive(Deserialize)]
struct Former {
    cron: String,
    concurrency: u64,
    enabled: bool,
    updated: i64,
}

/// The expression of a config, if it has one.
///
/// # Errors
/// The text of the 400 answer to one that cannot be read.
pub fn of_config(config: &Json) -> Result<Option<String>, String> {
    match config.get("schedule").and_then(Json::as_str) {
        None => Ok(None),
        Some(cron) => Cron::parse(cron).map(|_| Some(cron.to_owned())),
    }
}

impl World {
    /// The schedules of an app, in the order of lists.
    fn schedules_of(&self, namespace: &str, app: &str) -> impl Iterator<Item = &Schedule> {
        self.schedules
            .values()
            .filter(move |schedule| schedule.id.is_of(namespace, app))
    }
}

impl Cdap {
    /// Takes up the schedules of an earlier process, also those in the form that earlier releases kept. Moments
    /// that nobody was there for are not made up for (`withMisfireHandlingInstructionDoNothing`).
    pub(super) fn load_schedules(&self, world: &mut World) -> Result<(), SandboxError> {
        for (key, kept) in self.store.all::<Json>("schedule")? {
            let wrong = |source| SandboxError::Entry {
                kind: "schedule".to_owned(),
                key: key.clone(),
                source,
            };
            if kept.get("id").is_some() {
                let mut schedule: Schedule = serde_json::from_value(kept).map_err(wrong)?;
                schedule.since = self.clock.now();
                world.schedules.insert(schedule.id.clone(), schedule);
                continue;
            }
            let former: Former = serde_json::from_value(kept).map_err(wrong)?;
            let (namespace, app) = super::pair(&key);
            let id = ScheduleId {
                namespace,
                app,
                name: OF_CONFIG.to_owned(),
            };
            let schedule = Schedule {
                enabled: former.enabled,
                since: self.clock.now(),
                ..Schedule::of_config(id, former.cron, former.concurrency, former.updated)
            };
            self.store.delete("schedule", &key);
            self.keep_schedule(world, schedule);
        }
        Ok(())
    }

    fn keep_schedule(&self, world: &mut World, schedule: Schedule) {
        self.store.put("schedule", &schedule.id.key(), &schedule);
        world.schedules.insert(schedule.id.clone(), schedule);
    }

    fn drop_schedule(&self, world: &mut World, id: &ScheduleId) -> Option<Schedule> {
        self.store.delete("schedule", &id.key());
        world.schedules.remove(id)
    }

    /// Makes, changes or removes an app's schedules after a deployment: those that its config does not have
    /// go (measured). A schedule that stays the same keeps its status.
    pub(super) fn set_schedules(&self, world: &mut World, namespace: &str, app: &str, config: &Json) {
        let id = ScheduleId {
            namespace: namespace.to_owned(),
            app: app.to_owned(),
            name: OF_CONFIG.to_owned(),
        };
        let before = world.schedules.get(&id).cloned();
        self.drop_schedules(world, namespace, app);
        let Ok(Some(cron)) = of_config(config) else {
            return;
        };
        let concurrency = config.get("maxConcurrentRuns").and_then(Json::as_u64);
        let mut schedule = Schedule::of_config(id, cron, concurrency.unwrap_or(1), self.clock.now());
        if let Some(before) = before.filter(|before| before.trigger == schedule.trigger) {
            schedule.enabled = before.enabled;
            schedule.since = before.since;
            schedule.fired = before.fired;
        }
        self.keep_schedule(world, schedule);
    }

    /// Removes all schedules of an app.
    fn drop_schedules(&self, world: &mut World, namespace: &str, app: &str) {
        let mine: Vec<_> = world
            .schedules_of(namespace, app)
            .map(|schedule| schedule.id.clone())
            .collect();
        for id in mine {
            self.drop_schedule(world, &id);
        }
    }

    /// After the deletion of an app: its schedules go, and what only its runs could trigger goes too
    /// (`ProgramScheduleStoreDataset.modifySchedulesTriggeredByDeletedProgram`).
    pub(super) fn forget_schedules(&self, world: &mut World, namespace: &str, app: &str) {
        self.drop_schedules(world, namespace, app);
        let all: Vec<_> = world.schedules.values().cloned().collect();
        for schedule in all {
            match schedule.trigger.without(namespace, app) {
                None => {
                    self.drop_schedule(world, &schedule.id);
                }
                Some(left) if left != schedule.trigger => {
                    let updated = self.clock.now();
                    let changed = Schedule {
                        trigger: left,
                        updated,
                        ..schedule
                    };
                    self.keep_schedule(world, changed);
                }
                Some(_) => {}
            }
        }
    }
}
