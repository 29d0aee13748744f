//! Runs of the journal: those that a start finds unfinished, and the one that a command names.

use crate::store::{Journal, Lease, StoreError};
use domain::failure::Failure;
use domain::id::DagRunId;
use domain::run::Run;
use domain::settle::Unfinished;
use domain::summary::RunSummary;
use std::path::Path;

/// How many runs are named where the beginning of an id fits several.
const MOST_NAMED: usize = 5;

/// The unfinished runs that are wanted, the newest one first.
pub(super) async fn unfinished(
    journal: &Journal,
    data: &Path,
    is_wanted: impl Fn(&RunSummary) -> bool,
) -> Result<Vec<Unfinished>, StoreError> {
    let mut found = Vec::new();
    for summary in journal.unfinished().await?.iter().filter(|run| is_wanted(run)) {
        let read = read(journal, data, &summary.id).await?;
        // Its driver may have ended it in this moment.
        found.extend(read.filter(|one| !one.run.state.is_end()));
    }
    Ok(found)
}

/// A run of the journal, unfinished or not, and who drives it.
pub(super) async fn read(
    journal: &Journal,
    data: &Path,
    id: &DagRunId,
) -> Result<Option<Unfinished>, StoreError> {
    // Before the journal is read: a driver goes only after it has written the end.
    let driver = Lease::driver_of(data, id);
    let events = journal.events(id).await?;
    let (Some(run), Some(last)) = (Run::replay(&events), events.last()) else {
        return Ok(None);
    };
    Ok(Some(Unfinished {
        run,
        since: last.at,
        driver,
        overtaken_by: journal.overtaking(id).await?,
    }))
}

/// The run with this id, or with an id that begins so.
pub(super) async fn find(journal: &Journal, data: &Path, text: &str) -> anyhow::Result<Unfinished> {
    let runs = journal.last_runs(u32::MAX).await?;
    let ids: Vec<_> = runs.into_iter().map(|run| run.id).collect();
    let id = named(&ids, text).map_err(|failure| anyhow::anyhow!(failure.text(words)))?;
    let read = read(journal, data, id).await?;
    read.ok_or_else(|| StoreError::UnknownRun { run: id.clone() }.into())
}

/// The remedies that are texts; the errors that this room gives have no others.
pub(super) fn words(remedies: &[domain::remedy::Remedy]) -> String {
    let texts = remedies.iter().filter_map(|remedy| match remedy {
        domain::remedy::Remedy::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

/// The id that a text names, among these.
fn named<'a>(ids: &'a [DagRunId], text: &str) -> Result<&'a DagRunId, Failure> {
    if let Some(id) = ids.iter().find(|id| id.as_str() == text) {
        return Ok(id);
    }
    let fitting: Vec<_> = ids
        .iter()
        .filter(|id| !text.is_empty() && id.as_str().starts_with(text))
        .collect();
    match fitting.as_slice() {
        [id] => Ok(id),
        [] => Err(
            Failure::permanent(format!("The journal holds no run whose id begins with '{text}'."))
                .with_remedy("`downbeat runs` lists the runs."),
        ),
        several => {
            let some: Vec<_> = several.iter().take(MOST_NAMED).map(|id| id.as_str()).collect();
            let more = if several.len() > MOST_NAMED { ", ..." } else { "" };
            let reason = format!(
                "The ids of {} runs begin with '{text}': {}{more}.",
                several.len(),
                some.join(", ")
            );
            Err(Failure::permanent(reason).with_remedy("Write more of the id."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_is_enough_if_it_fits_one() {
        let ids: Vec<DagRunId> = ["0199-a1", "0199-a2", "0199", "0200-b"].map(Into::into).to_vec();
        for (text, expected) in [
            ("0199-a1", Ok("0199-a1")),
            ("02", Ok("0200-b")),
            // One that is whole is meant, although others begin so.
            ("0199", Ok("0199")),
            ("0199-", Err("The ids of 2 runs begin")),
            ("", Err("no run whose id begins with ''")),
            ("x", Err("`downbeat runs` lists")),
        ] {
            let found = named(&ids, text).map_err(|failure| failure.text(words));
            match (found, expected) {
                (Ok(id), Ok(expected)) => assert_eq!(id.as_str(), expected),
                (Err(failure), Err(words)) => assert!(failure.contains(words), "{failure}"),
                (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
            }
        }
    }
}
