//! A deployed version of an app, and how it is listed.

use super::catalogue::ArtifactId;
use super::program::{ProgramKind, WORKFLOW, WORKFLOW_DESCRIPTION};
use pipelines::execution::PipelinePlan;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One version of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppVersion {
    /// A v1 UUID.
    pub id: String,
    /// From the pipeline, or a default.
    pub description: String,
    /// The artifact of the app.
    pub artifact: ArtifactId,
    /// When it was deployed, in milliseconds since 1970.
    pub created: i64,
    /// The description of the change.
    pub summary: Option<String>,
    /// The config as it is echoed.
    pub configuration: String,
    /// The config as it is executed.
    pub config: Json,
    /// Not stored; planned again from the config after a restart.
    #[serde(skip, default = "empty_plan")]
    pub plan: PipelinePlan,
}

fn empty_plan() -> PipelinePlan {
    PipelinePlan {
        nodes: Vec::new(),
        plugins: Vec::new(),
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    author: &'static str,
    creation_time_millis: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

/// An app as lists and the deploy answer show it.
#[derive(Debug, Serialize)]
pub struct AppRecord<'a> {
    r#type: &'static str,
    /// The app's name.
    pub name: &'a str,
    /// The version's id.
    pub version: &'a str,
    description: &'a str,
    artifact: &'a ArtifactId,
    change: Change<'a>,
}

/// An app as it is shown alone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppDetail<'a> {
    name: &'a str,
    app_version: &'a str,
    description: &'a str,
    change: Change<'a>,
    configuration: &'a str,
    datasets: [(); 0],
    programs: Vec<ProgramRecord<'a>>,
    plugins: Vec<PluginRecord<'a>>,
    artifact: &'a ArtifactId,
}

/// A program as lists show it.
#[derive(Debug, Serialize)]
pub struct ProgramRecord<'a> {
    r#type: &'static str,
    app: &'a str,
    name: &'a str,
    description: &'a str,
}

#[derive(Debug, Serialize)]
struct PluginRecord<'a> {
    id: &'a str,
    name: &'a str,
    r#type: &'a str,
}

impl AppVersion {
    fn change(&self, latest: Option<bool>) -> Change<'_> {
        Change {
            author: "root",
            creation_time_millis: self.created,
            latest,
            description: self.summary.as_deref(),
        }
    }

    /// As lists show it; `latest` is absent in the deploy answer.
    pub fn record<'a>(&'a self, name: &'a str, latest: Option<bool>) -> AppRecord<'a> {
        AppRecord {
            r#type: "App",
            name,
            version: &self.id,
            description: &self.description,
            artifact: &self.artifact,
            change: self.change(latest),
        }
    }

    /// The programs of one type, or of all. Actions are not programs; the workflow comes last.
    pub fn programs<'a>(&'a self, app: &'a str, wanted: Option<ProgramKind>) -> Vec<ProgramRecord<'a>> {
        let nodes = self.plan.nodes.iter();
        let phases = nodes.filter_map(|node| {
            let kind = ProgramKind::from_node(node.program)?;
            Some((kind, node.id.as_str(), node.description.as_str()))
        });
        phases
            .chain([(ProgramKind::Workflow, WORKFLOW, WORKFLOW_DESCRIPTION)])
            .filter(|(kind, ..)| wanted.is_none_or(|wanted| wanted == *kind))
            .map(|(kind, name, description)| ProgramRecord {
                r#type: kind.json_name(),
                app,
                name,
                description,
            })
            .collect()
    }

    /// As it is shown alone.
    pub fn detail<'a>(&'a self, name: &'a str, latest: bool) -> AppDetail<'a> {
        let plugins = self.plan.plugins.iter();
        AppDetail {
            name,
            app_version: &self.id,
            description: &self.description,
            change: self.change(Some(latest)),
            configuration: &self.configuration,
            datasets: [],
            programs: self.programs(name, None),
            plugins: plugins
                .map(|plugin| PluginRecord {
                    id: &plugin.id,
                    name: &plugin.name,
                    r#type: &plugin.kind,
                })
                .collect(),
            artifact: &self.artifact,
        }
    }
}
