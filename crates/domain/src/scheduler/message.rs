//! The inputs, answers and effects of a step, as data, and which part of the scheduler decides on each
//! answer.

use super::Scheduler;
use crate::arguments::RuntimeArguments;
use crate::command::RunCommand;
use crate::failure::Failure;
use crate::id::{JobId, PipelineRunId, StartToken, TaskId};
use crate::pipeline::{PipelineRun, PipelineState, StageCounts};
use crate::plan::Preflight;
use crate::row::Configuration;
use crate::time::Timestamp;
use crate::truncate::TruncateJob;

/// Why a step is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The run begins, or begins again after a restart of the program.
    Begin,
    /// The moment of [`super::Step::wake_at`] has come.
    Timer,
    /// A person asked for something.
    Command(RunCommand),
    /// An effect was executed.
    Answer(Answer),
}

/// What an effect is in flight as: at most one of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Request {
    Preflight,
    Truncate,
    LookAtTruncate,
    CancelTruncate,
    ReadConfiguration,
    SaveArguments,
    Start(TaskId),
    List,
    LookAt(TaskId),
    Stop(PipelineRunId),
    Explain(TaskId),
    Count,
}

/// A request to the outside. Each gets exactly one answer, failures and time-outs included.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Check settings, rights, pipeline and tables before anything is changed.
    Preflight,
    /// Send the job that empties the output table, if it does not exist already, and look at it.
    Truncate {
        /// The job's id.
        job: JobId,
    },
    /// Look at that job.
    LookAtTruncate {
        /// The job's id.
        job: JobId,
    },
    /// Ask for the end of that job and look at it. If it does not exist, use its id up, so that a request which is
    /// still on its way has no effect.
    CancelTruncate {
        /// The job's id.
        job: JobId,
    },
    /// Read the configuration table.
    ReadConfiguration,
    /// Write `cdf_pipeline_run_arguments` back.
    SaveArguments(Vec<RuntimeArguments>),
    /// Ask for exactly one pipeline run.
    Start {
        /// For which task.
        task: TaskId,
        /// What marks the request.
        token: StartToken,
        /// All arguments, token and logical start included.
        arguments: RuntimeArguments,
    },
    /// List the runs of the pipeline that began at or after `since`, in all states.
    List {
        /// On the server's clock, with a margin.
        since: Timestamp,
    },
    /// Ask for one run alone.
    LookAt {
        /// For which task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
    },
    /// Stop one run.
    Stop {
        /// For which task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
    },
    /// Find out why a run ended as it did.
    Explain {
        /// For which task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
        /// How it ended.
        state: PipelineState,
    },
    /// Read the stages' counts of these runs, in one request.
    Count {
        /// The runs.
        runs: Vec<PipelineRunId>,
    },
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Of [`Effect::Preflight`]: what was found, an error of which stands against the run; or why nothing
    /// could be found.
    Preflight(Result<Preflight, Failure>),
    /// Of [`Effect::Truncate`]. A failure of kind Ambiguous leaves open whether the job exists.
    Truncated(Result<TruncateJob, Failure>),
    /// Of [`Effect::LookAtTruncate`].
    TruncateLookedAt(Result<TruncateJob, Failure>),
    /// Of [`Effect::CancelTruncate`]: how the job stands after that.
    TruncateCancelled(Result<TruncateJob, Failure>),
    /// Of [`Effect::ReadConfiguration`]: the table, and whether its rows still fit the deployed pipeline;
    /// an error among the findings ends the run before the pipelines.
    ConfigurationRead(Result<(Configuration, Preflight), Failure>),
    /// Of [`Effect::SaveArguments`].
    ArgumentsSaved(Result<(), Failure>),
    /// Of [`Effect::Start`].
    Started {
        /// The task.
        task: TaskId,
        /// The token that was sent.
        token: StartToken,
        /// The run. A failure of kind Ambiguous leaves open whether there is one, and Busy is flow control;
        /// after any other kind there is none.
        outcome: Result<PipelineRunId, Failure>,
    },
    /// Of [`Effect::List`].
    Listed(Result<Vec<PipelineRun>, Failure>),
    /// Of [`Effect::LookAt`]; `None`: the server does not know the run.
    LookedAt {
        /// The task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
        /// What was seen.
        outcome: Result<Option<PipelineRun>, Failure>,
    },
    /// Of [`Effect::Stop`]. A run that is over already is not a failure.
    StopSent {
        /// The task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
        /// Whether the server took it.
        outcome: Result<(), Failure>,
    },
    /// Of [`Effect::Explain`].
    Explained {
        /// The task.
        task: TaskId,
        /// The run.
        run_id: PipelineRunId,
        /// The reason in one sentence, and whether it can get better.
        failure: Failure,
    },
    /// Of [`Effect::Count`].
    ///
    /// Counts by run; a run without any is left out.
    Counted(Result<Vec<(PipelineRunId, Vec<StageCounts>)>, Failure>),
    /// To no effect: the tailer saw new log lines of this run.
    LogSeen(PipelineRunId),
}

impl Scheduler {
    /// Leads each answer to what is decided on it.
    pub(super) fn on_answer(&mut self, answer: Answer) {
        match answer {
            Answer::Preflight(outcome) => self.on_preflight(outcome),
            Answer::Truncated(outcome) => self.on_truncate_sent(outcome),
            Answer::TruncateLookedAt(outcome) => self.on_truncate_looked_at(outcome),
            Answer::TruncateCancelled(outcome) => self.on_truncate_cancelled(outcome),
            Answer::ConfigurationRead(outcome) => self.on_configuration(outcome),
            Answer::ArgumentsSaved(outcome) => self.on_arguments_saved(outcome),
            Answer::Started { task, token, outcome } => self.on_started(&task, &token, outcome),
            Answer::Listed(outcome) => self.on_list(outcome),
            Answer::LookedAt {
                task,
                run_id,
                outcome,
            } => self.on_look(&task, &run_id, outcome),
            Answer::StopSent {
                task,
                run_id,
                outcome,
            } => self.on_stop_sent(&task, &run_id, outcome),
            Answer::Explained {
                task,
                run_id,
                failure,
            } => self.on_explained(&task, &run_id, failure),
            Answer::Counted(outcome) => self.on_counts(outcome),
            Answer::LogSeen(run_id) => self.on_log_seen(&run_id),
        }
    }
}
