//! `start`: judges the plan of a run before anything is changed. It only reads.
//!
//! The output table may be emptied only if the plan has no error.

use super::Cloud;
use super::troubles::Troubles;
use crate::client::ClientError;
use domain::deployed::{DEPLOY_IT, DeployedPipeline, not_deployed};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::DagRunId;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use std::collections::BTreeSet;

/// The runs of this machine that a preflight has to know.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The run that asks, if it exists already.
    pub own: Option<&'a DagRunId>,
    /// Runs of the journal that may have left pipeline runs on the output table.
    pub former: &'a BTreeSet<DagRunId>,
    /// Runs that are closed or finished before this one begins: what is left of them does not stand against it.
    pub settled: &'a BTreeSet<DagRunId>,
}

impl Cloud {
    /// The plan of a run with everything that was found. What is wrong in one place hides nothing in another.
    ///
    /// # Errors
    /// Nothing stands against the run, but something could not be looked at.
    pub async fn preflight(&self, request: &RunRequest, known: Known<'_>) -> Result<Plan, Failure> {
        let mut plan = Plan::new(request.clone(), None);
        if plan.error().is_some() {
            return Ok(plan);
        }
        Self::pass_settings(&mut plan);
        let mut troubles = Troubles::default();
        let deployed = self.deployed();
        let deployed = if request.scope == Scope::Chain {
            let (deployed, configuration, output) =
                tokio::join!(deployed, self.configuration(), self.check_output(request));
            if let Some(configuration) = troubles.found("bq_config_table", configuration) {
                plan.read(&configuration);
                self.pass_configuration(&mut plan, &configuration);
            }
            if let Some(Some((finding, rows))) = troubles.found("bq_output_table", output) {
                plan.output_is_empty = rows == Some(0);
                match finding {
                    Some(finding) => plan.add([finding]),
                    None => Self::pass_output(&mut plan, rows),
                }
            }
            deployed
        } else {
            deployed.await
        };
        match troubles.found("cdf_instance", deployed) {
            Some(Some(deployed)) => {
                self.check_deployed(&mut plan, &deployed, known, &mut troubles)
                    .await;
            }
            Some(None) => plan.add([self.missing_pipeline()]),
            None => {}
        }
        self.check_holders(&mut plan, known, &mut troubles).await;
        match self.check_clock() {
            Some(finding) => plan.add([finding]),
            None => self.pass_clock(&mut plan),
        }
        self.pass_caller(&mut plan);
        troubles.settle(plan)
    }

    /// Holds the deployed pipeline against the rows, the caller's rights, and what goes on.
    async fn check_deployed(
        &self,
        plan: &mut Plan,
        deployed: &DeployedPipeline,
        known: Known<'_>,
        troubles: &mut Troubles,
    ) {
        let findings = plan.judge(deployed);
        self.pass_pipeline(plan, deployed, &findings);
        plan.add(findings);
        let (traps, rights, statements, others) = tokio::join!(
            self.known_traps(plan, deployed),
            self.check_rights(),
            self.check_first_statements(plan, deployed),
            self.check_other_runs(plan, deployed, known)
        );
        let name = self.pipeline().as_str();
        let (statements, tried) = statements;
        if statements.is_empty() && tried > 0 {
            plan.pass_check(
                name,
                "A dry run says that the statements of its first stages work.",
            );
        }
        plan.add(statements);
        plan.add(troubles.found(name, traps).flatten());
        match troubles.found("cdf_instance", rights) {
            Some(Some(finding)) => plan.add([finding]),
            Some(None) => self.pass_rights(plan),
            None => {}
        }
        if let Some(others) = troubles.found(name, others) {
            if others.is_empty() {
                self.pass_others(plan);
            }
            plan.add(others);
        }
    }

    /// Looks who else holds the output table.
    async fn check_holders(&self, plan: &mut Plan, known: Known<'_>, troubles: &mut Troubles) {
        if !plan.request.variables.has_output_table() {
            return; // There is nothing to hold.
        }
        // A run that exists takes the table itself, once nothing else stands against it.
        if known.own.is_none() {
            let reserved = troubles.found(
                "bq_output_table",
                self.check_reserved(&plan.request, known.settled).await,
            );
            plan.add(reserved.flatten());
        }
        if plan.request.scope == Scope::Chain {
            let truncates =
                troubles.found("bq_output_table", self.check_other_truncates(known.settled).await);
            if let Some(truncates) = truncates {
                if truncates.is_empty() {
                    let table = plan.output_table();
                    plan.pass_check(
                        "bq_output_table",
                        format!("No job of another run is about to empty {table}."),
                    );
                }
                plan.add(truncates);
            }
        }
    }

    pub(super) fn missing_pipeline(&self) -> Finding {
        let variables = self.variables();
        let (name, namespace) = (self.pipeline(), &variables.cdf_namespace);
        Finding::error("cdf_pipeline_name", not_deployed(name, namespace), DEPLOY_IT)
    }

    /// A trap of this version of CDAP.
    async fn known_traps(
        &self,
        plan: &Plan,
        deployed: &DeployedPipeline,
    ) -> Result<Option<Finding>, ClientError> {
        if deployed.schemaless_wrangler().is_none() {
            return Ok(None);
        }
        let version = self.cdap().await?.version().await?;
        Ok(plan.judge_wrangler(deployed, &version))
    }

    /// What stands against emptying the output table, and how many rows it has, if BigQuery says so; nothing if no table
    /// is named.
    pub(super) async fn check_output(
        &self,
        request: &RunRequest,
    ) -> Result<Option<(Option<Finding>, Option<u64>)>, Failure> {
        let variables = self.variables();
        if !variables.has_output_table() {
            return Ok(None);
        }
        let output = self.bigquery().table(&variables.output_table()).await?;
        let name = &variables.bq_output_table;
        let found = if output.kind != "TABLE" {
            Some((
                format!(
                    "bq_output_table {name} is a {}, which cannot be emptied.",
                    output.kind
                ),
                "Name a table in bq_output_table.",
            ))
        } else if output.has_streaming_buffer && request.empties_output() {
            Some((
                format!(
                    "Rows were streamed into {name} a short while ago; BigQuery refuses to empty it until they have settled, up to 90 minutes."
                ),
                "Wait, or set bq_truncate to false.",
            ))
        } else {
            return Ok(Some((self.check_truncate(request).await?, output.rows)));
        };
        let finding = found.map(|(message, remedy)| Finding::error("bq_output_table", message, remedy));
        Ok(Some((finding, output.rows)))
    }
}
