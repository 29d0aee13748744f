//! Scenarios: what goes wrong in the sandbox, for whom, how often and when.
//!
//! A file of TOML (`docs/scenarios.md`) becomes a [`Scenario`] (`scenario/read.rs`); `scenario/play.rs`
//! decides, from facts and counters alone, what each request, run and moment meets; `scenario/live.rs`
//! holds the play that is on. Nothing here touches a connection or a run: `server/front.rs` and
//! `cdap/keeper.rs` do what was decided. Clients must never see that it was decided.

pub mod facts;
pub mod live;
pub mod play;
mod read;
pub mod shipped;
mod toml;
mod words;

pub use self::toml::span;

use crate::run_status::RunStatus;
pub use pipelines::execution::StageFault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Longer than anybody waits: a span that never ends.
pub const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// All that is to go wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What it plays, in one sentence.
    pub title: String,
    /// What befalls requests.
    pub requests: Vec<RequestRule>,
    /// What befalls runs.
    pub runs: Vec<RunRule>,
    /// What befalls the server.
    pub events: Vec<EventRule>,
}

/// Which of those that fit are meant. Those that fit while the time is right are counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// The rule's own name, unique in a scenario.
    pub name: String,
    /// What chance is drawn from.
    pub seed: u64,
    /// Count apart for each value of this argument (`run`: for each run).
    pub per: Option<String>,
    /// Not the first so many.
    pub after: u64,
    /// At most so many.
    pub first: Option<u64>,
    /// Only each so-manieth.
    pub every: Option<u64>,
    /// Only with this probability.
    pub chance: Option<f64>,
    /// Not before this moment.
    pub from: Duration,
    /// Not from this moment on.
    pub until: Option<Duration>,
    /// Moments count from the first time that this rule took effect, else from the scenario's beginning.
    pub since: Option<String>,
}

/// The APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// The instance's CDAP.
    Cdap,
    /// BigQuery.
    BigQuery,
    /// Data Fusion's instances.
    DataFusion,
    /// Cloud Storage.
    Storage,
    /// Tokens and a machine's metadata.
    Accounts,
}

/// Whom a rule of requests is for; what is not said fits all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// One API.
    pub service: Option<Service>,
    /// Any of these calls (`facts::OPERATIONS`).
    pub operations: Vec<String>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The path; `*` stands for any characters.
    pub path: Option<String>,
    /// The body contains this text.
    pub body: Option<String>,
    /// The run that it is about has these arguments.
    pub arguments: BTreeMap<String, String>,
}

/// A rule of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestRule {
    /// Which of those that fit.
    pub gate: Gate,
    /// Whom it is for.
    pub fit: Fit,
    /// What happens.
    pub upset: Upset,
}

/// What befalls a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Upset {
    /// It is taken up late.
    Delay(Duration),
    /// Somebody else answers.
    Answer {
        /// The status.
        status: u16,
        /// The body; none means what the service itself would say with this status.
        text: Option<String>,
        /// Its content type.
        content_type: Option<String>,
        /// `retry-after`, in seconds.
        retry_after: Option<u64>,
        /// Whether the request took effect all the same.
        done: bool,
    },
    /// The connection is reset, before or after the request took effect.
    Reset {
        /// After.
        done: bool,
    },
    /// Only this share of the body arrives.
    Truncate {
        /// From 0 to 1.
        share: f64,
        /// The content length is the whole body's, and the connection ends early; else all looks well.
        whole_length: bool,
    },
    /// The body trickles in over this span.
    Trickle(Duration),
}

/// A rule of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRule {
    /// Which of those that fit.
    pub gate: Gate,
    /// Runs with these arguments.
    pub arguments: BTreeMap<String, String>,
    /// What befalls them. Spans are in the scenario's time.
    pub fate: Fate,
}

/// What befalls a run, decided when it is started and kept with it. Spans are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fate {
    /// No record for so long after the start: 404.
    pub hidden: u64,
    /// The record shows the system's arguments for so long.
    pub arguments_hidden: u64,
    /// No list names it for so long.
    pub unlisted: u64,
    /// PENDING for so long at least.
    pub pending: u64,
    /// STARTING for so long at least.
    pub starting: u64,
    /// STOPPING for so long at least.
    pub stopping: u64,
    /// A stop is taken and forgotten.
    pub deaf: bool,
    /// Statuses that are never shown.
    pub skip: Vec<RunStatus>,
    /// Its log lines can be read so much later than they were written.
    pub logs_late: u64,
    /// Flow control refuses it: 429, and a record REJECTED.
    pub refuse: Option<Refusal>,
    /// A stage of it breaks.
    pub fail: Option<StageFault>,
}

/// Which limit of flow control is said to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refusal {
    /// Runs that are provisioning or starting.
    Launching,
    /// All runs.
    Outstanding,
}

/// A rule of the server itself.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRule {
    /// Which of the occasions.
    pub gate: Gate,
    /// The occasion.
    pub occasion: Occasion,
    /// How long after it.
    pub wait: Duration,
    /// What happens.
    pub happening: Happening,
}

/// When something happens to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Occasion {
    /// So long after the scenario's beginning, once.
    At(Duration),
    /// A run with these arguments is first seen in this status.
    Seen {
        /// The status.
        status: RunStatus,
        /// The run's arguments.
        arguments: BTreeMap<String, String>,
    },
}

/// What happens to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The control plane is killed, and comes back after this span.
    Kill(Duration),
    /// Somebody deploys this app again.
    Redeploy(String),
    /// All tokens that were given out are over.
    ExpireTokens,
}

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is the matter.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl Scenario {
    /// Reads a file; `name` stands before the names of its unnamed rules.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        read::scenario(name, text)
    }

    /// Whether nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.runs.is_empty() && self.events.is_empty()
    }

    /// The gates of all rules.
    pub fn gates(&self) -> impl Iterator<Item = &Gate> {
        let requests = self.requests.iter().map(|rule| &rule.gate);
        let runs = self.runs.iter().map(|rule| &rule.gate);
        requests
            .chain(runs)
            .chain(self.events.iter().map(|rule| &rule.gate))
    }

    /// Plays another one as well.
    ///
    /// # Errors
    /// The name that a rule of both has.
    pub fn join(&mut self, other: Self) -> Result<(), String> {
        if let Some(twice) = other
            .gates()
            .find(|gate| self.gates().any(|own| own.name == gate.name))
        {
            return Err(twice.name.clone());
        }
        if self.title.is_empty() {
            self.title = other.title;
        } else if !other.title.is_empty() {
            self.title = format!("{}; {}", self.title, other.title);
        }
        self.requests.extend(other.requests);
        self.runs.extend(other.runs);
        self.events.extend(other.events);
        Ok(())
    }
}

/// A shipped scenario by its name.
pub fn named(name: &str) -> Option<Result<Scenario, Vec<Mistake>>> {
    shipped::find(name).map(|text| Scenario::read(name, text))
}
