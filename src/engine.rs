//! Performs what the scheduler decides and reports what happened.
//!
//! ```text
//!  screen, headless ── Command ──→ ┌────────┐ ── effects ──→ clients (one request each, spawned)
//!                                  │ driver │ ←── answers ──┘
//!  screen, headless ←── Update ─── └────────┘ ── events ──→ journal, before anything else
//! ```
//!
//! `engine/driver.rs` is the only place of the program that spawns work for a run. The output table is reserved by
//! `engine/reservation.rs`, for other machines too by `engine/table_lease.rs`. The screen and
//! `headless` use this file and the domain, never a client.

mod attach;
mod clock;
mod cloud;
mod driver;
mod dry_run;
mod examine;
mod job;
mod mark;
mod reservation;
mod secrets;
pub mod table_lease;
mod tail;

pub use attach::attach;
pub use clock::{local_offset, now};
pub use driver::{Parts, SaveArguments, TellEnd, spawn, spawn_or_watch};
pub use dry_run::dry_run;
pub use examine::examine;
pub use mark::mark;
pub use secrets::SharedSecrets;
pub use tail::{LONGEST_WAIT_FOR_LOGS, complete_control_logs};

use domain::activation::Activation;
use domain::arguments::RuntimeArguments;
use domain::call::ServiceCall;
use domain::command::RunCommand;
use domain::deployed::DeployedPipeline;
use domain::doctor::Report;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::handling::Handling;
use domain::id::{DagRunId, TaskId};
use domain::key::RowName;
use domain::request::RunRequest;
use domain::row::Configuration;
use domain::secret::SecretNames;
use domain::target::Credentials;
use domain::time::Timestamp;
use domain::variable::Variables;
use tokio::sync::mpsc;

/// What is said when the disk takes facts of a run again.
pub const WRITTEN_AGAIN: &str = "The journal is written again; the run goes on.";

/// What is said of the log of a try.
pub fn of_log(task: &TaskId, number: u32, text: &str) -> String {
    format!("The log of {task}, try {number}: {text}")
}

/// What the screen or `headless` asks of the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin a run. Refused while another one is going on in this process.
    Start(Box<RunRequest>),
    /// Load a run of the journal: an unfinished one is carried on, one that has ended waits for a retry.
    Resume(DagRunId),
    /// Values that the journal does not hold, for the next `Resume` of a pipeline by hand.
    Supply(RuntimeArguments),
    /// Close an unfinished run of the journal: it is loaded only to stop what is live, and nothing of it begins.
    CloseRun(DagRunId),
    /// Follow a run that another process drives, by reading the journal; changes nothing. Its events come from the first
    /// one on, until it ends or nobody drives it. Ended by the next `Start`, `Resume` or `Attach`.
    Attach(DagRunId),
    /// A command to the run that is going on, or to the one that ended last.
    Run(RunCommand),
    /// Say of tasks of any run of the journal that they were dealt with outside, or that they were not after all. Starts and
    /// stops nothing.
    Mark {
        /// The run.
        run: DagRunId,
        /// Its tasks.
        tasks: Vec<TaskId>,
        /// What is said of them.
        handling: Handling,
    },
    /// Read the configuration table and the deployed pipeline now, without a run, for the pane and the plan.
    ReadConfiguration(Box<Variables>),
    /// Look at everything that a run needs, side by side. Changes nothing.
    Examine {
        /// The profile, for commands in remedies.
        profile: String,
        /// Where a run would take place.
        variables: Box<Variables>,
    },
    /// Judge whether a row of the configuration table can be made active, or inactive. Changes nothing.
    JudgeActivation {
        /// Where the table is.
        variables: Box<Variables>,
        /// The row.
        row: RowName,
        /// What it is to be.
        active: bool,
    },
    /// Make it so.
    Activate(Box<Variables>, Box<Activation>),
    /// The log of this task is being read: fetch it often.
    Focus(Option<TaskId>),
    /// End: leave live runs alone, finish writing, close.
    Close,
    /// The same, but wait a while for log lines of ended runs that come late.
    CloseWithLogs,
}

/// What the engine reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// What happened, already journalled and without secrets. A `RunStarted` among it begins another run; a resumed run
    /// repeats all its events from the first.
    Events(Vec<RunEvent>),
    /// What was said of tasks of a run that is not going on here, already journalled and without secrets.
    Marked {
        /// The run.
        run: DagRunId,
        /// The facts.
        events: Vec<RunEvent>,
    },
    /// The names of arguments whose values are secrets, in addition to those that look so.
    SecretNames(SecretNames),
    /// The configuration table as it is now, secrets masked, or why it cannot be read.
    Configuration {
        /// The variables that it was read with.
        of: Box<Variables>,
        /// What was read.
        outcome: Result<Configuration, Failure>,
    },
    /// What a change of a row would be, or why it cannot be done.
    ActivationJudged(Result<Box<Activation>, Failure>),
    /// A row was made active or inactive, in one sentence, or was not.
    Activated(Result<String, Failure>),
    /// The instance that answers.
    Connected(Connected),
    /// The instance or its pipeline could not be looked up. What is read of them is missing until it can.
    LookupFailed {
        /// The variables that it was looked for with.
        of: Box<Variables>,
        /// Why.
        failure: Failure,
    },
    /// What a run needs, as it stands now.
    Examined {
        /// The variables that it was asked for with.
        of: Box<Variables>,
        /// What was seen.
        report: Report,
    },
    /// The deployed pipeline as it is now.
    Deployed {
        /// The variables that it was read with.
        of: Box<Variables>,
        /// `None` if there is none, or if it cannot be read.
        pipeline: Option<DeployedPipeline>,
    },
    /// `cdf_pipeline_run_arguments` was written back to the profile.
    ArgumentsSaved {
        /// The profile.
        profile: String,
        /// The list, without secrets, as the file has it.
        text: String,
    },
    /// A request that changed something was made.
    Called(ServiceCall),
    /// The file of this try has new lines.
    LogGrew {
        /// The task.
        task: TaskId,
        /// The try, from 1.
        number: u32,
    },
    /// What is missing of the log of this try, or why it cannot be read. Its file says it too.
    LogNotice {
        /// The task.
        task: TaskId,
        /// The try, from 1.
        number: u32,
        /// In one or two sentences.
        text: String,
    },
    /// Nobody drives the attached run any more, and it has not ended. It is not followed any further.
    Unwatched {
        /// The run.
        run: DagRunId,
        /// When it was last written to.
        since: Timestamp,
    },
    /// A command was refused.
    Refused(Failure),
    /// The journal cannot be used; the run goes no further.
    Broken(Failure),
    /// The disk or another want of this machine is in the way: nothing goes on until it is over. Nothing is lost, and
    /// `None` says that it is over.
    Trouble(Option<Failure>),
    /// What was not done before the end, in one or two sentences.
    Undone(String),
}

/// The instance behind a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// `6.11.0`.
    pub version: String,
    /// `ACTIVE`.
    pub state: String,
    /// Base of the product's own screens, for links.
    pub console: Option<String>,
    /// Whose credentials the calls carried.
    pub caller: Credentials,
}

/// The channels to and from an engine.
#[derive(Debug)]
pub struct Engine {
    /// Commands to the engine.
    pub commands: mpsc::Sender<Command>,
    /// Updates from the engine; closed when it has ended.
    pub updates: mpsc::Receiver<Update>,
}
