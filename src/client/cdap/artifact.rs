//! What is installed: the artifacts, and which of them hold a plugin.

use super::{Cdap, found, get};
use crate::client::error::ClientError;
use domain::pipeline_file::Artifact;
use serde::Deserialize;

/// The artifact that makes batch pipelines.
const PIPELINE: &str = "cdap-data-pipeline";

#[derive(Deserialize)]
struct Plugin {
    #[serde(default)]
    name: String,
    artifact: Artifact,
}

impl Cdap {
    /// All artifacts that the namespace sees, the system's and its own.
    ///
    /// # Errors
    /// As every call.
    pub async fn artifacts(&self) -> Result<Vec<Artifact>, ClientError> {
        let request = get("listing the artifacts", self.url(&["artifacts"])?).max_bytes(64 << 20);
        self.http.json(request).await
    }

    /// Which artifacts hold a plugin for batch pipelines of this version of the pipeline artifact; none if it is not
    /// installed.
    ///
    /// # Errors
    /// As every call.
    pub async fn holders(
        &self,
        version: &str,
        kind: &str,
        plugin: &str,
    ) -> Result<Vec<Artifact>, ClientError> {
        let parts = [
            "artifacts",
            PIPELINE,
            "versions",
            version,
            "extensions",
            kind,
            "plugins",
            plugin,
        ];
        let mut url = self.url(&parts)?;
        url.set_query(Some("scope=SYSTEM"));
        let operation = format!("looking for the plugin {plugin}");
        let holders: Option<Vec<Plugin>> = found(self.http.json(get(operation, url)).await)?;
        Ok(holders
            .unwrap_or_default()
            .into_iter()
            .map(|plugin| plugin.artifact)
            .collect())
    }

    /// Whether a plugin extends another plugin's artifact: a JDBC driver that was uploaded for that one alone is listed
    /// nowhere else (measured).
    ///
    /// # Errors
    /// As every call.
    pub async fn extends(&self, artifact: &Artifact, kind: &str, plugin: &str) -> Result<bool, ClientError> {
        let parts = [
            "artifacts",
            &artifact.name,
            "versions",
            &artifact.version,
            "extensions",
            kind,
        ];
        let mut url = self.url(&parts)?;
        url.query_pairs_mut().append_pair("scope", &artifact.scope);
        let operation = format!("looking for the plugin {plugin} of {}", artifact.name);
        let listed: Option<Vec<Plugin>> = found(self.http.json(get(operation, url)).await)?;
        Ok(listed.unwrap_or_default().iter().any(|one| one.name == plugin))
    }
}
