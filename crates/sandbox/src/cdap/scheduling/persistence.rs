//! Which schedules there are: kept in the store, brought by deployments, gone with apps.

use crate::SandboxError;
use crate::cdap::Cdap;
use crate::cdap::schedule::{OF_CONFIG, Schedule, ScheduleId, of_config};
use crate::cdap::world::World;
use serde::Deserialize;
use serde_json::Value as Json;

/// The form in which earlier releases kept the one schedule of an app, under `namespace/app`.
#[derive(Deserialize)]
struct Former {
    cron: String,
    concurrency: u64,
    enabled: bool,
    updated: i64,
}

/// What the store may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Now(Box<Schedule>),
    Formerly(Former),
}

impl Cdap {
    /// Takes up the schedules of an earlier process, also those in the form that earlier releases kept. Moments
    /// that nobody was there for are not made up for (`withMisfireHandlingInstructionDoNothing`).
    pub(in crate::cdap) fn load_schedules(&self, world: &mut World) -> Result<(), SandboxError> {
        for (key, kept) in self.store.all("schedule")? {
            let former = match kept {
                Kept::Now(schedule) => {
                    let since = self.clock.now();
                    let schedule = Schedule { since, ..*schedule };
                    world.schedules.insert(schedule.id.clone(), schedule);
                    continue;
                }
                Kept::Formerly(former) => former,
            };
            let (namespace, app) = crate::cdap::pair(&key);
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

    pub(super) fn keep_schedule(&self, world: &mut World, schedule: Schedule) {
        self.store.put("schedule", &schedule.id.key(), &schedule);
        world.schedules.insert(schedule.id.clone(), schedule);
    }

    pub(super) fn drop_schedule(&self, world: &mut World, id: &ScheduleId) -> Option<Schedule> {
        self.store.delete("schedule", &id.key());
        world.schedules.remove(id)
    }

    /// Makes, changes or removes an app's schedules after a deployment: those that its config does not have
    /// go (measured). A schedule that stays the same keeps its status.
    pub(in crate::cdap) fn set_schedules(
        &self,
        world: &mut World,
        namespace: &str,
        app: &str,
        config: &Json,
    ) {
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
    pub(in crate::cdap) fn forget_schedules(&self, world: &mut World, namespace: &str, app: &str) {
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
