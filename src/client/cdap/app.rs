//! What is deployed: the pipeline's configuration, the macros of its stages, the preferences.

use super::{Cdap, WORKFLOW, found, get};
use crate::client::error::ClientError;
use domain::id::PipelineName;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A deployed pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// The configuration as JSON (stages, connections, postActions ...); `Null` if it is not JSON.
    pub configuration: Value,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name, verbatim: metrics and logs use it.
    pub name: String,
    /// The plugin's name: `BigQueryTable`.
    pub plugin: String,
}

#[derive(Deserialize)]
struct Detail {
    /// Every application has one: an answer without it is none.
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(default)]
    configuration: String,
}

#[derive(Deserialize)]
struct Plugin {
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
            })
            .collect()
    }
}

impl From<Detail> for App {
    fn from(detail: Detail) -> Self {
        Self {
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
        let request = get(format!("reading the pipeline {name}"), url);
        let detail: Option<Detail> = found(self.http.json(request).await)?;
        Ok(detail.map(App::from))
    }

    /// The names that macros of the stages look up (`${name}`). The server over-reports: escaped ones are
    /// among them. Macros of engine properties are not (measured).
    ///
    /// # Errors
    /// As every call.
    pub async fn macro_lookups(&self, name: &PipelineName) -> Result<BTreeSet<String>, ClientError> {
        let url = self.url(&["apps", name.as_str(), "plugins"])?;
        let request = get(format!("reading the macros of {name}"), url);
        let plugins: Vec<Plugin> = self.http.json(request).await?;
        let lookups = plugins
            .into_iter()
            .flat_map(|plugin| plugin.spec.properties.macros.lookup_properties);
        Ok(lookups.collect())
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
        self.http.json(get(operation, url)).await
    }
}
