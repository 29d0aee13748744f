//! Executes pipelines from their own JSON: node by node, on embedded storage.
//!
//! It keeps no record of runs; what happens is told to the caller as it happens. A Spark node's work is in
//! `executor/spark.rs`, the spreading over time in `executor/pace.rs`, the plugins in `plugin.rs`.

mod blame;
mod pace;
mod spark;

#[cfg(test)]
mod tests;

use super::execution::{End, Executor, Job, Plan, PlannedNode, PluginUse};
use super::macros::listing::Listing;
use super::macros::{MacroError, Scope};
use super::observation::{Failure, Level, NodeEnd, NodeProgram, Observation};
use super::pipeline::{Pipeline, StageDesign, check, layout};
use super::plugin::{Desk, Nested, Role, Stage, World, failure};
use pace::{Pace, Stopped};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

/// How much of a run's time an action takes.
const ACTION_SHARE: f64 = 0.1;

/// The executor of the sandbox.
#[derive(Debug)]
pub struct PipelineExecutor {
    world: World,
}

impl PipelineExecutor {
    /// An executor for the storage it is given.
    pub fn new(world: World) -> Self {
        Self { world }
    }
}

/// Why a node does not go on.
enum Halt {
    Stopped,
    Failed(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Stopped> for Halt {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<MacroError> for Failure {
    fn from(error: MacroError) -> Self {
        failure("io.cdap.cdap.api.macro.InvalidMacroException", error.0)
    }
}

impl Executor for PipelineExecutor {
    fn plan(&self, config: &Json) -> Result<Plan, String> {
        let pipeline = Pipeline::parse(config)?;
        check::check(&pipeline)?;
        let nodes = layout::nodes(&pipeline)?;
        Ok(Plan {
            nodes: nodes
                .iter()
                .map(|node| PlannedNode {
                    id: node.id.clone(),
                    program: node.program,
                    description: node.description(),
                })
                .collect(),
            plugins: pipeline.stages.iter().flat_map(uses).collect(),
        })
    }

    fn execute(&self, job: &Job, stop: &AtomicBool, observe: &mut dyn FnMut(Observation)) -> End {
        let begun = Pipeline::parse(&job.config)
            .map_err(|text| failure("java.lang.IllegalArgumentException", text))
            .and_then(|pipeline| Ok((pipeline, logical_start(job, &self.world)?)));
        let (pipeline, logical_start) = match begun {
            Ok(begun) => begun,
            Err(failure) => return End::Failed(failure),
        };
        let execution = Execution {
            world: &self.world,
            job,
            pipeline: &pipeline,
            arguments: job.arguments.clone(),
            logical_start,
            pace: Pace::new(job.pace, stop),
            observe,
        };
        execution.run()
    }
}

/// `logical.start.time`, or now.
fn logical_start(job: &Job, world: &World) -> Result<i64, Failure> {
    let Some(text) = job.arguments.get("logical.start.time") else {
        return Ok((world.clock)().timestamp_millis());
    };
    let refuse = |_| {
        failure(
            "java.lang.NumberFormatException",
            format!("For input string: \"{text}\""),
        )
    };
    text.parse().map_err(refuse)
}

/// A stage's plugin and those within it.
fn uses(stage: &StageDesign) -> Vec<PluginUse> {
    let Some(definition) = check::find(stage) else {
        return Vec::new();
    };
    let mut listing = Listing::default();
    stage.properties.values().for_each(|text| listing.add(text));
    let artifact =
        |a: &super::plugin::Artifact| (a.name.to_owned(), a.version.to_owned(), a.scope.to_owned());
    let own = PluginUse {
        id: stage.name.clone(),
        name: definition.name.into(),
        kind: definition.kind.into(),
        artifact: artifact(&definition.artifact),
        properties: stage.properties.clone(),
        lookups: listing.lookups.into_iter().collect(),
        functions: listing.functions.into_iter().collect(),
    };
    let within = |nested: Nested| PluginUse {
        id: format!("{}:{}", stage.name, nested.suffix),
        name: nested.name,
        kind: nested.kind.into(),
        artifact: artifact(&nested.artifact),
        properties: BTreeMap::new(),
        lookups: Vec::new(),
        functions: Vec::new(),
    };
    let nested = (definition.nested)(&stage.properties);
    std::iter::once(own)
        .chain(nested.into_iter().map(within))
        .collect()
}

/// One run on its way.
struct Execution<'a> {
    world: &'a World,
    job: &'a Job,
    pipeline: &'a Pipeline,
    /// The job's arguments and those that actions set.
    arguments: BTreeMap<String, String>,
    logical_start: i64,
    pace: Pace<'a>,
    observe: &'a mut dyn FnMut(Observation),
}

impl Execution<'_> {
    fn run(mut self) -> End {
        let pipeline = self.pipeline;
        let nodes = match layout::nodes(pipeline) {
            Ok(nodes) => nodes,
            Err(text) => return End::Failed(failure("java.lang.IllegalArgumentException", text)),
        };
        if let Some(name) = pipeline.post_actions.first() {
            let text = format!("Plugin '{name}': post actions are not supported by the sandbox.");
            return End::Failed(failure("java.lang.UnsupportedOperationException", text));
        }
        let actions = nodes
            .iter()
            .filter(|node| node.program == NodeProgram::Action)
            .count();
        let programs = nodes.len() - actions;
        for node in &nodes {
            if self.pace.check().is_err() {
                return End::Killed;
            }
            (self.observe)(Observation::NodeStarted {
                node: node.id.clone(),
                program: node.program,
            });
            let worked = match node.program {
                NodeProgram::Action => self.act(node),
                NodeProgram::Spark => {
                    let share = (1.0 - ACTION_SHARE * count(actions)).max(0.3) / count(programs);
                    spark::run(&mut self, node, share)
                }
            };
            let (node_end, end) = outcome(worked, node.program);
            (self.observe)(Observation::NodeFinished {
                node: node.id.clone(),
                end: node_end,
            });
            if let Some(end) = end {
                return end;
            }
        }
        End::Completed
    }

    fn act(&mut self, node: &layout::Node<'_>) -> Result<(), Halt> {
        for design in &node.stages {
            let (stage, role) = self.resolve(design)?;
            let Role::Action(work) = role else {
                return Err(absent(&stage).into());
            };
            self.pace.rest(ACTION_SHARE / 2.0)?;
            let arguments = work(&stage, &mut self.desk("WorkflowDriver"))?;
            for (name, value) in arguments {
                self.arguments.insert(name.clone(), value.clone());
                let node = node.id.clone();
                (self.observe)(Observation::ArgumentSet { node, name, value });
            }
            self.pace.rest(ACTION_SHARE / 2.0)?;
        }
        Ok(())
    }

    /// A stage with its macros expanded, and what it does.
    fn resolve(&self, design: &StageDesign) -> Result<(Stage, Role), Failure> {
        let scope = Scope {
            arguments: &self.arguments,
            secure_keys: &self.job.secure_keys,
            logical_start: self.logical_start,
        };
        let expanded = design
            .properties
            .iter()
            .map(|(name, text)| Ok((name.clone(), scope.expand(text)?)));
        let properties = expanded.collect::<Result<_, MacroError>>()?;
        let definition = check::find(design).ok_or_else(|| {
            let text = format!(
                "Plugin named '{}' of type '{}' not found.",
                design.plugin, design.kind
            );
            failure("java.lang.IllegalArgumentException", text)
        })?;
        let stage = Stage {
            name: design.name.clone(),
            plugin: definition.name,
            properties,
            logical_start: self.logical_start,
        };
        Ok((stage, definition.role))
    }

    fn desk(&mut self, thread: &str) -> Desk<'_> {
        Desk {
            world: self.world,
            thread: thread.into(),
            observe: self.observe,
        }
    }

    fn say(&mut self, thread: &str, logger: &str, message: String) {
        self.desk(thread).say(Level::Info, logger, None, message);
    }
}

fn absent(stage: &Stage) -> Failure {
    let text = format!(
        "Plugin '{}' of stage '{}' is not supported by the sandbox.",
        stage.plugin, stage.name
    );
    failure("java.lang.UnsupportedOperationException", text)
}

/// How the node ended, and the run if it ends with it.
fn outcome(worked: Result<(), Halt>, program: NodeProgram) -> (NodeEnd, Option<End>) {
    match (worked, program) {
        (Ok(()), _) => (NodeEnd::Completed, None),
        (Err(Halt::Failed(failure)), _) => (NodeEnd::Failed(failure.clone()), Some(End::Failed(failure))),
        (Err(Halt::Stopped), NodeProgram::Spark) => (NodeEnd::Killed, Some(End::Killed)),
        // The node of a stopped action says FAILED (measured).
        (Err(Halt::Stopped), NodeProgram::Action) => {
            let interrupted = Failure {
                message: None,
                ..failure("java.lang.InterruptedException", "")
            };
            (NodeEnd::Failed(interrupted), Some(End::Killed))
        }
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(1.0, f64::from)
}
