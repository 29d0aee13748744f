//! Each fact of a run as a line for a person; no line for facts that a person does not need.

use super::{finding_text, remedy};
use domain::event::{Discovery, Fact};
use domain::failure::Failure;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::task::{Task, Try};
use domain::time::human;

/// The line, without its time.
pub(super) fn line(run: &Run, fact: &Fact) -> Option<String> {
    let why = |failure: &Failure| reason(run, failure);
    let text = match fact {
        Fact::RunStarted { .. } => {
            let variables = &run.request.variables;
            format!(
                "run {} of {} began in profile {}",
                run.id, variables.cdf_pipeline_name, run.request.profile
            )
        }
        Fact::ConfigurationRead { configuration } => {
            format!(
                "the configuration has {} rows, {} of them active",
                configuration.rows.len(),
                configuration.active().count()
            )
        }
        Fact::StartIntended { number, .. } => {
            format!("start asked for, try {number} of {}", allowed(run, fact))
        }
        Fact::StartDoubted { reason, .. } => {
            format!(
                "the start's answer was lost; looking for the run ({})",
                why(reason)
            )
        }
        Fact::StartRefused { reason, again_at, .. } => {
            format!("not now: {} Asking again at {}.", why(reason), again_at.clock())
        }
        Fact::PipelineStarted {
            run_id,
            found: Discovery::Answered,
            ..
        } => format!("pipeline run {run_id}"),
        Fact::PipelineStarted {
            run_id,
            found: Discovery::Adopted,
            ..
        } => format!("pipeline run {run_id}, found by its token"),
        // The fact that ends the task names the end, with its reason.
        Fact::PipelineSeen { state, .. } if !state.is_end() => state.word().to_lowercase(),
        Fact::SilenceNoticed { since, .. } => format!("no sign of life since {}", since.clock()),
        Fact::SilenceBroken { .. } => "shows life again".into(),
        Fact::TaskLostSight { reason, .. } => format!("unknown: {}", why(reason)),
        Fact::StopIntended { .. } => "stopping".into(),
        Fact::TaskSucceeded { .. } => "success".into(),
        // Only the last count is printed, which follows the end of a run.
        Fact::RecordsCounted { .. } => final_counts(task(run, fact)?)?,
        Fact::TryFailed {
            failure, retry_at, ..
        } => format!("up for retry at {}: {}", retry_at.clock(), why(failure)),
        Fact::TaskFailed { failure, .. } => format!("failed: {}", why(failure)),
        Fact::TaskTimedOut { failure, .. } => format!("timed out: {}", why(failure)),
        Fact::TaskStopped { failure, .. } => format!("stopped: {}", why(failure)),
        Fact::TaskGivenUp { reason, .. } => format!("given up: {}", why(reason)),
        Fact::UpstreamFailed { .. } => "upstream failed".into(),
        Fact::TaskSkipped { reason, .. } => format!("skipped: {}", why(reason)),
        Fact::RetryAsked { .. } => "another try was asked for".into(),
        Fact::Noticed { finding } => format!("note: {}", finding_text(finding, &run.request.profile)),
        Fact::ConnectionDegraded { reason, .. } => {
            format!("watching is difficult, the runs go on: {}", why(reason))
        }
        Fact::ConnectionRestored { .. } => "watching works again".into(),
        Fact::RunStopAsked => "the run is being stopped".into(),
        Fact::RunTimedOut => "dag_timeout_minutes is over: stopping what is live".into(),
        Fact::RunEnded { .. } => return Some(summary(run)),
        Fact::TryStarted { .. }
        | Fact::TruncateIntended { .. }
        | Fact::PipelinesPlanned { .. }
        | Fact::PipelineSeen { .. } => return None,
    };
    Some(match fact.task() {
        Some(task) => format!("{task}: {text}"),
        None => text,
    })
}

/// Why something is as it is, and what to do next.
pub(super) fn reason(run: &Run, failure: &Failure) -> String {
    failure.text(|list| remedy::text(list, &run.request.profile))
}

/// The last line: how it ended, in words and numbers.
pub(super) fn summary(run: &Run) -> String {
    let state = match run.state {
        RunState::Running => "running",
        RunState::Stopping => "stopping",
        RunState::Success => "success",
        RunState::Empty => "nothing to run: no row of the configuration is active",
        RunState::Failed => "failed",
        RunState::TimedOut => "timed out",
        RunState::Stopped => "stopped",
    };
    let counts: Vec<_> = run
        .counts()
        .iter()
        .map(|(state, count)| format!("{count} {}", state.as_str().replace('_', " ")))
        .collect();
    let loaded: u64 = run
        .pipelines()
        .filter_map(|t| t.current()?.records_loaded())
        .sum();
    let took = human(run.elapsed(run.ended.unwrap_or(run.started)));
    match counts.as_slice() {
        [] => format!("run {}: {state}, {took}", run.id),
        _ => format!(
            "run {}: {state} ({}), {loaded} rows loaded, {took}",
            run.id,
            counts.join(", ")
        ),
    }
}

/// A task in one line, for a bar.
pub(super) fn status(task: &Task) -> String {
    let state = task.state.as_str().replace('_', " ");
    let pipeline = task
        .open_try()
        .and_then(|t| t.pipeline_state.as_ref())
        .map(|s| format!(" ({})", s.word()));
    let tries = if task.tries.len() > 1 {
        format!(" try {}/{}", task.tries.len(), task.allowed_tries)
    } else {
        String::new()
    };
    let reason = match (&task.reason, task.state) {
        (
            Some(reason),
            TaskState::UpForRetry | TaskState::Failed | TaskState::TimedOut | TaskState::Unknown,
        ) => {
            format!(" {}", reason.reason)
        }
        _ => String::new(),
    };
    format!(
        "{state}{}{tries}{}{reason}",
        pipeline.unwrap_or_default(),
        task.current().map(counts).unwrap_or_default()
    )
}

fn task<'a>(run: &'a Run, fact: &Fact) -> Option<&'a Task> {
    run.task(fact.task()?)
}

fn allowed(run: &Run, fact: &Fact) -> u32 {
    task(run, fact).map_or(1, |task| task.allowed_tries)
}

fn final_counts(task: &Task) -> Option<String> {
    let text = counts(task.current().filter(|last| last.ended.is_some())?);
    (!text.is_empty()).then(|| text.trim_start_matches(", ").to_owned())
}

fn counts(last: &Try) -> String {
    match (last.records_read(), last.records_loaded()) {
        (Some(read), Some(loaded)) => format!(", {read} rows read, {loaded} loaded"),
        (Some(read), None) => format!(", {read} rows read"),
        _ => String::new(),
    }
}
