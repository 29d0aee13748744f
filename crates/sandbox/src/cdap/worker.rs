//! A worker is the thread of one run: it lets the executor execute the pipeline, and stores the events.
//!
//! `worker/job.rs` builds the executor's job, `worker/lines.rs` and `worker/program_lines.rs` write the run's log,
//! `worker/token.rs` its token.

use super::event::Event;
use super::log::Origin;
use super::run::{Exception, NodeState, Run};
use super::store::AHEAD;
use super::{Cdap, faults};
use crate::run_status::RunStatus;
use pipelines::event::{ExecutionEvent, Failure, LogLevel, NodeEnd, NodeProgram};
use pipelines::execution::{ExecutionEnd, ExecutionRequest};
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MAP_REDUCE: &str = "io.cdap.cdap.internal.app.runtime.batch.MapReduceRuntimeService";
const ETL_MAP_REDUCE: &str = "io.cdap.cdap.etl.batch.mapreduce.ETLMapReduce";
const RUNNER: &str = "io.cdap.cdap.internal.app.runtime.workflow.WorkflowDriver$1";

/// The stack of a run's thread: rows pass from stage to stage by calls, through as many stages as a pipeline may have.
/// Only what is used takes memory.
const STACK: usize = 16 << 20;

mod job;
mod lines;
mod program_lines;
mod token;

/// The worker of a run.
struct Worker {
    cdap: Arc<Cdap>,
    run: Run,
    /// The active node, with the id of its program's run.
    node: Option<(String, Option<String>)>,
    /// The program of the active node, or of the last one.
    program: NodeProgram,
    /// The config of the app.
    config: Json,
    /// The submitted MapReduce job.
    job: Option<String>,
    /// Whether the server's shutdown stopped its Spark node.
    aborted: bool,
}

impl Cdap {
    /// Starts the worker of a run.
    pub(super) fn spawn_worker(self: &Arc<Self>, id: String) {
        let cdap = Arc::clone(self);
        let worker = std::thread::Builder::new()
            .name("sandbox-run".to_owned())
            .stack_size(STACK);
        let name = id.clone();
        let spawned = worker.spawn(move || {
            if let Some(work) = Worker::new(cdap, &name) {
                work.perform();
            }
        });
        if spawned.is_err() {
            let at = self.clock.now();
            self.state().events.push(Event::Ended {
                run: id,
                at,
                status: RunStatus::Failed,
            });
        }
    }
}

impl Worker {
    fn new(cdap: Arc<Cdap>, id: &str) -> Option<Self> {
        let run = cdap.state().runs.get(id)?.clone();
        Some(Self {
            cdap,
            run,
            node: None,
            program: NodeProgram::Action,
            config: Json::Null,
            job: None,
            aborted: false,
        })
    }

    fn perform(mut self) {
        self.wait_until_started();
        if self.stop().load(Ordering::SeqCst) {
            return self.end_before_start();
        }
        let at = self.cdap.clock.now();
        let run = self.run.id.clone();
        self.emit(Event::Launched { run, at });
        // Such a run fails without any node or log line on a real server (measured).
        let logical = self.run.arguments.get("logical.start.time");
        if logical.is_some_and(|time| time.parse::<i64>().is_err()) {
            return self.emit_end(RunStatus::Failed);
        }
        let Some(job) = self.cdap.job(&self.run) else {
            return self.emit_end(RunStatus::Failed);
        };
        self.config = job.config.clone();
        self.log_start();
        let (status, cause) = match self.execute(&job) {
            ExecutionEnd::Completed => (RunStatus::Completed, None),
            ExecutionEnd::Killed if self.aborted => (RunStatus::Failed, Some(faults::spark_abort_failure())),
            ExecutionEnd::Killed => (RunStatus::Killed, None),
            ExecutionEnd::Failed(failure) => {
                self.store_cause(&failure);
                (RunStatus::Failed, Some(failure))
            }
        };
        let left = self.store_token(&job);
        self.log_end(status, left, cause.as_ref());
        self.emit_end(status);
    }

    /// The run was stopped before it worked. If the server shuts down, the run is left for the next process.
    fn end_before_start(&self) {
        if self.cdap.is_shutting_down.load(Ordering::SeqCst) {
            self.with_run(|run, _| run.has_worker = run.status != RunStatus::Starting);
        }
        let left = self
            .cdap
            .state()
            .runs
            .get(&self.run.id)
            .is_some_and(|run| !run.has_worker);
        if !left {
            self.emit_end(RunStatus::Killed);
        }
    }

    fn stop(&self) -> &AtomicBool {
        &self.run.stop
    }

    /// Executes the job. A panic of the executor fails the run, not the server.
    fn execute(&mut self, job: &ExecutionRequest) -> ExecutionEnd {
        let executor = Arc::clone(&self.cdap.executor);
        let stop = Arc::clone(&self.run.stop);
        let executed = catch_unwind(AssertUnwindSafe(|| {
            executor.execute(job, &stop, &mut |observation| self.observe(observation))
        }));
        executed.unwrap_or_else(|_| {
            ExecutionEnd::Failed(Failure {
                class_name: "java.lang.IllegalStateException".to_owned(),
                message: Some(
                    "The sandbox's executor broke. This is a defect of Downbeat; please report it."
                        .to_owned(),
                ),
                cause: None,
            })
        })
    }

    fn emit_end(&self, status: RunStatus) {
        // Who sees that the run has ended can read all of its lines.
        let last = self.cdap.store.last_line(&self.run.id).unwrap_or_default();
        let ahead = last.saturating_add(1).saturating_sub(self.cdap.clock.now());
        let ahead = u64::try_from(ahead.min(AHEAD)).unwrap_or_default();
        std::thread::sleep(std::time::Duration::from_millis(ahead));
        let at = self.cdap.clock.now();
        let run = self.run.id.clone();
        self.emit(Event::Ended { run, at, status });
    }

    /// Queues an event, unless the control plane was killed meanwhile.
    fn emit(&self, event: Event) {
        let mut state = self.cdap.state();
        if state.runs.get(&self.run.id).is_some_and(|run| self.owns(run)) {
            state.events.push(event);
        }
    }

    /// Whether this is still the run's worker: a kill gives the run a new stop flag.
    fn owns(&self, run: &Run) -> bool {
        Arc::ptr_eq(&run.stop, &self.run.stop)
    }

    /// STARTING takes a while, and longer if the scenario says so; a stop ends it.
    fn wait_until_started(&self) {
        std::thread::sleep(self.cdap.clock.launch());
        let until = self.run.starting.saturating_add_unsigned(self.run.fault.starting);
        while self.cdap.clock.now() < until && !self.stop().load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Changes the run in the state, if it still exists.
    fn with_run(&self, change: impl FnOnce(&mut Run, i64)) {
        let now = self.cdap.clock.now();
        let mut state = self.cdap.state();
        if let Some(run) = state.runs.get_mut(&self.run.id).filter(|run| self.owns(run)) {
            change(run, now);
            state.mark_dirty(&self.run.id);
        }
    }

    fn observe(&mut self, observation: ExecutionEvent) {
        match observation {
            ExecutionEvent::NodeStarted { node, program } => self.node_started(node, program),
            ExecutionEvent::NodeFinished { node, end } => {
                let end = self.unless_aborted(end);
                self.node_finished(&node, &end);
            }
            ExecutionEvent::JobSubmitted { node, job } => self.job_submitted(&node, &job),
            ExecutionEvent::Log(line) => {
                // MapReduce jobs have no lines of plugins (measured with the filter `.origin=plugin`).
                let origin = if line.stage.is_some() && self.program != NodeProgram::MapReduce {
                    Origin::Plugin
                } else {
                    Origin::Program
                };
                self.log(line, origin, false, None);
            }
            ExecutionEvent::MetricIncremented { stage, metric, by } => {
                self.with_run(|run, now| run.count(&format!("user.{stage}.{metric}"), now, by));
            }
            ExecutionEvent::ArgumentSet { node, name, value } => {
                self.with_run(|run, _| run.token.push((name, node, value)));
            }
        }
    }

    /// A Spark node that the server's shutdown stops is FAILED (measured).
    fn unless_aborted(&mut self, end: NodeEnd) -> NodeEnd {
        let is_shutting_down = self.cdap.is_shutting_down.load(Ordering::SeqCst);
        if end != NodeEnd::Killed || !is_shutting_down || self.program != NodeProgram::Spark {
            return end;
        }
        self.aborted = true;
        NodeEnd::Failed(faults::spark_abort_failure())
    }

    /// A suspended run waits here, before its next node, until it is resumed or stopped.
    fn wait_if_paused(&self) {
        while self.run.paused.load(Ordering::SeqCst) && !self.stop().load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn node_started(&mut self, node: String, program: NodeProgram) {
        self.wait_if_paused();
        let run_id = program
            .is_program()
            .then(|| self.cdap.ids.new_id(self.cdap.clock.now()));
        if run_id.is_some() {
            let text = format!("Starting {} Program '{node}' in workflow", program.name());
            self.log_system(
                LogLevel::Info,
                &format!("action-{node}-0"),
                RUNNER,
                self.driver_line(349),
                text,
            );
        }
        self.program = program;
        self.node = Some((node.clone(), run_id.clone()));
        self.log_spark_start(&node);
        self.with_run(|run, now| {
            if let Some(id) = &run_id {
                run.inner.insert(id.clone(), (now, None));
                run.map_reduce = program == NodeProgram::MapReduce;
            }
            run.nodes.push(NodeState {
                node_id: node,
                node_status: "RUNNING".to_owned(),
                run_id,
                failure_cause: None,
            });
        });
    }

    fn node_finished(&mut self, node: &str, end: &NodeEnd) {
        if let Some(job) = self.job.take() {
            let (runner, details) = (format!("MapReduceRunner-{node}"), self.job_details(node));
            let (how, state) = match end {
                NodeEnd::Completed => (" successfully", "COMPLETED, failureInfo='null'"),
                NodeEnd::Failed(_) => ("", "FAILED, failureInfo='NA'"),
                NodeEnd::Killed => ("", "KILLED, failureInfo='NA'"),
            };
            let text =
                format!("MapReduce Job completed{how}. Job details: [name={node}, jobId={job}, {details}]");
            self.log_system(LogLevel::Info, &runner, MAP_REDUCE, 407, text);
            let text = format!("Batch Run finished : status = ProgramState{{status={state}}}");
            let line = lines::log_line(LogLevel::Info, &runner, ETL_MAP_REDUCE, text);
            self.log(line, Origin::Program, false, Some(221));
        }
        if *end == NodeEnd::Completed {
            self.log_spark_end(node);
        }
        let (word, map_reduce) = (self.program.name(), self.program == NodeProgram::MapReduce);
        let completed = format!("{word} Program '{node}' in workflow completed");
        let (thread, number) = (format!("action-{node}-0"), self.driver_line(352));
        // MapReduce logs this in the context of the job, Spark in that of the workflow (measured).
        if map_reduce && *end == NodeEnd::Completed {
            self.log_system(LogLevel::Info, &thread, RUNNER, number, completed.clone());
        }
        self.node = None;
        if !map_reduce && self.program.is_program() && *end == NodeEnd::Completed {
            self.log_system(LogLevel::Info, &thread, RUNNER, number, completed);
        }
        let (status, cause) = match end {
            NodeEnd::Completed => ("COMPLETED", None),
            // Only a Spark node is KILLED (measured); the cause of a killed MapReduce job is not known.
            NodeEnd::Killed if self.program == NodeProgram::MapReduce => ("FAILED", None),
            NodeEnd::Killed => ("KILLED", None),
            NodeEnd::Failed(failure) => ("FAILED", Some(Exception::from(failure))),
        };
        self.with_run(|run, now| {
            if let Some(kept) = run.nodes.iter_mut().rev().find(|kept| kept.node_id == node) {
                status.clone_into(&mut kept.node_status);
                kept.failure_cause = cause;
                let inner = kept.run_id.as_ref().and_then(|id| run.inner.get_mut(id));
                if let Some((_, ended)) = inner {
                    *ended = Some(now);
                }
            }
        });
        if !self.program.is_program() {
            return;
        }
        match end {
            NodeEnd::Completed => self.store_operations(node),
            NodeEnd::Failed(failure) => self.log_program_failed(node, failure),
            NodeEnd::Killed => {}
        }
    }

    /// Stores the cause in the run, if no node has one.
    fn store_cause(&self, failure: &Failure) {
        let cause = Exception::from(failure);
        self.with_run(|run, _| {
            if run.nodes.iter().all(|node| node.failure_cause.is_none()) {
                run.cause = Some(cause);
            }
        });
    }
}
