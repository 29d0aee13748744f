//! The interface between the sandbox, which implements CDAP's API, and the executor, which moves rows.
//!
//! All calls block, so the sandbox makes them on threads of their own. `event.rs` lists what an execution
//! reports while it runs.

use super::artifact::PluginFinder;
use super::event::{ExecutionEvent, Failure, NodeProgram};
use super::macros::MacroOptions;
use crate::Personality;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Checks and executes pipelines from their own JSON.
pub trait Executor: Send + Sync {
    /// Validates the `config` of an app at deploy time against the installed plugins, and plans its nodes.
    ///
    /// # Errors
    /// The text of the 400 answer, as a real server words it: `Failed to configure pipeline: Stage …`.
    fn plan(&self, config: &Json, plugins: &PluginFinder<'_>) -> Result<PipelinePlan, String>;

    /// Runs a pipeline to its end and reports each step to `emit`, in order.
    ///
    /// Returns early with [`ExecutionEnd::Killed`] once `stop` is true.
    fn execute(
        &self,
        request: &ExecutionRequest,
        stop: &AtomicBool,
        emit: &mut dyn FnMut(ExecutionEvent),
    ) -> ExecutionEnd;

    /// Removes the objects of all buckets that lie in a folder of one of these names, at any depth: runs that are
    /// forgotten have written them.
    fn remove_objects(&self, _folders: &BTreeSet<String>) {}
}

/// The nodes and plugins of a deployed pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelinePlan {
    /// The workflow's nodes in order of execution; their ids are `phase-1`, `phase-2`, …
    pub nodes: Vec<PlannedNode>,
    /// The plugins in use, with nested ones such as `Read MySQL:jdbc`.
    pub plugins: Vec<PluginUse>,
}

/// A node of the workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedNode {
    /// `phase-1`.
    pub id: String,
    /// What runs it; an action is not a program of the app.
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
    /// The name, version and scope of the plugin's artifact.
    pub artifact: (String, String, String),
    /// The properties as deployed, with macros.
    pub properties: BTreeMap<String, String>,
    /// The arguments that macros in the properties refer to.
    pub lookups: Vec<String>,
    /// The macro functions in the properties with their arguments: `secure`, `["mysql-password"]`.
    pub functions: Vec<(String, Vec<String>)>,
}

/// What to execute, and how.
#[derive(Clone, Debug)]
pub struct ExecutionRequest {
    /// The imitated release: it decides how failures are wrapped, and what fails on 6.10 only.
    pub personality: Personality,
    /// The app's namespace.
    pub namespace: String,
    /// The app's name, which is the pipeline's.
    pub pipeline: String,
    /// The app's `config`.
    pub config: Json,
    /// The properties in which macros are not expanded as usual.
    pub macros: MacroOptions,
    /// The preferences overlaid with the arguments of the start, with `logical.start.time` in milliseconds.
    pub arguments: BTreeMap<String, String>,
    /// The namespace's secure keys.
    pub secure_keys: BTreeMap<String, String>,
    /// The minimum duration, so that a person can watch the run; zero in tests.
    pub pace: Duration,
    /// The factor by which the sleeps of stages are shortened.
    pub speed: f64,
    /// The stage that fails on purpose.
    pub stage_fault: Option<StageFault>,
}

impl ExecutionRequest {
    /// Fails if this is the stage that fails on purpose.
    ///
    /// # Errors
    /// The exception of the [`StageFault`].
    pub(crate) fn check_stage_fault(&self, stage: &str) -> Result<(), Failure> {
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
    /// All nodes completed.
    Completed,
    /// A node failed; the nodes after it did not run.
    Failed(Failure),
    /// It was stopped.
    Killed,
}

/// A stage that fails on purpose. A sink fails when it commits; the output of other sinks is then complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFault {
    /// The stage's name.
    pub stage: String,
    /// The message of the exception.
    pub text: String,
    /// The class of the exception.
    pub class_name: String,
}
