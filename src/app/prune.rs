//! Removes runs that have been kept for long enough: `downbeat prune`, and a part of every start.

use super::journal;
use crate::cli::{Exit, Output, PruneOptions};
use crate::config::{Config, Home};
use crate::headless::{Console, out};
use crate::store::{Journal, StoreError};
use domain::retention::Retention;
use std::io;

/// How many runs a start removes at most, so that the first one after years does not wait for it.
const AT_ONCE: usize = 200;

pub(super) async fn prune(home: &Home, options: &PruneOptions) -> anyhow::Result<Exit> {
    let retention = Config::load(home)?.retention();
    let opened = if options.dry_run {
        Journal::open_to_read(&home.database())?
    } else if Journal::open_to_read(&home.database())?.is_some() {
        Some(
            journal::open(home, Console::of_no_run(Output::Text, ""), journal::nothing)
                .await?
                .0,
        )
    } else {
        None
    };
    let Some(journal) = opened else {
        out::line(io::stdout(), "No runs yet: there is nothing to remove.");
        return Ok(Exit::Success);
    };
    let runs = journal.all_runs().await?;
    let expired = retention.expired(&runs);
    let text = if options.dry_run {
        said(
            "would be removed",
            expired.len(),
            runs.len() - expired.len(),
            retention,
        )
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
        said("removed", removed, runs.len() - removed, retention)
    };
    out::line(io::stdout(), &text);
    Ok(Exit::Success)
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
