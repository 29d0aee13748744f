//! A long-running operation of one of Google's services, as its last answer showed it.

use domain::sanitize;
use domain::time::Timestamp;
use serde::Deserialize;

/// How an operation stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Operation {
    /// `projects/P/locations/L/operations/O`, or `operations/O`.
    pub name: String,
    /// What it works on, by its full name, if the service says so.
    pub target: String,
    /// `create`, `update` ..., if the service says so.
    pub verb: String,
    /// What it is at, in the service's words; one line, may be empty.
    pub detail: String,
    /// When it began, if the service says so.
    pub created: Option<Timestamp>,
    /// Whether it has ended, and with which message if it failed.
    pub end: Option<Result<(), String>>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    name: String,
    #[serde(default)]
    done: bool,
    error: Option<Status>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    target: String,
    verb: String,
    status_detail: String,
    create_time: String,
}

impl From<Wire> for Operation {
    fn from(wire: Wire) -> Self {
        let end = match (wire.done, wire.error) {
            (_, Some(error)) if error.message.is_empty() => Some(Err(format!("code {}", error.code))),
            (_, Some(error)) => Some(Err(sanitize::line(&error.message).into_owned())),
            (true, None) => Some(Ok(())),
            (false, None) => None,
        };
        Self {
            name: wire.name,
            target: wire.metadata.target,
            verb: wire.metadata.verb,
            detail: sanitize::line(&wire.metadata.status_detail).into_owned(),
            created: chrono::DateTime::parse_from_rfc3339(&wire.metadata.create_time)
                .ok()
                .map(|time| Timestamp::from_millis(time.timestamp_millis())),
            end,
        }
    }
}
