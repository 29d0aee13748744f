//! Executes one effect: the call to a service, and the answer made of its outcome. It decides nothing.

use super::clock::RunClock;
use super::cloud::{Cloud, Known};
use super::table_lease::TableLease;
use super::{SaveArguments, Update};
use domain::arguments::RuntimeArguments;
use domain::failure::Failure;
use domain::id::{DagRunId, JobId, PipelineRunId, TaskId};
use domain::pipeline::{PipelineRun, PipelineState, StageCounts};
use domain::plan::Preflight;
use domain::request::RunRequest;
use domain::scheduler::{Answer, Effect};
use domain::time::Timestamp;
use domain::truncate::TruncateJob;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The most runs that one list asks for: far more than can be live, because unfinished ones of other
/// people come first.
const LIST_LIMIT: u32 = 5_000;

/// What one effect needs.
pub(super) struct Job {
    pub cloud: Cloud,
    pub request: RunRequest,
    pub run: DagRunId,
    pub save: SaveArguments,
    pub updates: mpsc::Sender<Update>,
    pub clock: RunClock,
    /// The runs of this machine's journal that may have left pipeline runs on the output table.
    pub former: Arc<BTreeSet<DagRunId>>,
    /// The lease on the output table; none for a pipeline by hand that may go beside a chain.
    pub lease: Option<TableLease>,
}

impl Job {
    /// Executes the effect. Every failure is an answer too.
    pub async fn execute(self, effect: Effect) -> Answer {
        match effect {
            Effect::Preflight => Answer::Preflight(outcome(self.preflight()).await),
            Effect::Truncate { job } => Answer::Truncated(outcome(self.truncate(job)).await),
            Effect::LookAtTruncate { job } => Answer::TruncateLookedAt(
                outcome(async move { self.cloud.look_at_truncate(&job).await }).await,
            ),
            Effect::CancelTruncate { job } => Answer::TruncateCancelled(
                outcome(async move { self.cloud.cancel_truncate(&job).await }).await,
            ),
            Effect::ReadConfiguration => Answer::ConfigurationRead(
                outcome(async move { self.cloud.read_again(&self.request).await }).await,
            ),
            Effect::SaveArguments(list) => Answer::ArgumentsSaved(self.save_arguments(&list).await),
            Effect::Start {
                task,
                token,
                arguments,
            } => {
                let outcome = outcome(self.start(arguments)).await;
                Answer::Started { task, token, outcome }
            }
            Effect::List { since } => Answer::Listed(outcome(self.list(since)).await),
            Effect::LookAt { task, run_id } => {
                let outcome = outcome(look_at(self.cloud, run_id.clone())).await;
                Answer::LookedAt {
                    task,
                    run_id,
                    outcome,
                }
            }
            Effect::Stop { task, run_id } => {
                let outcome = outcome(stop(self.cloud, run_id.clone())).await;
                Answer::StopSent {
                    task,
                    run_id,
                    outcome,
                }
            }
            Effect::Explain { task, run_id, state } => explain(self.cloud, task, run_id, state).await,
            Effect::Count { runs } => Answer::Counted(outcome(count(self.cloud, runs)).await),
        }
    }

    async fn preflight(self) -> Result<Preflight, Failure> {
        let known = Known {
            own: Some(&self.run),
            former: &self.former,
            settled: &BTreeSet::new(),
        };
        // Boxed: the checks run side by side, which makes a large future.
        let mut plan = Box::pin(self.cloud.preflight(&self.request, known)).await?;
        if let Some(lease) = self.lease.filter(|_| plan.error().is_none()) {
            let found = self.cloud.reserve(&lease).await?;
            if found.is_none() {
                let held = format!("No other run holds {}.", plan.output_table());
                plan.pass_check("bq_output_table", held);
            }
            plan.add(found);
        }
        let callers = self.cloud.callers();
        Ok(Preflight {
            callers,
            ..plan.into_preflight()
        })
    }

    async fn truncate(self, job: JobId) -> Result<TruncateJob, Failure> {
        still_held(self.lease).await?;
        self.cloud.truncate(&job).await
    }

    async fn save_arguments(self, list: &[RuntimeArguments]) -> Result<(), Failure> {
        let (save, profile) = (self.save, self.request.profile);
        let text = self.cloud.secrets().to_json(list);
        let told = Update::ArgumentsSaved {
            profile: profile.clone(),
            text: text.clone(),
        };
        let saved = tokio::task::spawn_blocking(move || save(&profile, &text)).await;
        saved.unwrap_or_else(|error| Err(Failure::transient(error.to_string())))?;
        // Without a receiver there is nobody to tell.
        let _ = self.updates.send(told).await;
        Ok(())
    }

    async fn start(self, arguments: RuntimeArguments) -> Result<PipelineRunId, Failure> {
        still_held(self.lease).await?;
        self.cloud.start(&arguments).await
    }

    async fn list(self, since: Timestamp) -> Result<Vec<PipelineRun>, Failure> {
        let cdap = self.cloud.cdap().await?;
        let since = self.clock.on_server(since, self.cloud.server_time());
        Ok(cdap.runs(self.cloud.pipeline(), since, LIST_LIMIT).await?)
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

async fn look_at(cloud: Cloud, run: PipelineRunId) -> Result<Option<PipelineRun>, Failure> {
    Ok(cloud.cdap().await?.run(cloud.pipeline(), &run).await?)
}

async fn stop(cloud: Cloud, run: PipelineRunId) -> Result<(), Failure> {
    Ok(cloud.cdap().await?.stop(cloud.pipeline(), &run).await?)
}

async fn count(
    cloud: Cloud,
    runs: Vec<PipelineRunId>,
) -> Result<Vec<(PipelineRunId, Vec<StageCounts>)>, Failure> {
    let (cdap, stages) = (cloud.cdap().await?, cloud.stages().await?);
    let counts = cdap.counts(cloud.pipeline(), &runs, stages).await?;
    Ok(counts.into_iter().collect())
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
