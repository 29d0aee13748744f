//! The schedules in the store, and what deployments and deletions of apps change about them.

use crate::SandboxError;
use crate::cdap::Cdap;
use crate::cdap::schedule::{CONFIG_SCHEDULE, Schedule, ScheduleId, config_cron};
use crate::cdap::state::CdapState;
use serde::Deserialize;
use serde_json::Value as Json;

/// The one schedule of an app as earlier releases stored it, under `namespace/app`.
#[derive(Deserialize)]
struct OldSchedule {
    cron: String,
    concurrency: u64,
    enabled: bool,
    updated: i64,
}

/// What the store may contain.
#[derive(Deserialize)]
#[serde(untagged)]
enum StoredSchedule {
    Now(Box<Schedule>),
    Old(OldSchedule),
}

impl Cdap {
    /// Loads the schedules of an earlier process, also those of earlier releases. Fire times between the processes are
    /// skipped (`withMisfireHandlingInstructionDoNothing`).
    pub(in crate::cdap) fn load_schedules(&self, state: &mut CdapState) -> Result<(), SandboxError> {
        for (key, stored) in self.store.all("schedule")? {
            let old = match stored {
                StoredSchedule::Now(schedule) => {
                    let since = self.clock.now();
                    let schedule = Schedule { since, ..*schedule };
                    state.schedules.insert(schedule.id.clone(), schedule);
                    continue;
                }
                StoredSchedule::Old(old) => old,
            };
            let (namespace, app) = crate::cdap::pair(&key);
            let id = ScheduleId {
                namespace,
                app,
                name: CONFIG_SCHEDULE.to_owned(),
            };
            let schedule = Schedule {
                enabled: old.enabled,
                since: self.clock.now(),
                ..Schedule::from_config(id, old.cron, old.concurrency, old.updated)
            };
            self.store.delete("schedule", &key);
            self.put_schedule(state, schedule);
        }
        Ok(())
    }

    pub(super) fn put_schedule(&self, state: &mut CdapState, schedule: Schedule) {
        self.store.put("schedule", &schedule.id.key(), &schedule);
        state.schedules.insert(schedule.id.clone(), schedule);
    }

    pub(super) fn delete_schedule(&self, state: &mut CdapState, id: &ScheduleId) -> Option<Schedule> {
        self.store.delete("schedule", &id.key());
        state.schedules.remove(id)
    }

    /// Sets an app's schedules after a deployment: those that its config does not have are deleted (measured). A
    /// schedule that stays the same keeps its status.
    pub(in crate::cdap) fn set_schedules(
        &self,
        state: &mut CdapState,
        namespace: &str,
        app: &str,
        config: &Json,
    ) {
        let id = ScheduleId {
            namespace: namespace.to_owned(),
            app: app.to_owned(),
            name: CONFIG_SCHEDULE.to_owned(),
        };
        let before = state.schedules.get(&id).cloned();
        self.delete_schedules(state, namespace, app);
        let Ok(Some(cron)) = config_cron(config) else {
            return;
        };
        let concurrency = config.get("maxConcurrentRuns").and_then(Json::as_u64);
        let mut schedule = Schedule::from_config(id, cron, concurrency.unwrap_or(1), self.clock.now());
        if let Some(before) = before.filter(|before| before.trigger == schedule.trigger) {
            schedule.enabled = before.enabled;
            schedule.since = before.since;
            schedule.fired = before.fired;
        }
        self.put_schedule(state, schedule);
    }

    /// Deletes all schedules of an app.
    fn delete_schedules(&self, state: &mut CdapState, namespace: &str, app: &str) {
        let mine: Vec<_> = state
            .schedules_of(namespace, app)
            .map(|schedule| schedule.id.clone())
            .collect();
        for id in mine {
            self.delete_schedule(state, &id);
        }
    }

    /// Deletes the schedules of a deleted app, and the triggers that only its runs could meet
    /// (`ProgramScheduleStoreDataset.modifySchedulesTriggeredByDeletedProgram`).
    pub(in crate::cdap) fn on_app_deleted(&self, state: &mut CdapState, namespace: &str, app: &str) {
        self.delete_schedules(state, namespace, app);
        let all: Vec<_> = state.schedules.values().cloned().collect();
        for schedule in all {
            match schedule.trigger.without(namespace, app) {
                None => {
                    self.delete_schedule(state, &schedule.id);
                }
                Some(left) if left != schedule.trigger => {
                    let updated = self.clock.now();
                    let changed = Schedule {
                        trigger: left,
                        updated,
                        ..schedule
                    };
                    self.put_schedule(state, changed);
                }
                Some(_) => {}
            }
        }
    }
}
