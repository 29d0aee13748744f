//! What there is: instances and operations, and the moments at which operations are over.
//!
//! Nothing runs in the background: an operation is done when its moment has passed, and takes its effect
//! when it is next looked at. With a state folder all of it is kept in `fusion.json`.

use super::{Refused, invalid, missing};
use crate::resource_names::ResourceNames;
use crate::{SandboxError, State};
use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verb {
    Create,
    Restart,
    Update,
    Delete,
}

impl Verb {
    /// How long it takes at speed 1, in milliseconds. At Google a create takes 15 to 30 minutes.
    const fn span(self) -> f64 {
        match self {
            Self::Create => 40_000.0,
            Self::Restart | Self::Delete => 20_000.0,
            Self::Update => 4_000.0,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Restart => "restart",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    const fn state(self) -> &'static str {
        match self {
            Self::Create => "CREATING",
            Self::Restart => "RESTARTING",
            Self::Update => "UPDATING",
            Self::Delete => "DELETING",
        }
    }
}

/// An instance. Times in milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Instance {
    /// What was asked for, with `name` and `version`.
    pub body: Json,
    pub state: String,
    pub created: i64,
    pub updated: i64,
    /// Who may use it, once somebody has said so.
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

/// A long-running operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Operation {
    pub name: String,
    pub target: String,
    verb: Verb,
    /// `v1` or `v1beta1`.
    version: String,
    changes: Json,
    created: i64,
    due: i64,
    done: bool,
    cancelled: bool,
}

impl Operation {
    /// As the API shows it; `made` is its instance, if there is one.
    pub fn show(&self, made: Option<Json>) -> Json {
        let mut metadata = json!({
            "@type": format!("type.googleapis.com/google.cloud.datafusion.{}.OperationMetadata", self.version),
            "createTime": moment(self.created),
            "target": self.target,
            "verb": self.verb.word(),
            "requestedCancellation": self.cancelled,
            "apiVersion": self.version,
        });
        if self.done {
            metadata["endTime"] = moment(self.due).into();
        }
        let mut shown = json!({"name": self.name, "metadata": metadata, "done": self.done});
        if self.done {
            let kind = format!(
                "type.googleapis.com/google.cloud.datafusion.{}.Instance",
                self.version
            );
            shown["response"] = match made {
                Some(mut instance) => {
                    instance["@type"] = kind.into();
                    instance
                }
                None => json!({"@type": "type.googleapis.com/google.protobuf.Empty"}),
            };
        }
        shown
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Book {
    instances: BTreeMap<String, Instance>,
    operations: BTreeMap<String, Operation>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Ledger {
    book: Mutex<Book>,
    file: Option<PathBuf>,
    speed: f64,
}

/// RFC 3339 in UTC.
pub(super) fn moment(millis: i64) -> String {
    let moment: DateTime<Utc> = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn now() -> i64 {
    Utc::now().timestamp_millis()
}

impl Ledger {
    /// Opens what is kept; a fresh one has the sandbox's own instance.
    pub fn open(
        state: &State,
        speed: f64,
        names: &ResourceNames,
        release: &str,
    ) -> Result<Self, SandboxError> {
        let file = match state {
            State::Directory(folder) => Some(folder.join("fusion.json")),
            State::Ephemeral => None,
        };
        let kept = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let mut book: Book = match (&file, kept) {
            (Some(file), Some(bytes)) => serde_json::from_slice(&bytes).map_err(|error| {
                SandboxError::Deploy(format!(
                    "{} is damaged ({error}); delete it to begin without the instances that you made",
                    file.display()
                ))
            })?,
            _ => Book::default(),
        };
        let ResourceNames {
            project,
            location,
            instance,
            ..
        } = names;
        let name = format!("projects/{project}/locations/{location}/instances/{instance}");
        let own = book.instances.entry(name.clone()).or_insert_with(|| Instance {
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
        Ok(Self {
            book: Mutex::new(book),
            file,
            speed,
        })
    }

    /// The book, with the effects of everything that is due.
    fn book(&self) -> MutexGuard<'_, Book> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let due: Vec<Operation> = book
            .operations
            .values()
            .filter(|operation| !operation.done && operation.due <= now)
            .cloned()
            .collect();
        for operation in &due {
            book.finish(operation);
        }
        if !due.is_empty() {
            self.keep(&book);
        }
        book
    }

    fn keep(&self, book: &Book) {
        let Some(file) = &self.file else { return };
        let pending = file.with_extension("json.new");
        // What cannot be written is lost with the process, like a run that is under way.
        let _ = serde_json::to_vec(book)
            .map_err(std::io::Error::from)
            .and_then(|bytes| std::fs::write(&pending, bytes))
            .and_then(|()| std::fs::rename(&pending, file));
    }

    pub fn instances(&self, prefix: &str) -> Vec<Instance> {
        let book = self.book();
        let mine = book.instances.iter().filter(|(name, _)| name.starts_with(prefix));
        mine.map(|(_, instance)| instance.clone()).collect()
    }

    pub fn instance(&self, name: &str) -> Option<Instance> {
        self.book().instances.get(name).cloned()
    }

    pub fn operations(&self, prefix: &str) -> Vec<Operation> {
        let book = self.book();
        let mine = book
            .operations
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        mine.map(|(_, operation)| operation.clone()).collect()
    }

    pub fn operation(&self, name: &str) -> Option<Operation> {
        self.book().operations.get(name).cloned()
    }

    pub fn create(&self, name: &str, body: Json, version: &str) -> Result<Operation, Refused> {
        let mut book = self.book();
        if book.instances.contains_key(name) {
            let text = format!("Resource '{name}' already exists");
            return Err((StatusCode::CONFLICT, "ALREADY_EXISTS", text));
        }
        let instance = Instance {
            body,
            state: String::new(),
            created: now(),
            updated: now(),
            policy: None,
            peerings: Vec::new(),
        };
        book.instances.insert(name.to_owned(), instance);
        Ok(self.enter(&mut book, name, Verb::Create, Json::Null, version))
    }

    /// Changes an instance in one step, unless the change is refused.
    pub fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Instance) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let mut book = self.book();
        let instance = book.instances.get_mut(name).ok_or_else(|| missing(name))?;
        let told = change(instance)?;
        self.keep(&book);
        Ok(told)
    }

    /// Begins to change an instance that is there.
    pub fn begin(&self, name: &str, verb: Verb, changes: Json, version: &str) -> Result<Operation, Refused> {
        let mut book = self.book();
        let state = book.instances.get(name).map(|instance| instance.state.clone());
        match state.as_deref() {
            None => Err(invalid(format!("Resource '{name}' was not found"))),
            Some("ACTIVE" | "FAILED") => Ok(self.enter(&mut book, name, verb, changes, version)),
            Some(busy) => {
                let text = format!("Resource '{name}' is {busy}: another operation is under way");
                Err((StatusCode::BAD_REQUEST, "FAILED_PRECONDITION", text))
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of seconds")]
    fn enter(&self, book: &mut Book, target: &str, verb: Verb, changes: Json, version: &str) -> Operation {
        let place = target.split("/instances/").next().unwrap_or_default();
        let operation = Operation {
            name: format!("{place}/operations/operation-{}", uuid::Uuid::new_v4()),
            target: target.to_owned(),
            verb,
            version: version.to_owned(),
            changes,
            created: now(),
            due: now() + (verb.span() / self.speed) as i64,
            done: false,
            cancelled: false,
        };
        if let Some(instance) = book.instances.get_mut(target) {
            verb.state().clone_into(&mut instance.state);
        }
        book.operations.insert(operation.name.clone(), operation.clone());
        self.keep(book);
        operation
    }

    /// A wish: what has begun goes on, as at Google.
    pub fn cancel(&self, name: &str) {
        let mut book = self.book();
        if let Some(operation) = book.operations.get_mut(name).filter(|operation| !operation.done) {
            operation.cancelled = true;
        }
        self.keep(&book);
    }

    pub fn forget(&self, name: &str) {
        let mut book = self.book();
        book.operations.remove(name);
        self.keep(&book);
    }
}

impl Book {
    fn finish(&mut self, operation: &Operation) {
        if let Some(kept) = self.operations.get_mut(&operation.name) {
            kept.done = true;
        }
        if operation.verb == Verb::Delete {
            self.instances.remove(&operation.target);
            return;
        }
        if let Some(instance) = self.instances.get_mut(&operation.target) {
            instance.state = "ACTIVE".into();
            instance.updated = operation.due;
            for (name, value) in operation.changes.as_object().into_iter().flatten() {
                instance.body[name] = value.clone();
            }
        }
    }
}
