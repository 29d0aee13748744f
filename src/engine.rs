//! The conductor: performs what the scheduler decides, and tells everybody what happened.
//!
//! ```text
//!  screen, headless ── Command ──→ ┌────────┐ ── effects ──→ clients (one request each, spawned)
//!                                  │ driver │ ←── answers ──┘
//!  screen, headless ←── Update ─── └────────┘ ── events ──→ journal, before anything else
//! ```
//!
//! `engine/driver.rs` is the only place of the program that spawns work for a run. Faces know this
//! file and `domain/`, never a client.

mod clock;
mod cloud;
mod driver;
mod job;
mod tail;

pub use clock::now;
pub use driver::{Parts, SaveArguments, spawn};

use domain::event::RunEvent;
use domain::failure::Failure;
use domain::id::{DagRunId, TaskId};
use domain::request::RunRequest;
use domain::row::Configuration;
use domain::scheduler::Ask;
use domain::variable::Variables;
use tokio::sync::mpsc;

/// What a face wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin a run. Refused while another one is going on in this process.
    Start(Box<RunRequest>),
    /// Carry on an unfinished run of the journal.
    Resume(DagRunId),
    /// Something about the run that is going on, or about the one that ended last.
    Ask(Ask),
    /// Read the configuration table now, without a run, for the pane and the plan.
    ReadConfiguration(Box<Variables>),
    /// The log of this task is being read: fetch it often.
    Focus(Option<TaskId>),
    /// End: leave live runs alone, finish writing, close.
    Close,
}

/// What the engine tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// What happened, already journalled. A `RunStarted` among it begins another run; a resumed run
    /// tells all its events again from the first.
    Events(Vec<RunEvent>),
    /// The configuration table as it is now, or why it cannot be read.
    Configuration(Result<Configuration, Failure>),
    /// Who answers at the other end.
    Connected(Connected),
    /// The file of this try has new lines.
    LogGrew {
        /// The task.
        task: TaskId,
        /// The try, from 1.
        number: u32,
    },
    /// A command cannot be followed.
    Refused(Failure),
    /// The journal or a log cannot be written; the run goes no further.
    Broken(Failure),
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
}

/// A face's end of the engine.
#[derive(Debug)]
pub struct Engine {
    /// Wishes go in here.
    pub commands: mpsc::Sender<Command>,
    /// Facts come out here; closed when the engine has ended.
    pub updates: mpsc::Receiver<Update>,
}
