//! The log lines that the platform writes for a run, as on a real server: at its start, at its end, and when a program
//! fails. The lines of stages and actions come from the executor.

use super::Worker;
use crate::cdap::log::{LogContext, Origin};
use crate::cdap::program::WORKFLOW;
use crate::cdap::run::Run;
use crate::run_status::RunStatus;
use pipelines::event::{Failure, LogEntry, LogLevel, NodeProgram};

const SMART: &str = "io.cdap.cdap.datapipeline.SmartWorkflow";
const DRIVER: &str = "io.cdap.cdap.internal.app.runtime.workflow.WorkflowDriver";
const CONTROLLER: &str = "io.cdap.cdap.internal.app.runtime.workflow.WorkflowProgramController$1";
const ADAPTER: &str = "io.cdap.cdap.internal.app.runtime.ProgramControllerServiceAdapter$1";

impl Worker {
    pub(super) fn log_program_failed(&self, node: &str, failure: &Failure) {
        let word = self.program.name();
        let thread = format!("{word}Runner-{node}");
        let line = LogEntry {
            stack_trace: trace(failure),
            ..log_line(
                LogLevel::Error,
                &thread,
                ADAPTER,
                format!("{word} Program '{node}' failed."),
            )
        };
        self.log(line, Origin::System, false, Some(98));
        let text = self.cdap.failure_text(failure);
        // The spelling differs in one letter (measured).
        let text = format!(
            "{word} program '{node}' failed with error: {text}. Please check the system logs for more details."
        );
        self.log_system(LogLevel::Error, &thread, ADAPTER, 100, text);
    }

    pub(super) fn uses_map_reduce(&self) -> bool {
        let state = self.cdap.state();
        state.version_of(&self.run).is_some_and(|version| {
            let mut nodes = version.plan.nodes.iter();
            nodes.any(|node| node.program == NodeProgram::MapReduce)
        })
    }

    pub(super) fn log_start(&self) {
        let app = &self.run.program.app;
        if self.uses_map_reduce() {
            let text = format!(
                "Pipeline '{app}' is using Mapreduce engine which is planned to be deprecated. Please use Spark engine."
            );
            self.log_lifecycle(LogLevel::Warn, 444, text);
        }
        let arguments: Vec<_> = self
            .run
            .ordered_arguments()
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let arguments = arguments.join(", ");
        let started = format!("Pipeline '{app}' is started by user 'root' with arguments {{{arguments}}}");
        self.log_lifecycle(LogLevel::Info, 448, started);
        self.log_lifecycle(LogLevel::Info, 486, format!("Pipeline '{app}' running"));
        let id = &self.run.id;
        let text = format!("Starting workflow execution for '{WORKFLOW}' with Run id '{id}'");
        self.log_system(
            LogLevel::Info,
            "WorkflowDriver",
            DRIVER,
            self.driver_line(649),
            text,
        );
    }

    /// `cause` is why the run failed; the platform prints it below its last line, and for an action only there.
    pub(super) fn log_end(&self, status: RunStatus, left: bool, cause: Option<&Failure>) {
        let Run { id, program, .. } = &self.run;
        let app = &program.app;
        match status {
            RunStatus::Completed => {
                let text = format!("Workflow '{WORKFLOW}' with run id '{id}' completed");
                self.log_system(
                    LogLevel::Info,
                    "WorkflowDriver",
                    DRIVER,
                    self.driver_line(658),
                    text,
                );
                self.log_lifecycle(LogLevel::Info, 544, format!("Pipeline '{app}' succeeded."));
            }
            RunStatus::Killed => self.log_lifecycle(LogLevel::Info, 544, format!("Pipeline '{app}' killed.")),
            _ => {
                self.log_lifecycle(LogLevel::Error, 542, format!("Pipeline '{app}' failed."));
                if !left {
                    self.log_destroy_error(cause);
                }
                let service = format!("workflow.{}.{app}.{WORKFLOW}.{id}", program.namespace);
                let text = format!("Workflow service '{service}' failed.");
                let line = LogEntry {
                    stack_trace: cause.map(trace).unwrap_or_default(),
                    ..log_line(LogLevel::Error, "WorkflowDriver", CONTROLLER, text)
                };
                self.log(line, Origin::System, false, Some(90));
            }
        }
    }

    pub(super) fn log_lifecycle(&self, level: LogLevel, number: u32, text: String) {
        self.log(
            log_line(level, "WorkflowDriver", SMART, text),
            Origin::Program,
            true,
            Some(number),
        );
    }

    pub(super) fn log_system(&self, level: LogLevel, thread: &str, logger: &str, number: u32, text: String) {
        self.log(
            log_line(level, thread, logger, text),
            Origin::System,
            false,
            Some(number),
        );
    }

    /// Stores a line and counts it.
    pub(super) fn log(&self, line: LogEntry, origin: Origin, lifecycle: bool, number: Option<u32>) {
        let metric = match line.level {
            LogLevel::Error => "system.app.log.error",
            LogLevel::Warn => "system.app.log.warn",
            LogLevel::Info => "system.app.log.info",
            // A real server does not store lower levels of plugins (measured).
            LogLevel::Debug | LogLevel::Trace => return,
        };
        let speaker = LogContext {
            run: &self.run,
            node: self
                .node
                .as_ref()
                .map(|(node, run)| (node.as_str(), run.as_deref())),
            program: self.program,
            origin,
            lifecycle,
        };
        let clock = self.cdap.clock;
        let mine = self
            .cdap
            .state()
            .runs
            .get(&self.run.id)
            .is_some_and(|run| self.owns(run));
        if !mine {
            return;
        }
        let kept = speaker.line(line, number);
        self.cdap
            .store
            .append(&self.run.id, &self.run.program.reference(), kept, || clock.now());
        self.with_run(|run, now| run.count(metric, now, 1));
    }
}

pub(super) fn log_line(level: LogLevel, thread: &str, logger: &str, message: String) -> LogEntry {
    LogEntry {
        level,
        logger: logger.to_owned(),
        thread: thread.to_owned(),
        message,
        stack_trace: String::new(),
        stage: None,
    }
}

/// A Java stack trace without frames: there is no JVM here.
pub(super) fn trace(failure: &Failure) -> String {
    let chain = std::iter::successors(Some(failure), |failure| failure.cause.as_deref());
    let lines: Vec<_> = chain
        .map(|failure| match &failure.message {
            Some(message) => format!("{}: {message}\n", failure.class_name),
            None => format!("{}\n", failure.class_name),
        })
        .collect();
    lines.join("Caused by: ")
}
