//! A local Data Fusion, CDAP, BigQuery and Cloud Storage behind the real REST APIs, on one port.
//!
//! [`Sandbox::start`] starts one, [`Sandbox::ready`] says where it answers, and `examples/in_a_test.rs` is a whole
//! program that uses it. Everything else goes over HTTP. The crate shares no wire type with any client, so that a wrong
//! belief about the real services cannot hide on both sides.
//!
//! The map, from the outside in:
//!
//! * `host` opens the stores in the state folder and starts `server`, which binds the port. `server/gate` decides who may
//!   use it, `server/connections` which connection makes way for a new one, `server/intake` and `server/answers` how much
//!   requests and answers may hold, and `server/fault_layer` injects faults into requests before they reach an API.
//! * The APIs: `cdap` (apps, runs, logs, schedules; `cdap/route.rs` lists all calls), `fusion` (instances), `bigquery`,
//!   `storage`, `project` (APIs, policies, service accounts), `accounts` (tokens), `discovery` (API documents), and
//!   `control`, our own `/sandbox/…`.
//! * [`scenario`] decides what goes wrong. `clock` scales durations. `run_status`, `resource_names`, `api_error`, `body`,
//!   `upload_kind`, `params`, `call` and `policy` are what several APIs need, `state_dir` the folder of their stores.
//! * The crates below: `pipelines` executes a pipeline, `googlesql` answers SQL. Neither knows of HTTP.

#![cfg(feature = "full")]

mod accounts;
mod api_error;
mod bigquery;
mod body;
mod call;
mod cdap;
mod clock;
mod control;
mod discovery;
mod fusion;
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod params;
mod policy;
mod project;
mod resource_names;
mod run_status;
pub mod scenario;
mod server;
mod state_dir;
mod storage;
mod upload_kind;

// The replay test compares the order of keys.
#[doc(hidden)]
pub use cdap::json::Ordered;
pub use host::Sandbox;
pub use pipelines::Personality;
use pipelines::source;
pub use server::Ready;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a sandbox behaves.
#[derive(Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The address to listen on. The default is loopback, which only this machine reaches.
    pub address: IpAddr,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Where pipelines, runs and logs are kept.
    pub state: State,
    /// Whether a new project begins without anything: APIs off, no roles, instance, tables, bucket, pipeline or secret.
    pub empty: bool,
    /// How many times faster than a measured server it is; 1.0 is as measured.
    pub speed: f64,
    /// The release of CDAP that it imitates.
    pub personality: Personality,
    /// How many runs may be active.
    pub limits: Limits,
    /// What goes wrong.
    pub scenario: scenario::Scenario,
    /// A real MySQL or `MariaDB` instead of the embedded source database.
    pub source: Option<source::Address>,
    /// The token that every request must carry, to any API; `None` serves every program that reaches it.
    pub access_token: Option<String>,
    /// The token that CDAP requires; `None` requires none, as on a fresh server.
    pub cdap_token: Option<String>,
    /// How many ended runs are kept, with their logs and the objects that they wrote.
    pub keep_runs: usize,
    /// Whether runs that an earlier process was killed over stay RUNNING for ever, as a standalone server was measured
    /// to leave them. Else they end FAILED at the start.
    pub keep_abandoned: bool,
    /// Whether the lab's plugins are installed. They read and write files of this machine.
    pub lab: bool,
    /// Whether pipelines may ask servers of other machines over HTTP (`ArgumentSetter`, `HTTPCallback`).
    pub allow_network: bool,
    /// Whether a pipeline of a release that is not installed is deployed as the studio's import repairs it: with the
    /// installed versions. Else it is refused, as by a real server.
    pub accept_releases: bool,
}

// Leaves out the tokens, and the source's password.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address)
            .field("port", &self.port)
            .field("state", &self.state)
            .field("empty", &self.empty)
            .field("speed", &self.speed)
            .field("personality", &self.personality)
            .field("limits", &self.limits)
            .field("scenario", &self.scenario)
            .field("keep_runs", &self.keep_runs)
            .field("keep_abandoned", &self.keep_abandoned)
            .field("lab", &self.lab)
            .field("allow_network", &self.allow_network)
            .field("accept_releases", &self.accept_releases)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            state: State::Ephemeral,
            empty: false,
            speed: 4.0,
            personality: Personality::V6_11,
            limits: Limits::default(),
            scenario: scenario::Scenario::default(),
            source: None,
            access_token: None,
            cdap_token: None,
            keep_runs: 1_000,
            keep_abandoned: false,
            lab: false,
            allow_network: false,
            accept_releases: false,
        }
    }
}

/// Where the sandbox keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// In this folder: a restart shows the same pipelines, runs and logs.
    Directory(PathBuf),
    /// In a temporary folder that is deleted at the end.
    Ephemeral,
}

/// Flow control of the whole instance; `None` is no limit, as on a fresh server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many runs may be launching or running.
    pub outstanding: Option<u32>,
    /// How many runs may be provisioning or starting.
    pub launching: Option<u32>,
}

/// Why the sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Another program listens there.
    #[error(
        "port {} on {} is in use; stop what listens there, or choose another port (0 takes any free one)",
        .0.port(), .0.ip()
    )]
    PortInUse(SocketAddr),
    /// The port could not be bound for another reason.
    #[error("could not listen on {address}: {source}")]
    Bind {
        /// Where it should listen.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another process uses this folder.
    #[error("another Downbeat has its sandbox in {0}: end it, or choose another folder")]
    InUse(PathBuf),
    /// An empty sandbox was asked for in the folder of one that is not.
    #[error("{0} has a sandbox that did not begin empty: choose another folder with --state, or --ephemeral")]
    NotEmpty(PathBuf),
    /// The folder could not be created or secured.
    #[error("could not prepare the sandbox's folder {path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A store could not be opened or read.
    #[error("could not use a store of the sandbox: {0}")]
    Store(#[from] rusqlite::Error),
    /// A file or folder of the sandbox could not be opened or read.
    #[error("could not use {}: {source}; if it is damaged, delete it, and the sandbox makes a new one", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// An entry of a store could not be read.
    #[error(
        "could not read the {kind} '{key}' in {file}: {source}; if the file is damaged or of a later release, delete it, and the sandbox makes a new one"
    )]
    Entry {
        /// `cdap.db`, `jobs.db`
        file: &'static str,
        /// `run`, `app`, …
        kind: String,
        /// The entry's key.
        key: String,
        /// The error of its JSON.
        source: serde_json::Error,
    },
    /// A shipped pipeline could not be deployed, or its stores could not be filled.
    #[error("could not deploy the shipped pipeline: {0}")]
    Deploy(String),
}

impl SandboxError {
    /// Names the file of the store, if there is a folder.
    fn with_file(self, state: &State, name: &str) -> Self {
        match (self, state) {
            (Self::Store(source), State::Directory(folder)) => Self::Damaged {
                path: folder.join(name),
                source,
            },
            (other, _) => other,
        }
    }
}
