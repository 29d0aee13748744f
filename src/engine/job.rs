//! Executes one effect: a call to the services, and the answer made of it.

use super::SaveArguments;
use super::cloud::Cloud;
use domain::arguments::to_json;
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::plan::Plan;
use domain::request::RunRequest;
use domain::scheduler::{Answer, Effect};

/// What one effect needs.
pub(super) struct Job {
    pub cloud: Cloud,
    pub request: RunRequest,
    pub run: DagRunId,
    pub save: SaveArguments,
}

impl Job {
    /// Executes the effect. Every failure is an answer too.
    pub async fn execute(self, effect: Effect) -> Answer {
        let cloud = &self.cloud;
        match effect {
            Effect::Preflight => {
                let plan = cloud.preflight(&self.request, Some(&self.run)).await;
                Answer::Preflight(plan.and_then(Plan::into_findings))
            }
            Effect::Truncate { job } => Answer::Truncated(cloud.truncate(&job).await),
            Effect::ReadConfiguration => Answer::ConfigurationRead(cloud.configuration().await),
            Effect::SaveArguments(list) => {
                let text = to_json(&list);
                let (save, profile) = (self.save, self.request.profile);
                let saved = tokio::task::spawn_blocking(move || save(&profile, &text)).await;
                Answer::ArgumentsSaved(
                    saved.unwrap_or_else(|error| Err(Failure::transient(error.to_string()))),
                )
            }
            Effect::Start {
                task,
                token,
                arguments,
            } => {
                let outcome = cloud.start(&arguments).await;
                Answer::Started { task, token, outcome }
            }
            Effect::List { since } => Answer::Listed(cloud.runs(since).await),
            Effect::LookAt { task, run_id } => {
                let outcome = cloud.run(&run_id).await;
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome,
                }
            }
            Effect::Stop { task, run_id } => {
                let outcome = cloud.stop(&run_id).await;
                Answer::StopSent { task, outcome }
            }
            Effect::Explain { task, run_id, state } => {
                let failure = cloud.explain(&task, &run_id, &state).await;
                Answer::Explained {
                    task,
                    run_id,
                    failure,
                }
            }
            Effect::Count { runs } => {
                let outcome = cloud.counts(&runs).await;
                Answer::Counted { runs, outcome }
            }
        }
    }
}
