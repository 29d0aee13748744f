//! Executes pipelines from their own JSON: one node after the other, rows in batches, on local stores.
//!
//! It reports what happens as events and knows neither run records nor HTTP. The macros of a node are expanded
//! when the node starts, so an action can set arguments for later stages.
//! `executor/data.rs` runs a data node, `executor/flow.rs` passes rows from stage to stage,
//! `executor/condition.rs` evaluates conditions, `executor/post_actions.rs` runs post actions.

mod condition;
mod data;
mod flow;
mod map_reduce;
mod post_actions;
mod timing;

#[cfg(test)]
mod tests;

use super::artifact::PluginFinder;
use super::bucket::Conditions;
use super::event::{ExecutionEvent, Failure, LogEntry, LogLevel, NodeEnd, NodeProgram};
use super::execution::{ExecutionEnd, ExecutionRequest, Executor, PipelinePlan};
use super::macros;
use super::memory::Memory;
use super::pipeline::{Node, Pipeline, Stage, Step};
use super::plugin::{self, Batch, ErrorRecord, Implementation, StageContext, Stores};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Executes pipelines on one set of stores.
#[derive(Clone, Debug)]
pub struct StoreExecutor {
    stores: Stores,
}

impl StoreExecutor {
    /// An executor that reads from and writes to these stores.
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
            expanded: macros::Expanded::default(),
            headers: BTreeMap::new(),
            request,
            stop,
            emit: &|event| (*emit.borrow_mut())(event),
            min_node_time: request.pace / nodes,
            speed: request.speed,
            node: String::new(),
            program: NodeProgram::Action,
            connectors: BTreeMap::new(),
            memory: Memory::default(),
            counts: BTreeMap::new(),
        };
        // The macros of post actions are expanded when the workflow is initialised, before any node runs.
        let post_actions = match execution.post_actions() {
            Ok(post_actions) => post_actions,
            Err(failure) => return ExecutionEnd::Failed(failure),
        };
        let end = execution.run_steps(&steps);
        execution.run_post_actions(&post_actions, &end);
        end
    }

    fn remove_objects(&self, folders: &BTreeSet<String>) {
        let buckets = &self.stores.buckets;
        for bucket in buckets.bucket_names() {
            for name in buckets.objects(&bucket, "") {
                let mut above = name.split('/').rev().skip(1);
                if above.any(|folder| folders.contains(folder)) {
                    // What cannot be removed now is left: it is nobody's any more.
                    let _ = buckets.remove((&bucket, &name), &Conditions::default());
                }
            }
        }
    }
}

fn emit_node_started(execution: &mut Execution<'_>, node: &Node) {
    execution.node.clone_from(&node.id);
    execution.program = node.program;
    (execution.emit)(ExecutionEvent::NodeStarted {
        node: node.id.clone(),
        program: node.program,
    });
}

/// The state of one execution while it runs.
struct Execution<'a> {
    stores: &'a Stores,
    pipeline: &'a Pipeline,
    scope: macros::Scope,
    expanded: macros::Expanded,
    /// The headers that each stage has read.
    headers: BTreeMap<String, plugin::Headers>,
    request: &'a ExecutionRequest,
    stop: &'a AtomicBool,
    emit: &'a dyn Fn(ExecutionEvent),
    /// The minimum duration of one node.
    min_node_time: Duration,
    speed: f64,
    node: String,
    program: NodeProgram,
    /// The rows that condition connectors hold for the branch that is taken.
    connectors: BTreeMap<String, Vec<Batch>>,
    /// What the rows take that sources, connectors, aggregators and sinks hold, and those on their way between stages.
    memory: Memory,
    /// The `input`, `output` and `error` counts of the stages so far, for conditions.
    counts: BTreeMap<String, BTreeMap<&'static str, i64>>,
}

impl Execution<'_> {
    fn run_steps(&mut self, steps: &[Step]) -> ExecutionEnd {
        for step in steps {
            let end = match step {
                Step::Node(node) => self.run_node(node),
                Step::Condition {
                    id,
                    stage,
                    then,
                    otherwise,
                } => match self.evaluate_condition(id, stage) {
                    Ok(true) => self.run_steps(then),
                    Ok(false) => self.run_steps(otherwise),
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

    fn run_node(&mut self, node: &Node) -> ExecutionEnd {
        emit_node_started(self, node);
        let end = self.execute_node(node);
        let node_end = match &end {
            ExecutionEnd::Completed => NodeEnd::Completed,
            ExecutionEnd::Failed(failure) => NodeEnd::Failed(failure.clone()),
            // An action that is stopped fails with an exception (measured).
            ExecutionEnd::Killed if node.program == NodeProgram::Action => {
                NodeEnd::Failed(self.interrupted(node))
            }
            ExecutionEnd::Killed => NodeEnd::Killed,
        };
        if node.program.is_program() {
            self.emit_statistics(node);
        }
        (self.emit)(ExecutionEvent::NodeFinished {
            node: node.id.clone(),
            end: node_end,
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

    fn execute_node(&mut self, node: &Node) -> ExecutionEnd {
        let result = match node.program {
            NodeProgram::Action => self.run_action(&node.stages[0]),
            NodeProgram::Spark | NodeProgram::MapReduce => self.run_data_node(node),
        };
        match result {
            Ok(()) if self.stop.load(Ordering::Relaxed) => ExecutionEnd::Killed,
            Ok(()) => ExecutionEnd::Completed,
            Err(_) if self.stop.load(Ordering::Relaxed) => ExecutionEnd::Killed,
            Err(failure) => ExecutionEnd::Failed(failure),
        }
    }

    fn run_action(&mut self, stage: &Stage) -> Result<(), Failure> {
        let properties = self.properties(stage)?;
        let Some(Implementation::Action(run)) =
            plugin::find(&stage.plugin, &stage.kind).map(|p| p.implementation)
        else {
            return Err(self.wrap(stage, not_executed(stage)));
        };
        self.pause(self.min_node_time / 2)?;
        let (done, _) = self
            .run_plugin(stage, &properties, run)
            .map_err(|cause| self.wrap(stage, cause))?;
        self.count(&stage.name, "records.processed", done.processed);
        for (name, value) in done.arguments {
            self.scope.arguments.insert(name.clone(), value.clone());
            (self.emit)(ExecutionEvent::ArgumentSet {
                node: self.node.clone(),
                name,
                value,
            });
        }
        self.pause(self.min_node_time / 2)
    }

    /// Runs a plugin and counts its error records.
    fn run_plugin<T>(
        &mut self,
        stage: &Stage,
        properties: &BTreeMap<String, String>,
        implementation: impl FnOnce(&StageContext<'_>) -> Result<T, Failure>,
    ) -> Result<(T, Vec<ErrorRecord>), Failure> {
        // A sink fails when it commits, as in a real job: the output of other sinks is then complete.
        if stage.kind != "batchsink" {
            self.request.check_stage_fault(&stage.name)?;
        }
        let logical_start_time = self
            .scope
            .arguments
            .get("logical.start.time")
            .cloned()
            .unwrap_or_default();
        let context = StageContext {
            stage: &stage.name,
            properties,
            stores: self.stores,
            logical_start_time: &logical_start_time,
            thread: match self.program {
                NodeProgram::Action => "WorkflowDriver",
                NodeProgram::Spark => "Executor task launch worker",
                NodeProgram::MapReduce => "LocalJobRunner Map Task Executor #0",
            },
            emit: self.emit,
            stop: self.stop,
            speed: self.speed,
            error_records: RefCell::default(),
            headers: self.headers.entry(stage.name.clone()).or_default().clone(),
            memory: self.memory,
        };
        let result = implementation(&context);
        let error_records = context.error_records.take();
        self.count(&stage.name, "records.error", flow::to_i64(error_records.len()));
        result.map(|output| (output, error_records))
    }

    fn properties(&self, stage: &Stage) -> Result<BTreeMap<String, String>, Failure> {
        let expanded = |(name, value): (&String, &String)| {
            let value = self
                .request
                .macros
                .expand(&stage.name, name, value, &self.scope)?;
            self.expanded.add(&value)?;
            Ok((name.clone(), value))
        };
        stage.properties.iter().map(expanded).collect()
    }

    /// Increments a metric, unless the increment is zero: a server has no metrics of value zero.
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
        (self.emit)(ExecutionEvent::MetricIncremented {
            stage: stage.to_owned(),
            metric: metric.to_owned(),
            by,
        });
    }

    fn log(&mut self, level: LogLevel, logger: &str, message: String) {
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
        (self.emit)(ExecutionEvent::Log(line));
    }

    /// Sleeps in slices, so that a stop takes effect soon.
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
