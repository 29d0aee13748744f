//! One JSON object per line: the facts as they are journalled, then a summary. An interface for scripts.

use super::{Exit, Printer, words};
use crate::engine::now;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::run::Run;
use domain::task::{Task, Try};
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct Json;

fn put(value: &Value) {
    // The reader of a pipe may be gone; the run goes on.
    let _ = writeln!(io::stdout(), "{value}");
}

impl Printer for Json {
    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Ok(Value::Object(mut fields)) = serde_json::to_value(event.redacted()) {
            fields.insert("run".into(), run.id.as_str().into());
            fields.insert("time".into(), event.at.to_rfc3339().into());
            put(&Value::Object(fields));
        }
    }

    fn failure(&mut self, failure: &Failure, remedies: &str) {
        let remedy = (!remedies.is_empty()).then_some(remedies);
        put(&json!({"event": "trouble", "kind": failure.kind, "reason": failure.reason, "remedy": remedy}));
    }

    fn note(&mut self, text: &str) {
        put(&json!({"event": "note", "text": text}));
    }

    fn end(&mut self, run: &Run, exit: Exit) {
        let tasks: Vec<Value> = run.tasks.iter().map(|task| summary(run, task)).collect();
        let seconds = run.elapsed(run.ended.unwrap_or_else(now)).as_secs_f64();
        put(&json!({
            "event": "summary", "run": run.id, "state": run.state, "exit": exit as u8,
            "logical_start_time": run.logical_start(), "seconds": seconds, "tasks": tasks,
            "truncated_at": run.emptied.and_then(|emptied| emptied.started).map(Timestamp::to_rfc3339),
            "restore": run.needed_restore().map(|restore| restore.command()),
        }));
    }
}

/// A task in the summary.
pub(super) fn summary(run: &Run, task: &Task) -> Value {
    let last = task.current();
    json!({
        "task": task.id,
        "state": task.state,
        "tries": task.tries.len(),
        "pipeline_run": last.and_then(|t| t.pipeline_run.as_ref()),
        "records_read": last.and_then(Try::records_read),
        "records_loaded": last.and_then(Try::records_loaded),
        "reason": task.reason.as_ref().map(|failure| words::reason(run, failure)),
    })
}
