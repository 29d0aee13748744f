//! What to do about a failure or a finding, as data.
//!
//! No key and no command of Downbeat is named here: the screen prints the key of an action, a headless run the
//! command of a shell. In the journal and in JSON the texts are one string under `remedy`, as they have
//! always been, and the other remedies a list under `actions`; a reader that does not know `actions`
//! still reads the rest.

use crate::id::{DagRunId, TaskId};
use crate::warehouse::{JobAddress, TableRestore};
use serde::{Deserialize, Serialize};

/// What helps where another run is in the way.
pub const WAIT_FOR_END: &str = "Wait for its end.";

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// One or two sentences that name no key.
    Text(String),
    /// Start another try of this task.
    Retry(TaskId),
    /// Wait for this task no longer.
    GiveUp(TaskId),
    /// Give the values of these arguments to this task, which is then tried again: they are on no disk.
    GiveArguments {
        /// The task.
        task: TaskId,
        /// The arguments.
        names: Vec<String>,
    },
    /// Start a run.
    StartRun,
    /// Stop the run that is going on.
    StopRun,
    /// Bring back the rows of a table that was emptied.
    RestoreTable(TableRestore),
    /// Look at a job of BigQuery, whose end is not known.
    LookAtJob(JobAddress),
    /// Empty the output table although it cannot be seen that the pipeline fills it.
    AllowUnresolvedSink,
    /// Run one pipeline by hand although another run fills the same table.
    RunBeside,
    /// Watch this run, which another process drives.
    WatchRun(DagRunId),
    /// Carry on this run, which nobody drives.
    ResumeRun(DagRunId),
    /// Stop what lives of this run, and write down its end.
    CloseRun(DagRunId),
    /// Close the unfinished runs of the table and start a new one.
    StartFresh,
    /// Carry it on or try it again although a later run has emptied or filled its table.
    AfterNewer,
}

impl From<&str> for Remedy {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Remedy {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The reason, a full stop if it has none, and the words of the remedies.
pub(crate) fn sentences(reason: &str, remedies: &str) -> String {
    if remedies.is_empty() {
        return reason.to_owned();
    }
    // Servers end their sentences or do not.
    let stop = if reason.ends_with(['.', '!', '?', '…']) {
        ""
    } else {
        "."
    };
    format!("{reason}{stop} {remedies}")
}

/// How a failure writes its remedies: `remedy` only where there is a text.
pub(crate) mod optional {
    use super::Remedy;
    use super::written::{Written, read};
    use serde::{Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(remedies: &[Remedy], to: S) -> Result<S::Ok, S::Error> {
        let mut written = Written::from(remedies);
        written.remedy = written.remedy.filter(|text| !text.is_empty());
        written.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Remedy>, D::Error> {
        read(from)
    }
}

/// How a finding writes its remedies: always with a `remedy`, if need be an empty one.
pub(crate) mod written {
    use super::Remedy;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Written {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub(super) remedy: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        actions: Vec<Value>,
    }

    impl From<&[Remedy]> for Written {
        fn from(remedies: &[Remedy]) -> Self {
            let mut texts = Vec::new();
            let mut actions = Vec::new();
            for remedy in remedies {
                match remedy {
                    Remedy::Text(text) => texts.push(text.as_str()),
                    action => actions.extend(serde_json::to_value(action)),
                }
            }
            Self {
                remedy: Some(texts.join(" ")),
                actions,
            }
        }
    }

    pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Remedy>, D::Error> {
        let written = Written::deserialize(from)?;
        let text = written.remedy.filter(|text| !text.is_empty());
        // An action that a newer Downbeat has added is left out: advice must not make a fact unreadable.
        let actions = written.actions.into_iter();
        let actions = actions.filter_map(|action| serde_json::from_value(action).ok());
        Ok(text.map(Remedy::Text).into_iter().chain(actions).collect())
    }

    pub(crate) fn serialize<S: Serializer>(remedies: &[Remedy], to: S) -> Result<S::Ok, S::Error> {
        Written::from(remedies).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Remedy>, D::Error> {
        read(from)
    }
}
