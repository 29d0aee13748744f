//! Credentials of every kind against servers over TLS, as a user would set them up: by variables and files, in a process
//! of its own for each, directly and through a proxy.

#[path = "../../../tests/support/google.rs"]
#[expect(dead_code, reason = "calls are looked at while they come in tests/google.rs")]
mod google;
mod hosts;
mod kinds;
mod refusals;
mod run;

use crate::client::testing::{HOSTS, short_deadlines};
use crate::client::{Client, Endpoint, Endpoints};
use domain::service::Service;
use google::Google;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Credentials, Outside, Tokens, Wanted};
use crate::client::auth::Secret;

/// The way from the test to the child, and what the child does.
const ORDERS: &str = "DOWNBEAT_TEST_ORDERS";

/// What one process does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Orders {
    /// A command of the settings.
    command: Option<String>,
    /// Whether the token is in a variable.
    environment: bool,
    /// Whether no token is used at all.
    nobody: bool,
    impersonate: Option<String>,
    quota_project: Option<String>,
    /// Whether CDAP has a token of its own, in a variable, and is no Google host.
    own_cdap: bool,
    /// What is done, in this order.
    steps: Vec<Step>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Step {
    /// Each service is asked once.
    CallAll,
    /// Data Fusion is asked this many times at once.
    CallAtOnce(usize),
    /// The same again and again until it is not refused; what comes then is told.
    CallUntilAnswered,
    /// A file gets another text.
    Write(PathBuf, String),
    /// The run begins, as this account if one is named.
    Begin(Option<String>),
}

/// What the child tells of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    /// As it is called: in JSON several are one.
    kind: Option<String>,
    text: String,
    hint: String,
    /// Whose tokens are used, by then.
    identity: String,
}

/// A process with this environment and nothing else.
struct Child<'a> {
    google: &'a Google,
    variables: BTreeMap<String, String>,
    orders: Orders,
}

impl<'a> Child<'a> {
    fn new(google: &'a Google, steps: &[Step]) -> Self {
        let mut child = Self {
            google,
            variables: BTreeMap::new(),
            orders: Orders {
                steps: steps.to_vec(),
                ..Orders::default()
            },
        };
        child.set("SSL_CERT_FILE", google.authority());
        // No name server is asked, and nobody is at the metadata server's address.
        child.set("GCE_METADATA_HOST", "127.0.0.1:9");
        child.directly();
        child
    }

    fn set(&mut self, name: &str, value: impl AsRef<Path>) {
        let value = value.as_ref().to_str().unwrap();
        self.variables.insert(name.into(), value.into());
    }

    fn directly(&mut self) {
        self.set(HOSTS, self.google.secure.to_string());
    }

    /// Names are known to the proxy alone.
    fn by_proxy(&mut self) {
        self.variables.remove(HOSTS);
        for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
            self.set(name, format!("http://{}", self.google.proxy));
        }
    }

    fn run(&self) -> Vec<Outcome> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "client::credentials::tests::child",
                "--ignored",
                "--nocapture",
            ])
            .env_clear()
            .envs(&self.variables)
            .env(ORDERS, serde_json::to_string(&self.orders).unwrap());
        let told = command.output().unwrap();
        let out = String::from_utf8(told.stdout).unwrap();
        let err = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{out}\n{err}");
        assert!(!out.contains("hush") && !err.contains("hush"), "{out}\n{err}");
        let lines = out.lines().filter_map(|line| line.split_once("OUTCOME "));
        lines
            .map(|(_, json)| serde_json::from_str(json).unwrap())
            .collect()
    }
}

#[test]
#[ignore = "it is a process of the other tests"]
fn child() {
    let Ok(orders) = std::env::var(ORDERS) else {
        return;
    };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(obey(&orders));
}

async fn obey(orders: &Orders) {
    let credentials = credentials(orders);
    let cdap = if orders.own_cdap {
        "https://cdap.example/api"
    } else {
        "https://i-p-dot-usw1.datafusion.googleusercontent.com/api"
    };
    let endpoints = Endpoints::parse(
        "https://datafusion.googleapis.com",
        "https://bigquery.googleapis.com",
        Some(cdap),
    );
    let client = Client::with_retry_policy(endpoints.unwrap(), credentials, short_deadlines()).unwrap();
    for step in &orders.steps {
        match step {
            Step::CallAll => {
                for service in [Service::DataFusion, Service::BigQuery, Service::Cdap] {
                    tell(&client, call(&client, service).await);
                }
            }
            Step::CallAtOnce(count) => {
                let calls = (0..*count).map(|_| call(&client, Service::DataFusion));
                for outcome in futures_util::future::join_all(calls).await {
                    tell(&client, outcome);
                }
            }
            Step::CallUntilAnswered => {
                let started = Instant::now();
                let mut outcome = call(&client, Service::DataFusion).await;
                while outcome.is_err() && started.elapsed() < Duration::from_secs(60) {
                    outcome = call(&client, Service::DataFusion).await;
                    tokio::task::yield_now().await;
                }
                tell(&client, outcome);
            }
            Step::Write(path, text) => std::fs::write(path, text).unwrap(),
            Step::Begin(account) => {
                let account = account
                    .iter()
                    .map(|account| (Service::DataFusion, account.clone()));
                client.credentials().pin(&account.collect());
            }
        }
    }
}

fn credentials(orders: &Orders) -> Credentials {
    let tokens = match &orders.command {
        Some(command) => Tokens::Command(Secret::new(command)),
        None if orders.environment => Tokens::Environment,
        None if orders.nobody => Tokens::Nowhere,
        None => Tokens::Google,
    };
    let wanted = Wanted {
        tokens,
        impersonate: orders.impersonate.clone(),
        quota_project: orders.quota_project.clone(),
    };
    let credentials = Credentials::new(wanted, &Outside::default());
    if !orders.own_cdap {
        return credentials;
    }
    credentials.with(
        Service::Cdap,
        Wanted {
            tokens: Tokens::CdapEnvironment,
            ..Wanted::default()
        },
    )
}

/// Asks a service for something small.
async fn call(client: &Client, service: Service) -> Result<(), crate::client::ClientError> {
    use crate::client::http::Request;
    let endpoints = client.endpoints();
    let endpoint: &Endpoint = match service {
        Service::BigQuery => &endpoints.bigquery,
        Service::Cdap => endpoints.cdap.as_ref().unwrap(),
        _ => &endpoints.data_fusion,
    };
    let request = Request::get(service, "asking", endpoint.join(&["v1"])?);
    client.http.json::<Value>(request).await.map(|_| ())
}

fn tell(client: &Client, outcome: Result<(), crate::client::ClientError>) {
    let error = outcome.err();
    let told = Outcome {
        kind: error.as_ref().map(|error| format!("{:?}", error.kind)),
        text: error.as_ref().map_or_else(String::new, ToString::to_string),
        hint: error
            .as_ref()
            .map_or_else(String::new, crate::client::ClientError::hint),
        identity: client.credentials().identity().to_string(),
    };
    // A line of its own, whatever the test harness has begun to write.
    println!("\nOUTCOME {}", serde_json::to_string(&told).unwrap());
}
