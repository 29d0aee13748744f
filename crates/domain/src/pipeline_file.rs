//! A pipeline as a file: what Data Fusion Studio exports, what `deploy` sends, and how two of them differ.
//!
//! `pipeline_file/resolve.rs` writes the artifacts of an instance into it, `pipeline_file/diff.rs` compares it with what
//! is deployed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An artifact of an instance, or a selector of one: its version may be a range such as `[6.7.0,7.0.0)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// `google-cloud`, `cdap-data-pipeline` (batch pipelines), `cdap-data-streams` (streaming ones)
    pub name: String,
    /// `0.24.0`
    #[serde(default)]
    pub version: String,
    /// `SYSTEM` or `USER`
    #[serde(default)]
    pub scope: String,
}

/// As in `google-cloud 0.24.0 (SYSTEM)`.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.scope)
    }
}
