//! A pipeline run as it is stored, and its record as the API shows it.

use super::hash::in_hash_order;
use super::json::{Ordered, gson_text};
use super::profile;
use super::program::ProgramRef;
use super::string_map::InOrder;
use crate::run_status::RunStatus;
use crate::scenario::RunFault;
use pipelines::event::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The state of a run's cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ClusterStatus {
    /// Is being created.
    Provisioning,
    /// Exists.
    Provisioned,
    /// Is being deleted.
    Deprovisioning,
    /// Is deleted.
    Deprovisioned,
}

/// An exception as `nodes/state` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// The class of the exception.
    pub class_name: String,
    /// Its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Frames; there is no JVM here, so there are none.
    pub stack_traces: Vec<()>,
    /// What caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Exception>>,
}

impl From<&Failure> for Exception {
    fn from(failure: &Failure) -> Self {
        Self {
            class_name: failure.class_name.clone(),
            message: failure.message.clone(),
            stack_traces: Vec::new(),
            cause: failure.cause.as_deref().map(|cause| Box::new(Self::from(cause))),
        }
    }
}

/// A workflow node that ran, in the form of `nodes/state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeState {
    /// `phase-1`
    pub node_id: String,
    /// `RUNNING`, `COMPLETED`, `FAILED`, `KILLED`
    pub node_status: String,
    /// The id of the Spark run; absent for actions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_cause: Option<Exception>,
}

/// A metric of a run: seconds since 1970, and what was added in each.
pub type Points = Vec<(i64, i64)>;

/// One run. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// A v1 UUID whose time is `starting`.
    pub id: String,
    /// The program.
    pub program: ProgramRef,
    /// The version of its app.
    pub version: String,
    /// When it was requested.
    pub starting: i64,
    /// When it started to work.
    pub start: Option<i64>,
    /// When it ended.
    pub end: Option<i64>,
    /// When it was suspended last.
    #[serde(default)]
    pub suspend: Option<i64>,
    /// When it was resumed last.
    #[serde(default)]
    pub resume: Option<i64>,
    /// When it was asked to stop.
    pub stopping: Option<i64>,
    /// When it may be killed without waiting.
    pub terminate: Option<i64>,
    /// Its status.
    pub status: RunStatus,
    /// The caller's arguments over the preferences.
    pub arguments: BTreeMap<String, String>,
    /// What the record shows instead of the arguments until the start is accepted.
    pub early_arguments: Option<String>,
    /// Whether clients can see it at all.
    pub visible: bool,
    /// Its cluster.
    pub cluster: ClusterStatus,
    /// When the cluster was deleted.
    pub cluster_end: Option<i64>,
    /// The nodes that ran, in order.
    pub nodes: Vec<NodeState>,
    /// Why it failed, if no node has a cause.
    pub cause: Option<Exception>,
    /// The workflow token: key, node, value.
    pub token: Vec<(String, String, String)>,
    /// By full name: `user.Read MySQL.records.in`.
    pub metrics: BTreeMap<String, Points>,
    /// When the programs of nodes started and ended, by the ids of their runs, in milliseconds since 1970.
    #[serde(default)]
    pub inner: BTreeMap<String, (i64, Option<i64>)>,
    /// Whether its phases are MapReduce programs.
    #[serde(default)]
    pub map_reduce: bool,
    /// The id of the workflow's run that started this one.
    #[serde(default, rename = "workflow_run")]
    pub parent_id: Option<String>,
    /// When flow control refused it: the client was told so, and it never executes.
    #[serde(default)]
    pub refused: Option<i64>,
    /// The faults that the scenario decided for it. The stored name is that of the first release.
    #[serde(default, rename = "fate")]
    pub fault: RunFault,
    /// Set to end the execution.
    #[serde(skip)]
    pub stop: Arc<AtomicBool>,
    /// Set while it pauses before its next node.
    #[serde(skip)]
    pub paused: Arc<AtomicBool>,
    /// Whether a worker executes it; never after a restart.
    #[serde(skip)]
    pub has_worker: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    status: ClusterStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_nodes: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Profile {
    #[serde(rename = "profileName")]
    name: &'static str,
    namespace: &'static str,
    entity: &'static str,
}

/// A run as the API shows it: times in seconds, absent ones left out.
#[derive(Debug, Serialize)]
pub struct RunRecord<'a> {
    runid: &'a str,
    starting: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspend: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resume: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopping: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terminate: Option<i64>,
    status: RunStatus,
    properties: Ordered,
    cluster: Cluster,
    profile: Profile,
    version: &'a str,
}

impl Run {
    /// When it was requested, in seconds since 1970.
    pub fn starting_second(&self) -> i64 {
        self.starting.div_euclid(1000)
    }

    /// Whether lists show it already.
    pub fn is_listed(&self, now: i64) -> bool {
        now >= self.starting.saturating_add_unsigned(self.fault.unlisted)
    }

    /// As the API shows it.
    pub fn record(&self) -> RunRecord<'_> {
        let seconds = |moment: Option<i64>| moment.map(|ms| ms.div_euclid(1000));
        RunRecord {
            runid: &self.id,
            starting: self.starting_second(),
            start: seconds(self.start),
            end: seconds(self.end),
            suspend: seconds(self.suspend),
            resume: seconds(self.resume),
            stopping: seconds(self.stopping),
            terminate: seconds(self.terminate),
            status: self.status,
            properties: self.properties(),
            cluster: Cluster {
                status: self.cluster,
                end: seconds(self.cluster_end),
                num_nodes: (self.cluster != ClusterStatus::Provisioning).then_some(0),
            },
            profile: Profile {
                name: profile::chosen(&self.arguments),
                namespace: "system",
                entity: "PROFILE",
            },
            version: &self.version,
        }
    }

    /// The arguments in a real server's order.
    pub fn ordered_arguments(&self) -> Vec<(String, String)> {
        let entries = self
            .arguments
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()));
        // The order shows that the server adds its own first.
        let (own, callers): (Vec<_>, Vec<_>) = entries.partition(|(key, _)| key == "logical.start.time");
        in_hash_order(own.into_iter().chain(callers))
    }

    /// The arguments as JSON text, and the ids of the Spark nodes (never of actions, measured).
    fn properties(&self) -> Ordered {
        let own = || gson_text(&InOrder(&self.ordered_arguments()));
        let arguments = self.early_arguments.clone().unwrap_or_else(own);
        let mut entries = vec![("runtimeArgs".to_owned(), Ordered::Text(arguments))];
        // A node is shown from RUNNING on, not before (measured).
        if self.early_arguments.is_none() && !self.status.is_launching() {
            entries.extend(self.nodes.iter().filter_map(|node| {
                let id = node.run_id.clone()?;
                Some((node.node_id.clone(), Ordered::Text(id)))
            }));
        }
        if let Some(workflow) = &self.parent_id {
            entries.push(("workflowrunid".to_owned(), Ordered::Text(workflow.clone())));
        }
        Ordered::Map(entries)
    }

    /// The run of a node's program, as it is shown alone: with the arguments of the workflow, and a cluster whose end
    /// is never shown (measured).
    pub fn node_run(&self, program: &ProgramRef, node: &NodeState) -> Option<Self> {
        let id = node.run_id.clone()?;
        let (began, ended) = self.inner.get(&id).copied()?;
        let status = match node.node_status.as_str() {
            "COMPLETED" => RunStatus::Completed,
            "FAILED" => RunStatus::Failed,
            "KILLED" => RunStatus::Killed,
            _ => RunStatus::Running,
        };
        // A program that fails at once has no start.
        let ran = status != RunStatus::Failed || ended.is_some_and(|ended| ended - began >= 1000);
        Some(Self {
            id,
            program: program.clone(),
            starting: began,
            start: ran.then_some(began),
            end: ended,
            suspend: None,
            resume: None,
            stopping: None,
            terminate: None,
            status,
            early_arguments: None,
            cluster: if status.is_end() {
                ClusterStatus::Deprovisioned
            } else {
                ClusterStatus::Provisioned
            },
            cluster_end: None,
            nodes: Vec::new(),
            parent_id: Some(self.id.clone()),
            ..self.clone()
        })
    }

    /// Adds to a metric at `now`, in milliseconds since 1970.
    pub fn count(&mut self, metric: &str, now: i64, by: i64) {
        let second = now.div_euclid(1000);
        let points = match self.metrics.get_mut(metric) {
            Some(points) => points,
            None => self.metrics.entry(metric.to_owned()).or_default(),
        };
        match points.last_mut() {
            Some((last, value)) if *last == second => *value += by,
            _ => points.push((second, by)),
        }
    }
}
