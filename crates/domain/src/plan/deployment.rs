//! What the deployed pipeline means for a plan: which variables are passed as arguments, and which macros
//! have no value.

use super::text::some_tasks;
use super::{Plan, keys, sinks};
use crate::deployed::{DeployedPipeline, Gap};
use crate::finding::{Finding, Severity};
use crate::variable::VariableName;
use std::collections::{BTreeMap, BTreeSet};

/// What helps macros without a value.
const GIVE_EACH: &str =
    "Give each of them in the row, as an argument of the run, or as a preference of the pipeline.";

/// The variables that a pipeline may look up under their own names.
const PASSED: [VariableName; 6] = [
    VariableName::ProjectId,
    VariableName::BqProjectId,
    VariableName::BqDatasetId,
    VariableName::BqConfigTable,
    VariableName::BqLocation,
    VariableName::BqOutputTable,
];

/// The versions of CDAP that fail every run with a Wrangler behind a source without a schema.
const MEASURED: [&str; 2] = ["6.9.0", "6.10.0"];

/// The stages that look an argument up, and the tasks that do not have it.
#[derive(Default)]
struct Where<'a> {
    stages: BTreeSet<&'a str>,
    tasks: BTreeSet<&'a str>,
}

/// Arguments without a value, by name.
type Without<'a> = BTreeMap<String, Where<'a>>;

/// What was found, sorted by what it means.
#[derive(Default)]
struct Macros<'a> {
    /// The run would fail.
    missing: Without<'a>,
    /// The run would fail, because a value has no end.
    endless: Without<'a>,
    /// The stage named first may set them.
    excused: BTreeMap<String, Without<'a>>,
    /// Only a preference can give them, and the preferences cannot be read.
    hidden: Without<'a>,
    /// Outside the stages, where the run need not fail.
    outside: Without<'a>,
}

/// Such a pipeline has no workflow: each start would be refused, after the table was emptied.
fn streaming(pipeline: &str) -> Finding {
    Finding::error(
        pipeline,
        format!(
            "{pipeline} is a streaming pipeline (cdap-data-streams): it has no end, and is not run once per row."
        ),
        "Name a batch pipeline (cdap-data-pipeline) in cdf_pipeline_name.",
    )
}

impl Plan {
    /// Gives each run these variables as arguments, unless its row or an edit has the argument already.
    pub fn pass(&mut self, variables: &BTreeSet<VariableName>) {
        for start in self.pipelines.iter_mut().flatten() {
            for variable in variables {
                let (name, value) = (variable.as_str(), self.request.variables.passed_text(*variable));
                if !value.is_empty() && start.pipeline.arguments.get(name).is_none() {
                    start.pipeline.arguments.insert(name, value);
                    start.passed.insert(*variable);
                }
            }
        }
        self.passed.extend(variables);
    }

    /// Passes the variables that the deployed pipeline looks up, and says what prevents the pipeline from
    /// filling the table that is emptied: macros without a value, sinks that write elsewhere.
    pub fn judge(&mut self, deployed: &DeployedPipeline) -> Vec<Finding> {
        let (mut findings, of_pipeline) = self.judge_apart(deployed);
        findings.extend(of_pipeline);
        findings
    }

    /// The same in two parts: what is said of the macros, and of the pipeline itself.
    pub fn judge_apart(&mut self, deployed: &DeployedPipeline) -> (Vec<Finding>, Vec<Finding>) {
        if deployed.is_streaming() {
            // Nothing else that could be said of it helps.
            return (
                Vec::new(),
                vec![streaming(&self.request.variables.cdf_pipeline_name)],
            );
        }
        self.pass(&self.looked_up(deployed));
        let macros = self.macros(deployed);
        let mut of_pipeline = keys::findings(self, deployed);
        of_pipeline.extend(sinks::findings(self, deployed));
        of_pipeline.extend(unread(deployed));
        (self.macro_findings(macros), of_pipeline)
    }

    fn looked_up(&self, deployed: &DeployedPipeline) -> BTreeSet<VariableName> {
        let mut with_variables = Self::clone(self);
        with_variables.pass(&PASSED.into());
        let starts = with_variables.pipelines.iter().flatten();
        let mut names = BTreeSet::new();
        for arguments in starts.map(|start| &start.pipeline.arguments) {
            for stage in &deployed.stages {
                names.extend(deployed.lookups(stage, arguments).names);
            }
        }
        PASSED
            .into_iter()
            .filter(|variable| names.contains(variable.as_str()))
            .collect()
    }

    fn macros<'a>(&'a self, deployed: &'a DeployedPipeline) -> Macros<'a> {
        let mut macros = Macros::default();
        for start in self.pipelines.iter().flatten() {
            for stage in &deployed.stages {
                for gap in deployed.lookups(stage, &start.pipeline.arguments).gaps {
                    let (list, name) = match gap {
                        Gap::Missing(name) if stage.is_outside => (&mut macros.outside, name),
                        Gap::Missing(name) => (&mut macros.missing, name),
                        Gap::MayBePreference(name) => (&mut macros.hidden, name),
                        Gap::Endless(name) => (&mut macros.endless, name),
                        Gap::MayBeSetBy {
                            name,
                            stage,
                            given: false,
                        } => (macros.excused.entry(stage).or_default(), name),
                        Gap::MayBeSetBy { .. } | Gap::SetBy { .. } | Gap::Server(_) => continue,
                    };
                    let place = list.entry(name).or_default();
                    place.stages.insert(&stage.name);
                    place.tasks.insert(start.pipeline.task.as_str());
                }
            }
        }
        macros
    }

    fn macro_findings(&self, macros: Macros<'_>) -> Vec<Finding> {
        let pipeline = &self.request.variables.cdf_pipeline_name;
        let found = |severity, about: &str, message: String, remedy: &str| Finding {
            severity,
            ..Finding::error(about, message, remedy)
        };
        let mut findings = Vec::new();
        if !macros.missing.is_empty() {
            findings.push(found(
                Severity::Error,
                pipeline,
                format!(
                    "The pipeline uses macros without a value: {}.",
                    self.list(&macros.missing)
                ),
                &(GIVE_EACH.to_owned() + &self.in_other_case(&macros.missing)),
            ));
        }
        if !macros.endless.is_empty() {
            findings.push(found(
                Severity::Error,
                pipeline,
                format!(
                    "The values of these arguments refer to themselves: {}.",
                    self.list(&macros.endless)
                ),
                "Correct the row or the preferences of the pipeline.",
            ));
        }
        if !macros.hidden.is_empty() {
            findings.push(found(
                Severity::Warning,
                pipeline,
                format!(
                    "Only a preference can give these macros a value, and the preferences cannot be read: {}.",
                    self.list(&macros.hidden)
                ),
                "If no preference gives one of them, give it in the row, or as an argument of the profile or the run.",
            ));
        }
        findings.extend(macros.excused.iter().map(|(setter, names)| {
            found(
                Severity::Warning,
                setter,
                format!(
                    "Only the stage {setter} can give these macros a value, and whether it does is not known: {}.",
                    self.list(names)
                ),
                "If it does not set one of them, give that in the row or as a preference of the pipeline.",
            )
        }));
        if !macros.outside.is_empty() {
            findings.push(found(
                Severity::Warning,
                pipeline,
                format!(
                    "Actions after the run, or properties of the engine, use macros without a value: {}.",
                    self.list(&macros.outside)
                ),
                GIVE_EACH,
            ));
        }
        findings
    }

    /// The arguments that have such a name but for its case, which BigQuery does not mind and CDAP does.
    fn in_other_case(&self, names: &Without<'_>) -> String {
        let starts = self.pipelines.iter().flatten();
        let given: BTreeSet<_> = starts
            .flat_map(|start| start.pipeline.arguments.iter().map(|(name, _)| name))
            .collect();
        let pairs: Vec<_> = names
            .keys()
            .flat_map(|name| given.iter().map(move |given| (name, given)))
            .filter(|(name, given)| name.eq_ignore_ascii_case(given))
            .map(|(name, given)| format!("{given} as {name}"))
            .collect();
        if pairs.is_empty() {
            return String::new();
        }
        format!(
            " The case of letters counts: name {} in the table, or in bq_config_query.",
            pairs.join(", ")
        )
    }

    /// `name (in Stage, Stage), name (in Stage; task, task)`; tasks are named unless it is all of them.
    fn list(&self, names: &Without<'_>) -> String {
        let all = self.pipelines.as_ref().map_or(0, Vec::len);
        let texts = names.iter().map(|(name, place)| {
            let stages = place.stages.iter().copied().collect::<Vec<_>>().join(", ");
            let tasks = some_tasks(&place.tasks, all)
                .map(|tasks| format!("; {tasks}"))
                .unwrap_or_default();
            format!("{name} (in {stages}{tasks})")
        });
        texts.collect::<Vec<_>>().join(", ")
    }
}

/// What could not be read of the pipeline, which need not stand against the run.
fn unread(deployed: &DeployedPipeline) -> Vec<Finding> {
    let note = |about: &str, what: &str, why: &String| Finding {
        severity: Severity::Note,
        ..Finding::warning(
            about,
            format!("{what} {why}"),
            "Grant the right to read it, to see more before a run.",
        )
    };
    let unread = &deployed.unread;
    let preferences = unread.preferences.as_ref();
    let plugins = unread.plugins.as_ref();
    let preferences = preferences.map(|why| {
        note(
            "preferences",
            "What the preferences of the pipeline give is not known.",
            why,
        )
    });
    let plugins = plugins.map(|why| {
        note(
            "plugins",
            "Every property of the pipeline is taken as one in which macros are expanded.",
            why,
        )
    });
    preferences.into_iter().chain(plugins).collect()
}

impl Plan {
    /// What stands against a Wrangler behind a source without a schema on this version of CDAP. Every run of it fails on
    /// the versions where that was measured; what others of the two lines do is not known.
    pub fn judge_wrangler(&self, deployed: &DeployedPipeline, version: &str) -> Option<Finding> {
        let (wrangler, source) = deployed.schemaless_wrangler()?;
        let release = version.split('-').next().unwrap_or(version);
        let is_measured = MEASURED.contains(&release);
        let is_near = release.starts_with("6.9.") || release.starts_with("6.10.");
        let (wrangler, source) = (&wrangler.name, &source.name);
        let place = format!("a Wrangler ('{wrangler}') behind a source without a schema ('{source}')");
        let remedy = "Use Projection instead, or give the source a literal schema.";
        if is_measured && !self.request.variables.allow_schemaless_wrangler {
            let message = format!("CDAP {version} fails every run with {place}.");
            let remedy = format!("{remedy} To run it all the same, set allow_schemaless_wrangler to true.");
            return Some(Finding::error(wrangler, message, remedy));
        }
        (is_measured || is_near).then(|| {
            let message = format!(
                "CDAP {} fail every run with {place}; this is {version}.",
                MEASURED.join(" and ")
            );
            Finding::warning(wrangler, message, remedy)
        })
    }
}
