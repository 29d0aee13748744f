//! Works on one run: a thread that lets the executor execute and writes down what it tells.
//!
//! `worker/order.rs` says what is executed, `worker/lines.rs` what the run writes into its log by itself.

use super::event::Event;
use super::log::Origin;
use super::run::{Cause, Node, Run};
use super::{Cdap, crash};
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

mod job;
mod lines;
mod order;
mod token;

/// A run being worked on.
struct Work {
    cdap: Arc<Cdap>,
    run: Run,
    /// The node that works, with the id of its program's run.
    node: Option<(String, Option<String>)>,
    /// What the node that works, or the last one, is executed with.
    program: NodeProgram,
    /// The config of the app.
    config: Json,
    /// The MapReduce job that was handed in.
    job: Option<String>,
    /// Whether the server's own end stopped its Spark node.
    aborted: bool,
}

impl Cdap {
    /// Begins to work on a run, on a thread of its own.
    pub(super) fn launch(self: &Arc<Self>, id: String) {
        let cdap = Arc::clone(self);
        let worker = std::thread::Builder::new().name("sandbox-run".to_owned());
        let name = id.clone();
        let spawned = worker.spawn(move || {
            if let Some(work) = Work::of(cdap, &name) {
                work.perform();
            }
        });
        if spawned.is_err() {
            let at = self.clock.now();
            self.world().events.push(Event::Ended {
                run: id,
                at,
                status: RunStatus::Failed,
            });
        }
    }
}

impl Work {
    fn of(cdap: Arc<Cdap>, id: &str) -> Option<Self> {
        let run = cdap.world().runs.get(id)?.clone();
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
        self.wait_to_work();
        if self.stop().load(Ordering::SeqCst) {
            return self.end_unbegun();
        }
        let at = self.cdap.clock.now();
        let run = self.run.id.clone();
        self.tell(Event::Launched { run, at });
        // Such a run breaks without a trace on a real server: no node, no line (measured).
        let logical = self.run.arguments.get("logical.start.time");
        if logical.is_some_and(|time| time.parse::<i64>().is_err()) {
            return self.tell_end(RunStatus::Failed);
        }
        let Some(job) = self.cdap.job(&self.run) else {
            return self.tell_end(RunStatus::Failed);
        };
        self.config = job.config.clone();
        self.first_lines();
        let status = match self.execute(&job) {
            ExecutionEnd::Completed => RunStatus::Completed,
            ExecutionEnd::Killed if self.aborted => RunStatus::Failed,
            ExecutionEnd::Killed => RunStatus::Killed,
            ExecutionEnd::Failed(failure) => {
                self.blame(&failure);
                RunStatus::Failed
            }
        };
        let left = self.leave_token(&job);
        self.last_lines(status, left);
        self.tell_end(status);
    }

    /// Stopped before it worked: by a client, or because the server ends, and then it is left to the next one.
    fn end_unbegun(&self) {
        if self.cdap.leaving.load(Ordering::SeqCst) {
            self.with_run(|run, _| run.worked_on = run.status != RunStatus::Starting);
        }
        let left = self
            .cdap
            .world()
            .runs
            .get(&self.run.id)
            .is_some_and(|run| !run.worked_on);
        if !left {
            self.tell_end(RunStatus::Killed);
        }
    }

    fn stop(&self) -> &AtomicBool {
        &self.run.stop
    }

    /// Lets the executor execute. Its defects must not take the server down: they fail the run.
    fn execute(&mut self, job: &ExecutionRequest) -> ExecutionEnd {
        let executor = Arc::clone(&self.cdap.executor);
        let stop = Arc::clone(&self.run.stop);
        let executed = catch_unwind(AssertUnwindSafe(|| {
            executor.execute(job, &stop, &mut |event| self.note(event))
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

    fn tell_end(&self, status: RunStatus) {
        let at = self.cdap.clock.now();
        let run = self.run.id.clone();
        self.tell(Event::Ended { run, at, status });
    }

    /// Tells what happened, unless the control plane was killed under this work.
    fn tell(&self, event: Event) {
        let mut world = self.cdap.world();
        if world.runs.get(&self.run.id).is_some_and(|run| self.is_of(run)) {
            world.events.push(event);
        }
    }

    /// Whether this work still is the run's: a killed control plane forgets who worked for it.
    fn is_of(&self, run: &Run) -> bool {
        Arc::ptr_eq(&run.stop, &self.run.stop)
    }

    /// STARTING takes its time, and longer if the scenario says so; a stop ends it.
    fn wait_to_work(&self) {
        std::thread::sleep(self.cdap.clock.launch());
        let until = self.run.starting.saturating_add_unsigned(self.run.fate.starting);
        while self.cdap.clock.now() < until && !self.stop().load(Ordering::SeqCst) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Changes the kept run, if it still exists.
    fn with_run(&self, change: impl FnOnce(&mut Run, i64)) {
        let now = self.cdap.clock.now();
        let mut world = self.cdap.world();
        if let Some(run) = world.runs.get_mut(&self.run.id).filter(|run| self.is_of(run)) {
            change(run, now);
            world.touch(&self.run.id);
        }
    }

    fn note(&mut self, event: ExecutionEvent) {
        match event {
            ExecutionEvent::NodeStarted { node, program } => self.node_started(node, program),
            ExecutionEvent::NodeFinished { node, end } => {
                let end = self.unless_aborted(end);
                self.node_finished(&node, &end);
            }
            ExecutionEvent::JobSubmitted { node, job } => self.job_submitted(&node, &job),
            ExecutionEvent::Log(line) => {
                // The jobs of MapReduce tell nothing of plugins (measured with the filter `.origin=plugin`).
                let origin = if line.stage.is_some() && self.program != NodeProgram::MapReduce {
                    Origin::Plugin
                } else {
                    Origin::Program
                };
                self.write(line, origin, false, None);
            }
            ExecutionEvent::MetricIncremented { stage, metric, by } => {
                self.with_run(|run, now| run.count(&format!("user.{stage}.{metric}"), now, by));
            }
            ExecutionEvent::ArgumentSet { node, name, value } => {
                self.with_run(|run, _| run.token.push((name, node, value)));
            }
        }
    }

    /// A Spark node that the server's own end stops says FAILED (measured).
    fn unless_aborted(&mut self, end: NodeEnd) -> NodeEnd {
        let leaving = self.cdap.leaving.load(Ordering::SeqCst);
        if end != NodeEnd::Killed || !leaving || self.program != NodeProgram::Spark {
            return end;
        }
        self.aborted = true;
        NodeEnd::Failed(crash::spark_aborted())
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
            .then(|| self.cdap.ids.fresh(self.cdap.clock.now()));
        if run_id.is_some() {
            let text = format!("Starting {} Program '{node}' in workflow", program.name());
            self.say(
                LogLevel::Info,
                &format!("action-{node}-0"),
                RUNNER,
                self.driver_line(349),
                text,
            );
        }
        self.program = program;
        self.node = Some((node.clone(), run_id.clone()));
        self.say_spark_begins(&node);
        self.with_run(|run, now| {
            if let Some(id) = &run_id {
                run.inner.insert(id.clone(), (now, None));
                run.map_reduce = program == NodeProgram::MapReduce;
            }
            run.nodes.push(Node {
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
            self.say(LogLevel::Info, &runner, MAP_REDUCE, 407, text);
            let text = format!("Batch Run finished : status = ProgramState{{status={state}}}");
            let line = lines::plain(LogLevel::Info, &runner, ETL_MAP_REDUCE, text);
            self.write(line, Origin::Program, false, Some(221));
        }
        if *end == NodeEnd::Completed {
            self.say_spark_ends(node);
        }
        let (word, map_reduce) = (self.program.name(), self.program == NodeProgram::MapReduce);
        let completed = format!("{word} Program '{node}' in workflow completed");
        let (thread, number) = (format!("action-{node}-0"), self.driver_line(352));
        // Said on behalf of the job by MapReduce, of the workflow by Spark (measured).
        if map_reduce && *end == NodeEnd::Completed {
            self.say(LogLevel::Info, &thread, RUNNER, number, completed.clone());
        }
        self.node = None;
        if !map_reduce && self.program.is_program() && *end == NodeEnd::Completed {
            self.say(LogLevel::Info, &thread, RUNNER, number, completed);
        }
        let (status, cause) = match end {
            NodeEnd::Completed => ("COMPLETED", None),
            // Only Spark calls a node killed (measured); what a MapReduce job gives as its cause is not known.
            NodeEnd::Killed if self.program == NodeProgram::MapReduce => ("FAILED", None),
            NodeEnd::Killed => ("KILLED", None),
            NodeEnd::Failed(failure) => ("FAILED", Some(Cause::from(failure))),
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
            NodeEnd::Completed => self.leave_operations(node),
            NodeEnd::Failed(failure) => self.say_program_failed(node, failure),
            NodeEnd::Killed => {}
        }
    }

    /// Keeps the cause on the run when no node carries it.
    fn blame(&self, failure: &Failure) {
        let cause = Cause::from(failure);
        self.with_run(|run, _| {
            if run.nodes.iter().all(|node| node.failure_cause.is_none()) {
                run.cause = Some(cause);
            }
        });
    }
}
