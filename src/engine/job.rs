//! Executes one effect: the call to a service, and the answer made of its outcome. It decides nothing.

use super::SaveArguments;
use super::clock::RunClock;
use super::cloud::{Cloud, Known};
use super::table_lease::TableLease;
use domain::failure::Failure;
use domain::id::{DagRunId, PipelineRunId, TaskId};
use domain::pipeline::PipelineState;
use domain::request::RunRequest;
use domain::scheduler::{Answer, Effect};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most runs that one list asks for: far more than can be live, because unfinished ones of other
/// people come first.
const LIST_LIMIT: u32 = 5_000;

/// What one effect needs.
pub(super) struct Job {
    pub cloud: Cloud,
    pub request: RunRequest,
    pub run: DagRunId,
    pub save: SaveArguments,
    pub clock: RunClock,
    /// The runs of this machine's journal that may have left pipeline runs on the output table.
    pub former: Arc<BTreeSet<DagRunId>>,
    /// The lease on the output table; none for a pipeline by hand that may go beside a chain.
    pub lease: Option<TableLease>,
}

impl Job {
    /// Executes the effect. Every failure is an answer too.
    pub async fn execute(self, effect: Effect) -> Answer {
        let (cloud, request, lease, clock) = (self.cloud, self.request, self.lease, self.clock);
        match effect {
            Effect::Preflight => Answer::Preflight(
                outcome(async move {
                    // Boxed: the checks run side by side, which makes a large future.
                    let known = Known {
                        own: Some(&self.run),
                        former: &self.former,
                        settled: &BTreeSet::new(),
                    };
                    let mut plan = Box::pin(cloud.preflight(&request, known)).await?;
                    if let Some(lease) = lease.filter(|_| plan.error().is_none()) {
                        plan.add(cloud.reserve(&lease).await?);
                    }
                    Ok(plan.into_preflight())
                })
                .await,
            ),
            Effect::Truncate { job } => {
                let call = async move {
                    still_held(lease).await?;
                    cloud.truncate(&job).await
                };
                Answer::Truncated(outcome(call).await)
            }
            Effect::LookAtTruncate { job } => {
                Answer::TruncateLookedAt(outcome(async move { cloud.look_at_truncate(&job).await }).await)
            }
            Effect::CancelTruncate { job } => {
                Answer::TruncateCancelled(outcome(async move { cloud.cancel_truncate(&job).await }).await)
            }
            Effect::ReadConfiguration => {
                Answer::ConfigurationRead(outcome(async move { cloud.read_again(&request).await }).await)
            }
            Effect::SaveArguments(list) => {
                let (save, text) = (self.save, cloud.secrets().to_json(&list));
                let saved = tokio::task::spawn_blocking(move || save(&request.profile, &text)).await;
                Answer::ArgumentsSaved(
                    saved.unwrap_or_else(|error| Err(Failure::transient(error.to_string()))),
                )
            }
            Effect::Start {
                task,
                token,
                arguments,
            } => {
                let call = async move {
                    still_held(lease).await?;
                    cloud.start(&arguments).await
                };
                let outcome = outcome(call).await;
                Answer::Started { task, token, outcome }
            }
            Effect::List { since } => Answer::Listed(
                outcome(async move {
                    let cdap = cloud.cdap().await?;
                    let since = clock.on_server(since, cloud.server_time());
                    Ok(cdap.runs(cloud.pipeline(), since, LIST_LIMIT).await?)
                })
                .await,
            ),
            Effect::LookAt { task, run_id } => {
                let run = run_id.clone();
                let call = async move { Ok(cloud.cdap().await?.run(cloud.pipeline(), &run).await?) };
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome: outcome(call).await,
                }
            }
            Effect::Stop { task, run_id } => {
                let run = run_id.clone();
                let call = async move { Ok(cloud.cdap().await?.stop(cloud.pipeline(), &run).await?) };
                Answer::StopSent {
                    task,
                    run_id,
                    outcome: outcome(call).await,
                }
            }
            Effect::Explain { task, run_id, state } => explain(cloud, task, run_id, state).await,
            Effect::Count { runs } => count(cloud, runs).await,
        }
    }
}

/// Whether the output table is still this run's: another machine may have taken it over while this one slept. If
/// that cannot be seen, what it was asked for has not been sent, whatever became of the labels.
async fn still_held(lease: Option<TableLease>) -> Result<(), Failure> {
    let Some(lease) = lease else { return Ok(()) };
    lease.ensure().await.map_err(Failure::unsent)
}

async fn explain(cloud: Cloud, task: TaskId, run_id: PipelineRunId, state: PipelineState) -> Answer {
    let (its_task, run) = (task.clone(), run_id.clone());
    let call = async move { Ok(cloud.explain(&its_task, &run, &state).await) };
    Answer::Explained {
        task,
        run_id,
        failure: outcome(call).await.unwrap_or_else(|failure| failure),
    }
}

async fn count(cloud: Cloud, runs: Vec<PipelineRunId>) -> Answer {
    let call = async move {
        let (cdap, stages) = (cloud.cdap().await?, cloud.stages().await?);
        let counts = cdap.counts(cloud.pipeline(), &runs, stages).await?;
        Ok(counts.into_iter().collect())
    };
    Answer::Counted(outcome(call).await)
}

/// Makes a call on a task of its own: even one that panics needs an answer, or the run waits for ever.
async fn outcome<T: Send + 'static>(
    call: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(call).await.unwrap_or_else(|error| {
        let reason = format!("A request of Downbeat's own broke down: {error}.");
        Err(Failure::ambiguous(reason))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::failure::FailureKind;

    #[tokio::test]
    async fn a_call_that_panics_has_an_outcome() {
        let failure = outcome::<()>(async { panic!("broken") }).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Ambiguous);
    }
}
