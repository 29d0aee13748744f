//! Executes pipelines from their own JSON: node after node, rows in batches, on the sandbox's stores.
//!
//! It tells what happens as observations and knows nothing of run records or HTTP. A node's macros are
//! expanded when the node begins, so an action can set what later stages look up.

mod condition;
mod data;
mod ending;
mod flow;
mod map_reduce;
mod timing;

#[cfg(test)]
mod tests;

use super::artifact::PluginFinder;
use super::event::{ExecutionEvent, Failure, LogEntry, LogLevel, NodeEnd, NodeProgram};
use super::execution::{ExecutionEnd, ExecutionRequest, Executor, PipelinePlan};
use super::macros;
use super::pipeline::{Node, Pipeline, Stage, Step};
use super::plugin::{self, Batch, Rejected, Stores, Task, Work};
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
    fn plan(&self, config: &Json, plugins: &PluginFinder<'_>) -> Result<PipelinePlan, String> {
        let pipeline = Pipeline::parse(config)?;
        pipeline.check(plugins)?;
        Ok(pipeline.plan(plugins))
    }

    fn execute(
        &self,
        request: &ExecutionRequest,
        stop: &AtomicBool,
        emit: &mut dyn FnMut(ExecutionEvent),
    ) -> ExecutionEnd {
        let pipeline = match Pipeline::parse(&request.config) {
            Ok(pipeline) => pipeline,
            Err(text) => {
                return ExecutionEnd::Failed(plugin::failure("java.lang.IllegalArgumentException", text));
            }
        };
        let steps = pipeline.steps();
        let nodes = u32::try_from(pipeline.nodes().len()).unwrap_or(1).max(1);
        let scope = macros::Scope {
            arguments: request.arguments.clone(),
            secure: request.secure_keys.clone(),
        };
        let emit = RefCell::new(emit);
        let mut execution = Execution {
            stores: &self.stores,
            pipeline: &pipeline,
            scope,
            request,
            stop,
            tell: &|event| (*emit.borrow_mut())(event),
            share: request.pace / nodes,
            speed: request.speed,
            node: String::new(),
            program: NodeProgram::Action,
            held: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        // Their macros are expanded when the workflow is initialised, before anything runs.
        let ending = match execution.ending() {
            Ok(ending) => ending,
            Err(failure) => return ExecutionEnd::Failed(failure),
        };
        let end = execution.steps(&steps);
        execution.end(&ending, &end);
        end
    }
}

fn emit_node_started(execution: &mut Execution<'_>, node: &Node) {
    execution.node.clone_from(&node.id);
    execution.program = node.program;
    (execution.tell)(ExecutionEvent::NodeStarted {
        node: node.id.clone(),
        program: node.program,
    });
}

/// One execution under way.
struct Execution<'a> {
    stores: &'a Stores,
    pipeline: &'a Pipeline,
    scope: macros::Scope,
    request: &'a ExecutionRequest,
    stop: &'a AtomicBool,
    tell: &'a dyn Fn(ExecutionEvent),
    /// How long one node should take at least.
    share: Duration,
    speed: f64,
    node: String,
    program: NodeProgram,
    /// What conditions hold for the branch that they take.
    held: BTreeMap<String, Vec<Batch>>,
    /// `input`, `output` and `error` of the stages so far, for conditions.
    counts: BTreeMap<String, BTreeMap<&'static str, i64>>,
}

impl Execution<'_> {
    fn steps(&mut self, steps: &[Step]) -> ExecutionEnd {
        for step in steps {
            let end = match step {
                Step::Node(node) => self.whole_node(node),
                Step::Condition {
                    id,
                    stage,
                    then,
                    otherwise,
                } => match self.condition(id, stage) {
                    Ok(true) => self.steps(then),
                    Ok(false) => self.steps(otherwise),
                    Err(_) if self.stop.load(Ordering::Relaxed) => ExecutionEnd::Killed,
                    Err(failure) => ExecutionEnd::Failed(failure),
                },
            };
            if end != ExecutionEnd::Completed {
                return end;
            }
        }
        ExecutionEnd::Completed
    }

    fn whole_node(&mut self, node: &Node) -> ExecutionEnd {
        emit_node_started(self, node);
        let end = self.node(node);
        let told = match &end {
            ExecutionEnd::Completed => NodeEnd::Completed,
            ExecutionEnd::Failed(failure) => NodeEnd::Failed(failure.clone()),
            // An action that is stopped breaks, and says so (measured).
            ExecutionEnd::Killed if node.program == NodeProgram::Action => {
                NodeEnd::Failed(self.interrupted(node))
            }
            ExecutionEnd::Killed => NodeEnd::Killed,
        };
        if node.program.is_program() {
            self.leave_statistics(node);
        }
        (self.tell)(ExecutionEvent::NodeFinished {
            node: node.id.clone(),
            end: told,
        });
        end
    }

    fn interrupted(&self, node: &Node) -> Failure {
        let cause = plugin::failure("java.lang.InterruptedException", "sleep interrupted");
        match node.stages.first() {
            Some(stage) => self.wrap(stage, cause),
            None => cause,
        }
    }

    fn node(&mut self, node: &Node) -> ExecutionEnd {
        let result = match node.program {
            NodeProgram::Action => self.action(&node.stages[0]),
            NodeProgram::Spark | NodeProgram::MapReduce => self.data(node),
        };
        match result {
            Ok(()) if self.stop.load(Ordering::Relaxed) => ExecutionEnd::Killed,
            Ok(()) => ExecutionEnd::Completed,
            Err(_) if self.stop.load(Ordering::Relaxed) => ExecutionEnd::Killed,
            Err(failure) => ExecutionEnd::Failed(failure),
        }
    }

    fn action(&mut self, stage: &Stage) -> Result<(), Failure> {
        let properties = self.properties(stage)?;
        let Some(Work::Action(run)) = plugin::find(&stage.plugin, &stage.kind).map(|p| p.work) else {
            return Err(self.wrap(stage, not_executed(stage)));
        };
        self.pause(self.share / 2)?;
        let (done, _) = self
            .at_work(stage, &properties, run)
            .map_err(|cause| self.wrap(stage, cause))?;
        self.count(&stage.name, "records.processed", done.processed);
        for (name, value) in done.arguments {
            self.scope.arguments.insert(name.clone(), value.clone());
            (self.tell)(ExecutionEvent::ArgumentSet {
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
    ) -> Result<(T, Vec<Rejected>), Failure> {
        // A sink breaks when it commits: what the others write is complete then, as in a real request.
        if stage.kind != "batchsink" {
            self.request.check(&stage.name)?;
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
        let rejected = task.rejected.take();
        self.count(&stage.name, "records.error", flow::number(rejected.len()));
        result.map(|output| (output, rejected))
    }

    fn properties(&self, stage: &Stage) -> Result<BTreeMap<String, String>, Failure> {
        let expanded = |(name, value): (&String, &String)| {
            let value = self
                .request
                .macros
                .expand(&stage.name, name, value, &self.scope)?;
            Ok((name.clone(), value))
        };
        stage.properties.iter().map(expanded).collect()
    }

    /// Tells of a metric that grew; what did not grow has none.
    fn count(&mut self, stage: &str, metric: &str, by: i64) {
        if by == 0 {
            return;
        }
        let kind = match metric {
            "records.in" => Some("input"),
            "records.error" => Some("error"),
            metric if metric.starts_with("records.out") => Some("output"),
            _ => None,
        };
        if let Some(kind) = kind {
            let stage = self.counts.entry(stage.to_owned()).or_default();
            *stage.entry(kind).or_default() += by;
        }
        (self.tell)(ExecutionEvent::MetricIncremented {
            stage: stage.to_owned(),
            metric: metric.to_owned(),
            by,
        });
    }

    fn say(&mut self, level: LogLevel, logger: &str, message: String) {
        let line = LogEntry {
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
        (self.tell)(ExecutionEvent::Log(line));
    }

    /// Takes its time, in slices, so that a stop is heard.
    fn pause(&self, span: Duration) -> Result<(), Failure> {
        plugin::pause(span, self.stop)
    }
}

/// A plugin that a server has and the sandbox does not execute.
fn not_executed(stage: &Stage) -> Failure {
    let text = format!(
        "Plugin '{}' of type '{}' in stage '{}' is not executed by the sandbox",
        stage.plugin, stage.kind, stage.name
    );
    plugin::failure("java.lang.UnsupportedOperationException", text)
}
