//! A pipeline as a file: what Data Fusion Studio exports and what deploying sends (`name`, `artifact`, `config`).
//!
//! `pipeline_file/resolve.rs` writes the artifacts of an instance into it. How two of them differ is
//! `deployed/difference.rs`.

pub mod resolve;

use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// The text of a file as a pipeline.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn read(text: &str) -> Result<Value, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("It is not JSON: {error}."))?;
    if !file["config"]["stages"].is_array() {
        return Err("It is no pipeline: an export of Data Fusion has config and stages.".into());
    }
    if !file["artifact"]["name"].is_string() {
        return Err(
            "It names no artifact, such as cdap-data-pipeline: export it from Data Fusion again.".into(),
        );
    }
    Ok(file)
}
