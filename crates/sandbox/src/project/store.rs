//! What is kept of the project. With a state folder it is stored in `project.json`.
//!
//! Nothing runs in the background: an operation that is due takes effect at the next access.

use super::{AGENT_ROLE, NUMBER, agent};
use crate::resource_names::ResourceNames;
use crate::{SandboxError, Settings, State};
use chrono::Utc;
use googlesql::owner_only;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The APIs that a run needs; all are on, except in a sandbox that began empty.
pub(super) const SERVICES: [&str; 9] = [
    "bigquery.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "datafusion.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
];

/// The roles of the account of the workers in a project that is ready.
const WORKER_ROLES: [&str; 6] = [
    "roles/bigquery.dataEditor",
    "roles/bigquery.jobUser",
    "roles/cloudsql.client",
    "roles/datafusion.runner",
    "roles/dataproc.worker",
    "roles/storage.admin",
];

/// How long it takes to turn APIs on at speed 1, in milliseconds.
const ENABLE_MS: f64 = 8_000.0;

/// The account of the workers, which Compute Engine makes when its API is turned on.
pub(super) fn worker() -> String {
    format!("{NUMBER}-compute@developer.gserviceaccount.com")
}

/// Turning APIs on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Operation {
    /// `operations/…`
    pub name: String,
    pub services: Vec<String>,
    due: i64,
    pub done: bool,
}

/// The project. A policy that was never set is null.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Records {
    pub began_empty: bool,
    pub enabled: BTreeSet<String>,
    pub policy: Json,
    /// The policies of the service accounts, by address.
    pub accounts: BTreeMap<String, Json>,
    #[serde(default)]
    pub operations: BTreeMap<String, Operation>,
}

impl Records {
    /// A new project without anything.
    fn empty() -> Self {
        Self {
            began_empty: true,
            ..Self::default()
        }
    }

    /// A new project with all that a run needs.
    fn ready(names: &ResourceNames) -> Self {
        let bind = |role: &str, account: &str| json!({"role": role, "members": [format!("serviceAccount:{account}")]});
        let mut bindings = vec![bind(AGENT_ROLE, &agent())];
        bindings.extend(WORKER_ROLES.iter().map(|role| bind(role, &worker())));
        let owner = format!("sandbox@{}.iam.gserviceaccount.com", names.project);
        bindings.push(bind("roles/owner", &owner));
        let acting = bind("roles/iam.serviceAccountUser", &agent());
        Self {
            began_empty: false,
            enabled: SERVICES.map(str::to_owned).into(),
            policy: json!({"version": 1, "etag": "ACAB", "bindings": bindings}),
            accounts: BTreeMap::from([(
                worker(),
                json!({"version": 1, "etag": "ACAB", "bindings": [acting]}),
            )]),
            operations: BTreeMap::new(),
        }
    }

    fn finish(&mut self, name: &str) {
        let Some(operation) = self.operations.get_mut(name) else {
            return;
        };
        operation.done = true;
        let services = operation.services.clone();
        if services.iter().any(|service| service == "compute.googleapis.com") {
            self.accounts.entry(worker()).or_default();
        }
        self.enabled.extend(services);
    }
}

/// The project, in memory and on disk.
#[derive(Debug)]
pub(super) struct Store {
    records: Mutex<Records>,
    file: Option<PathBuf>,
    speed: f64,
}

fn now() -> i64 {
    Utc::now().timestamp_millis()
}

impl Store {
    /// Reads what is stored, or makes a new project.
    pub fn open(settings: &Settings, names: &ResourceNames) -> Result<Self, SandboxError> {
        let file = match &settings.state {
            State::Directory(folder) => Some(folder.join("project.json")),
            State::Ephemeral => None,
        };
        let stored = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let is_new = match (&settings.state, &stored) {
            (State::Directory(folder), None) => !folder.join("cdap.db").exists(),
            _ => stored.is_none(),
        };
        let records: Records = match (&file, stored) {
            (Some(file), Some(bytes)) => serde_json::from_slice(&bytes).map_err(|error| {
                SandboxError::Deploy(format!(
                    "{} is damaged ({error}); delete the folder to begin anew",
                    file.display()
                ))
            })?,
            _ if settings.empty && is_new => Records::empty(),
            _ => Records::ready(names),
        };
        if let State::Directory(folder) = &settings.state
            && settings.empty
            && !records.began_empty
        {
            return Err(SandboxError::NotEmpty(folder.clone()));
        }
        let store = Self {
            records: Mutex::new(records),
            file,
            speed: settings.speed,
        };
        store.save(&store.records());
        Ok(store)
    }

    /// The records, after the effects of all operations that are due.
    fn records(&self) -> MutexGuard<'_, Records> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let operations = records.operations.values();
        let due = operations.filter(|operation| !operation.done && operation.due <= now);
        let due: Vec<String> = due.map(|operation| operation.name.clone()).collect();
        for name in &due {
            records.finish(name);
        }
        if !due.is_empty() {
            self.save(&records);
        }
        records
    }

    fn save(&self, records: &Records) {
        let Some(file) = &self.file else { return };
        let Some(folder) = file.parent() else { return };
        // A change that cannot be written is lost when the process ends.
        let _ = serde_json::to_vec(records)
            .map_err(std::io::Error::from)
            .and_then(|bytes| {
                let pending = owner_only::create_file(folder, "project.json.new")?;
                std::fs::write(&pending, bytes)?;
                std::fs::rename(&pending, file)
            });
    }

    pub fn read<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(&self.records())
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Records) -> T) -> T {
        let mut records = self.records();
        let result = change(&mut records);
        self.save(&records);
        result
    }

    /// Begins to turn these APIs on.
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of seconds")]
    pub fn enable(&self, services: Vec<String>) -> Operation {
        let operation = Operation {
            name: format!("operations/acat.p2-{NUMBER}-{}", uuid::Uuid::new_v4()),
            services,
            due: now() + (ENABLE_MS / self.speed) as i64,
            done: false,
        };
        self.change(|records| {
            records
                .operations
                .insert(operation.name.clone(), operation.clone());
        });
        operation
    }
}
