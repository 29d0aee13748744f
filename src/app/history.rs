//! The last runs of the journal, newest first, each with who watches it; `downbeat runs` prints them.

use crate::cli::{Exit, Output, RunsOptions};
use crate::config::Home;
use crate::engine::now;
use crate::headless::out;
use crate::store::{Journal, Lease, StoreError};
use domain::run::Run;
use domain::summary::RunSummary;
use domain::time::{Timestamp, human};
use domain::watched::Watched;
use serde_json::{Value, json};
use std::io;
use std::path::Path;

/// The last runs.
pub(super) async fn last_runs(
    journal: &Journal,
    data: &Path,
    most: u32,
) -> Result<Vec<RunSummary>, StoreError> {
    let mut runs = journal.last_runs(most).await?;
    for summary in runs.iter_mut().filter(|run| run.ended.is_none()) {
        let events = journal.events(&summary.id).await?;
        summary.watched = Run::replay(&events).and_then(|run| watched(data, &run));
    }
    Ok(runs)
}

/// Who watches a run; nothing if it is over.
pub(super) fn watched(data: &Path, run: &Run) -> Option<Watched> {
    Watched::new(run, Lease::driver_of(data, &run.id))
}

pub(super) async fn list(home: &Home, options: &RunsOptions) -> anyhow::Result<Exit> {
    let runs = match Journal::open_to_read(&home.database())? {
        Some(journal) => last_runs(&journal, home.data_dir(), options.limit).await?,
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
    let (word, took) = (run.word(), human(run.elapsed(now())));
    let started = run.started.stamp();
    let RunSummary {
        id,
        total,
        pipeline,
        profile,
        ..
    } = run;
    let watched = run
        .watched
        .as_ref()
        .map(|watched| format!("  {}", watched.text()));
    format!(
        "{started}  {word:<9}  {}/{total}  {took:>8}  {profile}  {pipeline}  {id}{}",
        run.succeeded(),
        watched.unwrap_or_default()
    )
}

fn as_json(run: &RunSummary) -> Value {
    let (driven_by, last_seen, live) = match &run.watched {
        None => (None, None, None),
        Some(Watched::By(process)) => (Some(process), None, None),
        Some(Watched::NotSince { since, live }) => (None, Some(since.to_rfc3339()), Some(live)),
    };
    json!({
        "event": "run", "time": now().to_rfc3339(), "run": run.id, "profile": run.profile, "pipeline": run.pipeline, "output_table": run.output_table,
        "started": run.started.to_rfc3339(), "ended": run.ended.map(Timestamp::to_rfc3339), "state": run.state,
        "succeeded": run.succeeded(), "failed": run.failed(), "total": run.total,
        "driven_by": driven_by, "not_watched_since": last_seen, "live_when_last_seen": live,
    })
}
