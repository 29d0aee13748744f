//! The JSON texts in a specification: the pipeline as a whole, and one phase of it.
//!
//! A real server also includes each stage's schemas and the graph of a phase; these are left out.

use crate::cdap::app::AppVersion;
use crate::cdap::app_plugins::{self, ArtifactView};
use crate::cdap::json::gson_text;
use pipelines::execution::{PlannedNode, PluginUse};
use pipelines::pipeline;
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The resources of a program.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resources {
    virtual_cores: u64,
    #[serde(rename = "memoryMB")]
    memory: u64,
}

impl Resources {
    /// One core and 1,024 MB by default.
    pub fn from_config(config: &Json, key: &str) -> Self {
        let number = |name: &str| config.get(key)?.get(name)?.as_u64();
        Self {
            virtual_cores: number("virtualCores").unwrap_or(1),
            memory: number("memoryMB").unwrap_or(1024),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StageSpec<'a> {
    name: &'a str,
    plugin: Plugin<'a>,
    stage_logging_enabled: bool,
    process_timing_enabled: bool,
    max_preview_records: u64,
    input_stages: Vec<&'a str>,
}

#[derive(Serialize)]
struct Plugin<'a> {
    r#type: &'a str,
    name: &'a str,
    properties: &'a BTreeMap<String, String>,
    artifact: ArtifactView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PipelineSpec<'a> {
    ending_actions: Vec<StageSpec<'a>>,
    stages: Vec<StageSpec<'a>>,
    connections: &'a Json,
    resources: Resources,
    driver_resources: Resources,
    client_resources: Resources,
    stage_logging_enabled: bool,
    process_timing_enabled: bool,
    num_of_records_preview: u64,
    properties: &'a Json,
    engine: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhaseSpec<'a> {
    resources: Resources,
    driver_resources: Resources,
    client_resources: Resources,
    pipeline_properties: &'a Json,
    description: &'a str,
    num_of_records_preview: u64,
    is_pipeline_contains_condition: bool,
    name: &'a str,
    phase: PhaseStages<'a>,
    is_stage_logging_enabled: bool,
    is_process_timing_enabled: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhaseStages<'a> {
    stages_by_name: BTreeMap<&'a str, StageSpec<'a>>,
}

/// A config with the defaults of a real server.
struct Config<'a> {
    json: &'a Json,
    plugins: &'a [PluginUse],
}

impl<'a> Config<'a> {
    fn new(version: &'a AppVersion) -> Self {
        Self {
            json: &version.config,
            plugins: &version.plan.plugins,
        }
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
        self.json.get(key).and_then(Json::as_array).into_iter().flatten()
    }

    /// A flag that is true by default.
    fn flag(&self, key: &str) -> bool {
        self.json.get(key).and_then(Json::as_bool).unwrap_or(true)
    }

    fn preview(&self) -> u64 {
        self.json
            .get("numOfRecordsPreview")
            .and_then(Json::as_u64)
            .unwrap_or(100)
    }

    fn stage(&self, json: &'a Json) -> Option<StageSpec<'a>> {
        let name = json.get("name")?.as_str()?;
        let plugin = self.plugins.iter().find(|plugin| plugin.id == name)?;
        let into = self
            .list("connections")
            .filter(|connection| connection["to"] == name);
        Some(StageSpec {
            name,
            plugin: Plugin {
                r#type: &plugin.kind,
                name: &plugin.name,
                properties: &plugin.properties,
                artifact: app_plugins::artifact_view(plugin),
            },
            stage_logging_enabled: self.flag("stageLoggingEnabled"),
            process_timing_enabled: self.flag("processTimingEnabled"),
            max_preview_records: self.preview(),
            input_stages: into
                .filter_map(|connection| connection["from"].as_str())
                .collect(),
        })
    }

    fn stages(&self, key: &str) -> Vec<StageSpec<'a>> {
        self.list(key).filter_map(|stage| self.stage(stage)).collect()
    }
}

/// `pipeline.spec`
pub(super) fn pipeline(version: &AppVersion) -> String {
    let config = Config::new(version);
    let (none, nothing) = (Json::Array(Vec::new()), Json::Object(serde_json::Map::new()));
    let engine = config
        .json
        .get("engine")
        .and_then(Json::as_str)
        .unwrap_or("mapreduce");
    let resources = |key| Resources::from_config(config.json, key);
    gson_text(&PipelineSpec {
        ending_actions: config.stages("postActions"),
        stages: config.stages("stages"),
        connections: config.json.get("connections").unwrap_or(&none),
        resources: resources("resources"),
        driver_resources: resources("driverResources"),
        client_resources: resources("clientResources"),
        stage_logging_enabled: config.flag("stageLoggingEnabled"),
        process_timing_enabled: config.flag("processTimingEnabled"),
        num_of_records_preview: config.preview(),
        properties: config.json.get("properties").unwrap_or(&nothing),
        engine: engine.to_ascii_uppercase(),
    })
}

/// `pipeline` of a phase.
pub(super) fn phase(version: &AppVersion, node: &PlannedNode) -> String {
    let config = Config::new(version);
    let nothing = Json::Object(serde_json::Map::new());
    let names = pipeline::stages_of_node(config.json, &node.id);
    let resources = |key| Resources::from_config(config.json, key);
    let stages = config.stages("stages").into_iter();
    let description = node.description.as_str();
    gson_text(&PhaseSpec {
        resources: resources("resources"),
        driver_resources: resources("driverResources"),
        client_resources: resources("clientResources"),
        pipeline_properties: config.json.get("properties").unwrap_or(&nothing),
        description: description
            .strip_prefix("MapReduce phase executor. ")
            .unwrap_or(description),
        num_of_records_preview: config.preview(),
        is_pipeline_contains_condition: config
            .stages("stages")
            .iter()
            .any(|stage| stage.plugin.r#type == "condition"),
        name: &node.id,
        phase: PhaseStages {
            stages_by_name: stages
                .filter(|stage| names.iter().any(|name| name == stage.name))
                .map(|stage| (stage.name, stage))
                .collect(),
        },
        is_stage_logging_enabled: config.flag("stageLoggingEnabled"),
        is_process_timing_enabled: config.flag("processTimingEnabled"),
    })
}
