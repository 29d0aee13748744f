//! What happened in a DAG run: facts in the past tense, journalled, applied, published, in this order.
//!
//! A fact is never changed after it has been written to a journal; a new meaning is a new fact.
//! `run.rs` folds them into a run.

mod about;
mod redact;

use crate::arguments::RuntimeArguments;
use crate::check::Check;
use crate::failure::Failure;
use crate::finding::Finding;
use crate::id::{DagRunId, JobId, PipelineRunId, StartToken, TaskId};
use crate::pipeline::{PipelineState, StageCounts};
use crate::plan::PlannedPipeline;
use crate::request::RunRequest;
use crate::row::Configuration;
use crate::service::Service;
use crate::state::RunState;
use crate::task::StopReason;
use crate::time::Timestamp;
use crate::truncate::JobProgress;
use crate::variable::VariableName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use strum::VariantNames;

/// A fact and its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// When it became known.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// Everything that can happen to a run. In JSON its name is under `event`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fact {
    /// The run exists; always the first fact.
    RunStarted {
        /// Its name.
        run: DagRunId,
        /// What was asked for.
        request: Box<RunRequest>,
    },
    /// A try of a task other than a pipeline began.
    TryStarted {
        /// Which task.
        task: TaskId,
    },
    /// A task has looked at these things and found them in order.
    Checked {
        /// Which task.
        task: TaskId,
        /// Each of them, and what was seen.
        checks: Vec<Check>,
        /// The accounts whose tokens the calls carried, by service, as far as they are known.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        callers: BTreeMap<Service, String>,
    },
    /// `start` has read the configuration table.
    ConfigurationChecked {
        /// How many rows are active.
        active: u64,
    },
    /// The output table is about to be emptied by this job.
    TruncateIntended {
        /// The job's id, the only one that the run ever sends.
        job: JobId,
    },
    /// The job was seen, and has not ended.
    TruncateSeen {
        /// Which task.
        task: TaskId,
        /// How far it is.
        progress: JobProgress,
    },
    /// The job emptied the output table.
    OutputEmptied {
        /// Which task.
        task: TaskId,
        /// When the job began, on BigQuery's clock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started: Option<Timestamp>,
        /// How many rows it removed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    /// The deployed pipeline was read.
    PipelineRead {
        /// The variables that it looks up, and that its runs get as arguments.
        variables: BTreeSet<VariableName>,
    },
    /// The configuration table was read.
    ConfigurationRead {
        /// All rows, active or not.
        configuration: Configuration,
    },
    /// The active rows became tasks.
    PipelinesPlanned {
        /// One for each active row, in the order of their start.
        pipelines: Vec<PlannedPipeline>,
    },
    /// A start is about to be sent; on disk before the request is.
    StartIntended {
        /// Which task.
        task: TaskId,
        /// Which try, from 1.
        number: u32,
        /// What marks the request.
        token: StartToken,
    },
    /// The start's answer was lost, or named a run of somebody else; the run is being looked for.
    StartDoubted {
        /// Which task.
        task: TaskId,
        /// What went wrong with the answer.
        reason: Failure,
    },
    /// Flow control refused the start, or it could not leave this machine; it is sent again, and is not counted as a try.
    StartRefused {
        /// Which task.
        task: TaskId,
        /// The server's message, or why it could not leave.
        reason: Failure,
        /// When it is sent again.
        again_at: Timestamp,
    },
    /// No run of a start whose answer was lost has begun. It is sent again with a new token, and is not counted as a try.
    StartRepeated {
        /// Which task.
        task: TaskId,
        /// What marks the lost one; it is still looked for.
        token: StartToken,
        /// When it is sent again.
        again_at: Timestamp,
    },
    /// A start that was taken for lost has begun a run after all.
    LateRunFound {
        /// Which task.
        task: TaskId,
        /// What marks the start.
        token: StartToken,
        /// The server's id.
        run_id: PipelineRunId,
        /// Whether it is the run of the task's try, and the one that was started in its place is stopped. Else it is
        /// stopped itself.
        kept: bool,
    },
    /// The run that was stopped because of that is over.
    LateRunEnded {
        /// Which task.
        task: TaskId,
        /// The server's id.
        run_id: PipelineRunId,
        /// How it ended.
        state: PipelineState,
    },
    /// The pipeline run is known.
    PipelineStarted {
        /// Which task.
        task: TaskId,
        /// The server's id.
        run_id: PipelineRunId,
        /// Whether the answer named it, or it was found by its token.
        found: Discovery,
    },
    /// The pipeline run changed its state.
    PipelineSeen {
        /// Which task.
        task: TaskId,
        /// Its state.
        state: PipelineState,
        /// Whether its cluster is gone.
        cluster_ended: bool,
    },
    /// The stages' counts grew.
    RecordsCounted {
        /// Which task.
        task: TaskId,
        /// By stage, in the pipeline's order.
        counts: Vec<StageCounts>,
    },
    /// The run has shown no progress for a long time; that is not a failure.
    SilenceNoticed {
        /// Which task.
        task: TaskId,
        /// Since when.
        since: Timestamp,
    },
    /// It showed progress again.
    SilenceBroken {
        /// Which task.
        task: TaskId,
    },
    /// The run cannot be found on the server.
    TaskLostSight {
        /// Which task.
        task: TaskId,
        /// Why, and what can be done.
        reason: Failure,
    },
    /// A stop was decided.
    StopIntended {
        /// Which task.
        task: TaskId,
        /// Why.
        why: StopReason,
    },
    /// The task is done. For a pipeline: COMPLETED was seen.
    TaskSucceeded {
        /// Which task.
        task: TaskId,
    },
    /// A try is over and did not succeed; another one follows at `retry_at`.
    TryFailed {
        /// Which task.
        task: TaskId,
        /// Why.
        failure: Failure,
        /// When the next try is due.
        retry_at: Timestamp,
    },
    /// The last try is over and did not succeed.
    TaskFailed {
        /// Which task.
        task: TaskId,
        /// Why.
        failure: Failure,
    },
    /// The task was stopped because a limit had passed.
    TaskTimedOut {
        /// Which task.
        task: TaskId,
        /// Which limit, and what became of the run.
        failure: Failure,
    },
    /// The task was stopped by a person.
    TaskStopped {
        /// Which task.
        task: TaskId,
        /// What became of the run.
        failure: Failure,
    },
    /// The end of the task is not awaited any more, although it was not seen.
    TaskGivenUp {
        /// Which task.
        task: TaskId,
        /// Why.
        reason: Failure,
    },
    /// The task does not begin because one before it failed.
    UpstreamFailed {
        /// Which task.
        task: TaskId,
    },
    /// The task is left out.
    TaskSkipped {
        /// Which task.
        task: TaskId,
        /// Why.
        reason: Failure,
    },
    /// A person asked for another try; the tasks after it are cleared.
    RetryAsked {
        /// Which task.
        task: TaskId,
        /// All arguments of its next tries, if a person gave others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arguments: Option<RuntimeArguments>,
        /// The names of those that were changed, added or removed.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        changed: BTreeSet<String>,
    },
    /// A person says that a task, which ended without success, was dealt with outside. Neither its state nor that of the run
    /// changes.
    TaskHandled {
        /// Which task.
        task: TaskId,
        /// How or why, in one line, if that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person says that it was not, after all.
    HandlingTakenBack {
        /// Which task.
        task: TaskId,
    },
    /// The run is watched again. Nobody watched it since `since`, so that this time is not the run's.
    WatchResumed {
        /// When it was watched last.
        since: Timestamp,
    },
    /// Something was found. An error is followed by the failure of the task that found it.
    Noticed {
        /// What.
        finding: Finding,
    },
    /// A service does not answer as it should; the runs go on.
    ConnectionDegraded {
        /// Which service.
        service: Service,
        /// What goes wrong.
        reason: Failure,
    },
    /// The service answers again.
    ConnectionRestored {
        /// Which service.
        service: Service,
    },
    /// A person asked for the whole run to stop.
    RunStopAsked,
    /// `dag_timeout_minutes` has passed.
    RunTimedOut,
    /// The run is over.
    RunEnded {
        /// How it ended.
        state: RunState,
    },
}

/// How a pipeline run became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discovery {
    /// The start's answer named it.
    Answered,
    /// It was found by its token and adopted.
    Adopted,
}

impl Fact {
    /// The name of every fact in JSON.
    pub const NAMES: &'static [&'static str] = Self::VARIANTS;
}
