//! What an executing pipeline tells its surroundings, in the order in which it happens.
//!
//! The executor (`sandbox/executor.rs`) emits these; the run keeper (`sandbox/cdap/`) turns them into
//! node states, log lines and metrics. Neither knows more of the other than this file.

/// A fact about an executing pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionEvent {
    /// A workflow node (`phase-1`, numbered in order of execution, actions included) began.
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
        /// Why it failed, or how it ended otherwise.
        end: NodeEnd,
    },
    /// A MapReduce node has handed its job in.
    JobSubmitted {
        /// The node's id.
        node: String,
        /// `job_local726807272_0034`.
        job: String,
    },
    /// A log line.
    Log(LogEntry),
    /// A metric grew: `records.in` of stage `Read MySQL` by 120, to be served as
    /// `user.Read MySQL.records.in`.
    MetricIncremented {
        /// The stage's name, verbatim.
        stage: String,
        /// The metric's name behind the stage: `records.in`, `records.updated`, `process.time.total`.
        metric: String,
        /// By how much.
        by: i64,
    },
    /// An action set an argument (`rowAsArguments`), or a program left its counts for a condition; both are
    /// seen in the workflow token.
    ArgumentSet {
        /// The node that set it.
        node: String,
        /// The argument's name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// What runs a workflow node. Only programs have an entry in a run record's `properties` (measured).
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
    /// Whether it is a program of the app, with runs of its own.
    pub const fn is_program(self) -> bool {
        !matches!(self, Self::Action)
    }

    /// Its name in log lines.
    pub const fn word(self) -> &'static str {
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
    /// It did its work.
    Completed,
    /// It broke.
    Failed(Failure),
    /// It was stopped.
    Killed,
}

/// A chain of Java exceptions, outermost first in the type, innermost cause last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `io.cdap.cdap.api.macro.InvalidMacroException`.
    pub class_name: String,
    /// The message; absent in JSON when there is none.
    pub message: Option<String>,
    /// What caused it.
    pub cause: Option<Box<Failure>>,
}

impl Failure {
    /// The innermost cause, which is the one worth telling.
    pub fn innermost(&self) -> &Self {
        let mut failure = self;
        while let Some(cause) = &failure.cause {
            failure = cause;
        }
        failure
    }
}

/// A log line before it has a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// How grave it is.
    pub level: LogLevel,
    /// The full name of the logger's class: `io.cdap.cdap.datapipeline.SmartWorkflow`.
    pub logger: String,
    /// The thread's name: `WorkflowDriver`, `Executor task launch worker`.
    pub thread: String,
    /// The message.
    pub message: String,
    /// Multi-line text that ends with a newline, or empty.
    pub stack_trace: String,
    /// The stage that speaks, if one does (`pipeline.stage` in the `mdc`).
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
