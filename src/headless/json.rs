//! One JSON object per line: the target, the facts as they are journalled, and a summary at every end. An
//! interface for scripts: `docs/json.md` describes it, and `docs/json.schema.json` is its schema.
//!
//! Each line has `event`, `run` and `time`; `run` is null where no run exists.

use super::{Exit, Opening, Printer, out, words};
use crate::engine::now;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::failure_group::failure_groups;
use domain::finding::Finding;
use domain::run::Run;
use domain::target::Target;
use domain::task::{Task, Try};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

#[derive(Debug)]
pub(super) struct Json;

/// Prints a line about a run, if there is one.
fn put(run: Option<&Run>, at: Timestamp, line: Value) {
    out::json(&whole(run, at, line));
}

fn whole(run: Option<&Run>, at: Timestamp, line: Value) -> Value {
    let Value::Object(mut fields) = line else {
        return line;
    };
    fields.insert("run".into(), json!(run.map(|run| &run.id)));
    fields.insert("time".into(), at.to_rfc3339().into());
    Value::Object(fields)
}

/// A line that has the fields of the target, of what is done with former runs, and these.
pub(super) fn with_opening(target: &Target, opening: &Opening, line: Value) -> Value {
    let mut fields = object(whole(None, now(), with_target(target, line)));
    fields.extend(opening.fields());
    Value::Object(fields)
}

/// A line that has the fields of the target and these.
pub(super) fn with_target(target: &Target, line: Value) -> Value {
    let mut fields = target_fields(target);
    fields.extend(object(line));
    Value::Object(fields)
}

fn target_fields(target: &Target) -> Map<String, Value> {
    object(json!({
            "profile": target.profile,
            "sandbox": target.is_sandbox,
            "project": target.project,
            "location": target.location,
            "instance": target.instance,
            "namespace": target.namespace,
            "pipeline": target.pipeline,
            "output_table": target.output_table,
            "datafusion_endpoint": target.endpoints.datafusion,
            "bigquery_endpoint": target.endpoints.bigquery,
            "cdap_endpoint": target.endpoints.cdap,
            "credentials": {
                "source": target.credentials.source,
                "account": target.credentials.account,
                "file": target.credentials.file,
            },
    }))
}

impl Printer for Json {
    fn target(&mut self, target: &Target, opening: &Opening) {
        out::json(&with_opening(target, opening, json!({"event": "target"})));
    }

    fn loaded(&mut self, run: &Run, events: &[RunEvent]) {
        events.iter().for_each(|event| self.event(run, event));
    }

    fn finding(&mut self, finding: &Finding, _: &str) {
        put(None, now(), json!({"event": "noticed", "finding": finding}));
    }

    fn event(&mut self, run: &Run, event: &RunEvent) {
        put(Some(run), event.at, json!(event));
    }

    fn failure(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        let remedy = (!remedies.is_empty()).then_some(remedies);
        let line =
            json!({"event": "trouble", "kind": failure.kind, "reason": failure.reason, "remedy": remedy});
        put(run, now(), line);
    }

    fn waiting(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        let remedy = (!remedies.is_empty()).then_some(remedies);
        let line = json!({"event": "waiting", "reason": failure.reason, "remedy": remedy});
        put(run, now(), line);
    }

    fn goes_on(&mut self, run: Option<&Run>) {
        put(run, now(), json!({"event": "goes_on"}));
    }

    /// The summary says it.
    fn ended(&mut self, _: &Run) {}

    fn note(&mut self, run: Option<&Run>, text: &str) {
        put(run, now(), json!({"event": "note", "text": text}));
    }

    fn end(&mut self, run: Option<&Run>, exit: Exit, reason: Option<&str>) {
        out::json(&end(run, exit, reason));
    }
}

/// The last line of a start.
fn end(run: Option<&Run>, exit: Exit, reason: Option<&str>) -> Value {
    let mut fields = run.map_or_else(of_no_run, |run| of_run(run, exit));
    fields.insert("event".into(), "summary".into());
    fields.insert("exit".into(), exit.code().into());
    fields.insert("reason".into(), json!(reason));
    whole(run, now(), Value::Object(fields))
}

/// The same for a run that has ended.
pub(super) fn summary_line(run: &Run, exit: Exit) -> Value {
    end(Some(run), exit, None)
}

pub(super) fn of_run(run: &Run, exit: Exit) -> Map<String, Value> {
    // A run that is left can be resumed. One that can go no further must say how the rows come back.
    let is_broken = !run.state.is_end() && exit != Exit::Interrupted;
    let restore = if is_broken {
        run.restore()
    } else {
        run.needed_restore()
    };
    let tasks: Vec<_> = run.tasks.iter().map(|task| summary(run, task)).collect();
    let seconds = run.elapsed(run.ended.unwrap_or_else(now)).as_secs_f64();
    object(json!({
        "state": run.state, "logical_start_time": run.logical_start_time(), "seconds": seconds, "tasks": tasks,
        "truncated_at": run.emptied.and_then(|emptied| emptied.started).map(Timestamp::to_rfc3339),
        "restore": restore.map(|restore| restore.command()), "failures": failures(run),
    }))
}

fn of_no_run() -> Map<String, Value> {
    object(json!({
        "state": null, "logical_start_time": null, "seconds": null, "tasks": [], "truncated_at": null, "restore": null,
        "failures": [],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Why tasks did not succeed, the most frequent reason first.
fn failures(run: &Run) -> Vec<Value> {
    let groups = failure_groups(run).into_iter();
    groups
        .map(|group| json!({"reason": group.reason, "tasks": group.tasks}))
        .collect()
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
        "reason": task.reason.as_ref().map(|failure| words::why(run, failure)),
        "handled": task.handled().map(|handled| json!({"time": handled.at.to_rfc3339(), "note": handled.note})),
    })
}
