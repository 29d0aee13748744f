//! Whether the pipeline fills the table that is emptied: every BigQuery sink of every planned start, with
//! the macros of its names expanded.

use super::Plan;
use super::text::some_tasks;
use crate::arguments::RuntimeArguments;
use crate::deployed::{DeployedPipeline, Gap, Stage};
use crate::finding::Finding;
use crate::remedy::Remedy;
use crate::variable::VariableName;
use std::collections::{BTreeMap, BTreeSet};

/// Means the project that the pipeline runs in.
const AUTO_DETECT: &str = "auto-detect";

/// Where a sink writes, or why that cannot be known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// Another table, with its full name.
    Elsewhere(String),
    /// The reason, as the end of a sentence.
    Unknown(String),
}

/// The tasks by the sink and by where it writes.
type Found<'a> = BTreeMap<(&'a str, Target), BTreeSet<&'a str>>;

pub(super) fn findings(plan: &Plan, deployed: &DeployedPipeline) -> Vec<Finding> {
    let starts = plan.pipelines.as_deref().unwrap_or_default();
    let sinks: Vec<_> = deployed
        .stages
        .iter()
        .filter(|stage| is_bigquery_sink(stage))
        .collect();
    if sinks.is_empty() && !starts.is_empty() {
        // Its statements may fill the table; as long as it is empty, nothing is lost if they do not.
        let is_accepted = plan.request.allow_unresolved_sink || plan.output_is_empty;
        let name = &plan.request.variables.cdf_pipeline_name;
        return plan
            .unresolved(name, &no_sink(deployed), is_accepted)
            .into_iter()
            .collect();
    }
    let mut found = Found::new();
    for start in starts {
        for sink in &sinks {
            let sink_target = SinkNames {
                plan,
                deployed,
                sink,
                arguments: &start.pipeline.arguments,
            };
            if let Some(target) = sink_target.target() {
                found
                    .entry((&sink.name, target))
                    .or_default()
                    .insert(start.pipeline.task.as_str());
            }
        }
    }
    let findings = found.iter().filter_map(|((stage, target), tasks)| {
        let tasks = some_tasks(tasks, starts.len())
            .map(|tasks| format!(" ({tasks})"))
            .unwrap_or_default();
        match target {
            Target::Elsewhere(table) => Some(plan.elsewhere(stage, table, &tasks)),
            Target::Unknown(why) => plan.unresolved(
                stage,
                &format!("Which table the stage {stage} fills is not known{tasks}: {why}."),
                plan.request.allow_unresolved_sink,
            ),
        }
    });
    findings.collect()
}

impl Plan {
    /// The table that is emptied or filled, with its full name.
    pub fn output_table(&self) -> String {
        self.request.variables.output_table().path()
    }

    /// Whether a run of the pipeline with these arguments certainly fills another table than the one that is emptied.
    pub fn fills_elsewhere(&self, deployed: &DeployedPipeline, arguments: &RuntimeArguments) -> bool {
        if !self.request.variables.has_output_table() {
            return false; // Which table this run fills is not known.
        }
        let mut sinks = deployed
            .stages
            .iter()
            .filter(|stage| is_bigquery_sink(stage))
            .peekable();
        if sinks.peek().is_none() {
            return self.names_another_table(arguments);
        }
        sinks.all(|sink| {
            let sink_target = SinkNames {
                plan: self,
                deployed,
                sink,
                arguments,
            };
            matches!(sink_target.target(), Some(Target::Elsewhere(_)))
        })
    }

    /// Without a sink that could be read only the names of the arguments tell the table.
    fn names_another_table(&self, arguments: &RuntimeArguments) -> bool {
        let variables = &self.request.variables;
        let output = variables.output_table();
        // A run of this profile gets the variables' own names, whatever table it fills.
        let passed = |name| variables.passed_text(name);
        [
            ("project_id", &output.project, passed(VariableName::ProjectId)),
            (
                "bq_project_id",
                &output.project,
                passed(VariableName::BqProjectId),
            ),
            (
                "bq_dataset_id",
                &output.dataset,
                passed(VariableName::BqDatasetId),
            ),
            (
                "bq_output_table",
                &output.table,
                passed(VariableName::BqOutputTable),
            ),
            ("output_table", &output.table, passed(VariableName::BqOutputTable)),
        ]
        .into_iter()
        .any(|(name, wanted, own)| {
            arguments
                .get(name)
                .is_some_and(|value| value != wanted && *value != own)
        })
    }

    fn elsewhere(&self, stage: &str, table: &str, tasks: &str) -> Finding {
        let output = self.output_table();
        if !self.empties_output() {
            return Finding::warning(
                stage,
                format!("The stage {stage} fills {table}{tasks}, and bq_output_table is {output}."),
                "Name the table that the pipeline fills in bq_output_table.",
            );
        }
        Finding::error(
            stage,
            format!("The run would empty {output}, but the stage {stage} fills {table}{tasks}."),
            "Name the table that the pipeline fills in project_id, bq_dataset_id and bq_output_table, or bq_project_id if it \
             is in another project; or let the stage take its names from these macros, and deploy the pipeline again; or \
             set bq_truncate to false.",
        )
    }

    /// Nothing is destroyed by a sink that is not known if nothing is emptied.
    fn unresolved(&self, about: &str, message: &str, is_accepted: bool) -> Option<Finding> {
        if !self.empties_output() {
            return None;
        }
        let check = format!(
            "Make sure that the pipeline fills {}: it is emptied first.",
            self.output_table()
        );
        if is_accepted {
            return Some(Finding::warning(about, message, check));
        }
        let mut finding = Finding::error(about, message, check);
        finding.remedies.push(Remedy::AllowUnresolvedSink);
        Some(finding)
    }
}

/// A BigQuery sink in one planned start.
struct SinkNames<'a> {
    plan: &'a Plan,
    deployed: &'a DeployedPipeline,
    sink: &'a Stage,
    arguments: &'a RuntimeArguments,
}

impl SinkNames<'_> {
    /// `None` if it writes to the output table, or if a missing macro is an error already.
    fn target(&self) -> Option<Target> {
        let variables = &self.plan.request.variables;
        if !variables.has_output_table() {
            return None;
        }
        let output = variables.output_table();
        let names = [
            (self.project(), &output.project),
            (self.name("dataset"), &output.dataset),
            (self.table(), &output.table),
        ];
        let is_elsewhere = |(name, wanted): &(Result<String, String>, &String)| {
            name.as_ref().is_ok_and(|name| name != *wanted)
        };
        if names.iter().any(is_elsewhere) {
            let parts = names.iter().map(|(name, _)| name.as_deref().unwrap_or("?"));
            return Some(Target::Elsewhere(parts.collect::<Vec<_>>().join(".")));
        }
        let mut unknown = names.into_iter().filter_map(|(name, _)| name.err());
        let why = unknown.next()?;
        (!why.is_empty()).then_some(Target::Unknown(why))
    }

    /// The project of the dataset; if there is none, the project of the stage; if that is to be detected,
    /// the one that the pipeline runs in.
    fn project(&self) -> Result<String, String> {
        let uses_connection = self
            .name("useConnection")
            .is_ok_and(|text| text.eq_ignore_ascii_case("true"));
        if uses_connection {
            let connection = self.sink.raw("connection").unwrap_or("its connection");
            return Err(format!("its project is in the connection {connection}"));
        }
        let dataset_project = self.name("datasetProject")?;
        let project = if dataset_project.is_empty() {
            self.name("project")?
        } else {
            dataset_project
        };
        let is_own = project.is_empty() || project.eq_ignore_ascii_case(AUTO_DETECT);
        Ok(if is_own {
            self.plan.request.variables.project_id.clone()
        } else {
            project
        })
    }

    fn table(&self) -> Result<String, String> {
        if self.sink.raw("table").is_none() {
            return Err(format!("{} chooses its tables while it runs", self.sink.plugin));
        }
        self.name("table")
    }

    /// A property; empty if the stage does not have it. The error is the reason, empty for a macro that is
    /// reported as missing.
    fn name(&self, property: &str) -> Result<String, String> {
        let Some(expansion) = self.deployed.property(self.sink, property, self.arguments) else {
            return Ok(String::new());
        };
        let why = |gap: &Gap| match gap {
            Gap::Missing(_) | Gap::Endless(_) => None,
            Gap::SetBy { name, stage } => {
                Some(format!("{property} is ${{{name}}}, which the stage {stage} sets"))
            }
            Gap::MayBeSetBy { name, stage, .. } => Some(format!(
                "{property} is ${{{name}}}, which the stage {stage} may set"
            )),
            Gap::MayBePreference(name) => Some(format!(
                "{property} is ${{{name}}}, which only a preference can give, and the preferences cannot be read"
            )),
            Gap::Server(inner) => Some(format!(
                "{property} is ${{{inner}}}, which only the server can evaluate"
            )),
        };
        let unknown = || expansion.gaps.iter().find_map(why).unwrap_or_default();
        expansion
            .text
            .as_deref()
            .map(|text| text.trim().to_owned())
            .ok_or_else(unknown)
    }
}

fn is_bigquery_sink(stage: &Stage) -> bool {
    is_sink(stage) && stage.plugin.to_ascii_lowercase().contains("bigquery")
}

fn is_sink(stage: &Stage) -> bool {
    stage.kind.to_ascii_lowercase().ends_with("sink")
}

fn no_sink(deployed: &DeployedPipeline) -> String {
    let sinks = deployed.stages.iter().filter(|stage| is_sink(stage));
    let sinks: Vec<_> = sinks
        .map(|stage| format!("{} ({})", stage.name, stage.plugin))
        .collect();
    if sinks.is_empty() {
        return "The pipeline has no sink, so what fills the output table is not known.".into();
    }
    format!(
        "None of the pipeline's sinks is a BigQuery sink: {}.",
        sinks.join(", ")
    )
}
