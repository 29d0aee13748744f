//! Identifiers, each a type of its own, so that one cannot be passed for another.
//!
//! An id is opaque text here: `variable/names.rs` checks names, and the client quotes them for a URL or
//! for SQL.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// An id with this text, unchecked.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )+};
}

id! {
    /// One execution of the whole chain, named by Downbeat.
    DagRunId,
    /// A task of a DAG run, by Airflow's name for it: `truncate_table`, `start_pipeline_hr_engineer`.
    TaskId,
    /// A CDAP run: the version-1 UUID that the server gives (`runid`).
    PipelineRunId,
    /// The unique text that marks one start request, sent as the runtime argument `downbeat.token`.
    StartToken,
    /// A BigQuery job, named by Downbeat before it is sent.
    JobId,
    /// A Google Cloud project.
    ProjectId,
    /// A region of Data Fusion (`us-west1`) or a location of BigQuery (`US`).
    Location,
    /// A Data Fusion instance.
    InstanceId,
    /// A namespace of CDAP.
    Namespace,
    /// A deployed pipeline (CDAP: an application).
    PipelineName,
    /// A dataset of BigQuery.
    DatasetId,
    /// A table of BigQuery, without its dataset.
    TableId,
}

impl TaskId {
    /// What the names of all pipelines begin with.
    pub(crate) const PIPELINE: &str = "start_pipeline_";

    /// The name without what all pipelines have in common: `hr_engineer`. Lists show it; sentences and commands need the
    /// whole one.
    pub fn short(&self) -> &str {
        self.0.strip_prefix(Self::PIPELINE).unwrap_or(&self.0)
    }
}
