//! Each fact of a run as a line for a person; no line for facts that a person does not need.

use super::{finding_text, output_table, remedy};
use domain::event::{Discovery, Fact};
use domain::failure::Failure;
use domain::failure_group::failure_groups;
use domain::finding::Severity;
use domain::id::TaskId;
use domain::row::Configuration;
use domain::run::Run;
use domain::service::Service;
use domain::state::{RunState, TaskState};
use domain::task::{Task, Try, silent};
use domain::time::human;
use domain::variable::VariableName;
use std::collections::BTreeSet;

/// How many tasks are named for one reason.
const NAMED: usize = 3;

/// The line, without its time.
pub(super) fn line(run: &Run, fact: &Fact) -> Option<String> {
    // The run is the one after the fact, so the task's state is the word for what happened.
    let state = task(run, fact).map_or("", |task| task.state.as_str());
    let text = match fact {
        Fact::RunStarted { .. } => began(run),
        Fact::ConfigurationChecked { active: 0 } => output_table::UNTOUCHED.into(),
        Fact::TruncateSeen { progress, .. } => output_table::waiting(run, *progress),
        Fact::OutputEmptied { rows, .. } => output_table::emptied(run, *rows),
        Fact::PipelineRead { variables } => passed(variables),
        Fact::PipelinesPlanned { pipelines } if run.request.is_partial() => kept(run, pipelines.len()),
        Fact::ConfigurationRead { configuration } => size(configuration),
        Fact::StartIntended { .. }
        | Fact::StartDoubted { .. }
        | Fact::StartRefused { .. }
        | Fact::StartRepeated { .. }
        | Fact::PipelineStarted { .. } => start(run, fact)?,
        Fact::LateRunEnded { run_id, state, .. } => format!("pipeline run {run_id} ended {state}"),
        // The fact that ends the task names the end, with its reason.
        Fact::PipelineSeen { state, .. } if !state.is_end() => format!("CDAP {}", state.word()),
        Fact::SilenceNoticed { since, .. } => silent(&since.stamp()),
        Fact::SilenceBroken { .. } => "shows life again".into(),
        Fact::StopIntended { .. } | Fact::TaskSucceeded { .. } | Fact::UpstreamFailed { .. } => state.into(),
        // Only the last count is printed, which follows the end of a run.
        Fact::RecordsCounted { .. } => final_counts(task(run, fact)?)?,
        Fact::TaskLostSight { .. }
        | Fact::TaskSkipped { .. }
        | Fact::TryFailed { .. }
        | Fact::TaskFailed { .. }
        | Fact::TaskTimedOut { .. }
        | Fact::TaskStopped { .. }
        | Fact::TaskGivenUp { .. } => without_success(run, fact, state)?,
        Fact::RetryAsked { changed, .. } => retry(changed),
        Fact::TaskHandled { note, .. } => match note {
            Some(note) => format!("{state}, handled by a person: {note}"),
            None => format!("{state}, handled by a person"),
        },
        Fact::HandlingTakenBack { .. } => format!("{state}, not handled by a person after all"),
        Fact::Noticed { finding } => {
            let text = finding_text(finding, &run.request.profile);
            format!("{}: {text}", finding.severity.as_str())
        }
        Fact::ConnectionDegraded { service, reason } => degraded(*service, &why(run, reason)),
        Fact::ConnectionRestored { service } => restored(*service).into(),
        Fact::RunStopAsked => "the run is being stopped".into(),
        Fact::RunTimedOut => "dag_timeout_minutes is over: stopping what is live".into(),
        // The summary is the last line of all: late lines and counts come after this.
        Fact::RunEnded { .. } => return None,
        // The notice that follows says it, if it matters.
        Fact::WatchResumed { .. }
        | Fact::LateRunFound { .. }
        | Fact::TryStarted { .. }
        | Fact::Checked { .. }
        | Fact::ConfigurationChecked { .. }
        | Fact::TruncateIntended { .. }
        | Fact::PipelinesPlanned { .. }
        | Fact::PipelineSeen { .. } => return None,
    };
    Some(match fact.task() {
        Some(task) => format!("{task}: {text}"),
        None => text,
    })
}

fn began(run: &Run) -> String {
    let rows = if run.request.is_partial() {
        let names: Vec<_> = run.request.only.iter().map(ToString::to_string).collect();
        format!(", for these rows only: {}", names.join(", "))
    } else {
        String::new()
    };
    format!(
        "run {} of {} began in profile {}{rows}",
        run.id, run.request.variables.cdf_pipeline_name, run.request.profile
    )
}

/// What `filter_arguments` of a run of some rows kept.
fn kept(run: &Run, count: usize) -> String {
    let active = run
        .configuration
        .as_ref()
        .map_or(count, |table| table.active().count());
    let left = active.saturating_sub(count);
    format!("filter_arguments kept {count} of the {active} active rows; {left} were not asked for")
}

fn size(configuration: &Configuration) -> String {
    format!(
        "the configuration has {} rows, {} of them active",
        configuration.rows.len(),
        configuration.active().count()
    )
}

fn retry(changed: &BTreeSet<String>) -> String {
    let names: Vec<_> = changed.iter().map(String::as_str).collect();
    if names.is_empty() {
        return "another try was requested".into();
    }
    format!(
        "another try was requested, with other values of {}",
        names.join(", ")
    )
}

fn passed(variables: &BTreeSet<VariableName>) -> String {
    if variables.is_empty() {
        return "the pipeline looks up no variable any more".into();
    }
    let names: Vec<_> = variables.iter().map(|variable| variable.as_str()).collect();
    format!(
        "the pipeline looks up {}: they are passed as arguments where a row does not have them",
        names.join(", ")
    )
}

/// A start and what became of it.
fn start(run: &Run, fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::StartIntended { number, .. } => {
            format!("start requested, try {number} of {}", allowed(run, fact))
        }
        Fact::StartDoubted { reason, .. } => {
            let why = why(run, reason);
            format!("the start's answer was lost; looking for the run ({why})")
        }
        Fact::StartRefused { reason, again_at, .. } => {
            let why = why(run, reason);
            format!("not now: {why} Asking again at {}.", again_at.stamp())
        }
        Fact::StartRepeated { again_at, .. } => {
            format!(
                "nothing has begun; the start is sent again at {}",
                again_at.stamp()
            )
        }
        Fact::PipelineStarted { run_id, found, .. } => match found {
            Discovery::Answered => format!("pipeline run {run_id}"),
            Discovery::Adopted => format!("pipeline run {run_id}, found by its token"),
        },
        _ => return None,
    })
}

/// The end of a task or a try that is no success, or that was not seen.
fn without_success(run: &Run, fact: &Fact, state: &str) -> Option<String> {
    Some(match fact {
        Fact::TryFailed {
            failure, retry_at, ..
        } => {
            let why = why(run, failure);
            format!("{state}, next try at {}: {why}", retry_at.stamp())
        }
        // The finding was printed a moment ago.
        Fact::TaskFailed { failure, .. } if is_printed(run, failure) => {
            format!("{state}: see the error above")
        }
        Fact::TaskGivenUp { reason, .. } => format!("given up: {}", why(run, reason)),
        Fact::TaskLostSight { reason: failure, .. }
        | Fact::TaskSkipped { reason: failure, .. }
        | Fact::TaskFailed { failure, .. }
        | Fact::TaskTimedOut { failure, .. }
        | Fact::TaskStopped { failure, .. } => format!("{state}: {}", why(run, failure)),
        _ => return None,
    })
}

fn degraded(service: Service, why: &str) -> String {
    match service {
        Service::BigQuery => format!("BigQuery does not answer as it should and is asked again: {why}"),
        _ => format!("watching is difficult, the runs go on: {why}"),
    }
}

const fn restored(service: Service) -> &'static str {
    match service {
        Service::BigQuery => "BigQuery answers again",
        _ => "watching works again",
    }
}

/// Why something is as it is, and what to do next.
pub(super) fn why(run: &Run, failure: &Failure) -> String {
    failure.text(|list| remedy::text(list, &run.request.profile))
}

/// The last line: how it ended, in words and numbers.
pub(super) fn summary(run: &Run) -> String {
    let why = match run.state {
        RunState::Empty if run.emptied.is_none() => {
            ", no row of the configuration is active, nothing was emptied"
        }
        RunState::Empty => ", no row of the configuration is active",
        _ => "",
    };
    let state = run.state.as_str();
    let counts = counts_of(run);
    let loaded = run.records_loaded();
    let took = human(run.elapsed(run.ended.unwrap_or(run.started)));
    let end = match counts.as_slice() {
        [] => format!("run {}: {state}{why}, {took}", run.id),
        _ => format!(
            "run {}: {state}{why} ({}), {loaded} rows loaded, {took}",
            run.id,
            counts.join(", ")
        ),
    };
    match output_table::at_the_end(run) {
        Some(table) => format!("{end}. {table}"),
        None => end,
    }
}

/// What is said of a run that has ended: why tasks did not succeed, and as the last line the summary.
pub(super) fn ending(run: &Run) -> impl Iterator<Item = String> {
    failures(run).into_iter().chain([summary(run)])
}

/// Why tasks did not succeed, a line for each reason: `55 x Argument 'failAt' is not defined: a, b, c and 52 more`.
pub(super) fn failures(run: &Run) -> Vec<String> {
    let groups = failure_groups(run).into_iter();
    let lines = groups.map(|group| {
        let text = group.text("x");
        format!(
            "{}: {}",
            text.trim_end_matches('.'),
            group.names(NAMED, TaskId::as_str)
        )
    });
    lines.collect()
}

/// How many pipelines are in which state, and how many tasks a person has dealt with.
fn counts_of(run: &Run) -> Vec<String> {
    let counts = run.counts().into_iter();
    let counts = counts.map(|(state, count)| format!("{count} {}", state.as_str()));
    counts.chain(run.handled_words()).collect()
}

/// What is said when a run is left behind; `program` is the program with its home.
pub(super) fn left(run: &Run, is_sandbox: bool, program: &str) -> String {
    let what = match (run.live_pipelines(), is_sandbox) {
        (0, _) => "it has no live pipeline run".to_owned(),
        (1, true) => "its live pipeline run ends with the sandbox".to_owned(),
        (count, true) => format!("its {count} live pipeline runs end with the sandbox"),
        (1, false) => "its live pipeline run goes on in Data Fusion".to_owned(),
        (count, false) => format!("its {count} live pipeline runs go on in Data Fusion"),
    };
    let id = &run.id;
    format!(
        "Run {id} is left before its end: {what}. `{program} resume {id}` carries it on, and so does the next `downbeat run`."
    )
}

/// Where a run of the journal stands: the line in the place of all that has happened to it before.
pub(super) fn stand(run: &Run) -> String {
    let counts = counts_of(run);
    let stand = match counts.as_slice() {
        [] => "no pipeline is planned".to_owned(),
        _ => counts.join(", "),
    };
    format!(
        "run {} of {} was last seen {}: {stand}",
        run.id,
        run.request.variables.cdf_pipeline_name,
        run.state.as_str()
    )
}

/// Whether the error that is the whole reason of a failure was printed as a finding before.
fn is_printed(run: &Run, failure: &Failure) -> bool {
    let newest = run.notices.last().map(|(_, finding)| finding);
    newest.is_some_and(|finding| finding.severity == Severity::Error && finding.message == failure.reason)
}

/// A task in one line, for a bar.
pub(super) fn status(task: &Task) -> String {
    let state = task.state.as_str();
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

#[cfg(test)]
mod tests;
