//! The journal: every fact of every run, on disk before anything is done about it.
//!
//! ```text
//! append ──→ queue ──→ writer thread ──→ downbeat.db (WAL) ──→ readers, one connection each
//! ```
//!
//! One thread writes (`journal/writer.rs`), so that facts keep their order and no async thread waits for
//! the disk; reading (`journal/reader.rs`) does not wait for writing. The tables and their history
//! are in `journal/schema.rs`. What became of the tasks of ended runs is kept beside the facts (`journal/outcomes.rs`, `journal/records.rs`).
//! Reading needs no right to write (`journal/read_only.rs`).

mod export;
mod outcomes;
mod prune;
mod read_only;
mod reader;
mod records;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use super::error::StoreError;
use super::lease::Lease;
use super::log::LogFolder;
use domain::event::RunEvent;
use domain::history::RunRecord;
use domain::id::DagRunId;
use domain::secret::Secrets;
use domain::summary::RunSummary;
pub use export::Exported;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a write waits for another process that locks the file. Its caller writes again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A request to the writer.
struct Batch {
    run: DagRunId,
    events: Vec<RunEvent>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The handle of an open journal. Clones share one writer, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
    queue: mpsc::Sender<Batch>,
}

impl Journal {
    /// Opens the journal, creates it, or brings an older one up to date. Blocks for some milliseconds.
    ///
    /// # Errors
    /// A file that is damaged, another program's or a newer Downbeat's is refused and left as it was.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = schema::open(path)?;
        connection
            .busy_timeout(LONGEST_WAIT)
            .map_err(|error| StoreError::sqlite(path, &error))?;
        let (queue, batches) = mpsc::channel();
        let writer = writer::Writer::new(path.to_path_buf(), connection);
        std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&batches))
            .map_err(|error| StoreError::io(path, &error))?;
        Ok(Self {
            path: path.to_path_buf(),
            queue,
        })
    }

    /// The journal to read it, with no right to write; nothing if there is none yet. Facts cannot be added.
    ///
    /// # Errors
    /// A file that is damaged, another program's or a newer Downbeat's.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>, StoreError> {
        if !schema::exists(path)? {
            return Ok(None);
        }
        read_only::open(path)?;
        // Nobody receives from this queue.
        let (queue, _) = mpsc::channel();
        Ok(Some(Self {
            path: path.to_path_buf(),
            queue,
        }))
    }

    /// Gives away every fact of a journal in the order in which they were written, and what cannot be read of a damaged
    /// one, until `each` fails; false if something could not be read. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Nothing can be read, or the first error of `each`.
    pub fn export<E: From<StoreError>>(
        path: &Path,
        each: &mut dyn FnMut(Exported) -> Result<(), E>,
    ) -> Result<bool, E> {
        export::export(path, each)
    }

    /// Adds facts to a run in one transaction; they are on disk when this returns. A run begins with
    /// its `RunStarted`. The caller strikes the secrets that it knows; what looks like one is masked here
    /// in any case, before it leaves memory. A resumed run has to get it anew.
    ///
    /// # Errors
    /// None of the facts was written.
    pub async fn append(&self, run: &DagRunId, events: &[RunEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        let secrets = Secrets::default();
        let batch = Batch {
            run: run.clone(),
            events: events.iter().map(|event| event.redacted(&secrets)).collect(),
            done,
        };
        self.queue.send(batch).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// The facts of a run, in order; none if the journal does not know it. Facts that a newer Downbeat
    /// wrote under names that we do not know are left out.
    ///
    /// # Errors
    /// Also for a fact of a known name that does not read as one.
    pub async fn events(&self, run: &DagRunId) -> Result<Vec<RunEvent>, StoreError> {
        let run = run.clone();
        self.read(move |path, connection| reader::events(path, connection, &run))
            .await
    }

    /// The facts of a run behind a place, and the place of the last one; the first place is 1. An unknown run has no
    /// facts, and its place stays.
    ///
    /// # Errors
    /// Those of [`Self::events`].
    pub async fn events_after(&self, run: &DagRunId, place: i64) -> Result<(Vec<RunEvent>, i64), StoreError> {
        let run = run.clone();
        self.read(move |path, connection| reader::events_after(path, connection, &run, place))
            .await
    }

    /// The newest runs first, at most `most` of them. Of a run without a kept outcome only two numbers are known at once:
    /// success, and failed or timed out, which then count as failed.
    pub async fn last_runs(&self, most: u32) -> Result<Vec<RunSummary>, StoreError> {
        self.read(move |path, connection| reader::last_runs(path, connection, most))
            .await
    }

    /// All runs, the newest first.
    pub async fn all_runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.read(move |path, connection| reader::last_runs(path, connection, u32::MAX))
            .await
    }

    /// What became of the tasks of these runs, in their order; those that cannot be read are left out. What an older
    /// Downbeat left is folded from its facts, which takes a while for hundreds of runs, and kept for the next time.
    pub async fn records(&self, runs: Vec<RunSummary>) -> Result<Vec<RunRecord>, StoreError> {
        let path = self.path.clone();
        let read = self.read(|path, connection| records::read(path, connection, runs));
        let records::Found { records, due } = read.await?;
        if due.is_empty() {
            return Ok(records);
        }
        let keeping = tokio::task::spawn_blocking(move || {
            let due: Vec<_> = due
                .iter()
                .map(|(place, last)| (&records[*place], *last))
                .collect();
            let kept =
                schema::open(&path).and_then(|mut connection| records::keep(&path, &mut connection, &due));
            if let Err(error) = kept {
                // It is folded again the next time.
                tracing::warn!(%error, "what became of earlier runs was not kept");
            }
            drop(due);
            records
        });
        keeping.await.map_err(|_| StoreError::Closed)
    }

    /// The newest runs first, at most `most` of them, each with all of its counts.
    pub async fn counted_runs(&self, most: u32) -> Result<Vec<RunSummary>, StoreError> {
        self.read(move |path, connection| reader::counted_runs(path, connection, None, most))
            .await
    }

    /// The same of the runs of one profile.
    pub async fn counted_runs_of(&self, profile: &str, most: u32) -> Result<Vec<RunSummary>, StoreError> {
        let profile = profile.to_owned();
        self.read(move |path, connection| reader::counted_runs(path, connection, Some(&profile), most))
            .await
    }

    /// Removes ended runs for good, each after its log folder; gives the number of those that were there. A run that a
    /// process drives, or that has no end, stays. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// The first run that could not be removed; those before it are.
    pub fn remove(&self, data_dir: &Path, runs: &[DagRunId]) -> Result<usize, StoreError> {
        if runs.is_empty() {
            return Ok(0);
        }
        let mut connection = schema::open(&self.path)?;
        let logs = LogFolder::new(data_dir);
        let mut removed = 0;
        for run in runs {
            // Whoever drives it holds this lock, and nobody else may begin to.
            let Ok(_lease) = Lease::run(data_dir, run) else {
                continue;
            };
            if !prune::has_ended(&self.path, &connection, run)? {
                continue;
            }
            logs.remove(run)?;
            removed += usize::from(prune::remove(&self.path, &mut connection, run)?);
            Lease::remove_file(data_dir, run);
        }
        Ok(removed)
    }

    /// Gives the file's free space back to the disk: if that is worth it, or in any case. Blocks.
    ///
    /// # Errors
    /// It may need as much space as the file has, for a moment.
    pub fn shrink(&self, in_any_case: bool) -> Result<(), StoreError> {
        prune::shrink(&self.path, &schema::open(&self.path)?, in_any_case)
    }

    /// Runs whose end is not journalled, newest first. One may be alive in another process, which
    /// then holds its [`Lease`].
    pub async fn unfinished(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.read(reader::unfinished).await
    }

    /// The newest of the later runs on the same output table that may have emptied or filled it. What such a run
    /// loaded would be loaded again if the earlier one went on, and the watermark would go back.
    pub async fn overtaking(&self, run: &DagRunId) -> Result<Option<RunSummary>, StoreError> {
        let run = run.clone();
        self.read(move |path, connection| reader::overtaking(path, connection, &run))
            .await
    }

    /// Reads beside the writer, on a thread that may block.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Path, &Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || {
            let reading = read_only::open(&path)?;
            read(&path, &reading.connection)
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }
}
