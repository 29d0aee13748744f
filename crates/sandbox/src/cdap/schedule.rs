//! What is stored of a workflow's schedule. A pipeline's config brings `dataPipelineSchedule`, clients add others;
//! all are created SUSPENDED and start runs only while they are enabled.
//!
//! `schedule/trigger.rs` and `schedule/constraint.rs` are the conditions; `scheduling.rs` uses them.

use super::cron::Cron;
use super::program::{ProgramKind, ProgramRef, WORKFLOW};
use constraint::{Constraint, Limit};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::cmp::Ordering;
use trigger::{Notice, Trigger};

pub mod constraint;
pub mod trigger;

/// The schedule that a pipeline's config brings.
pub const CONFIG_SCHEDULE: &str = "dataPipelineSchedule";

/// How long a schedule waits for the rest of its conditions by default, in milliseconds.
pub const DEFAULT_TIMEOUT: i64 = 86_400_000;

/// The id of a schedule. The order is that of a real server's table, whose keys begin with their lengths (measured:
/// `two` comes before `mine`).
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
    pub fn entity(&self) -> String {
        format!("schedule:{}.{}.{}", self.namespace, self.app, self.name)
    }

    /// The key in the store. No part contains a slash, because each was a segment of a path.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.app, self.name)
    }

    /// Whether it belongs to an app.
    pub fn is_of(&self, namespace: &str, app: &str) -> bool {
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

/// CDAP's job: the notices that a trigger has received. It starts a run when trigger and constraints are met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// When the first notice came, in milliseconds since 1970.
    pub since: i64,
    /// The notices so far.
    pub notices: Vec<Notice>,
    /// When its trigger was met.
    pub met: Option<i64>,
}

/// A schedule as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// Free text.
    pub description: String,
    /// The workflow that it starts.
    pub workflow: String,
    /// Arguments of the runs that it starts.
    pub properties: Vec<(String, String)>,
    /// When it starts them.
    pub trigger: Trigger,
    /// What may hold them back.
    pub constraints: Vec<Constraint>,
    /// How long it waits for the rest of its conditions.
    pub timeout: i64,
    /// Whether it starts runs.
    pub enabled: bool,
    /// When it was changed, in milliseconds since 1970.
    pub updated: i64,
    /// Since when its moments count, in milliseconds since 1970.
    pub since: i64,
    /// The last moment of its clock.
    pub fired: Option<i64>,
    /// What is on its way to a run, oldest first.
    pub jobs: Vec<Job>,
}

impl Schedule {
    /// `SCHEDULED` or `SUSPENDED`.
    pub fn status(&self) -> &'static str {
        if self.enabled { "SCHEDULED" } else { "SUSPENDED" }
    }

    /// The program that it starts.
    pub fn program(&self) -> ProgramRef {
        ProgramRef {
            namespace: self.id.namespace.clone(),
            app: self.id.app.clone(),
            kind: ProgramKind::Workflow,
            name: self.workflow.clone(),
        }
    }

    /// Turns it on or off. What it had gathered is forgotten when it is turned off.
    pub fn set_enabled(&mut self, on: bool, now: i64) {
        self.enabled = on;
        self.updated = now;
        self.since = now;
        if !on {
            self.jobs.clear();
        }
    }

    /// What a pipeline's config asks for.
    pub fn from_config(id: ScheduleId, cron: String, concurrency: u64, now: i64) -> Self {
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
            timeout: DEFAULT_TIMEOUT,
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
pub fn config_cron(config: &Json) -> Result<Option<String>, String> {
    match config.get("schedule").and_then(Json::as_str) {
        None => Ok(None),
        Some(cron) => Cron::parse(cron).map(|_| Some(cron.to_owned())),
    }
}
