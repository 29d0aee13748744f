//! What is deployed: the pipeline's configuration, the macros of its stages, the preferences.

use super::{Cdap, WORKFLOW, found, read};
use crate::client::error::ClientError;
use domain::id::PipelineName;
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A deployed pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The version that a start would run; `-SNAPSHOT` on servers without versions.
    pub version: Option<String>,
    /// What it is made of: `cdap-data-pipeline` for a batch pipeline.
    pub artifact: String,
    /// That artifact's version.
    pub artifact_version: String,
    /// When this version was deployed, by the server's clock.
    pub deployed: Option<Timestamp>,
    /// The configuration as JSON (stages, connections, postActions ...); `Null` if it is none.
    pub configuration: Value,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name, verbatim: metrics and logs use it.
    pub name: String,
    /// The plugin's name: `BigQueryTable`.
    pub plugin: String,
    /// The plugin's type: `batchsink`.
    pub kind: String,
}

/// The macros of one plugin of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageMacros {
    /// The stage's name, or `stage:nested` for a plugin inside of it.
    pub id: String,
    /// Names that `${name}` looks up. The server over-reports: escaped ones are among them.
    pub lookups: Vec<String>,
    /// Functions such as `${secure(key)}`.
    pub functions: Vec<MacroFunction>,
}

/// A macro function as it is written in a stage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MacroFunction {
    /// `secure`, `logicalStartTime` ...
    #[serde(rename = "functionName")]
    pub name: String,
    /// Its arguments; `[""]` when there is none.
    #[serde(default)]
    pub arguments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    name: String,
    app_version: Option<String>,
    #[serde(default)]
    configuration: String,
    #[serde(default)]
    artifact: Artifact,
    change: Option<Change>,
}

#[derive(Default, Deserialize)]
struct Artifact {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    creation_time_millis: Option<i64>,
}

#[derive(Deserialize)]
struct Plugin {
    id: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    properties: Properties,
}

#[derive(Default, Deserialize)]
struct Properties {
    #[serde(default)]
    macros: Macros,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Macros {
    #[serde(default)]
    lookup_properties: Vec<String>,
    #[serde(default)]
    macro_functions: Vec<MacroFunction>,
}

impl App {
    /// The stages in the order of the configuration, which carries no meaning.
    pub fn stages(&self) -> Vec<Stage> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let stages = self.configuration["stages"].as_array();
        stages
            .into_iter()
            .flatten()
            .map(|stage| Stage {
                name: text(&stage["name"]),
                plugin: text(&stage["plugin"]["name"]),
                kind: text(&stage["plugin"]["type"]),
            })
            .collect()
    }
}

impl From<Detail> for App {
    fn from(detail: Detail) -> Self {
        Self {
            name: detail.name,
            version: detail.app_version,
            artifact: detail.artifact.name,
            artifact_version: detail.artifact.version,
            deployed: detail
                .change
                .and_then(|change| change.creation_time_millis)
                .map(Timestamp::from_millis),
            // A string that holds JSON; other kinds of applications hold anything.
            configuration: serde_json::from_str(&detail.configuration).unwrap_or(Value::Null),
        }
    }
}

impl Cdap {
    /// The newest version of a pipeline; `None` if it is not deployed in this namespace.
    ///
    /// # Errors
    /// As every call.
    pub async fn app(&self, name: &PipelineName) -> Result<Option<App>, ClientError> {
        let url = self.url(&["apps", name.as_str()])?;
        let request = read(format!("reading the pipeline {name}"), url);
        let detail: Option<Detail> = found(self.http.json(request).await)?;
        Ok(detail.map(App::from))
    }

    /// The macros of all stages. Macros of engine properties are not among them (measured).
    ///
    /// # Errors
    /// As every call.
    pub async fn plugins(&self, name: &PipelineName) -> Result<Vec<StageMacros>, ClientError> {
        let url = self.url(&["apps", name.as_str(), "plugins"])?;
        let request = read(format!("reading the macros of {name}"), url);
        let plugins: Vec<Plugin> = self.http.json(request).await?;
        let macros = |plugin: Plugin| StageMacros {
            id: plugin.id,
            lookups: plugin.spec.properties.macros.lookup_properties,
            functions: plugin.spec.properties.macros.macro_functions,
        };
        Ok(plugins.into_iter().map(macros).collect())
    }

    /// The preferences that a run of this pipeline gets, all levels merged.
    ///
    /// # Errors
    /// As every call.
    pub async fn preferences_resolved(
        &self,
        name: &PipelineName,
    ) -> Result<BTreeMap<String, String>, ClientError> {
        let operation = format!("reading the preferences of {name}");
        let program = ["apps", name.as_str(), "workflows", WORKFLOW, "preferences"];
        let app = ["apps", name.as_str(), "preferences"];
        match self.preferences(&operation, &program).await {
            // Some front ends let only the level of the application through.
            Err(error) if error.status() == Some(404) => self.preferences(&operation, &app).await,
            answer => answer,
        }
    }

    async fn preferences(
        &self,
        operation: &str,
        parts: &[&str],
    ) -> Result<BTreeMap<String, String>, ClientError> {
        let mut url = self.url(parts)?;
        url.set_query(Some("resolved=true"));
        self.http.json(read(operation, url)).await
    }
}
