//! The cells of a task's line: name, tries, records, and the reason for its state.

use crate::tui::model::Model;
use crate::tui::remedy;
use crate::tui::symbol::Mark;
use crate::tui::theme::Meaning;
use crate::tui::widget::text;
use domain::run::Run;
use domain::state::TaskState;
use domain::task::{StopReason, Task, TaskKind};
use domain::time::{Timestamp, human};

/// The least columns of the note; with less, it is only in the details below the list.
pub(super) const NOTE: usize = 14;

/// The name; `is_short` cuts what all pipelines have in common.
pub(super) fn name(task: &Task, is_short: bool, cut: &str) -> String {
    match task.id.as_str().strip_prefix("start_pipeline_") {
        Some(rest) if is_short => format!("{cut}{rest}"),
        _ => task.id.to_string(),
    }
}

/// `1/3`; nothing before the first try.
pub(super) fn tries(task: &Task) -> String {
    match task.tries.len() {
        0 => String::new(),
        tries => format!("{tries}/{}", task.allowed_tries),
    }
}

/// The time since its first try.
pub(super) fn elapsed(task: &Task, now: Timestamp) -> String {
    task.elapsed(now).map(human).unwrap_or_default()
}

/// Records read and loaded; nothing for tasks that have none. Numbers that do not fit are rounded, because
/// a cut number would be another number.
pub(super) fn records(task: &Task, arrow: &str, room: usize) -> String {
    let Some(current) = task.current().filter(|_| task.kind == TaskKind::Pipeline) else {
        return String::new();
    };
    let counts = (current.records_read(), current.records_loaded());
    if counts == (None, None) {
        return String::new();
    }
    let written = |number: fn(u64) -> String| {
        let shown = |count: Option<u64>| count.map_or("-".into(), number);
        format!("{} {arrow} {}", shown(counts.0), shown(counts.1))
    };
    let exact = written(text::thousands);
    if text::width(&exact) > room {
        written(text::rounded)
    } else {
        exact
    }
}

/// The reason for the state, in a few words.
pub(super) fn note(task: &Task, run: Option<&Run>, now: Timestamp) -> (Meaning, String) {
    let reason = task.reason.as_ref().map(|failure| failure.reason.as_str());
    let seen = seen(task, run);
    let silent = task.open_try().and_then(|open| open.silent_since);
    match task.state {
        TaskState::UpForRetry => (
            Meaning::Warning,
            format!("{}: {}", countdown(task, now), reason.unwrap_or("the try failed")),
        ),
        TaskState::Scheduled if task.due.is_some() => (
            Meaning::Warning,
            format!(
                "{}: {}",
                countdown(task, now),
                reason.unwrap_or("the server is busy")
            ),
        ),
        TaskState::Running if silent.is_some() => {
            let since = silent.map(Timestamp::clock).unwrap_or_default();
            (Meaning::Warning, format!("no sign of life since {since}"))
        }
        TaskState::Running | TaskState::Queued | TaskState::Stopping => {
            let asked = task.open_try().and_then(|open| open.stop);
            (Meaning::Running, stopping(&seen, asked))
        }
        TaskState::Success => (Meaning::Muted, String::new()),
        TaskState::Failed | TaskState::TimedOut => (Meaning::Danger, reason.unwrap_or_default().into()),
        _ => (Meaning::Muted, reason.unwrap_or_default().into()),
    }
}

/// The state of its pipeline run, or of the job that empties the output table.
fn seen(task: &Task, run: Option<&Run>) -> String {
    let pipeline = task.current().and_then(|current| current.pipeline_state.as_ref());
    let job = run.filter(|_| task.kind == TaskKind::TruncateTable);
    let progress = job.and_then(|run| run.truncate_progress);
    match (pipeline, progress) {
        (Some(state), _) => state.word().to_owned(),
        (None, Some(progress)) => format!("job {}", progress.word()),
        (None, None) => String::new(),
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

fn countdown(task: &Task, now: Timestamp) -> String {
    match task.due {
        Some(due) if due > now => format!("again in {}", human(now.until(due))),
        _ => "again now".into(),
    }
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

/// The details of the selected task, in lines of at most `room` columns.
pub(super) fn about(model: &Model, task: &Task, room: usize) -> Vec<(Meaning, String)> {
    let mark = Mark::from_task(task.state);
    let current = task.current();
    let state = current.and_then(|current| current.pipeline_state.as_ref());
    let run = current.and_then(|current| current.pipeline_run.as_ref());
    let words = format!(
        "{}: {}{}{}{}",
        task.id,
        task.state.as_str(),
        state
            .map(|state| format!(", CDAP {}", state.word()))
            .unwrap_or_default(),
        run.map(|run| format!(", run {run}")).unwrap_or_default(),
        job(model, task).unwrap_or_default()
    );
    let (_, note) = note(task, model.shown_run(), model.shown_now());
    let remedies = task
        .reason
        .as_ref()
        .map(|failure| remedy::text(&failure.remedies));
    let mut lines: Vec<_> = text::wrap(&words, room)
        .into_iter()
        .map(|line| (Meaning::Muted, line))
        .collect();
    // The reason comes before the name, because it may be cut.
    let reason = text::wrap(&note, room)
        .into_iter()
        .filter(|line| !line.is_empty());
    let meaning = match mark.meaning {
        Meaning::Danger => Meaning::Warning,
        other => other,
    };
    let mut about: Vec<_> = if task.reason.is_some() {
        reason.map(|line| (meaning, line)).collect()
    } else {
        Vec::new()
    };
    about.extend(
        remedies
            .iter()
            .filter(|words| !words.is_empty())
            .flat_map(|words| text::wrap(words, room))
            .map(|line| (Meaning::Text, line)),
    );
    let empties = matches!(task.kind, TaskKind::TruncateTable | TaskKind::End);
    let lost = model.shown_run().filter(|_| empties).and_then(Run::lost_rows);
    about.extend(
        lost.iter()
            .flat_map(|words| text::wrap(words, room))
            .map(|line| (Meaning::Warning, line)),
    );
    about.append(&mut lines);
    about
}
