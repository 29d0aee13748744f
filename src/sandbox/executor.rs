//! Executes pipelines from their own JSON: node after node, rows in batches, on the sandbox's stores.
//!
//! It tells what happens as observations and knows nothing of run records or HTTP. A node's macros are
//! expanded when the node begins, so an action can set what later stages look up.

mod data;
mod map_reduce;

#[cfg(test)]
mod tests;

use super::artifact::Shelf;
use super::execution::{End, Executor, Job, Plan};
use super::macros;
use super::observation::{Failure, Level, Line, NodeEnd, NodeProgram, Observation};
use super::pipeline::{Node, Pipeline, Stage};
use super::plugin::{self, Stores, Task, Work};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The executor over one set of stores.
#[derive(Clone, Debug)]
pub struct StoreExecutor {
    stores: Stores,
}

impl StoreExecutor {
    /// Executes on these stores.
    pub fn new(stores: Stores) -> Self {
        Self { stores }
    }
}

impl Executor for StoreExecutor {
    fn plan(&self, config: &Json, stock: &Shelf<'_>) -> Result<Plan, String> {
        let pipeline = Pipeline::parse(config)?;
        pipeline.check(stock)?;
        Ok(pipeline.plan(stock))
    }

    fn execute(&self, job: &Job, stop: &AtomicBool, observe: &mut dyn FnMut(Observation)) -> End {
        let pipeline = match Pipeline::parse(&job.config) {
            Ok(pipeline) => pipeline,
            Err(text) => return End::Failed(plugin::failure("java.lang.IllegalArgumentException", text)),
        };
        let nodes = pipeline.nodes();
        let share = job.pace / u32::try_from(nodes.len()).unwrap_or(1).max(1);
        let scope = macros::Scope {
            arguments: job.arguments.clone(),
            secure: job.secure_keys.clone(),
        };
        let observe = RefCell::new(observe);
        let mut execution = Execution {
            stores: &self.stores,
            pipeline: &pipeline,
            scope,
            job,
            stop,
            tell: &|observation| (*observe.borrow_mut())(observation),
            share,
            speed: job.speed,
            node: String::new(),
            program: NodeProgram::Action,
        };
        for node in &nodes {
            observe_start(&mut execution, node);
            let end = execution.node(node);
            let told = match &end {
                End::Completed => NodeEnd::Completed,
                End::Failed(failure) => NodeEnd::Failed(failure.clone()),
                // An action that is stopped breaks, and says so (measured).
                End::Killed if node.program == NodeProgram::Action => NodeEnd::Failed(interrupted(node)),
                End::Killed => NodeEnd::Killed,
            };
            (execution.tell)(Observation::NodeFinished {
                node: node.id.clone(),
                end: told,
            });
            if end != End::Completed {
                return end;
            }
        }
        End::Completed
    }
}

fn interrupted(node: &Node) -> Failure {
    let class_name = "java.lang.InterruptedException";
    let text = "sleep interrupted";
    let stage = node
        .stages
        .first()
        .map(|stage| stage.name.as_str())
        .unwrap_or_default();
    let mut outer = plugin::failure(
        "io.cdap.cdap.api.exception.WrappedStageException",
        format!("Stage '{stage}' encountered : {class_name}: {text}"),
    );
    outer.cause = Some(Box::new(plugin::failure(class_name, text)));
    outer
}

fn observe_start(execution: &mut Execution<'_>, node: &Node) {
    execution.node.clone_from(&node.id);
    execution.program = node.program;
    (execution.tell)(Observation::NodeStarted {
        node: node.id.clone(),
        program: node.program,
    });
}

/// One execution under way.
struct Execution<'a> {
    stores: &'a Stores,
    pipeline: &'a Pipeline,
    scope: macros::Scope,
    job: &'a Job,
    stop: &'a AtomicBool,
    tell: &'a dyn Fn(Observation),
    /// How long one node should take at least.
    share: Duration,
    speed: f64,
    node: String,
    program: NodeProgram,
}

impl Execution<'_> {
    fn node(&mut self, node: &Node) -> End {
        let result = match node.program {
            NodeProgram::Action => self.action(&node.stages[0]),
            NodeProgram::Spark | NodeProgram::MapReduce => self.data(node),
        };
        match result {
            Ok(()) if self.stop.load(Ordering::Relaxed) => End::Killed,
            Ok(()) => End::Completed,
            Err(_) if self.stop.load(Ordering::Relaxed) => End::Killed,
            Err(failure) => End::Failed(failure),
        }
    }

    fn action(&mut self, stage: &Stage) -> Result<(), Failure> {
        let properties = self.properties(stage)?;
        let Some(Work::Action(run)) = plugin::find(&stage.plugin, &stage.kind).map(|p| p.work) else {
            return Err(not_an(stage, "action"));
        };
        self.pause(self.share / 2)?;
        let done = self
            .at_work(stage, &properties, run)
            .map_err(|cause| data::wrap(stage, cause))?;
        self.count(&stage.name, "records.processed", done.processed);
        for (name, value) in done.arguments {
            self.scope.arguments.insert(name.clone(), value.clone());
            (self.tell)(Observation::ArgumentSet {
                node: self.node.clone(),
                name,
                value,
            });
        }
        self.pause(self.share / 2)
    }

    /// Lets a plugin work, and counts the records that it put aside.
    fn at_work<T>(
        &mut self,
        stage: &Stage,
        properties: &BTreeMap<String, String>,
        work: impl FnOnce(&Task<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // A sink breaks when it commits: what the others write is complete then, as in a real job.
        if stage.kind != "batchsink" {
            self.job.check(&stage.name)?;
        }
        let window = self
            .scope
            .arguments
            .get("logical.start.time")
            .cloned()
            .unwrap_or_default();
        let task = Task {
            stage: &stage.name,
            properties,
            stores: self.stores,
            window: &window,
            thread: match self.program {
                NodeProgram::Action => "WorkflowDriver",
                NodeProgram::Spark => "Executor task launch worker",
                NodeProgram::MapReduce => "LocalJobRunner Map Task Executor #0",
            },
            tell: self.tell,
            stop: self.stop,
            speed: self.speed,
            rejected: RefCell::default(),
        };
        let result = work(&task);
        let rejected = task.rejected.take().len();
        if rejected > 0 {
            let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
            self.count(&stage.name, "records.error", rejected);
        }
        result
    }

    fn properties(&self, stage: &Stage) -> Result<BTreeMap<String, String>, Failure> {
        let expanded =
            |(name, value): (&String, &String)| Ok((name.clone(), macros::expand(value, &self.scope)?));
        stage.properties.iter().map(expanded).collect()
    }

    fn count(&mut self, stage: &str, metric: &str, by: i64) {
        (self.tell)(Observation::Counted {
            stage: stage.to_owned(),
            metric: metric.to_owned(),
            by,
        });
    }

    fn say(&mut self, level: Level, logger: &str, message: String) {
        let line = Line {
            level,
            logger: logger.to_owned(),
            thread: match self.program {
                NodeProgram::MapReduce => format!("MapReduceRunner-{}", self.node),
                _ => format!("spark-submitter-{}", self.node),
            },
            message,
            stack_trace: String::new(),
            stage: None,
        };
        (self.tell)(Observation::Line(line));
    }

    /// Takes its time, in slices, so that a stop is heard.
    fn pause(&self, span: Duration) -> Result<(), Failure> {
        plugin::pause(span, self.stop)
    }
}

fn not_an(stage: &Stage, role: &str) -> Failure {
    let text = format!(
        "Plugin '{}' of stage '{}' is no {role} of the sandbox",
        stage.plugin, stage.name
    );
    plugin::failure("java.lang.UnsupportedOperationException", text)
}
