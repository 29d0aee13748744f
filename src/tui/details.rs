//! What is to be said about the selected task: in a few words beside it, and whole below the list and behind a key.
//! Pure; it draws nothing.

use super::action::{Action, key};
use super::context::Pane;
use super::eta;
use super::finding;
use super::model::Model;
use super::remedy;
use super::stages;
use super::symbol::Mark;
use super::theme::Meaning;
use super::widget::text;
use domain::row::ConfigurationRow;
use domain::run::Run;
use domain::state::TaskState;
use domain::task::{self, Handled, StopReason, Task, TaskKind};
use domain::time::{Timestamp, human};

/// A sentence with its colour.
pub type Said = (Meaning, String);

/// These sentences in rows of at most so many columns.
pub fn wrapped(sentences: &[Said], columns: usize) -> Vec<Said> {
    let rows = sentences
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .flat_map(|(meaning, words)| {
            text::wrap(words, columns.max(8))
                .into_iter()
                .map(|row| (*meaning, row))
        });
    rows.collect()
}

/// What a person says of a task, else how late it is and the reason for its state, in a few words.
pub fn note(model: &Model, task: &Task) -> Said {
    if let Some(handled) = task.handled() {
        return (Mark::HANDLED.meaning, by_a_person(handled));
    }
    let (meaning, words) = reason(task, model.shown_run());
    match eta::late_by(model, task) {
        Some(late) if words.is_empty() => (Meaning::Warning, format!("late by {}", human(late))),
        Some(late) => (Meaning::Warning, format!("late by {}, {words}", human(late))),
        None => (meaning, words),
    }
}

fn by_a_person(handled: &Handled) -> String {
    match &handled.note {
        Some(note) => format!("handled by a person: {note}"),
        None => "handled by a person".into(),
    }
}

/// The reason for a task's state. How long it waits is in the column of its time.
fn reason(task: &Task, run: Option<&Run>) -> Said {
    let reason = task.reason.as_ref().map(|failure| failure.reason.as_str());
    let silent = task.open_try().and_then(|open| open.silent_since);
    match task.state {
        TaskState::UpForRetry => (Meaning::Warning, reason.unwrap_or("the try failed").into()),
        TaskState::Scheduled if task.due.is_some() => {
            (Meaning::Warning, reason.unwrap_or("the server is busy").into())
        }
        TaskState::Running if silent.is_some() => {
            let since = silent.map(Timestamp::clock).unwrap_or_default();
            (Meaning::Warning, task::silent(&since))
        }
        TaskState::Running | TaskState::Queued | TaskState::Stopping => {
            let asked = task.open_try().and_then(|open| open.stop);
            (Meaning::Running, stopping(&seen(task, run), asked))
        }
        TaskState::Success => (Meaning::Muted, String::new()),
        TaskState::Failed | TaskState::TimedOut => (Meaning::Danger, reason.unwrap_or_default().into()),
        _ => (Meaning::Muted, reason.unwrap_or_default().into()),
    }
}

/// The state of its pipeline run where the word of its own state does not say it, or of the job that empties the output
/// table.
fn seen(task: &Task, run: Option<&Run>) -> String {
    let pipeline = task.current().and_then(|current| current.pipeline_state.as_ref());
    let job = run.filter(|_| task.kind == TaskKind::TruncateTable);
    let progress = job.and_then(|run| run.truncate_progress);
    match (pipeline, progress) {
        // The task ends once the reason and the counts are known.
        (Some(state), _) if state.is_end() && task.state == TaskState::Running => {
            format!("{} in CDAP, reading its end", state.word().to_lowercase())
        }
        (Some(state), _) if state.word().to_lowercase() != Mark::of_task(task).word => {
            state.word().to_lowercase()
        }
        (None, Some(progress)) => format!("job {}", progress.word()),
        _ => String::new(),
    }
}

fn stopping(seen: &str, asked: Option<StopReason>) -> String {
    let why = match asked {
        None => return seen.to_owned(),
        Some(StopReason::Asked) => "stop requested",
        Some(StopReason::TryLimit) => "its time is over",
        Some(StopReason::RunLimit) => "the run's time is over",
    };
    if seen.is_empty() {
        why.to_owned()
    } else {
        format!("{seen}, {why}")
    }
}

/// All about what is selected in the pane with the focus.
pub fn of_selected(model: &Model) -> Vec<Said> {
    let said = match model.focus {
        Pane::Variables => of_variable(model),
        Pane::Configuration => of_configuration(model),
        Pane::Grid | Pane::Logs => model.selected_task().map_or_else(Vec::new, |task| {
            let mut said = of_task(model, task);
            said.extend(of_run(model));
            said
        }),
    };
    if said.is_empty() {
        let words = match (model.focus, model.shown_run()) {
            (Pane::Grid | Pane::Logs, None) => {
                format!("No run yet, and so no task. {} previews one.", key(Action::Run))
            }
            _ => format!(
                "Nothing is selected. {} reads the table again.",
                key(Action::Reload)
            ),
        };
        return vec![(Meaning::Muted, words)];
    }
    said
}

/// Which run is shown, by its name and by its id.
fn of_run(model: &Model) -> Option<Said> {
    let run = model.shown_run()?;
    let words = format!(
        "Run {}: its id is {}; {} copies it.",
        model.run_name(run),
        run.id,
        key(Action::CopyRun)
    );
    Some((Meaning::Muted, words))
}

/// All about the selected variable: what it means, where its value comes from, and the whole value.
pub fn of_variable(model: &Model) -> Vec<Said> {
    let pane = &model.variables;
    let name = pane.selected;
    let unit = match name.unit() {
        "" => String::new(),
        unit => format!(" In {unit}."),
    };
    let words = format!("{}{unit} From: {}.", name.description(), pane.origin(name));
    let mut said = vec![(Meaning::Muted, words)];
    if pane.is_dirty(name) {
        let before = match pane.saved.text(name) {
            text if text.is_empty() => "empty".to_owned(),
            text => text,
        };
        said.push((Meaning::Warning, format!("The saved value is: {before}")));
    }
    said.push((Meaning::Text, format!("{name} = {}", pane.working.text(name))));
    said
}

/// What is wrong with the configuration table, and all about its selected row.
pub fn of_configuration(model: &Model) -> Vec<Said> {
    let pane = &model.configuration;
    let failure = pane.failure.iter().map(|failure| {
        let (why, again) = (failure.text(remedy::text), key(Action::Reload));
        let rest = if pane.rows().is_empty() {
            ""
        } else {
            " The rows are those of the last time, and no run starts with them."
        };
        (
            Meaning::Danger,
            format!("The table cannot be read: {why} {again} tries again.{rest}"),
        )
    });
    let table = pane.table.iter().filter(|_| pane.failure.is_none());
    let findings = table.flat_map(|table| &table.findings);
    let findings = findings.map(|found| (finding::meaning(found.severity), finding::text(found)));
    let row = pane.row().map_or_else(Vec::new, |row| of_row(model, row));
    failure.chain(findings).chain(row).collect()
}

/// All about a row of the configuration table.
fn of_row(model: &Model, row: &ConfigurationRow) -> Vec<Said> {
    let mut said = Vec::new();
    let state = if row.active {
        format!("{}: active, priority {}", row.name.title(), row.priority)
    } else {
        format!(
            "{}: off ({} is not true)",
            row.name.title(),
            model.variables.working.active_column
        )
    };
    let tries = row.max_retries.map(|retries| format!(", {retries} more tries"));
    let timeout = row.timeout.map(|timeout| format!(", {} a try", human(timeout)));
    said.push((
        Meaning::Text,
        state + &tries.unwrap_or_default() + &timeout.unwrap_or_default(),
    ));
    said.extend(row.description.iter().map(|words| (Meaning::Text, words.clone())));
    let pipeline = &model.variables.working.cdf_pipeline_name;
    let usual = model.run_history.next.task(&row.task);
    let usual = usual.and_then(|past| eta::usual(&past.usual));
    let usual = usual.map_or_else(String::new, |usual| format!(", {usual}"));
    said.push((Meaning::Muted, format!("{} runs {pipeline}{usual}", row.task)));
    said
}

/// All about a task: what is wrong and what to do first, then its names.
pub fn of_task(model: &Model, task: &Task) -> Vec<Said> {
    let mut said = Vec::new();
    said.extend(task.handled().map(|handled| {
        let (at, by) = (handled.at.clock(), by_a_person(handled));
        let back = key(Action::Handled);
        let words = format!("At {at} {by}. A retry of everything leaves it alone; {back} takes that back.");
        (Mark::HANDLED.meaning, words)
    }));
    if let Some(failure) = &task.reason {
        let (meaning, words) = reason(task, model.shown_run());
        let meaning = match meaning {
            Meaning::Danger => Meaning::Warning,
            other => other,
        };
        said.push((meaning, words));
        said.push((Meaning::Text, remedy::text(&failure.remedies)));
    }
    let past = past(model, task);
    let is_late = |said: &Said| said.0 == Meaning::Warning;
    said.extend(past.clone().filter(is_late));
    let empties = matches!(task.kind, TaskKind::TruncateTable | TaskKind::End);
    let lost = model.shown_run().filter(|_| empties).and_then(Run::lost_rows);
    said.extend(lost.map(|words| (Meaning::Warning, words)));
    said.extend(alike(model, task).map(|words| (Meaning::Text, words)));
    said.extend(stages::line(model, task).map(|words| (Meaning::Text, words)));
    said.extend(progress(model, task).map(|words| (Meaning::Text, words)));
    said.push((Meaning::Muted, names(model, task)));
    said.extend(times(task, model.shown_now()).map(|words| (Meaning::Muted, words)));
    said.extend(past.filter(|past| !is_late(past)));
    said
}

/// What earlier runs tell about it: that it is late, or how long it usually takes, and that the run waits for it.
fn past(model: &Model, task: &Task) -> Option<Said> {
    let decides = eta::decides(model).is_some_and(|last| last == task.id);
    let decides = if decides { "; the run ends with it" } else { "" };
    if let Some(late) = eta::late(model, task) {
        return Some((Meaning::Warning, format!("{late}{decides}")));
    }
    let past = model.run_history.shown.task(&task.id)?;
    let usual = eta::usual(&past.usual)?;
    let rows = past.rows.map(|rows| format!(", {} rows", text::thousands(rows)));
    Some((
        Meaning::Muted,
        format!("{usual}{}{decides}", rows.unwrap_or_default()),
    ))
}

/// How many tasks failed for the same reason, and what can be done about all of them.
fn alike(model: &Model, task: &Task) -> Option<String> {
    let groups = model.failures.groups.iter();
    let mut groups = groups.filter(|group| group.tasks.len() > 1);
    let group = groups.find(|group| group.tasks.contains(&task.id))?;
    Some(format!(
        "{} tasks did not succeed for this reason: {} groups them, {} there tries all of them again.",
        group.tasks.len(),
        key(Action::Failures),
        key(Action::RetryGroup)
    ))
}

/// How far the open try is, by the rows that the task usually loads.
fn progress(model: &Model, task: &Task) -> Option<String> {
    let open = task.open_try().filter(|_| task.state.holds_place())?;
    let usual = model
        .run_history
        .shown
        .task(&task.id)?
        .rows
        .filter(|rows| *rows > 0)?;
    let read = open.records_read()?;
    let (share, rows) = (read.saturating_mul(100) / usual, text::thousands(read));
    let usual = text::thousands(usual);
    // Far above it a share says nothing of how far it is.
    Some(if share > 200 {
        format!("{rows} rows read; usual are {usual}")
    } else {
        format!("{rows} rows read, {share} % of its usual {usual}")
    })
}

/// Its whole name, its state, and the ids by which Data Fusion and BigQuery know it.
fn names(model: &Model, task: &Task) -> String {
    let current = task.current();
    let state = current.and_then(|current| current.pipeline_state.as_ref());
    let state = state.map(|state| format!(", CDAP {}", state.word()));
    let run = current.and_then(|current| current.pipeline_run.as_ref());
    let run = run.map(|run| format!(", run {run}"));
    format!(
        "{}: {}{}{}{}",
        task.id,
        task.state.as_str(),
        state.unwrap_or_default(),
        run.unwrap_or_default(),
        job(model, task).unwrap_or_default()
    )
}

/// The job that empties the output table, for those who look it up in BigQuery.
fn job(model: &Model, task: &Task) -> Option<String> {
    let run = model
        .shown_run()
        .filter(|_| task.kind == TaskKind::TruncateTable)?;
    let job = run.truncate_job.as_ref()?;
    let progress = run.truncate_progress.filter(|_| !task.is_over());
    let word = progress.map(|progress| format!(" {}", progress.word()));
    Some(format!(", job {job}{}", word.unwrap_or_default()))
}

/// How long it was at work and how long it waited between its tries, where that differs.
fn times(task: &Task, now: Timestamp) -> Option<String> {
    let (worked, waited) = (task.worked(now)?, task.waited(now)?);
    (task.tries.len() > 1 || !waited.is_zero()).then(|| {
        format!(
            "at work for {}, and waited {} between tries",
            human(worked),
            human(waited)
        )
    })
}
