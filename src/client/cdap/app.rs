//! What is deployed: the pipeline's configuration, where its macros are expanded, the preferences.

use super::{Cdap, WORKFLOW, found, get};
use crate::client::error::ClientError;
use domain::deployed::MacroRules;
use domain::id::PipelineName;
use domain::pipeline_file::Artifact;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A deployed pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct App {
    /// The configuration as JSON (stages, connections, postActions ...); `Null` if it is not JSON.
    pub configuration: Value,
    /// The artifact that it is made of, if the server says so.
    pub artifact: Option<Artifact>,
    /// What it says of itself; may be empty.
    pub description: String,
}

#[derive(Deserialize)]
struct Detail {
    /// Every application has one: an answer without it is none.
    #[serde(rename = "name")]
    _name: IgnoredAny,
    #[serde(default)]
    configuration: String,
    #[serde(default)]
    artifact: Option<Artifact>,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Plugin {
    #[serde(default)]
    id: String,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    plugin_class: PluginClass,
}

#[derive(Default, Deserialize)]
struct PluginClass {
    #[serde(default)]
    properties: BTreeMap<String, Property>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    macro_supported: Option<bool>,
    macro_escaping_enabled: Option<bool>,
}

impl PluginClass {
    fn macro_rules(&self) -> MacroRules {
        let names = |wanted: fn(&Property) -> bool| {
            let properties = self.properties.iter().filter(|(_, property)| wanted(property));
            properties.map(|(name, _)| name.clone()).collect()
        };
        MacroRules {
            literal: names(|property| property.macro_supported == Some(false)),
            without_escapes: names(|property| property.macro_escaping_enabled == Some(false)),
            known: self.properties.keys().cloned().collect(),
        }
    }
}

impl From<Detail> for App {
    fn from(detail: Detail) -> Self {
        Self {
            // A string that holds JSON; other kinds of applications hold anything.
            configuration: serde_json::from_str(&detail.configuration).unwrap_or(Value::Null),
            artifact: detail.artifact,
            description: detail.description,
        }
    }
}

#[derive(Deserialize)]
struct Listed {
    name: PipelineName,
}

/// What is said to be done while they are read.
pub(super) fn reading_preferences(name: &PipelineName) -> String {
    format!("reading the preferences of {name}")
}

impl Cdap {
    /// The names of all that is deployed in the namespace.
    ///
    /// # Errors
    /// As every call.
    pub async fn apps(&self) -> Result<BTreeSet<PipelineName>, ClientError> {
        let request = get("listing the pipelines", self.url(&["apps"])?).max_bytes(64 << 20);
        let listed: Vec<Listed> = self.http.json(request).await?;
        Ok(listed.into_iter().map(|app| app.name).collect())
    }

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

    /// In which properties of its stages macros are expanded, by the stage's name. Old applications give nothing.
    ///
    /// # Errors
    /// As every call.
    pub async fn macro_rules(
        &self,
        name: &PipelineName,
    ) -> Result<BTreeMap<String, MacroRules>, ClientError> {
        let url = self.url(&["apps", name.as_str(), "plugins"])?;
        let request = get(format!("reading the plugins of {name}"), url);
        let plugins: Vec<Plugin> = self.http.json(request).await?;
        let rules = plugins
            .into_iter()
            .map(|plugin| (plugin.id, plugin.spec.plugin_class.macro_rules()));
        Ok(rules.collect())
    }

    /// The preferences that a run of this pipeline gets, all levels merged.
    ///
    /// # Errors
    /// As every call.
    pub async fn preferences_resolved(
        &self,
        name: &PipelineName,
    ) -> Result<BTreeMap<String, String>, ClientError> {
        let operation = reading_preferences(name);
        let program = ["apps", name.as_str(), "workflows", WORKFLOW, "preferences"];
        let app = ["apps", name.as_str(), "preferences"];
        match self.preferences_at(&operation, &program).await {
            // Some front ends let only the level of the application through.
            Err(error) if error.status() == Some(404) => self.preferences_at(&operation, &app).await,
            answer => answer,
        }
    }

    async fn preferences_at(
        &self,
        operation: &str,
        parts: &[&str],
    ) -> Result<BTreeMap<String, String>, ClientError> {
        let mut url = self.url(parts)?;
        url.set_query(Some("resolved=true"));
        self.http.json(get(operation, url)).await
    }
}
