//! The deployed pipeline, and whether the caller may run it and may empty the table. It only reads.

use super::Cloud;
use crate::client::ClientError;
use crate::client::cdap::App;
use crate::client::fusion::InstanceName;
use domain::deployed::{DeployedPipeline, Unread};
use domain::failure::{Failure, FailureKind};
use domain::finding::Finding;
use domain::id::ProjectId;
use domain::plan::{Plan, Preflight};
use domain::request::RunRequest;
use domain::row::Configuration;

/// What starting a pipeline needs.
const RUN_PIPELINES: &str = "datafusion.pipelines.execute";

impl Cloud {
    /// The deployed pipeline with its preferences; `None` if it is not deployed. What it uses as passwords
    /// is struck from then on.
    pub async fn deployed(&self) -> Result<Option<DeployedPipeline>, ClientError> {
        Ok(self.application().await?.map(|(_, pipeline)| pipeline))
    }

    /// The same with what the server says of it as an application.
    pub(super) async fn application(&self) -> Result<Option<(App, DeployedPipeline)>, ClientError> {
        let (cdap, name) = (self.cdap().await?, self.pipeline());
        let Some(app) = cdap.app(name).await? else {
            return Ok(None);
        };
        let (rules, preferences) = tokio::join!(cdap.macro_rules(name), cdap.preferences_resolved(name));
        let mut unread = Unread::default();
        let rules = readable(rules, &mut unread.plugins)?;
        let preferences = readable(preferences, &mut unread.preferences)?;
        let preferences = preferences.into_iter().collect();
        let artifact = app.artifact.as_ref().map(|artifact| artifact.name.clone());
        let pipeline = DeployedPipeline::read(&app.configuration, &rules, preferences).of_artifact(artifact);
        let pipeline = DeployedPipeline { unread, ..pipeline };
        self.secrets().learn_pipeline(&pipeline);
        Ok(Some((app, pipeline)))
    }

    /// The configuration table, and whether its rows fit the deployed pipeline, both as they are now.
    pub async fn read_again(&self, request: &RunRequest) -> Result<(Configuration, Preflight), Failure> {
        let (configuration, deployed) = tokio::join!(self.configuration(), self.deployed());
        let (configuration, deployed) = (configuration?, deployed?);
        let mut plan = Plan::new(request.clone(), Some(&configuration));
        plan.output_is_empty = plan.empties_output(); // It has just been emptied.
        let findings = match deployed {
            Some(deployed) => plan.judge(&deployed),
            None => vec![self.missing_pipeline()],
        };
        let preflight = Preflight {
            findings,
            ..plan.into_preflight()
        };
        Ok((configuration, preflight))
    }

    /// Without the permission to run pipelines the table would be emptied, and every start refused.
    pub(super) async fn check_rights(&self) -> Result<Option<Finding>, ClientError> {
        let variables = self.variables();
        if self.shared.client.endpoints().cdap.is_some() {
            return Ok(None); // There is no instance to have rights on.
        }
        let instance = &variables.cdf_instance;
        match self.may_run_pipelines().await {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(Finding::error(
                "cdf_instance",
                format!(
                    "The caller may not run pipelines on the instance {instance}: {RUN_PIPELINES} is missing."
                ),
                "Grant a role with this permission, such as roles/datafusion.admin.",
            ))),
            Err(error) if is_unanswered(&error) => Ok(Some(Finding::warning(
                "cdf_instance",
                format!(
                    "Whether the caller may run pipelines on the instance {instance} could not be asked. {error}"
                ),
                format!("Make sure that the caller has {RUN_PIPELINES}: without it no pipeline starts."),
            ))),
            Err(error) => Err(error),
        }
    }

    async fn may_run_pipelines(&self) -> Result<bool, ClientError> {
        let variables = self.variables();
        let (project, location) = (
            ProjectId::new(&*variables.project_id),
            variables.cdf_location.as_str().into(),
        );
        let name = InstanceName {
            project: &project,
            location: &location,
            instance: &variables.cdf_instance.as_str().into(),
        };
        let granted = self
            .shared
            .client
            .fusion()
            .granted(name, &[RUN_PIPELINES])
            .await?;
        if granted.contains(RUN_PIPELINES) {
            return Ok(true);
        }
        self.may_run_in_namespace(name).await
    }

    /// Where namespaces have roles of their own, the right is given there.
    pub(super) async fn may_run_in_namespace(&self, name: InstanceName<'_>) -> Result<bool, ClientError> {
        let namespace = self.variables().cdf_namespace.as_str().into();
        let fusion = self.shared.client.fusion();
        match fusion.is_granted_in(name, &namespace, RUN_PIPELINES).await {
            Err(error) if matches!(error.status(), Some(400 | 404 | 501)) => Ok(false),
            answer => answer,
        }
    }

    /// A dry run of the statements that the pipeline begins with, for the first of its runs: where they fail, every run
    /// fails, and the table would be emptied for nothing. How many were tried is counted.
    pub(super) async fn check_first_statements(
        &self,
        plan: &Plan,
        deployed: &DeployedPipeline,
    ) -> (Vec<Finding>, usize) {
        let variables = self.variables();
        let (mut findings, mut tried) = (Vec::new(), 0);
        let first = plan
            .pipelines
            .iter()
            .flatten()
            .next()
            .filter(|_| plan.empties_output());
        let statements = first.map(|start| deployed.first_statements(&start.pipeline.arguments));
        for statement in statements.into_iter().flatten() {
            let is_here = |text: &str, here: &str| text.is_empty() || text.eq_ignore_ascii_case(here);
            let is_own =
                statement.project == "auto-detect" || is_here(&statement.project, &variables.project_id);
            if !is_own || !is_here(&statement.location, &variables.bq_location) {
                continue;
            }
            tried += 1;
            // The pipeline has an identity of its own: what the caller may not read says nothing.
            if let Err(error) = self.bigquery().dry_run(&statement.sql).await
                && matches!(error.reason(), Some("invalidQuery" | "notFound"))
            {
                let stage = statement.stage;
                let message = format!("The statement of the stage {stage} fails: {}", error.text());
                let remedy = "Correct the configuration table, the variables, or the stage.";
                findings.push(Finding::error(stage, message, remedy));
            }
        }
        (findings, tried)
    }

    /// A dry run of the statement that empties the output table: what would refuse it then refuses it now.
    pub(super) async fn check_truncate(&self, request: &RunRequest) -> Result<Option<Finding>, Failure> {
        if !request.empties_output() {
            return Ok(None);
        }
        match self.bigquery().dry_run(&self.truncate_statement()?).await {
            Ok(()) => Ok(None),
            Err(error) if matches!(error.kind, FailureKind::Permanent | FailureKind::Unauthorised) => {
                let table = &self.variables().bq_output_table;
                let message = format!("{table} could not be emptied. {error}");
                Ok(Some(Finding::error("bq_output_table", message, error.hint())))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What was read; nothing, and why, where the caller may not read it.
fn readable<T: Default>(outcome: Result<T, ClientError>, why: &mut Option<String>) -> Result<T, ClientError> {
    match outcome {
        Err(error) if error.service_status() == Some(403) => {
            *why = Some(error.to_string());
            Ok(T::default())
        }
        outcome => outcome,
    }
}

/// Whether the service does not answer this question at all.
fn is_unanswered(error: &ClientError) -> bool {
    matches!(error.status(), Some(400 | 403 | 404 | 405 | 501))
}
