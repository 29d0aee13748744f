//! One run of the journal in full, for `runs show`: lines for a person, or one JSON object for a script. It tells what was,
//! and asks no service.

use super::{Exit, json, words};
use crate::engine::now;
use domain::id::TaskId;
use domain::run::Run;
use domain::sanitize;
use domain::summary::RunSummary;
use domain::task::{Task, Try};
use domain::time::{Timestamp, human};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Where the log of a try is, if it has one.
pub type LogOf<'a> = &'a dyn Fn(&TaskId, u32) -> Option<PathBuf>;

/// The lines below the line of the list.
pub fn lines(run: &Run) -> Vec<String> {
    let mut lines = vec![format!(
        "output table: {}",
        RunSummary::table_of(&run.request.variables)
    )];
    let ended = run
        .ended
        .map_or_else(|| "not ended".to_owned(), |at| format!("ended {}", at.stamp()));
    lines.push(format!("began {}, {ended}", run.started.stamp()));
    let width = run
        .tasks
        .iter()
        .map(|task| task.id.short().chars().count())
        .max()
        .unwrap_or_default();
    for task in &run.tasks {
        let took = task
            .worked(now())
            .map_or_else(String::new, |took| format!("  {}", human(took)));
        let name = sanitize::line(task.id.short()).into_owned();
        lines.push(format!("  {name:<width$}  {}{took}", words::status(task)));
    }
    if run.state.is_end() {
        lines.extend(words::ending(run));
    } else {
        lines.push(words::stand(run));
    }
    lines
}

/// The fields of the object beside those of the line of the list.
pub fn fields(run: &Run, log: LogOf<'_>) -> Map<String, Value> {
    let mut fields = json::of_run(run, Exit::from(run.outcome()));
    let tasks = run.tasks.iter().map(|task| with_tries(run, task, log));
    fields.insert("tasks".into(), tasks.collect());
    fields
}

fn with_tries(run: &Run, task: &Task, log: LogOf<'_>) -> Value {
    let mut line = json::summary(run, task);
    let tries = task.tries.iter().map(|one| one_try(run, task, one, log));
    line["each_try"] = tries.collect();
    line
}

fn one_try(run: &Run, task: &Task, one: &Try, log: LogOf<'_>) -> Value {
    json!({
        "try": one.number,
        "started": one.started.to_rfc3339(),
        "ended": one.ended.map(Timestamp::to_rfc3339),
        "pipeline_run": one.pipeline_run,
        "pipeline_state": one.pipeline_state,
        "records_read": one.records_read(),
        "records_loaded": one.records_loaded(),
        "reason": one.failure.as_ref().map(|failure| words::why(run, failure)),
        "log": log(&task.id, one.number).map(|path| path.to_string_lossy().into_owned()),
    })
}
