//! A local Data Fusion, CDAP, BigQuery and source database behind the real REST APIs.
//!
//! Reached over HTTP only. It shares no wire type with `client/`, so that a wrong belief about the
//! real services cannot hide on both sides. `host` puts it together, `server` binds the port; `fusion`,
//! `cdap`, `bigquery` and `storage` are its APIs; `executor` runs pipelines on `warehouse`, `source` and `bucket`.

mod accounts;
pub mod bigquery;
mod body;
pub mod cdap;
pub mod clock;
mod control;
mod discovery;
pub mod fusion;
mod ground;
pub mod host;
mod resource_names;
mod run_status;
pub mod scenario;
pub mod server;
pub mod storage;

pub use pipelines::Personality;
use pipelines::source;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a sandbox is to behave.
#[derive(Clone, PartialEq)]
pub struct Settings {
    /// The address to listen at; only this machine reaches the default.
    pub address: IpAddr,
    /// The port there; 0 takes any free one.
    pub port: u16,
    /// Where pipelines, runs and logs are kept.
    pub state: State,
    /// How much faster than a measured server runs live and die: 1.0 is as measured.
    pub speed: f64,
    /// Which release's quirks are shown.
    pub personality: Personality,
    /// How many runs may be under way.
    pub limits: Limits,
    /// What goes wrong.
    pub scenario: scenario::Scenario,
    /// A real MySQL or `MariaDB` in the place of the embedded source.
    pub source: Option<source::Address>,
    /// The token that CDAP asks for; without one it is open, as a fresh server is.
    pub cdap_token: Option<String>,
    /// Whether the lab's plugins are installed, which read and write files of this machine.
    pub lab: bool,
}

// A token is never written.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("port", &self.port)
            .field("state", &self.state)
            .field("speed", &self.speed)
            .field("personality", &self.personality)
            .field("limits", &self.limits)
            .field("lab", &self.lab)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            state: State::Ephemeral,
            speed: 4.0,
            personality: Personality::V6_11,
            limits: Limits::default(),
            scenario: scenario::Scenario::default(),
            source: None,
            cdap_token: None,
            lab: false,
        }
    }
}

/// Where the sandbox keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In this folder: a restart shows the same pipelines, runs and logs.
    Directory(PathBuf),
    /// Nowhere: gone with the process.
    Ephemeral,
}

/// Flow control of the whole instance; `None` is no limit, as a fresh server has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Runs that are launching or running.
    pub outstanding: Option<u32>,
    /// Runs that are provisioning or starting.
    pub launching: Option<u32>,
}

/// Why the sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Somebody listens there already.
    #[error(
        "port {} on {} is in use; stop what listens there, or choose another port (0 takes any free one)",
        .0.port(), .0.ip()
    )]
    PortInUse(SocketAddr),
    /// The port could not be had for another reason.
    #[error("could not listen on {address}: {source}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process serves this folder.
    #[error("another Downbeat has its sandbox in {0}: end it, or choose another folder")]
    InUse(PathBuf),
    /// The folder could not be made or secured.
    #[error("could not prepare the sandbox's folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A store could not be opened or read.
    #[error("could not use a store of the sandbox: {0}")]
    Store(#[from] rusqlite::Error),
    /// A file or folder of the sandbox's could not be opened or read.
    #[error("could not use {}: {source}; if it is damaged, delete it, and the sandbox makes a new one", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// An entry of a store is no JSON of ours.
    #[error(
        "could not read the {kind} '{key}' in {file}: {source}; if the file is damaged or of a later release, delete it, and the sandbox makes a new one"
    )]
    Entry {
        /// `cdap.db`, `jobs.db`
        file: &'static str,
        /// `run`, `app`, …
        kind: String,
        /// Its name.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A shipped pipeline was refused by the sandbox's own executor.
    #[error("could not deploy the shipped pipeline: {0}")]
    Deploy(String),
}

impl SandboxError {
    /// Names the file that a store is in; without a folder there is none.
    fn of_file(self, state: &State, name: &str) -> Self {
        match (self, state) {
            (Self::Store(source), State::Directory(folder)) => Self::Damaged {
                path: folder.join(name),
                source,
            },
            (other, _) => other,
        }
    }
}
