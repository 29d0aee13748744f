//! Other runs of the pipeline that go on: those that fill the output table too stand against emptying it.
//!
//! A young record hides its arguments for a moment. It is undecided and is waited for: it must never be taken for
//! nobody's, and nothing is emptied before it is known whose it is.

use super::{Cloud, Known};
use crate::client::ClientError;
use domain::deployed::DeployedPipeline;
use domain::failure::{Failure, FailureKind};
use domain::finding::Finding;
use domain::id::{DagRunId, PipelineName, PipelineRunId};
use domain::pipeline::{PipelineRun, RunArguments};
use domain::plan::Plan;
use domain::request::Scope;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many runs a list asks for. Unfinished ones come first (measured), so that more are hardly ever needed.
const LIMIT: u32 = 200;
const MOST: u32 = 5_000;

/// How often undecided records are read again. They hide their arguments for up to 2.3 s where that was measured.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_secs(1);

/// For how long 6.10 does not show a run that it has started (measured: up to 2 s).
const INVISIBLE: Duration = Duration::from_secs(3);

impl Cloud {
    /// The runs of a pipeline that go on, each with its arguments.
    async fn live_runs(&self, pipeline: &PipelineName) -> Result<Vec<PipelineRun>, Failure> {
        let mut undecided: Option<PipelineRunId> = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let live = self.unfinished(pipeline).await?;
            let hides = |run: &&PipelineRun| run.arguments == RunArguments::Hidden;
            undecided = live.iter().find(hides).map(|run| run.id.clone());
            if undecided.is_none() {
                return Ok(live);
            }
        }
        let id = undecided.map(|id| format!(" {id}")).unwrap_or_default();
        Err(Failure::transient(format!(
            "The run{id} of the pipeline {pipeline} does not show its arguments, so that it is not known whether it \
             fills the output table."
        ))
        .with_remedy("Wait for its end, or stop it in Data Fusion; then try again."))
    }

    /// None for what is not deployed any more, or is no batch pipeline.
    async fn unfinished(&self, pipeline: &PipelineName) -> Result<Vec<PipelineRun>, ClientError> {
        match self.listed(pipeline).await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            listed => listed,
        }
    }

    async fn listed(&self, pipeline: &PipelineName) -> Result<Vec<PipelineRun>, ClientError> {
        let cdap = self.cdap().await?;
        let beginning = Timestamp::from_seconds(0);
        let mut runs = cdap.runs(pipeline, beginning, LIMIT).await?;
        let is_full = runs.len() >= usize::try_from(LIMIT).unwrap_or(usize::MAX);
        if is_full && runs.iter().all(|run| !run.state.is_end()) {
            runs = cdap.runs(pipeline, beginning, MOST).await?;
        }
        runs.retain(|run| !run.state.is_end());
        Ok(runs)
    }

    /// A pipeline run that another DAG run has started and that goes on; `run` is the beginning of its tokens. That run
    /// may have had another profile: all pipelines of the namespace are looked through.
    pub(super) async fn live_run_of(&self, run: &str) -> Result<Option<PipelineRunId>, Failure> {
        for pause in [Duration::ZERO, INVISIBLE] {
            tokio::time::sleep(pause).await;
            for pipeline in self.cdap().await?.apps().await? {
                let live = self.live_runs(&pipeline).await?;
                if let Some(found) = live.iter().find(|live| starter(live).as_deref() == Some(run)) {
                    return Ok(Some(found.id.clone()));
                }
            }
        }
        Ok(None)
    }

    /// Live runs of the pipeline on this output table: an error if another DAG run started them, else a warning.
    pub(super) async fn check_other_runs(
        &self,
        plan: &Plan,
        deployed: &DeployedPipeline,
        known: Known<'_>,
    ) -> Result<Vec<Finding>, Failure> {
        if plan.request.scope != Scope::Chain {
            return Ok(Vec::new()); // A pipeline by hand empties nothing.
        }
        let mut others = self.live_runs(self.pipeline()).await?;
        others.retain(|other| fills_output(plan, deployed, other));
        let filled = if plan.request.variables.has_output_table() {
            plan.output_table()
        } else {
            "what this run fills".to_owned()
        };
        Ok(findings(&others, &filled, known))
    }
}

/// The DAG run whose token the run carries.
fn starter(run: &PipelineRun) -> Option<String> {
    let token = run.token()?;
    token.as_str().split_once('/').map(|(run, _)| run.to_owned())
}

/// Whether the run may fill the output table: unless its arguments lead to another one.
fn fills_output(plan: &Plan, deployed: &DeployedPipeline, run: &PipelineRun) -> bool {
    match &run.arguments {
        RunArguments::Visible(arguments) => {
            let arguments = arguments.clone().into_iter().collect();
            !plan.fills_elsewhere(deployed, &arguments)
        }
        RunArguments::Hidden => true,
    }
}

/// One finding for each DAG run, and one for each run that none has started.
fn findings(others: &[PipelineRun], table: &str, known: Known<'_>) -> Vec<Finding> {
    let mut by_run: BTreeMap<DagRunId, Vec<&PipelineRun>> = BTreeMap::new();
    let mut found = Vec::new();
    for other in others {
        match starter(other).map(DagRunId::new) {
            Some(starter) if known.own == Some(&starter) || known.settled.contains(&starter) => {}
            Some(starter) => by_run.entry(starter).or_default().push(other),
            None => found.push(stranger(other, table)),
        }
    }
    found.extend(by_run.iter().map(|(starter, live)| {
        let live = listed(live);
        let (message, remedy) = if known.former.contains(starter) {
            (
                format!("Run {starter} of this machine is not over: {live} on {table}."),
                "Resume that run: it is carried on, and the table is not emptied again. Or stop it, wait for its end, \
                 and start anew.",
            )
        } else {
            (
                format!("Another DAG run, {starter}, is not over: {live} on {table}."),
                "Resume it on the machine that began it, wait for its end, or stop its pipeline runs in Data Fusion; \
                 then start again.",
            )
        };
        Finding::error(starter.as_str(), message, remedy).with_kind(FailureKind::Held)
    }));
    found
}

fn stranger(run: &PipelineRun, table: &str) -> Finding {
    let (id, state) = (&run.id, &run.state);
    Finding::warning(
        id.as_str(),
        format!("Pipeline run {id}, which Downbeat did not start, is {state} and may fill {table}."),
        "If it fills the same table, wait for its end.",
    )
}

/// `its pipeline run a is RUNNING`, `3 of its pipeline runs go on (a, b, c)`.
fn listed(live: &[&PipelineRun]) -> String {
    match live {
        [only] => format!("its pipeline run {} is {}", only.id, only.state),
        more => {
            let ids: Vec<_> = more.iter().map(|run| run.id.as_str()).collect();
            format!("{} of its pipeline runs go on ({})", more.len(), ids.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::finding::Severity;
    use domain::pipeline::{PipelineState, TOKEN_ARGUMENT};
    use std::collections::BTreeSet;

    fn live(id: &str, token: Option<&str>) -> PipelineRun {
        let token = token.map(|token| (TOKEN_ARGUMENT.to_owned(), token.to_owned()));
        PipelineRun {
            id: PipelineRunId::from(id),
            state: PipelineState::Running,
            starting: Timestamp::from_seconds(0),
            cluster_ended: false,
            arguments: RunArguments::Visible(token.into_iter().collect()),
        }
    }

    #[test]
    fn each_run_that_goes_on_is_named_with_who_started_it() {
        let others = [
            live("p1", Some("mine/a/1.0")),
            live("p2", Some("former/a/1.0")),
            live("p3", Some("former/b/1.0")),
            live("p4", Some("foreign/a/1.0")),
            live("p5", None),
            live("p6", Some("settled/a/1.0")),
        ];
        let known = Known {
            own: Some(&"mine".into()),
            former: &BTreeSet::from(["former", "settled"].map(DagRunId::from)),
            settled: &BTreeSet::from([DagRunId::from("settled")]),
        };
        let found = findings(&others, "p.d.t", known);
        let told: Vec<_> = found
            .iter()
            .map(|finding| (finding.severity, finding.kind, finding.message.as_str()))
            .collect();
        let (held, permanent) = (FailureKind::Held, FailureKind::Permanent);
        assert_eq!(
            told,
            [
                (
                    Severity::Warning,
                    permanent,
                    "Pipeline run p5, which Downbeat did not start, is RUNNING and may fill p.d.t."
                ),
                (
                    Severity::Error,
                    held,
                    "Another DAG run, foreign, is not over: its pipeline run p4 is RUNNING on p.d.t."
                ),
                (
                    Severity::Error,
                    held,
                    "Run former of this machine is not over: 2 of its pipeline runs go on (p2, p3) on p.d.t."
                ),
            ]
        );
    }
}
