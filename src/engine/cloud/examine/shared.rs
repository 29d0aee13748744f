//! What several checks need: asked for once, by whichever check comes first.

use super::{Examination, found, told};
use crate::client::cdap::App;
use crate::client::fusion::InstanceState;
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use domain::doctor::{InstanceFacts, InstanceStanding, Needs, Policy, worker_account};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::id::ProjectId;
use domain::plan::Plan;
use domain::request::{RunRequest, Scope};
use domain::row::Configuration;
use tokio::sync::OnceCell;

/// An answer that is asked for at most once at a time.
type Once<T> = OnceCell<Result<T, Failure>>;

/// The answers.
#[derive(Default)]
pub(super) struct Shared {
    number: Once<String>,
    policy: Once<Policy>,
    instance: Once<Option<(InstanceFacts, Option<String>)>>,
    version: Once<String>,
    application: Once<Option<(App, DeployedPipeline)>>,
    configuration: Once<Configuration>,
}

/// What the plan of a run says of the pipeline.
pub(super) struct Judged {
    /// Of its macros, what stands against a run, or is worth knowing.
    pub(super) of_macros: Vec<Finding>,
    /// Of the pipeline itself.
    pub(super) of_pipeline: Vec<Finding>,
    /// How many runs there would be.
    pub(super) runs: usize,
    /// The arguments of the first.
    pub(super) first: RuntimeArguments,
}

impl Examination<'_> {
    pub(super) async fn number(&self) -> &Result<String, Failure> {
        let asked = || async {
            let projects = self.cloud.shared.client.projects();
            told(projects.number(self.project_id()))
                .await
                .map(|number| number.to_string())
        };
        self.shared.number.get_or_init(asked).await
    }

    /// The policy of the project.
    pub(super) async fn policy(&self) -> &Result<Policy, Failure> {
        let asked = || async {
            let projects = self.cloud.shared.client.projects();
            told(projects.policy(self.project_id()))
                .await
                .map(|policy| policy.read())
        };
        self.shared.policy.get_or_init(asked).await
    }

    /// The instance and the account of its clusters, if it has one of its own.
    pub(super) async fn instance_facts(&self) -> &Result<Option<(InstanceFacts, Option<String>)>, Failure> {
        let asked = || async {
            if self.place.instance.is_none() {
                return Ok(None);
            }
            let instance = found(self.cloud.instance()).await?;
            Ok(instance.map(|instance| {
                let standing = match &instance.state {
                    InstanceState::Active => InstanceStanding::Active,
                    InstanceState::Changing(_) => InstanceStanding::Changing,
                    InstanceState::Down(_) => InstanceStanding::Down,
                    InstanceState::Other(_) => InstanceStanding::Other,
                };
                let facts = InstanceFacts {
                    state: instance.state.to_string(),
                    standing,
                    message: instance.state_message,
                    has_endpoint: instance.api_endpoint.is_some(),
                };
                (facts, instance.worker_account)
            }))
        };
        self.shared.instance.get_or_init(asked).await
    }

    /// The account of the clusters, which an instance that cannot be seen keeps to itself.
    pub(super) async fn worker_account(&self) -> Result<String, Failure> {
        let (number, instance) = tokio::join!(self.number(), self.instance_facts());
        let number = number.as_ref().map_err(Clone::clone)?;
        let instance = instance.as_ref().map_err(Clone::clone)?;
        let own = instance.as_ref().and_then(|(_, account)| account.as_deref());
        Ok(worker_account(number, own))
    }

    /// The version of CDAP.
    pub(super) async fn version(&self) -> &Result<String, Failure> {
        let asked = || told(async { self.cloud.cdap().await?.version().await });
        self.shared.version.get_or_init(asked).await
    }

    /// The deployed pipeline.
    pub(super) async fn application(&self) -> &Result<Option<(App, DeployedPipeline)>, Failure> {
        let asked = || told(self.cloud.application());
        self.shared.application.get_or_init(asked).await
    }

    /// The rows of the configuration table.
    pub(super) async fn configuration(&self) -> &Result<Configuration, Failure> {
        let asked = || told(self.cloud.configuration());
        self.shared.configuration.get_or_init(asked).await
    }

    /// What a start would make of the pipeline and the rows; `None` without one of them.
    pub(super) async fn judged(&self) -> Option<Judged> {
        let (application, configuration) = tokio::join!(self.application(), self.configuration());
        let (Ok(Some((_, pipeline))), Ok(configuration)) = (application, configuration) else {
            return None;
        };
        let request = RunRequest::new(&*self.place.profile, self.cloud.variables().clone(), Scope::Chain);
        let mut plan = Plan::new(request, Some(configuration));
        let (of_macros, of_pipeline) = plan.judge_apart(pipeline);
        let starts = plan.pipelines.as_deref().unwrap_or_default();
        let first = starts.first().map(|start| start.pipeline.arguments.clone());
        Some(Judged {
            of_macros,
            of_pipeline,
            runs: starts.len(),
            first: first.unwrap_or_default(),
        })
    }

    /// What the deployed pipeline needs; nothing if it is not known.
    pub(super) async fn needs(&self) -> Result<Option<Needs>, Failure> {
        let (application, judged) = tokio::join!(self.application(), self.judged());
        let arguments = judged.map(|judged| judged.first).unwrap_or_default();
        match application {
            Ok(found) => Ok(found
                .as_ref()
                .map(|(_, pipeline)| Needs::of(pipeline, &arguments))),
            Err(failure) => Err(failure.clone()),
        }
    }

    /// Whether the pipeline reads or writes Cloud SQL, if that is known.
    pub(super) async fn reads_cloud_sql(&self) -> Option<bool> {
        match self.application().await {
            Ok(Some((_, pipeline))) => Some(Needs::of(pipeline, &RuntimeArguments::default()).uses_cloud_sql),
            _ => None,
        }
    }

    /// The project.
    pub(super) fn project_id(&self) -> &ProjectId {
        &self.project
    }
}
