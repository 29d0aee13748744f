//! The last runs of the journal, newest first, each with who watches it; `downbeat runs` prints them, or one of them in full.

use super::{former, found_home, journal, talk};
use crate::cli::{Choice, Exit, Output, RunsCommand, RunsOptions};
use crate::config::Home;
use crate::engine::now;
use crate::headless::{Console, details, out};
use crate::store::{Journal, Lease, LogFolder, StoreError};
use crate::tui::setup::ReadRecords;
use crate::tui::symbol::Mark;
use domain::history::RunRecord;
use domain::id::TaskId;
use domain::run::Run;
use domain::state::TaskState;
use domain::summary::RunSummary;
use domain::time::{Timestamp, human};
use domain::watched::Watched;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use tokio::sync::mpsc;

/// How many runs are read at a time: few enough to be there in an instant, even if they have to be folded.
const AT_ONCE: usize = 10;
/// How many tasks of former runs are held in memory at most. Older runs than that are in the list, without their tasks.
const MOST_TASKS: usize = 200_000;

/// The last runs.
pub(super) async fn last_runs(
    journal: &Journal,
    data: &Path,
    most: u32,
) -> Result<Vec<RunSummary>, StoreError> {
    let runs = journal.last_runs(most).await?;
    with_watchers(journal, data, runs).await
}

/// The same runs; those without an end with who watches them.
async fn with_watchers(
    journal: &Journal,
    data: &Path,
    mut runs: Vec<RunSummary>,
) -> Result<Vec<RunSummary>, StoreError> {
    for summary in runs.iter_mut().filter(|run| run.ended.is_none()) {
        let events = match journal.events(&summary.id).await {
            // A newer Downbeat's: the others are listed all the same.
            Err(StoreError::UnreadableEvent { .. }) => continue,
            events => events?,
        };
        if let Some(run) = Run::replay(&events) {
            summary.counts = run.counts();
            summary.watched = watched(data, &run);
        }
    }
    Ok(runs)
}

/// Reads what became of the tasks of former runs beside the screen, some runs at a time.
pub(super) fn records_reader(journal: Journal) -> ReadRecords {
    Box::new(move |runs| {
        let (parts, read) = mpsc::channel(1);
        tokio::spawn(read_records(journal.clone(), runs, parts));
        read
    })
}

/// Ends early if nobody wants the rest.
async fn read_records(journal: Journal, runs: Vec<RunSummary>, parts: mpsc::Sender<Vec<RunRecord>>) {
    let mut tasks = 0;
    for some in runs.chunks(AT_ONCE) {
        let records = match journal.records(some.to_vec()).await {
            Ok(records) => records,
            Err(error) => {
                tracing::warn!(%error, "what became of earlier runs cannot be read");
                return;
            }
        };
        tasks += records.iter().map(|record| record.tasks.len()).sum::<usize>();
        if parts.send(records).await.is_err() || tasks > MOST_TASKS {
            return;
        }
    }
}

/// Who watches a run; nothing if it is over.
pub(super) fn watched(data: &Path, run: &Run) -> Option<Watched> {
    Watched::new(run, Lease::driver_of(data, &run.id))
}

pub(super) async fn runs(choice: &Choice, options: &RunsOptions) -> anyhow::Result<Exit> {
    let home = found_home(choice)?;
    match &options.what {
        None => list(&home, choice.profile.as_deref(), options).await,
        Some(RunsCommand::Show { run }) => show(&home, run, options.output).await,
    }
}

async fn list(home: &Home, profile: Option<&str>, options: &RunsOptions) -> anyhow::Result<Exit> {
    let runs = match Journal::open_to_read(&home.database())? {
        Some(journal) => {
            let runs = match profile {
                Some(profile) => journal.counted_runs_of(profile, options.limit).await?,
                None => journal.counted_runs(options.limit).await?,
            };
            with_watchers(&journal, home.data_dir(), runs).await?
        }
        None => Vec::new(),
    };
    for run in &runs {
        match options.output {
            Output::Json => out::json(&as_json(run)),
            Output::Text => put(run),
        }
    }
    if runs.is_empty() && options.output == Output::Text {
        let text = match profile {
            Some(profile) => format!(
                "The journal has no runs of profile {profile}. Without --profile the runs of all profiles are listed."
            ),
            None => "No runs yet. Start one with `downbeat run`.".to_owned(),
        };
        out::line(io::stdout(), &text);
    }
    Ok(Exit::Success)
}

async fn show(home: &Home, text: &str, output: Output) -> anyhow::Result<Exit> {
    let find = async |journal: &Journal| former::find(journal, home.data_dir(), text).await;
    let (_, one) = journal::open_to_read(home, Console::of_no_run(output, ""), find).await?;
    let run = &one.run;
    let summary = RunSummary {
        watched: watched(home.data_dir(), run),
        ..RunSummary::new(run)
    };
    match output {
        Output::Text => {
            put(&summary);
            details::lines(run)
                .iter()
                .for_each(|line| out::line(io::stdout(), line));
        }
        Output::Json => {
            let logs = LogFolder::new(home.data_dir());
            let log = |task: &TaskId, number: u32| {
                let path = logs.path(&run.id, task, number);
                path.exists().then_some(path)
            };
            let mut line = as_json(&summary);
            if let Value::Object(fields) = &mut line {
                fields.extend(details::fields(run, &log));
                fields.insert("event".into(), "run_details".into());
            }
            out::json(&line);
        }
    }
    Ok(Exit::Success)
}

/// Prints the line of a run, its state in the colour of the screen.
fn put(run: &RunSummary) {
    let word = format!("{:<9}", run.word());
    let style = talk::style(Mark::from_summary(run).meaning);
    let before = format!("{}  ", run.started.stamp());
    out::painted(io::stdout(), &before, (style, &word), &rest_of_line(run));
}

/// What stands behind the state.
fn rest_of_line(run: &RunSummary) -> String {
    let took = human(run.elapsed(now()));
    let RunSummary {
        id,
        total,
        pipeline,
        profile,
        ..
    } = run;
    let others = run
        .counts
        .iter()
        .filter(|(state, _)| **state != TaskState::Success);
    let others = others.map(|(state, number)| format!("{number} {}", state.as_str()));
    let others: Vec<_> = others.chain(run.handled_words()).collect();
    let watched = run.watched.as_ref().map(Watched::text);
    let line = format!(
        "  {}/{total}  {took:>8}  {profile}  {pipeline}  {id}",
        run.succeeded()
    );
    let others = Some(others.join(", ")).filter(|words| !words.is_empty());
    let parts: Vec<_> = [Some(line), others, watched].into_iter().flatten().collect();
    parts.join("  ")
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
        "succeeded": run.succeeded(), "failed": run.failed(), "total": run.total, "counts": run.counts, "handled": run.handled,
        "driven_by": driven_by, "not_watched_since": last_seen, "live_when_last_seen": live,
    })
}
