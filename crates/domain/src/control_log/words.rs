//! The sentences of the control tasks' logs.

use super::lines::Lines;
use super::rows::planned;
use crate::check::Check;
use crate::event::{Fact, RunEvent};
use crate::failure::Failure;
use crate::failure_group::failure_groups;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use crate::log::{Level, LogLine};
use crate::plural::count;
use crate::remedy::Remedy;
use crate::row::Configuration;
use crate::run::Run;
use crate::state::RunState;
use crate::task::{StopReason, Task, TaskKind};
use crate::time::{Timestamp, human};
use crate::variable::{VariableName, Variables};

/// More tasks of a group than that are counted and not named.
const NAMED: usize = 5;

/// What is said of an event in the log of this task, which it has changed already.
pub(super) fn lines(run: &Run, task: &Task, event: &RunEvent) -> Vec<LogLine> {
    let mut lines = Lines {
        at: event.at,
        task,
        done: Vec::new(),
    };
    match &event.fact {
        Fact::TryStarted { .. } => lines.info(beginning(run, task)),
        Fact::Checked { checks, .. } => checks.iter().for_each(|check| checked(&mut lines, check)),
        Fact::Noticed { finding } => found(&mut lines, finding),
        Fact::ConfigurationChecked { active } => {
            lines.info(format!("{} active.", are(*active, "row")));
        }
        Fact::PipelineRead { variables } => lines.info(looked_up(variables.iter())),
        Fact::TruncateIntended { job } => lines.info(format!("The job {job} is sent: TRUNCATE TABLE.")),
        Fact::TruncateSeen { progress, .. } => lines.info(format!("The job is {}.", progress.word())),
        Fact::OutputEmptied { started, rows, .. } => emptied(&mut lines, run, *started, *rows),
        Fact::ConfigurationRead { configuration } => lines.info(size(run, configuration)),
        Fact::PipelinesPlanned { pipelines } => planned(&mut lines, run, pipelines),
        Fact::ConnectionDegraded { service, reason } => lines.say(
            Level::Warn,
            format!("{service} does not answer as it should: {}", words(reason)),
        ),
        Fact::ConnectionRestored { service } => lines.info(format!("{service} answers again.")),
        Fact::WatchResumed { since } => lines.say(
            Level::Warn,
            format!("Nobody watched from {since} until now. That time does not count for any limit."),
        ),
        Fact::RetryAsked { .. } => lines.info("Another try was asked for."),
        Fact::TaskHandled { note, .. } => lines.info(handled(note.as_deref())),
        Fact::HandlingTakenBack { .. } => {
            lines.info("A person took back that it was dealt with outside.");
        }
        Fact::RunStopAsked => lines.say(Level::Warn, "The run is to be stopped."),
        Fact::RunTimedOut => lines.say(Level::Warn, "dag_timeout_minutes has passed."),
        Fact::RunEnded { state } => ended(&mut lines, run, *state),
        fact => outcome(&mut lines, fact),
    }
    lines.done
}

/// What a task is about to do, and where.
fn beginning(run: &Run, task: &Task) -> String {
    let variables = &run.request.variables;
    match task.kind {
        TaskKind::Start => format!(
            "Checks settings, rights, pipeline and tables of run {} in profile {}: project {}, instance {} in {}, \
             pipeline {}. It changes nothing.",
            run.id,
            run.request.profile,
            variables.project_id,
            variables.cdf_instance,
            variables.cdf_location,
            variables.cdf_pipeline_name
        ),
        TaskKind::TruncateTable => format!("Empties {}.", variables.output_table().path()),
        TaskKind::GetConfiguration => format!(
            "Reads {}, at most {}.",
            config_path(variables),
            count(u64::from(variables.bq_config_max_results), "row")
        ),
        TaskKind::FilterArguments => "Makes runtime arguments of the active rows.".into(),
        TaskKind::Pipeline => String::new(),
        TaskKind::End => "Every task before it is over, and none of them failed.".into(),
    }
}

fn checked(lines: &mut Lines<'_>, check: &Check) {
    lines.push(Level::Info, &check.about, &check.result);
}

fn found(lines: &mut Lines<'_>, finding: &Finding) {
    let level = match finding.severity {
        Severity::Note => Level::Info,
        Severity::Warning => Level::Warn,
        Severity::Error => Level::Error,
    };
    lines.push(level, &finding.about, &finding.text(texts));
}

fn looked_up<'a>(variables: impl Iterator<Item = &'a VariableName>) -> String {
    let names: Vec<_> = variables.map(|variable| variable.as_str()).collect();
    if names.is_empty() {
        return "The pipeline looks up no variable.".into();
    }
    format!(
        "The pipeline looks up {}: they are passed as arguments where a row does not have them.",
        names.join(", ")
    )
}

fn emptied(lines: &mut Lines<'_>, run: &Run, started: Option<Timestamp>, rows: Option<u64>) {
    let table = run.request.variables.output_table();
    let job = run.truncate_job.as_ref().map(|job| format!(" {job}"));
    let job = job.unwrap_or_default();
    let removed = match rows {
        Some(rows) => format!("The job{job} removed {} from {table}", count(rows, "row")),
        None => format!("The job{job} emptied {table}; BigQuery does not say how many rows it had"),
    };
    let moment = started.map_or_else(String::new, |at| {
        format!(", at {} on BigQuery's clock", at.to_rfc3339())
    });
    lines.info(format!("{removed}{moment}."));
    if let Some(restore) = run.restore() {
        lines.info(restore.text());
    }
}

fn size(run: &Run, configuration: &Configuration) -> String {
    let table = config_path(&run.request.variables);
    let (all, active) = (configuration.rows.len(), configuration.active().count());
    format!(
        "{table} has {}: {active} active, {} not.",
        count(configuration.total_rows, "row"),
        all - active
    )
}

/// What the rows are read from, with its full name.
fn config_path(variables: &Variables) -> String {
    match variables.bq_config_query.as_str() {
        "" => variables.config_table().path(),
        _ => variables.shown_config(),
    }
}

/// How a try or a task ended, or why it does not go on.
fn outcome(lines: &mut Lines<'_>, fact: &Fact) {
    match fact {
        Fact::TaskSucceeded { .. } => {
            let took = lines
                .task
                .current()
                .and_then(|one| Some(one.ended?.since(one.started)));
            lines.info(format!("Done in {}.", human(took.unwrap_or_default())));
        }
        Fact::TryFailed {
            failure, retry_at, ..
        } => {
            lines.say(Level::Error, words(failure));
            lines.info(format!("The next try begins at {retry_at}."));
        }
        Fact::TaskFailed { failure, .. }
        | Fact::TaskTimedOut { failure, .. }
        | Fact::TaskStopped { failure, .. }
        | Fact::TaskGivenUp { reason: failure, .. } => lines.say(Level::Error, words(failure)),
        Fact::TaskLostSight { reason, .. } => lines.say(Level::Warn, words(reason)),
        Fact::TaskSkipped { reason, .. } => lines.info(format!("Left out: {}", words(reason))),
        Fact::UpstreamFailed { .. } => {
            lines.say(
                Level::Warn,
                "It does not begin, because a task before it did not succeed.",
            );
        }
        Fact::StopIntended { why, .. } => {
            let why = match why {
                StopReason::Asked => "a person asked for it",
                StopReason::TryLimit => "it was waited for long enough",
                StopReason::RunLimit => "dag_timeout_minutes has passed",
            };
            lines.say(Level::Warn, format!("It is being stopped: {why}."));
        }
        _ => {}
    }
}

/// How the run ended, in numbers, and what failed.
fn ended(lines: &mut Lines<'_>, run: &Run, state: RunState) {
    let counts: Vec<_> = run
        .counts()
        .iter()
        .map(|(state, count)| format!("{count} {}", state.as_str()))
        .collect();
    let pipelines = match counts.as_slice() {
        [] => "no pipeline ran".to_owned(),
        _ => format!("pipelines: {}", counts.join(", ")),
    };
    let level = match state {
        RunState::Success | RunState::Empty => Level::Info,
        _ => Level::Warn,
    };
    let took = human(run.elapsed(lines.at));
    lines.say(
        level,
        format!("The run ends {} after {took}; {pipelines}.", state.as_str()),
    );
    let read = run.pipelines().filter_map(|task| task.current()?.records_read());
    lines.info(format!(
        "{} read, {} loaded.",
        count(read.sum(), "row"),
        run.records_loaded()
    ));
    for group in failure_groups(run) {
        let text = format!("{} ({})", group.text("x"), group.names(NAMED, TaskId::as_str));
        lines.say(Level::Error, text);
    }
    if let Some(lost) = run.lost_rows() {
        lines.say(Level::Warn, lost);
    }
}

fn handled(note: Option<&str>) -> String {
    match note {
        Some(note) => format!("A person says that it was dealt with outside: {note}"),
        None => "A person says that it was dealt with outside.".into(),
    }
}

fn words(failure: &Failure) -> String {
    failure.text(texts)
}

/// The remedies that are sentences. What a key or a command does is said where there is one.
fn texts(remedies: &[Remedy]) -> String {
    let sentences = remedies.iter().filter_map(|remedy| match remedy {
        Remedy::Text(text) => Some(text.clone()),
        Remedy::RestoreTable(restore) => Some(restore.text()),
        Remedy::LookAtJob(job) => Some(job.text()),
        _ => None,
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// `1 row is`, `3 rows are`.
fn are(number: u64, noun: &str) -> String {
    format!(
        "{} {}",
        count(number, noun),
        if number == 1 { "is" } else { "are" }
    )
}
