//! Scenarios: what goes wrong in the sandbox, for which requests and runs, how often and when.
//!
//! `scenario/parse.rs` reads a TOML file (`docs/scenarios.md`) into a [`Scenario`]. `scenario/evaluator.rs` decides from
//! counters, chance and time which faults each request, run and moment gets; `scenario/injector.rs` holds the scenario
//! that is active. Nothing here touches a connection or a run: `server/fault_layer.rs`, `cdap/faults.rs` and
//! `cdap/ticker.rs` carry the decisions out. No answer shows a client that a fault was injected.

mod describe;
pub(crate) mod evaluator;
pub(crate) mod injector;
mod parse;
pub(crate) mod request;
pub mod shipped;
mod table;

pub(crate) use self::table::parse_duration;

use super::run_status::RunStatus;
use pipelines::execution::StageFault;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use strum::{EnumString, VariantNames};

/// A duration that never ends.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long the job that a request makes stays PENDING, given as an extension of the request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JobWait(pub Duration);

/// All faults of a sandbox. The default has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// What goes wrong, in one sentence.
    title: String,
    requests: Vec<RequestRule>,
    runs: Vec<RunRule>,
    events: Vec<EventRule>,
}

/// Which of the matching requests, runs or events get the fault. Those that match inside the time window are
/// counted from 1.
#[derive(Clone, Debug, PartialEq)]
struct Selector {
    /// The rule's name, unique in a scenario.
    name: String,
    /// The seed of `chance`.
    seed: u64,
    /// Count separately for each value of this argument (`run`: for each run).
    per: Option<String>,
    /// Skip this many.
    after: u64,
    /// Take at most this many.
    first: Option<u64>,
    /// Take only every n-th.
    every: Option<u64>,
    /// Take only with this probability.
    chance: Option<f64>,
    /// The beginning of the time window.
    from: Duration,
    /// The end of the time window, exclusive.
    until: Option<Duration>,
    /// The rule whose first effect starts the time window; otherwise the scenario's start does.
    since: Option<String>,
}

/// The emulated APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Service {
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

/// Which requests a rule is for. What is empty matches every request.
#[derive(Clone, Debug, Default, PartialEq)]
struct RequestMatcher {
    service: Option<Service>,
    /// Any of these calls (`request::OPERATIONS`).
    operations: Vec<String>,
    method: Option<String>,
    /// `*` stands for any characters.
    path: Option<String>,
    /// A text that the body contains.
    body: Option<String>,
    /// Arguments of the run that the request is about.
    arguments: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
struct RequestRule {
    selector: Selector,
    matcher: RequestMatcher,
    fault: RequestFault,
}

/// A fault of one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RequestFault {
    /// The request is handled late.
    Delay(Duration),
    /// Another answer is sent.
    Answer {
        status: u16,
        /// The body; `None` is what the service itself sends with this status.
        text: Option<String>,
        content_type: Option<String>,
        /// `retry-after`, in seconds.
        retry_after: Option<u64>,
        effect: Effect,
    },
    /// The connection is reset.
    Reset(Effect),
    /// Only this share of the body is sent, from 0 to 1.
    Truncate { share: f64, length: ContentLength },
    /// The body is sent slowly, over this duration.
    Trickle(Duration),
    /// The job of BigQuery that the request makes stays PENDING for so long.
    Pending(Duration),
}

/// Whether a request takes effect although its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum Effect {
    None,
    Done,
}

/// The `content-length` of a truncated body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub(crate) enum ContentLength {
    /// That of the whole body: the connection ends early.
    Whole,
    /// That of what is sent: only the content is broken.
    Sent,
}

#[derive(Clone, Debug, PartialEq)]
struct RunRule {
    selector: Selector,
    /// Arguments of the runs that the rule is for.
    arguments: BTreeMap<String, String>,
    /// Its durations are in the scenario's time.
    fault: RunFault,
}

/// The faults of a run, decided at its start and stored with it. Durations are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RunFault {
    /// The record is 404 for so long after the start.
    pub hidden: u64,
    /// The record shows the system's arguments for so long.
    pub arguments_hidden: u64,
    /// Lists leave the run out for so long.
    pub unlisted: u64,
    /// The run is PENDING for so long at least.
    pub pending: u64,
    /// The run is STARTING for so long at least.
    pub starting: u64,
    /// The run is STOPPING for so long at least.
    pub stopping: u64,
    /// A stop is answered with 200 and ignored.
    pub deaf: bool,
    /// Statuses that are never shown.
    pub skip: Vec<RunStatus>,
    /// Log lines become readable so much later than they were written.
    pub logs_late: u64,
    /// Flow control refuses the start: 429, and a record REJECTED.
    pub refuse: Option<FlowLimit>,
    /// A stage fails.
    pub fail: Option<StageFault>,
}

/// The limit of flow control that a refused start exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, VariantNames)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(crate) enum FlowLimit {
    /// Of runs that are provisioning or starting.
    Launching,
    /// Of all runs.
    Outstanding,
}

#[derive(Clone, Debug, PartialEq)]
struct EventRule {
    selector: Selector,
    trigger: EventTrigger,
    /// How long after the trigger the fault happens.
    wait: Duration,
    fault: ServerFault,
}

/// When a fault of the server happens.
#[derive(Clone, Debug, PartialEq)]
enum EventTrigger {
    /// So long after the scenario's start, once.
    At(Duration),
    /// When a run with these arguments is first shown in this status.
    RunStatus {
        status: RunStatus,
        arguments: BTreeMap<String, String>,
    },
}

/// A fault of the whole server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ServerFault {
    /// The control plane is killed, and is back after this duration.
    Kill(Duration),
    /// This app is deployed again.
    Redeploy(String),
    /// All issued tokens expire.
    ExpireTokens,
}

/// One error in a scenario file. Displays as `LINE:COLUMN: MESSAGE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl Scenario {
    /// Reads the text of a scenario file. Rules without a name are called `NAME/request-1` and so on.
    ///
    /// # Errors
    /// All errors of the file, in the order of the text.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<ParseError>> {
        parse::scenario(name, text)
    }

    fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let requests = self.requests.iter().map(|rule| &rule.selector);
        let runs = self.runs.iter().map(|rule| &rule.selector);
        requests
            .chain(runs)
            .chain(self.events.iter().map(|rule| &rule.selector))
    }

    /// Adds the rules of another scenario.
    ///
    /// # Errors
    /// The name that a rule of both has.
    pub fn merge(&mut self, other: Self) -> Result<(), String> {
        let is_taken = |rule: &&Selector| self.selectors().any(|own| own.name == rule.name);
        if let Some(rule) = other.selectors().find(is_taken) {
            return Err(rule.name.clone());
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
