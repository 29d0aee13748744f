//! What an execution reports, in the order in which it happens.
//!
//! The executor emits these events; the sandbox turns them into node states, log lines and metrics.

/// An event of an execution.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionEvent {
    /// A workflow node (`phase-1`, numbered in order of execution, actions included) started.
    NodeStarted {
        /// The node's id.
        node: String,
        /// What runs it.
        program: NodeProgram,
    },
    /// A workflow node ended.
    NodeFinished {
        /// The node's id.
        node: String,
        /// How it ended.
        end: NodeEnd,
    },
    /// A MapReduce node submitted its job.
    JobSubmitted {
        /// The node's id.
        node: String,
        /// `job_local726807272_0034`.
        job: String,
    },
    /// A log line was written.
    Log(LogEntry),
    /// A metric grew: `records.in` of stage `Read MySQL` by 120, to be served as
    /// `user.Read MySQL.records.in`.
    MetricIncremented {
        /// The stage's name, verbatim.
        stage: String,
        /// The metric's name without the stage: `records.in`, `records.updated`, `process.time.total`.
        metric: String,
        /// The increment.
        by: i64,
    },
    /// An action set an argument (`rowAsArguments`), or a program set its record counts for a condition; both
    /// appear in the workflow token.
    ArgumentSet {
        /// The node that set it.
        node: String,
        /// The argument's name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// What runs a workflow node. Only Spark and MapReduce programs appear in a run record's `properties` (measured).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeProgram {
    /// An action, inside the workflow's own process.
    Action,
    /// A Spark program of its own, with its own run id.
    Spark,
    /// A MapReduce program of its own, with its own run id.
    MapReduce,
}

impl NodeProgram {
    /// Whether it is a program of the app with its own runs.
    pub const fn is_program(self) -> bool {
        !matches!(self, Self::Action)
    }

    /// Its name in log lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action => "Action",
            Self::Spark => "Spark",
            Self::MapReduce => "MapReduce",
        }
    }
}

/// How a workflow node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeEnd {
    /// It completed.
    Completed,
    /// It failed with this exception.
    Failed(Failure),
    /// It was stopped.
    Killed,
}

/// A Java exception with its causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `io.cdap.cdap.api.macro.InvalidMacroException`.
    pub class_name: String,
    /// The message, if the exception has one.
    pub message: Option<String>,
    /// The exception that caused it.
    pub cause: Option<Box<Failure>>,
}

impl Failure {
    /// The innermost cause.
    pub fn innermost(&self) -> &Self {
        let mut failure = self;
        while let Some(cause) = &failure.cause {
            failure = cause;
        }
        failure
    }
}

/// How many bytes of a value a message shows.
pub(crate) const MAX_SHOWN: usize = 1_000;

/// The beginning of a text, for a message.
pub(crate) fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_SHOWN)]
}

/// A log line without its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The severity.
    pub level: LogLevel,
    /// The full name of the logger's class: `io.cdap.cdap.datapipeline.SmartWorkflow`.
    pub logger: String,
    /// The thread's name: `WorkflowDriver`, `Executor task launch worker`.
    pub thread: String,
    /// The message.
    pub message: String,
    /// The lines of the stack trace, each with a newline; empty if there is none.
    pub stack_trace: String,
    /// The stage that logged it, if one did (`pipeline.stage` in the `mdc`).
    pub stage: Option<String>,
}

/// Log levels of CDAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// TRACE.
    Trace,
    /// DEBUG.
    Debug,
    /// INFO.
    Info,
    /// WARN.
    Warn,
    /// ERROR.
    Error,
}
