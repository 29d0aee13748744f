//! The seam between the run keeper, which speaks CDAP's API, and the executor, which moves rows.
//!
//! Calls block: the keeper makes them on a thread of their own. See `sandbox/observation.rs` for what
//! an execution tells while it works.

use super::artifact::PluginFinder;
use super::event::{ExecutionEvent, Failure, NodeProgram};
use super::macros::MacroOptions;
use crate::Personality;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Checks and executes pipelines from their own JSON.
pub trait Executor: Send + Sync {
    /// Checks the `config` of an app at deploy time against what is installed, and lays out its nodes.
    ///
    /// # Errors
    /// The text of the 400 answer, as a real server words it: `Failed to configure pipeline: Stage …`.
    fn plan(&self, config: &Json, plugins: &PluginFinder<'_>) -> Result<PipelinePlan, String>;

    /// Runs one execution to its end, telling each step to `observe` in order.
    ///
    /// Returns early, with [`ExecutionEnd::Killed`], once `stop` is true.
    fn execute(
        &self,
        request: &ExecutionRequest,
        stop: &AtomicBool,
        emit: &mut dyn FnMut(ExecutionEvent),
    ) -> ExecutionEnd;
}

/// What a deployed pipeline is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelinePlan {
    /// The workflow's nodes in order of execution; their ids are `phase-1`, `phase-2`, …
    pub nodes: Vec<PlannedNode>,
    /// The plugins in use, nested ones (`Read MySQL:jdbc`) included.
    pub plugins: Vec<PluginUse>,
}

/// A node of the workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedNode {
    /// `phase-1`.
    pub id: String,
    /// What runs it; only Spark nodes are programs of the app.
    pub program: NodeProgram,
    /// `Sources 'Read MySQL' to sinks 'Import To BigQuery', 'Save To Cloud Storage'.`
    pub description: String,
}

/// One plugin instance, as `GET …/apps/{app}/plugins` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginUse {
    /// The stage's name, or `stage:nested`.
    pub id: String,
    /// `BigQueryTable`.
    pub name: String,
    /// `batchsink`.
    pub kind: String,
    /// The artifact's name, version and scope, resolved.
    pub artifact: (String, String, String),
    /// The properties as deployed, macros unexpanded.
    pub properties: BTreeMap<String, String>,
    /// Arguments that the properties look up.
    pub lookups: Vec<String>,
    /// Macro functions with their arguments: `secure`, `["mysql-password"]`.
    pub functions: Vec<(String, Vec<String>)>,
}

/// One execution that is asked for.
#[derive(Clone, Debug)]
pub struct ExecutionRequest {
    /// Which server it runs on: how failures are wrapped, and what 6.10 breaks on, hang on it.
    pub personality: Personality,
    /// The app's namespace.
    pub namespace: String,
    /// The app's name, which is the pipeline's.
    pub pipeline: String,
    /// The app's `config`.
    pub config: Json,
    /// In which properties macros are taken otherwise than usual.
    pub macros: MacroOptions,
    /// Preferences overlaid with the start's arguments, `logical.start.time` (ms) included.
    pub arguments: BTreeMap<String, String>,
    /// The namespace's secure keys.
    pub secure_keys: BTreeMap<String, String>,
    /// How long the work should take at least, so that a person can watch it; zero in tests.
    pub pace: Duration,
    /// How much faster than they ask for stages may sleep.
    pub speed: f64,
    /// The stage that the scenario breaks.
    pub stage_fault: Option<StageFault>,
}

impl ExecutionRequest {
    /// Breaks the stage, if it is the one that the scenario breaks.
    ///
    /// # Errors
    /// What the scenario says.
    pub fn check(&self, stage: &str) -> Result<(), Failure> {
        match &self.stage_fault {
            Some(stage_fault) if stage_fault.stage == stage => Err(Failure {
                class_name: stage_fault.class_name.clone(),
                message: Some(stage_fault.text.clone()),
                cause: None,
            }),
            _ => Ok(()),
        }
    }
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionEnd {
    /// All nodes did their work.
    Completed,
    /// A node broke; nothing after it ran.
    Failed(Failure),
    /// It was stopped.
    Killed,
}

/// A stage that breaks. A sink breaks when it commits: what other sinks write is complete then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFault {
    /// The stage's name.
    pub stage: String,
    /// The message of the exception.
    pub text: String,
    /// The class of the exception.
    pub class_name: String,
}
