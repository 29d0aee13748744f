//! Programs and how CDAP spells them: `workflows` in paths, `Workflow` in JSON, `workflow` in entity ids.

use crate::Personality;
use pipelines::event::NodeProgram;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// The workflow of every batch pipeline.
pub const WORKFLOW: &str = "DataPipelineWorkflow";

/// Its description.
pub const WORKFLOW_DESCRIPTION: &str = "Data Pipeline Workflow";

/// CDAP's types of programs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[strum(ascii_case_insensitive)]
pub enum ProgramKind {
    /// A pipeline's own program.
    Workflow,
    /// The program of a pipeline's phase.
    Spark,
    /// The program of a phase with the older engine.
    Mapreduce,
    /// A service.
    Service,
    /// A worker.
    Worker,
    /// Anything else.
    Custom,
}

impl ProgramKind {
    /// From the word in a path.
    pub fn from_category(word: &str) -> Option<Self> {
        Some(match word {
            "workflows" => Self::Workflow,
            "spark" => Self::Spark,
            "mapreduce" => Self::Mapreduce,
            "services" => Self::Service,
            "workers" => Self::Worker,
            "custom" => Self::Custom,
            _ => return None,
        })
    }

    /// The program of a node; actions have none.
    pub const fn from_node(program: NodeProgram) -> Option<Self> {
        match program {
            NodeProgram::Action => None,
            NodeProgram::Spark => Some(Self::Spark),
            NodeProgram::MapReduce => Some(Self::Mapreduce),
        }
    }

    /// The text of the refusal of any other word.
    pub fn unknown_category(word: &str, personality: Personality) -> String {
        match personality {
            Personality::V6_10 => format!("Invalid program type '{word}'"),
            Personality::V6_11 => format!(
                "Unknown category name '{word}'. Must be one of mapreduce,spark,custom,workflows,services,workers"
            ),
        }
    }

    /// From the word in a JSON item, in any case.
    pub fn from_json(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The word in JSON answers.
    pub fn json_name(self) -> &'static str {
        self.into()
    }

    /// The word in entity ids.
    pub const fn entity(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Spark => "spark",
            Self::Mapreduce => "mapreduce",
            Self::Service => "service",
            Self::Worker => "worker",
            Self::Custom => "custom",
        }
    }
}

/// A program, whatever the version of its app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProgramRef {
    /// The namespace.
    pub namespace: String,
    /// The app.
    pub app: String,
    /// The type.
    pub kind: ProgramKind,
    /// The program's name.
    pub name: String,
}

impl ProgramRef {
    /// `programreference:default.app.workflow.DataPipelineWorkflow`
    pub fn reference(&self) -> String {
        let Self {
            namespace,
            app,
            kind,
            name,
        } = self;
        format!("programreference:{namespace}.{app}.{}.{name}", kind.entity())
    }

    /// `program:default.app.VERSION.workflow.DataPipelineWorkflow`
    pub fn entity(&self, version: &str) -> String {
        let Self {
            namespace,
            app,
            kind,
            name,
        } = self;
        format!("program:{namespace}.{app}.{version}.{}.{name}", kind.entity())
    }

    /// `program_run:default.app.VERSION.workflow.DataPipelineWorkflow.RUN`
    pub fn run_entity(&self, version: &str, run: &str) -> String {
        let Self {
            namespace,
            app,
            kind,
            name,
        } = self;
        format!(
            "program_run:{namespace}.{app}.{version}.{}.{name}.{run}",
            kind.entity()
        )
    }

    /// `applicationreference:default.app`
    pub fn app_reference(&self) -> String {
        format!("applicationreference:{}.{}", self.namespace, self.app)
    }
}
