//! A sandbox that lives on while the program is killed, the homes of its users, and the proxy between them.

use super::home::{Home, PROFILE};
use super::journal::Journal;
use super::proxy::Proxy;
use super::server::Sandbox;
use super::stores::Stores;
use serde_json::Value;
use std::sync::Arc;

/// The profile of a case.
pub const LAB: &str = "lab";

/// One more second try than the demo has: its load fails once.
const RETRY: &str = "title = 'a load fails once'\n[[run]]\nwhere = { data_source = 'payroll' }\nfirst = 1\n\
    fail = { stage = 'Import To BigQuery', text = 'Exceeded rate limits' }\n";

pub struct Lab {
    pub sandbox: Arc<Sandbox>,
    pub proxy: Proxy,
    served: Home,
    profile: String,
}

impl Lab {
    /// A fresh sandbox, so many times faster than a real instance.
    pub fn new(speed: &str) -> Self {
        let served = Home::new();
        let scenario = served.path().join("retry.toml");
        std::fs::write(&scenario, RETRY).unwrap();
        let state = served.path().join("sandbox");
        let sandbox = Sandbox::start(
            &served,
            &[
                "--state",
                &state.to_string_lossy(),
                "--speed",
                speed,
                "--port",
                "0",
                "--scenario",
                &scenario.to_string_lossy(),
            ],
        );
        let proxy = Proxy::new(sandbox.address());
        let way = sandbox
            .way()
            .replace(&format!("http://{}", sandbox.address()), &proxy.address());
        Self {
            sandbox: Arc::new(sandbox),
            proxy,
            served,
            profile: format!("[profile.{LAB}]\n{PROFILE}{way}"),
        }
    }

    /// A user of this sandbox on a machine of its own.
    pub fn machine(&self) -> Home {
        let home = Home::new();
        home.configure(&self.profile);
        home
    }

    /// The stores of the sandbox, read past all programs.
    pub fn stores(&self) -> Stores {
        Stores::of(&self.served)
    }

    /// The folder of the sandbox.
    pub fn state(&self) -> std::path::PathBuf {
        self.served.path().join("sandbox")
    }

    /// The jobs of BigQuery.
    pub fn jobs(&self) -> Vec<Value> {
        let path = "/bigquery/v2/projects/downbeat-sandbox/jobs?maxResults=1000&projection=full";
        let jobs = self.sandbox.get(path);
        jobs["jobs"].as_array().cloned().unwrap_or_default()
    }
}

/// The journal of a machine.
pub fn journal(home: &Home) -> Journal {
    Journal::of(&home.path().join("downbeat.db"))
}
