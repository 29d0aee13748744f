//! `start`: everything that can be wrong is looked at before anything is changed.
//!
//! Only if all of it is in order may the output table be emptied. What is worth knowing but stops
//! nothing comes back as findings.

use super::Cloud;
use crate::client::cdap::App;
use crate::client::{Cdap, ClientError};
use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::id::{DagRunId, DatasetId, TableId};
use domain::pipeline::{LOGICAL_START_ARGUMENT, RunArguments, TOKEN_ARGUMENT};
use domain::request::{RunRequest, Scope};
use domain::row::Configuration;
use domain::time::Timestamp;
use std::collections::BTreeSet;

impl Cloud {
    /// The findings, or the first thing that must be put right.
    pub async fn preflight(&self, request: &RunRequest, run: &DagRunId) -> Result<Vec<Finding>, Failure> {
        let mut findings = request.variables.check();
        stop_at_errors(&mut findings)?;
        let cdap = self.cdap().await?;
        let app = cdap
            .app(self.pipeline())
            .await?
            .ok_or_else(|| self.missing_pipeline())?;
        findings.extend(self.known_traps(cdap, &app).await?);
        stop_at_errors(&mut findings)?;
        match &request.scope {
            Scope::Single(arguments) => {
                let given = arguments.iter().map(|(name, _)| name.to_owned()).collect();
                findings.extend(self.missing_arguments(cdap, &app, &given, "--args").await?);
            }
            Scope::Chain => {
                let (configuration, output) = tokio::join!(self.configuration(), self.check_output());
                let mut configuration = configuration?;
                output?;
                findings.append(&mut configuration.findings);
                stop_at_errors(&mut findings)?;
                findings.extend(self.check_rows(cdap, &app, request, &configuration).await?);
                findings.extend(self.check_other_runs(cdap, run).await?);
            }
        }
        stop_at_errors(&mut findings)?;
        Ok(findings)
    }

    fn missing_pipeline(&self) -> Failure {
        let variables = self.variables();
        let (name, namespace) = (self.pipeline(), &variables.cdf_namespace);
        Failure::permanent(format!(
            "The pipeline {name} is not deployed in the namespace {namespace}."
        ))
        .with_remedy("Deploy it, or correct cdf_pipeline_name and cdf_namespace.")
    }

    /// A Wrangler behind a source without a schema fails in every run on 6.9 and 6.10 (measured).
    async fn known_traps(&self, cdap: &Cdap, app: &App) -> Result<Option<Finding>, ClientError> {
        let stages = app.stages();
        let Some(wrangler) = stages.iter().find(|stage| stage.plugin == "Wrangler") else {
            return Ok(None);
        };
        let version = cdap.version().await?;
        if !(version.starts_with("6.9.") || version.starts_with("6.10.")) {
            return Ok(None);
        }
        let list = app.configuration["stages"].as_array();
        let without_schema = list.into_iter().flatten().find(|stage| {
            let plugin = &stage["plugin"];
            plugin["type"] == "batchsource"
                && plugin["properties"]["schema"]
                    .as_str()
                    .is_none_or(|s| s.is_empty() || s.contains("${"))
        });
        Ok(without_schema.map(|source| {
            Finding::error(
                wrangler.name.clone(),
                format!(
                    "CDAP {version} fails every run with a Wrangler ('{}') behind a source without a schema ({}).",
                    wrangler.name, source["name"]
                ),
                "Use Projection instead, or give the source a literal schema.",
            )
        }))
    }

    async fn check_output(&self) -> Result<(), Failure> {
        let variables = self.variables();
        let (dataset, table) = (
            DatasetId::new(&*variables.bq_dataset_id),
            TableId::new(&*variables.bq_output_table),
        );
        let output = self.bigquery().table(&dataset, &table).await?;
        let name = &variables.bq_output_table;
        if output.kind != "TABLE" {
            return Err(Failure::permanent(format!(
                "bq_output_table {name} is a {}, which cannot be emptied.",
                output.kind
            ))
            .with_remedy("Name a table in bq_output_table."));
        }
        if output.has_streaming_buffer && variables.bq_truncate {
            return Err(Failure::permanent(format!("Rows were streamed into {name} a short while ago; BigQuery refuses to empty it until they have settled, up to 90 minutes."))
                .with_remedy("Wait, or set bq_truncate to false."));
        }
        Ok(())
    }

    /// Arguments that the pipeline looks up and that a row would not give it.
    async fn check_rows(
        &self,
        cdap: &Cdap,
        app: &App,
        request: &RunRequest,
        configuration: &Configuration,
    ) -> Result<Option<Finding>, ClientError> {
        let mut common: Option<BTreeSet<String>> = None;
        for row in configuration.active() {
            let arguments = request.edits.get(&row.task).unwrap_or(&row.arguments);
            let names: BTreeSet<String> = arguments.iter().map(|(name, _)| name.to_owned()).collect();
            common = Some(common.map_or(names.clone(), |common| {
                common.intersection(&names).cloned().collect()
            }));
        }
        match common {
            Some(given) => {
                self.missing_arguments(cdap, app, &given, "every active row")
                    .await
            }
            None => Ok(None),
        }
    }

    /// Only a warning: an action of the pipeline may set what nobody gives.
    async fn missing_arguments(
        &self,
        cdap: &Cdap,
        app: &App,
        given: &BTreeSet<String>,
        source: &str,
    ) -> Result<Option<Finding>, ClientError> {
        let (macros, preferences) = tokio::try_join!(
            cdap.plugins(self.pipeline()),
            cdap.preferences_resolved(self.pipeline())
        )?;
        let sets_arguments = app.configuration["stages"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|stage| {
                let plugin = &stage["plugin"];
                plugin["properties"]["rowAsArguments"] == "true"
                    || plugin["name"]
                        .as_str()
                        .is_some_and(|n| n.contains("ArgumentSetter"))
            });
        let known = |name: &String| {
            given.contains(name)
                || preferences.contains_key(name)
                || [LOGICAL_START_ARGUMENT, TOKEN_ARGUMENT].contains(&name.as_str())
        };
        let missing: BTreeSet<_> = macros
            .into_iter()
            .flat_map(|m| m.lookups)
            .filter(|name| !known(name))
            .collect();
        if missing.is_empty() || sets_arguments {
            return Ok(None);
        }
        let names = missing.into_iter().collect::<Vec<_>>().join(", ");
        Ok(Some(Finding::warning(
            self.pipeline().as_str(),
            format!("The pipeline looks up {names}, and neither its preferences nor {source} gives that."),
            "Add it to the row or to the pipeline's preferences, unless a stage of the pipeline sets it.",
        )))
    }

    /// Another DAG run on this output table stops us; a stranger's run is said.
    async fn check_other_runs(&self, cdap: &Cdap, run: &DagRunId) -> Result<Vec<Finding>, ClientError> {
        let runs = cdap
            .runs(self.pipeline(), Timestamp::from_seconds(0), 200)
            .await?;
        let output = &self.variables().bq_output_table;
        let ours = format!("{run}/");
        let mut findings = Vec::new();
        for other in runs.iter().filter(|other| !other.state.is_end()) {
            let table = match &other.arguments {
                RunArguments::Visible(arguments) => {
                    arguments.get("bq_output_table").or(arguments.get("output_table"))
                }
                RunArguments::Hidden => None,
            };
            if table.is_some_and(|table| table != output) {
                continue;
            }
            let (id, state) = (&other.id, &other.state);
            match other.token() {
                Some(token) if token.as_str().starts_with(&ours) => {}
                Some(token) => findings.push(Finding::error(
                    id.as_str(),
                    format!("Pipeline run {id} of another DAG run is still {state} on {output} ({token})."),
                    "Wait for its end, resume that run, or stop it in Data Fusion; then start again.",
                )),
                None => findings.push(Finding::warning(
                    id.as_str(),
                    format!("Pipeline run {id}, which Downbeat did not start, is {state} on this pipeline."),
                    "If it writes to the same table, wait for its end.",
                )),
            }
        }
        Ok(findings)
    }
}

/// The first error ends the preflight; the rest goes on.
fn stop_at_errors(findings: &mut Vec<Finding>) -> Result<(), Failure> {
    match findings
        .iter()
        .position(|finding| finding.severity == Severity::Error)
    {
        None => Ok(()),
        Some(at) => {
            let finding = findings.swap_remove(at);
            Err(Failure::permanent(finding.message).with_remedy(finding.remedy))
        }
    }
}
