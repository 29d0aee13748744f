//! Schedules of workflows: what is kept of each. A pipeline's config brings `dataPipelineSchedule`, clients
//! add others; all are born SUSPENDED and start runs only while they are enabled.
//!
//! `schedule/request.rs` reads what clients send, `calls.rs` and `lists.rs` answer, `moments.rs` tells when the
//! clock starts runs; `trigger.rs` and `constraint.rs` are the conditions, `firing.rs` and `info.rs` the starts;
//! `keeping.rs` holds the store, deployments and deletions. Texts that no recording has follow CDAP's source
//! (`ProgramScheduleHttpHandler`, `ProgramScheduleService`, `CoreSchedulerService`).

use super::cron::Cron;
use super::program::{ProgramKind, ProgramRef, WORKFLOW};
use super::world::World;
use constraint::{Constraint, Limit};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::cmp::Ordering;
use trigger::{Notice, Trigger};

pub mod calls;
mod constraint;
mod firing;
mod info;
mod keeping;
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
