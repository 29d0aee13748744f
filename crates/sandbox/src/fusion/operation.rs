//! Long-running operations on instances, as they are stored and as the API shows them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

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
    pub const fn duration_ms(self) -> f64 {
        match self {
            Self::Create => 40_000.0,
            Self::Restart | Self::Delete => 20_000.0,
            Self::Update => 4_000.0,
        }
    }

    /// The `verb` of the operation's metadata.
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Restart => "restart",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The state of the instance meanwhile.
    pub const fn state(self) -> &'static str {
        match self {
            Self::Create => "CREATING",
            Self::Restart => "RESTARTING",
            Self::Update => "UPDATING",
            Self::Delete => "DELETING",
        }
    }
}

/// A long-running operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Operation {
    pub name: String,
    pub target: String,
    pub verb: Verb,
    /// `v1` or `v1beta1`.
    pub version: String,
    pub changes: Json,
    pub created: i64,
    pub due: i64,
    pub done: bool,
    pub cancelled: bool,
    /// Why it will fail, if it will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl Operation {
    /// What it is at.
    fn status_detail(&self) -> &'static str {
        match (self.done, self.verb) {
            (true, _) => "",
            (_, Verb::Create) => "Creating the tenant project and its cluster",
            (_, Verb::Restart) => "Restarting the services",
            (_, Verb::Update) => "Writing the changes",
            (_, Verb::Delete) => "Deleting the tenant project",
        }
    }

    /// The operation as the API shows it; `instance` is its target, if it still exists.
    pub fn show(&self, instance: Option<Json>) -> Json {
        let mut metadata = json!({
            "@type": format!("type.googleapis.com/google.cloud.datafusion.{}.OperationMetadata", self.version),
            "createTime": rfc3339(self.created),
            "target": self.target,
            "verb": self.verb.name(),
            "requestedCancellation": self.cancelled,
            "apiVersion": self.version,
            "statusDetail": self.status_detail(),
        });
        if self.done {
            metadata["endTime"] = rfc3339(self.due).into();
        }
        let mut shown = json!({"name": self.name, "metadata": metadata, "done": self.done});
        if let Some(failure) = self.failure.as_ref().filter(|_| self.done) {
            shown["error"] = json!({"code": 9, "message": failure});
        } else if self.done {
            let kind = format!(
                "type.googleapis.com/google.cloud.datafusion.{}.Instance",
                self.version
            );
            shown["response"] = match instance {
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

/// RFC 3339 in UTC.
pub(super) fn rfc3339(millis: i64) -> String {
    let time: DateTime<Utc> = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
