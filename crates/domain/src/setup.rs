//! What a project lacks before its first run, and in which order it is made.
//!
//! Each step is judged by itself, from what the services said ([`Need`]); what cannot be asked yet, because an API is
//! still off or the instance is not there, is unknown and looked at again in its turn. Nothing here is taken away or
//! changed in place: a step only adds what is missing. `setup/tables.rs` has the tables and views,
//! `setup/pipeline.rs` what deploying means, `setup/waiting.rs` how an instance is waited for.

pub mod pipeline;
pub mod tables;
mod waiting;

pub use waiting::{Turn, Waiting};

#[cfg(test)]
mod tests;

use crate::doctor::{ACT_AS_ROLE, AGENT_ROLE, APIS, WORKER_ROLES, member};
use crate::grant::Grant;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A step, in the order in which they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The APIs are on.
    Apis,
    /// The service agent and the workers have their roles.
    Roles,
    /// The instance is there and can be used.
    Instance,
    /// The dataset is there, where it should be.
    Dataset,
    /// The tables and views are there.
    Tables,
    /// The bucket is there.
    Bucket,
    /// The secure keys of the pipeline have values.
    Secret,
    /// The pipeline is deployed as it is in the file.
    Pipeline,
    /// The macros of the pipeline have values.
    Preferences,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 9] = [
        Self::Apis,
        Self::Roles,
        Self::Instance,
        Self::Dataset,
        Self::Tables,
        Self::Bucket,
        Self::Secret,
        Self::Pipeline,
        Self::Preferences,
    ];

    /// Those of `deploy`.
    pub const OF_DEPLOY: [Self; 3] = [Self::Secret, Self::Pipeline, Self::Preferences];

    /// One word, also in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apis => "apis",
            Self::Roles => "roles",
            Self::Instance => "instance",
            Self::Dataset => "dataset",
            Self::Tables => "tables",
            Self::Bucket => "bucket",
            Self::Secret => "secret",
            Self::Pipeline => "pipeline",
            Self::Preferences => "preferences",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a step has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is there. In a few words.
    Present(String),
    /// It is being made already, and is waited for.
    Wait(String),
    /// This is made, one line each.
    Make(Vec<String>),
    /// It cannot be asked yet: why, then what is made if it turns out to be missing. It is looked at again in its turn.
    Later(Vec<String>),
    /// It cannot be made: what is in the way, and what to do.
    Blocked {
        /// In one sentence.
        why: String,
        /// In one sentence.
        remedy: String,
    },
}

impl Need {
    /// One word, also in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Present(_) => "there",
            Self::Wait(_) => "wait",
            Self::Make(_) => "make",
            Self::Later(_) => "later",
            Self::Blocked { .. } => "blocked",
        }
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Present(text) | Self::Wait(text) => vec![text.clone()],
            Self::Make(lines) | Self::Later(lines) => lines.clone(),
            Self::Blocked { why, remedy } => vec![why.clone(), remedy.clone()],
        }
    }

    /// Nothing missing: it is there.
    fn of(missing: Vec<String>, there: impl Into<String>) -> Self {
        if missing.is_empty() {
            Self::Present(there.into())
        } else {
            Self::Make(missing)
        }
    }
}

/// The APIs, by whether they are on.
pub fn apis(states: &BTreeMap<String, bool>) -> Need {
    let off = APIS.iter().filter(|(api, _)| states.get(*api) != Some(&true));
    let lines = off.map(|(api, _)| format!("turn on {api}")).collect();
    Need::of(lines, format!("all {} APIs are on", APIS.len()))
}

/// The grants that are missing: in the project, and on the account of the workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// In the policy of the project.
    pub project: Vec<Grant>,
    /// In the policy of the workers' account.
    pub account: Vec<Grant>,
}

/// Which grants are missing. `agent_roles` and `worker_roles`: what they have in the project; `acting`: what the agent
/// has on the workers' account. An agent with another role may have a custom one in the place of Google's, and an owner
/// has all.
pub fn missing_grants(
    agent: &str,
    worker: &str,
    agent_roles: &BTreeSet<String>,
    worker_roles: &BTreeSet<String>,
    acting: &BTreeSet<String>,
) -> Missing {
    let mut missing = Missing::default();
    let agent = member(agent);
    if agent_roles.is_empty() {
        missing.project.push(Grant::new(AGENT_ROLE, &agent));
    }
    if !worker_roles.contains("roles/owner") {
        let lacking = WORKER_ROLES
            .iter()
            .filter(|(role, _)| !worker_roles.contains(*role));
        let grants = lacking.map(|(role, _)| Grant::new(*role, member(worker)));
        missing.project.extend(grants);
    }
    if acting.is_empty() {
        missing.account.push(Grant::new(ACT_AS_ROLE, agent));
    }
    missing
}

/// The roles.
pub fn roles(missing: &Missing, worker: &str) -> Need {
    let grant = |grant: &Grant, place: &str| format!("grant {} to {}{place}", grant.role, grant.member);
    let on_account = format!(" on the service account {worker}");
    let lines = missing.project.iter().map(|one| grant(one, ""));
    let lines = lines.chain(missing.account.iter().map(|one| grant(one, &on_account)));
    Need::of(
        lines.collect(),
        "the service agent and the workers have their roles",
    )
}

/// An instance as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundInstance {
    /// `ACTIVE`, `CREATING` ...
    pub state: String,
    /// Whether it can be used now.
    pub is_ready: bool,
    /// Whether it will be usable by itself.
    pub is_changing: bool,
    /// `DEVELOPER`, `BASIC`, `ENTERPRISE`; may be empty.
    pub edition: String,
    /// `6.11.0`; may be empty.
    pub version: String,
    /// Why it is in that state, if the service says so.
    pub message: Option<String>,
}

/// The instance. `edition`: what is made if it is missing.
pub fn instance(name: &str, location: &str, edition: &str, found: Option<&FoundInstance>) -> Need {
    match found {
        None => Need::Make(vec![
            format!("make the instance {name} in {location}, edition {edition}: 15 to 30 minutes"),
            price(edition).to_owned(),
        ]),
        Some(found) if found.is_ready => {
            let words = [found.edition.as_str(), found.version.as_str()];
            let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
            Need::Present(format!("{name} is {} ({})", found.state, words.join(" ")))
        }
        Some(found) if found.is_changing => {
            Need::Wait(format!("{name} is {}; it is waited for", found.state))
        }
        Some(found) => Need::Blocked {
            why: format!(
                "The instance {name} is {} ({}).",
                found.state,
                found.message.as_deref().unwrap_or("no reason given")
            ),
            remedy: "Look at it in the Google Cloud console; delete it there if it failed, and set up again."
                .into(),
        },
    }
}

/// What an edition costs by the published prices, Dataproc, storage and BigQuery not included.
pub fn price(edition: &str) -> &'static str {
    match edition {
        "DEVELOPER" => "it costs about $0.35 an hour ($256 a month) until it is deleted, used or not",
        "BASIC" => {
            "it costs about $1.80 an hour ($1,314 a month, 120 hours of it free) until it is deleted, used or not"
        }
        "ENTERPRISE" => "it costs about $4.20 an hour ($3,066 a month) until it is deleted, used or not",
        _ => "it costs money until it is deleted, used or not",
    }
}

/// The dataset: found in which location, if it is there.
pub fn dataset(name: &str, wanted: &str, found: Option<&str>) -> Need {
    match found {
        None => Need::Make(vec![format!("make the dataset {name} in {wanted}")]),
        Some(place) if place.eq_ignore_ascii_case(wanted) || place.is_empty() => {
            Need::Present(format!("the dataset {name} is in {wanted}"))
        }
        Some(place) => Need::Blocked {
            why: format!("The dataset {name} is in {place}, and bq_location says {wanted}."),
            remedy: format!("Set bq_location to {place}, or name another bq_dataset_id."),
        },
    }
}

/// The bucket: in which location, if it is there.
pub fn bucket(name: &str, wanted: &str, found: Option<&str>) -> Need {
    match found {
        None => Need::Make(vec![format!("make the bucket gs://{name} in {wanted}, private")]),
        Some("") => Need::Present(format!("gs://{name} is there")),
        Some(place) => Need::Present(format!("gs://{name} is in {place}")),
    }
}
