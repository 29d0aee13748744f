//! Removes runs that have been kept for long enough: `downbeat prune`, and a part of every start.

use super::journal;
use crate::cli::{Exit, Output, PruneOptions};
use crate::config::{Config, Home};
use crate::engine::now;
use crate::headless::{Console, out};
use crate::store::{Journal, StoreError};
use domain::retention::Retention;
use serde_json::{Value, json};
use std::io;

/// How many runs a start removes at most, so that the first one after years does not wait for it.
const AT_ONCE: usize = 200;

pub(super) async fn prune(home: &Home, options: &PruneOptions) -> anyhow::Result<Exit> {
    let retention = Config::load(home)?.retention();
    let opened = if options.dry_run {
        Journal::open_to_read(&home.database())?
    } else if Journal::open_to_read(&home.database())?.is_some() {
        Some(
            journal::open(home, Console::of_no_run(options.output, ""), journal::nothing)
                .await?
                .0,
        )
    } else {
        None
    };
    let Some(journal) = opened else {
        match options.output {
            Output::Text => out::line(io::stdout(), "No runs yet: there is nothing to remove."),
            Output::Json => out::json(&as_json(options, 0, 0, retention)),
        }
        return Ok(Exit::Success);
    };
    let runs = journal.all_runs().await?;
    let expired = retention.expired(&runs);
    let (what, removed) = if options.dry_run {
        ("would be removed", expired.len())
    } else {
        let data = home.data_dir().to_owned();
        let (removed, shrunk) = tokio::task::spawn_blocking(move || {
            let removed = journal.remove(&data, &expired)?;
            Ok::<_, StoreError>((removed, journal.shrink(true)))
        })
        .await??;
        if let Err(error) = shrunk {
            // What was removed is gone all the same, and the next runs use its space.
            let text = format!("downbeat: the file of the journal keeps its size: {error}");
            out::line(io::stderr(), &text);
        }
        ("removed", removed)
    };
    let kept = runs.len() - removed;
    match options.output {
        Output::Text => out::line(io::stdout(), &said(what, removed, kept, retention)),
        Output::Json => out::json(&as_json(options, removed, kept, retention)),
    }
    Ok(Exit::Success)
}

fn as_json(options: &PruneOptions, removed: usize, kept: usize, retention: Retention) -> Value {
    json!({
        "event": "pruned", "run": null, "time": now().to_rfc3339(), "removed": removed, "kept": kept,
        "journal_days": retention.days, "journal_runs": retention.runs, "dry_run": options.dry_run,
    })
}

/// `3 runs removed, with their logs; 120 kept (…)`
fn said(what: &str, removed: usize, kept: usize, retention: Retention) -> String {
    let Retention { days, runs } = retention;
    format!(
        "{} {what}, with their logs; {kept} kept (journal_days = {days}, journal_runs = {runs}).",
        counted(removed)
    )
}

fn counted(runs: usize) -> String {
    if runs == 1 {
        "1 run".into()
    } else {
        format!("{runs} runs")
    }
}

/// What a start does on the side: a sentence about what it removed. Trouble with it must not hinder a run.
pub(super) async fn tidy(home: &Home, journal: &Journal, retention: Retention) -> Option<String> {
    let (data, journal) = (home.data_dir().to_owned(), journal.clone());
    let work = async {
        let runs = journal.all_runs().await?;
        let mut expired = retention.expired(&runs);
        expired.truncate(AT_ONCE);
        let done = tokio::task::spawn_blocking(move || {
            let removed = journal.remove(&data, &expired)?;
            if removed > 0 {
                journal.shrink(false)?;
            }
            Ok::<_, StoreError>(removed)
        })
        .await;
        done.map_err(|_| StoreError::Closed)?
    };
    match work.await {
        Ok(0) => None,
        Ok(removed) => Some(format!(
            "{} older than journal_days ({}) were removed from the journal, with their logs.",
            counted(removed),
            retention.days
        )),
        Err(error) => {
            tracing::warn!(%error, "old runs were not removed");
            None
        }
    }
}
