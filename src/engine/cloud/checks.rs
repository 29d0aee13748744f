//! What `start` looked at and found in order, in sentences for its log. What it did not find in order is a finding.

use super::Cloud;
use domain::check::Check;
use domain::deployed::DeployedPipeline;
use domain::finding::Finding;
use domain::plan::Plan;
use domain::request::Scope;
use domain::row::Configuration;

impl Cloud {
    /// The settings.
    pub(super) fn pass_settings(plan: &mut Plan) {
        plan.pass_check("variables", "Each variable has a value, and they fit each other.");
    }

    /// Who asks, behind the settings. It is known once something was asked.
    pub(super) fn pass_caller(&self, plan: &mut Plan) {
        let caller = self.shared.client.credentials().text();
        let place = plan.checks.len().min(1);
        plan.checks.insert(
            place,
            Check::new("credentials", format!("Requests carry: {caller}.")),
        );
    }

    /// The configuration table.
    pub(super) fn pass_configuration(&self, plan: &mut Plan, configuration: &Configuration) {
        if configuration.error().is_none() {
            let variables = self.variables();
            let name = match variables.bq_config_query.as_str() {
                "" => variables.bq_config_table.as_str(),
                _ => "bq_config_query",
            };
            let (rows, active) = (configuration.total_rows, configuration.active().count());
            let result = format!("{name} can be read: rows {rows}, active {active}.");
            plan.pass_check("bq_config_table", result);
        }
    }

    /// The output table, of which BigQuery may say how many rows it has.
    pub(super) fn pass_output(plan: &mut Plan, rows: Option<u64>) {
        let table = plan.output_table();
        let rows = rows.map_or_else(String::new, |rows| format!(", rows {rows}"));
        let result = if plan.request.empties_output() {
            format!("{table} is a table{rows}; a dry run says that it can be emptied.")
        } else {
            format!("{table} is a table{rows}; this run does not empty it.")
        };
        plan.pass_check("bq_output_table", result);
    }

    /// The deployed pipeline, and what was found when it was held against the rows.
    pub(super) fn pass_pipeline(&self, plan: &mut Plan, deployed: &DeployedPipeline, found: &[Finding]) {
        let variables = self.variables();
        let place = match &self.shared.client.endpoints().cdap {
            Some(_) => "the CDAP server".to_owned(),
            None => format!("the instance {}", variables.cdf_instance),
        };
        let (stages, namespace) = (deployed.stages.len(), &variables.cdf_namespace);
        let name = &variables.cdf_pipeline_name;
        plan.pass_check(
            "cdf_instance",
            format!(
                "{place} answers, and {name} is deployed in its namespace {namespace}, with {stages} stages."
            ),
        );
        let runs = plan.pipelines.as_ref().map_or(0, Vec::len);
        if !found.is_empty() || runs == 0 {
            return;
        }
        let fills = if plan.empties_output() {
            format!(", and its BigQuery sinks fill {}", plan.output_table())
        } else {
            String::new()
        };
        let result = format!("Every macro of {name} has a value in each of the {runs} runs{fills}.");
        plan.pass_check("cdf_pipeline_name", result);
    }

    /// The right to run pipelines.
    pub(super) fn pass_rights(&self, plan: &mut Plan) {
        if self.shared.client.endpoints().cdap.is_none() {
            let instance = &self.variables().cdf_instance;
            let result = format!("The caller may run pipelines on the instance {instance}.");
            plan.pass_check("cdf_instance", result);
        }
    }

    /// Nobody else works on the table, as far as runs of the pipeline tell.
    pub(super) fn pass_others(&self, plan: &mut Plan) {
        if plan.request.scope == Scope::Chain {
            let name = self.pipeline();
            let result = if plan.request.variables.has_output_table() {
                format!(
                    "No other run of {name} is live and may fill {}.",
                    plan.output_table()
                )
            } else {
                format!("No other run of {name} is live.")
            };
            plan.pass_check(name.as_str(), result);
        }
    }

    /// This machine's clock.
    pub(super) fn pass_clock(&self, plan: &mut Plan) {
        if self.server_time().is_some() {
            let result = "This machine's clock and the services' are less than a minute apart.";
            plan.pass_check("clock", result);
        }
    }
}
