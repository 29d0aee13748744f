//! What the recorder did besides the exchanges it wrote down: `tests/replay/stage.toml`.
//!
//! Pipelines that were there already, runs that were started before a stop was recorded, states that
//! were waited for.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What is done before an exchange.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// The recording: `cdap-6.11.0/a`; a `*` at the end stands for anything.
    pub file: String,
    /// The name of the exchange; the beginning of the recording when it is empty.
    #[serde(default)]
    pub exchange: String,
    /// Which exchange of that name, from 0.
    #[serde(default)]
    pub nth: usize,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Step {
    /// Deploys a pipeline of `tests/recorded/lab`.
    Deploy {
        pipeline: String,
        /// The name of the app, when it is another.
        #[serde(default)]
        app: Option<String>,
        /// The recorded id of that version.
        #[serde(default)]
        version: Option<String>,
        /// When it is to start by itself, if not as the file says.
        #[serde(default)]
        schedule: Option<String>,
    },
    /// Starts a run.
    Start {
        app: String,
        /// The recorded id of the run.
        #[serde(default)]
        run: Option<String>,
        #[serde(default)]
        arguments: BTreeMap<String, String>,
        /// Whether these are all arguments: without those that the pipelines of the lab take.
        #[serde(default)]
        exact: bool,
    },
    /// Waits until a run has one of these statuses.
    Until {
        app: String,
        run: String,
        status: Vec<String>,
    },
    /// Waits until a run has this node's program, and notes the recorded id of its run.
    Inner {
        app: String,
        run: String,
        node: String,
        id: String,
    },
    /// Waits until an app has a run of this status, and notes its recorded id.
    Find {
        app: String,
        run: String,
        status: String,
    },
    /// Waits until no run of these apps is under way.
    Idle { apps: Vec<String> },
    /// Waits until so many runs of an app have this status, and none launches.
    Count {
        app: String,
        status: String,
        runs: usize,
    },
    /// Deletes all artifacts but these.
    HaveOnly {
        /// `core-plugins 2.13.0`
        artifacts: Vec<String>,
    },
    /// Sends any request.
    Send {
        method: String,
        path: String,
        #[serde(default)]
        body: Option<String>,
    },
}

#[derive(Deserialize)]
struct Stage {
    before: Vec<Before>,
}

/// What is done in one recording.
pub fn of(file: &str) -> Vec<Before> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/stage.toml");
    let stage: Stage = toml_edit::de::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    stage
        .before
        .into_iter()
        .filter(|before| super::table::fits(&before.file, file))
        .collect()
}
