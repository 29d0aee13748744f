//! `downbeat runs`: the last runs of the journal, newest first.

use crate::cli::{Exit, Output, RunsOptions};
use crate::config::Home;
use crate::engine::now;
use crate::headless::out;
use crate::store::Journal;
use domain::summary::RunSummary;
use domain::time::{Timestamp, human};
use serde_json::{Value, json};
use std::io;

pub(super) async fn list(home: &Home, options: &RunsOptions) -> anyhow::Result<Exit> {
    let runs = match Journal::open_to_read(&home.database())? {
        Some(journal) => journal.last_runs(options.limit).await?,
        None => Vec::new(),
    };
    for run in &runs {
        match options.output {
            Output::Json => out::json(&as_json(run)),
            Output::Text => out::line(io::stdout(), &as_text(run)),
        }
    }
    if runs.is_empty() && options.output == Output::Text {
        out::line(io::stdout(), "No runs yet. Start one with `downbeat run`.");
    }
    Ok(Exit::Success)
}

fn as_text(run: &RunSummary) -> String {
    let took = human(run.ended.unwrap_or_else(now).since(run.started));
    let started = run.started.stamp();
    let RunSummary {
        id,
        state,
        total,
        pipeline,
        profile,
        ..
    } = run;
    format!(
        "{started}  {:<9}  {}/{total}  {took:>8}  {profile}  {pipeline}  {id}",
        state.as_str(),
        run.succeeded()
    )
}

fn as_json(run: &RunSummary) -> Value {
    json!({
        "event": "run", "time": now().to_rfc3339(), "run": run.id, "profile": run.profile, "pipeline": run.pipeline, "output_table": run.output_table,
        "started": run.started.to_rfc3339(), "ended": run.ended.map(Timestamp::to_rfc3339), "state": run.state,
        "succeeded": run.succeeded(), "failed": run.failed(), "total": run.total,
    })
}
