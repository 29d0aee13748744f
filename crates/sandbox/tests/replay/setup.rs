//! What the recorder did between the recorded exchanges: `tests/replay/setup.toml`.
//!
//! It deployed pipelines, started runs before a stop was recorded, and waited for statuses.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The steps before an exchange.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The recording: `cdap-6.11.0/a`; a `*` at the end matches anything.
    pub file: String,
    /// The name of the exchange; empty means the start of the recording.
    #[serde(default)]
    pub exchange: String,
    /// Which exchange of that name, from 0.
    #[serde(default)]
    pub nth: usize,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Step {
    /// Deploys a pipeline of `tests/recorded/lab`.
    Deploy {
        pipeline: String,
        /// The name of the app, if it differs from the pipeline's.
        #[serde(default)]
        app: Option<String>,
        /// The recorded id of that version.
        #[serde(default)]
        version: Option<String>,
        /// The cron expression, if it differs from the file's.
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
        /// Without the default arguments of the lab's pipelines.
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
    /// Waits until no run of these apps is active.
    Idle { apps: Vec<String> },
    /// Waits until so many runs of an app have this status, and none is launching.
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
struct File {
    before: Vec<Setup>,
}

/// Reads the setups of one recording.
pub fn read(file: &str) -> Vec<Setup> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/setup.toml");
    let setups: File = toml_edit::de::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    setups
        .before
        .into_iter()
        .filter(|setup| super::known_differences::matches(&setup.file, file))
        .collect()
}
