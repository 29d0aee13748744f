//! The calls that list programs and show their specifications: `GET {N}/workflows`, `GET …/workflows/DataPipelineWorkflow`.
//!
//! How a fork or a condition is shown was not recorded: nodes are listed one after the other. `specification/text.rs`
//! makes the texts inside of a specification.

mod text;

use super::answer::{Answer, Outcome};
use super::app::AppVersion;
use super::app_calls::by_key;
use super::app_plugins::{self, Spec};
use super::call::Call;
use super::program::{ProgramKind, ProgramRef, WORKFLOW, WORKFLOW_DESCRIPTION};
use super::state::CdapState;
use super::string_map::InOrder;
use pipelines::event::NodeProgram;
use pipelines::execution::PlannedNode;
use pipelines::pipeline;
use serde::Serialize;
use text::Resources;

/// `GET {N}/workflows` and its siblings: the programs of one type in the newest versions of all apps.
pub fn list(call: &Call) -> Outcome {
    let path = call.uri.split('?').next().unwrap_or_default();
    let category = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let kind = ProgramKind::from_category(category);
    let state = call.cdap.state();
    state.check_namespace(call.namespace())?;
    let mine = state.apps.iter().filter(|((of, _), _)| of == call.namespace());
    let mut newest: Vec<_> = mine
        .filter_map(|((_, name), versions)| Some((name.as_str(), versions.last()?)))
        .collect();
    newest.sort_by(|(a, _), (b, _)| by_key(a, b));
    let programs = newest
        .into_iter()
        .flat_map(|(app, version)| version.programs(app, kind));
    Ok(Answer::json(&programs.collect::<Vec<_>>()))
}

/// `GET …/{type}/{program}`, also of one version.
pub fn one(call: &Call) -> Outcome {
    let program = call.program(400)?;
    let wanted = call.path_param("version");
    let state = call.cdap.state();
    let versions = state.apps.get(&(program.namespace.clone(), program.app.clone()));
    let newest = versions.and_then(|versions| versions.last());
    let version = match wanted {
        "" => Some(newest.ok_or_else(|| Answer::not_found(&program.app_reference()))?),
        "-SNAPSHOT" => newest,
        id => versions.into_iter().flatten().find(|version| version.id == id),
    };
    let shown = version.and_then(|version| {
        let builder = SpecBuilder {
            version,
            namespace: &program.namespace,
            state: &state,
        };
        builder.program(&program)
    });
    shown.ok_or_else(|| {
        let version = if wanted.is_empty() { "-SNAPSHOT" } else { wanted };
        Answer::not_found(&program.entity(version))
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Workflow<'a> {
    class_name: &'static str,
    name: &'static str,
    description: &'static str,
    plugins: InOrder<'a, Spec<'a>>,
    properties: InOrder<'a>,
    nodes: Vec<WorkflowNode<'a>>,
    local_dataset_specs: Empty,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkflowNode<'a> {
    program: NodeRef<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_action_specification: Option<CustomAction<'a>>,
    node_id: &'a str,
    node_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeRef<'a> {
    program_name: &'a str,
    program_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomAction<'a> {
    class_name: &'static str,
    name: &'a str,
    description: String,
    datasets: [(); 0],
    properties: PhaseText,
}

#[derive(Serialize)]
struct PhaseText {
    pipeline: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MapReduce<'a> {
    class_name: &'static str,
    name: &'a str,
    description: &'a str,
    plugins: InOrder<'a, Spec<'a>>,
    driver_resources: Resources,
    mapper_resources: Resources,
    reducer_resources: Resources,
    datasets: [(); 0],
    properties: InOrder<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spark<'a> {
    class_name: &'static str,
    name: &'a str,
    description: &'a str,
    plugins: InOrder<'a, Spec<'a>>,
    main_class_name: &'static str,
    datasets: [(); 0],
    properties: PhaseText,
    client_resources: Resources,
    driver_resources: Resources,
    executor_resources: Resources,
    handlers: [(); 0],
}

/// Builds the specifications of an app's programs.
struct SpecBuilder<'a> {
    version: &'a AppVersion,
    namespace: &'a str,
    state: &'a CdapState,
}

impl<'a> SpecBuilder<'a> {
    fn program(&self, program: &ProgramRef) -> Option<Answer> {
        if program.kind == ProgramKind::Workflow {
            return (program.name == WORKFLOW).then(|| self.workflow());
        }
        let mut nodes = self.version.plan.nodes.iter();
        let node = nodes.find(|node| {
            node.id == program.name && ProgramKind::from_node(node.program) == Some(program.kind)
        })?;
        Some(self.phase(node))
    }

    /// The plugins of these stages in their order, each with the plugins that it uses.
    fn plugins(&self, stages: &[String]) -> Vec<(String, Spec<'a>)> {
        let all = &self.version.plan.plugins;
        let stage = |id: &'a str| id.split_once(':').map_or(id, |(stage, _)| stage);
        let mine = stages
            .iter()
            .flat_map(|name| all.iter().filter(move |plugin| stage(&plugin.id) == name));
        mine.map(|plugin| {
            let shown = app_plugins::plugin_view(plugin, all, self.namespace, self.state);
            (plugin.id.clone(), shown.spec)
        })
        .collect()
    }

    fn workflow(&self) -> Answer {
        let properties = [
            ("connector.datasets", "{}".to_owned()),
            ("pipeline.spec", text::pipeline(self.version)),
        ];
        let config = &self.version.config;
        let nodes = self.version.plan.nodes.iter();
        let stages: Vec<_> = nodes
            .flat_map(|node| pipeline::stages_of_node(config, &node.id))
            .collect();
        Answer::json(&Workflow {
            class_name: "io.cdap.cdap.datapipeline.SmartWorkflow",
            name: WORKFLOW,
            description: WORKFLOW_DESCRIPTION,
            plugins: InOrder(&self.plugins(&stages)),
            properties: InOrder(&properties.map(|(key, value)| (key.to_owned(), value))),
            nodes: self
                .version
                .plan
                .nodes
                .iter()
                .map(|node| self.workflow_node(node))
                .collect(),
            local_dataset_specs: Empty {},
        })
    }

    fn workflow_node(&self, node: &'a PlannedNode) -> WorkflowNode<'a> {
        let action = node.program == NodeProgram::Action;
        let specification = || CustomAction {
            class_name: "io.cdap.cdap.etl.batch.customaction.PipelineAction",
            name: &node.id,
            description: format!("CustomAction phase executor. {}", node.id),
            datasets: [],
            properties: PhaseText {
                pipeline: text::phase(self.version, node),
            },
        };
        WorkflowNode {
            program: NodeRef {
                program_name: &node.id,
                program_type: match node.program {
                    NodeProgram::Action => "CUSTOM_ACTION",
                    NodeProgram::Spark => "SPARK",
                    NodeProgram::MapReduce => "MAPREDUCE",
                },
            },
            custom_action_specification: action.then(specification),
            node_id: &node.id,
            node_type: "ACTION",
        }
    }

    fn phase(&self, node: &'a PlannedNode) -> Answer {
        let stages = pipeline::stages_of_node(&self.version.config, &node.id);
        let plugins = self.plugins(&stages);
        let pipeline = text::phase(self.version, node);
        let resources = |key: &str| Resources::from_config(&self.version.config, key);
        if node.program == NodeProgram::MapReduce {
            let properties = [("pipeline", pipeline), ("connector.datasets", "[]".to_owned())];
            return Answer::json(&MapReduce {
                class_name: "io.cdap.cdap.etl.batch.mapreduce.ETLMapReduce",
                name: &node.id,
                description: &node.description,
                plugins: InOrder(&plugins),
                driver_resources: resources("driverResources"),
                mapper_resources: resources("resources"),
                reducer_resources: resources("resources"),
                datasets: [],
                properties: InOrder(&properties.map(|(key, value)| (key.to_owned(), value))),
            });
        }
        Answer::json(&Spark {
            class_name: "io.cdap.cdap.etl.spark.batch.ETLSpark",
            name: &node.id,
            description: &node.description,
            plugins: InOrder(&plugins),
            main_class_name: "io.cdap.cdap.etl.spark.batch.BatchSparkPipelineDriver",
            datasets: [],
            properties: PhaseText { pipeline },
            client_resources: resources("clientResources"),
            driver_resources: resources("driverResources"),
            executor_resources: resources("resources"),
            handlers: [],
        })
    }
}
