//! Instances and their operations. With a state folder they are stored in `fusion.json`.
//!
//! Nothing runs in the background: an operation that is due takes effect at the next access.

use super::operation::{Operation, Verb};
use crate::api_error::ApiError;
use crate::resource_names::ResourceNames;
use crate::{SandboxError, State};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An instance. Times in milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Instance {
    /// The requested fields, with `name` and `version`.
    pub body: Json,
    pub state: String,
    pub created: i64,
    pub updated: i64,
    /// The IAM policy, if one was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peerings: Vec<Json>,
}

impl Instance {
    pub fn name(&self) -> &str {
        self.body["name"].as_str().unwrap_or_default()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Records {
    instances: BTreeMap<String, Instance>,
    operations: BTreeMap<String, Operation>,
}

/// All instances and operations.
#[derive(Debug)]
pub(super) struct InstanceStore {
    records: Mutex<Records>,
    file: Option<PathBuf>,
    speed: f64,
}

fn now() -> i64 {
    Utc::now().timestamp_millis()
}

impl InstanceStore {
    /// Reads the stored instances. The sandbox's `own` is among them, if it has one.
    pub fn open(
        state: &State,
        speed: f64,
        own: Option<&ResourceNames>,
        release: &str,
    ) -> Result<Self, SandboxError> {
        let file = match state {
            State::Directory(folder) => Some(folder.join("fusion.json")),
            State::Ephemeral => None,
        };
        let stored = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let mut records: Records = match (&file, stored) {
            (Some(file), Some(bytes)) => serde_json::from_slice(&bytes).map_err(|error| {
                SandboxError::Deploy(format!(
                    "{} is damaged ({error}); delete it to begin without the instances that you made",
                    file.display()
                ))
            })?,
            _ => Records::default(),
        };
        if let Some(names) = own {
            records.add_own(names, release);
        }
        Ok(Self {
            records: Mutex::new(records),
            file,
            speed,
        })
    }

    /// The records, after the effects of all operations that are due.
    fn records(&self) -> MutexGuard<'_, Records> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let due: Vec<Operation> = records
            .operations
            .values()
            .filter(|operation| !operation.done && operation.due <= now)
            .cloned()
            .collect();
        for operation in &due {
            records.finish(operation);
        }
        if !due.is_empty() {
            self.save(&records);
        }
        records
    }

    fn save(&self, records: &Records) {
        let Some(file) = &self.file else { return };
        let pending = file.with_extension("json.new");
        // A change that cannot be written is lost when the process ends.
        let _ = serde_json::to_vec(records)
            .map_err(std::io::Error::from)
            .and_then(|bytes| std::fs::write(&pending, bytes))
            .and_then(|()| std::fs::rename(&pending, file));
    }

    pub fn instances(&self, prefix: &str) -> Vec<Instance> {
        let records = self.records();
        let found = records
            .instances
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        found.map(|(_, instance)| instance.clone()).collect()
    }

    pub fn instance(&self, name: &str) -> Option<Instance> {
        self.records().instances.get(name).cloned()
    }

    pub fn operations(&self, prefix: &str) -> Vec<Operation> {
        let records = self.records();
        let found = records
            .operations
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        found.map(|(_, operation)| operation.clone()).collect()
    }

    pub fn operation(&self, name: &str) -> Option<Operation> {
        self.records().operations.get(name).cloned()
    }

    /// Begins to create an instance; with a `failure` it ends FAILED.
    pub fn create(
        &self,
        name: &str,
        body: Json,
        version: &str,
        failure: Option<String>,
    ) -> Result<Operation, ApiError> {
        let mut records = self.records();
        if records.instances.contains_key(name) {
            return Err(ApiError::already_exists(name));
        }
        let instance = Instance {
            body,
            state: String::new(),
            created: now(),
            updated: now(),
            policy: None,
            peerings: Vec::new(),
        };
        records.instances.insert(name.to_owned(), instance);
        let operation = self.operation_on(name, Verb::Create, Json::Null, version);
        Ok(self.add_operation(&mut records, Operation { failure, ..operation }))
    }

    /// Changes an instance in one step, unless the change is refused.
    pub fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Instance) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut records = self.records();
        let instance = records
            .instances
            .get_mut(name)
            .ok_or_else(|| ApiError::not_found(name))?;
        let result = change(instance)?;
        self.save(&records);
        Ok(result)
    }

    /// Starts an operation on an instance, unless another one is running.
    pub fn start_operation(
        &self,
        name: &str,
        verb: Verb,
        changes: Json,
        version: &str,
    ) -> Result<Operation, ApiError> {
        let mut records = self.records();
        let state = records.instances.get(name).map(|instance| instance.state.clone());
        match state.as_deref() {
            None => Err(ApiError::invalid(format!("Resource '{name}' was not found"))),
            Some("ACTIVE" | "FAILED") => {
                Ok(self.add_operation(&mut records, self.operation_on(name, verb, changes, version)))
            }
            Some(busy) => {
                let text = format!("Resource '{name}' is {busy}: another operation is running");
                Err(ApiError::failed_precondition(text))
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of seconds")]
    fn operation_on(&self, target: &str, verb: Verb, changes: Json, version: &str) -> Operation {
        let place = target.split("/instances/").next().unwrap_or_default();
        Operation {
            name: format!("{place}/operations/operation-{}", uuid::Uuid::new_v4()),
            target: target.to_owned(),
            verb,
            version: version.to_owned(),
            changes,
            created: now(),
            due: now() + (verb.duration_ms() / self.speed) as i64,
            done: false,
            cancelled: false,
            failure: None,
        }
    }

    fn add_operation(&self, records: &mut Records, operation: Operation) -> Operation {
        if let Some(instance) = records.instances.get_mut(&operation.target) {
            operation.verb.state().clone_into(&mut instance.state);
        }
        records
            .operations
            .insert(operation.name.clone(), operation.clone());
        self.save(records);
        operation
    }

    /// Marks an operation as cancelled. It still completes, as at Google.
    pub fn cancel(&self, name: &str) {
        let mut records = self.records();
        if let Some(operation) = records
            .operations
            .get_mut(name)
            .filter(|operation| !operation.done)
        {
            operation.cancelled = true;
        }
        self.save(&records);
    }

    pub fn delete_operation(&self, name: &str) {
        let mut records = self.records();
        records.operations.remove(name);
        self.save(&records);
    }
}

impl Records {
    fn add_own(&mut self, names: &ResourceNames, release: &str) {
        let ResourceNames {
            project,
            location,
            instance,
            ..
        } = names;
        let name = format!("projects/{project}/locations/{location}/instances/{instance}");
        let own = self.instances.entry(name.clone()).or_insert_with(|| Instance {
            body: json!({
                "name": name, "type": "DEVELOPER", "displayName": "Downbeat's sandbox",
                "labels": {"created-by": "downbeat"},
            }),
            state: "ACTIVE".into(),
            created: 1_767_225_600_000,
            updated: 1_767_225_600_000,
            policy: None,
            peerings: Vec::new(),
        });
        own.body["version"] = release.into();
    }

    fn finish(&mut self, operation: &Operation) {
        if let Some(kept) = self.operations.get_mut(&operation.name) {
            kept.done = true;
        }
        if operation.verb == Verb::Delete {
            self.instances.remove(&operation.target);
            return;
        }
        if let Some(instance) = self.instances.get_mut(&operation.target) {
            instance.updated = operation.due;
            if let Some(failure) = &operation.failure {
                instance.state = "FAILED".into();
                instance.body["stateMessage"] = failure.as_str().into();
                return;
            }
            instance.state = "ACTIVE".into();
            for (name, value) in operation.changes.as_object().into_iter().flatten() {
                instance.body[name] = value.clone();
            }
        }
    }
}
