//! One job: what it is, how far it is, and how it ended.
//!
//! A cancelled job stops at the next check of its statement; what is done by then stays done, as at Google.

use chrono::Utc;
use googlesql::json_memory::JsonMemory;
use googlesql::value::Row;
use googlesql::{QueryOutcome, SqlError};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// One job.
pub(super) struct Job {
    pub id: String,
    pub location: String,
    /// As it was sent, to be returned with the job.
    pub configuration: Json,
    /// In milliseconds since 1970.
    pub created: i64,
    /// `jobType`: `QUERY`, `LOAD`, `COPY`, `EXTRACT`.
    pub kind: Cow<'static, str>,
    /// How many bytes of memory it takes but for its result.
    sent: AtomicUsize,
    progress: watch::Sender<Progress>,
    cancelled: Arc<AtomicBool>,
    /// Wakes a job that waits in the queue.
    cancelling: Notify,
}

/// How far a job is. Times in milliseconds since 1970.
#[derive(Clone)]
pub(super) enum Progress {
    Pending,
    Running { started: i64 },
    Done(Arc<Completion>),
}

impl Progress {
    /// The `state` of the job.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running { .. } => "RUNNING",
            Self::Done(_) => "DONE",
        }
    }

    /// How many bytes of memory the rows of its result take.
    fn bytes(&self) -> usize {
        match self {
            Self::Done(completion) if completion.has_rows() => completion.size.bytes,
            _ => 0,
        }
    }
}

/// The end of a job. Its fields are stored in `jobs.db`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Completion {
    pub started: i64,
    pub ended: i64,
    /// Without its rows, if they have left the memory.
    pub result: Result<Outcome, SqlError>,
    #[serde(default)]
    pub size: ResultSize,
    /// Whether the rows are in `jobs.db`.
    #[serde(skip)]
    pub is_stored: bool,
}

/// How many rows a result has, and the bytes of memory that they take.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ResultSize {
    pub rows: usize,
    pub bytes: usize,
}

impl Completion {
    pub fn new(started: i64, ended: i64, result: Result<Outcome, SqlError>) -> Self {
        let size = match &result {
            Ok(Outcome::Query(outcome)) => ResultSize {
                rows: outcome.rows.len(),
                bytes: outcome.bytes(),
            },
            _ => ResultSize::default(),
        };
        Self {
            started,
            ended,
            result,
            size,
            is_stored: false,
        }
    }

    /// The rows of its result, as far as they are in memory.
    pub fn rows(&self) -> &[Row] {
        match &self.result {
            Ok(Outcome::Query(outcome)) => &outcome.rows,
            _ => &[],
        }
    }

    /// Whether all rows are in memory.
    pub fn has_rows(&self) -> bool {
        self.rows().len() == self.size.rows
    }

    /// The same without its rows.
    pub fn without_rows(&self) -> Self {
        Self {
            result: match &self.result {
                Ok(Outcome::Query(outcome)) => Ok(Outcome::Query(outcome.without_rows())),
                other => other.clone(),
            },
            ..*self
        }
    }
}

/// What a job did. Its fields are stored in `jobs.db`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    Query(QueryOutcome),
    /// Rows that were written, and the files and bytes that they were read from.
    Load {
        rows: u64,
        files: u64,
        bytes: u64,
    },
    Copy {
        rows: u64,
    },
    /// The number of files of each destination.
    Extract {
        files: Vec<u64>,
    },
}

impl Job {
    pub fn new(
        id: String,
        location: String,
        configuration: Json,
        created: i64,
        kind: Cow<'static, str>,
        progress: Progress,
    ) -> Self {
        let sent = JsonMemory::of(configuration.to_string().as_bytes());
        Self {
            id,
            location,
            configuration,
            created,
            kind,
            sent: AtomicUsize::new(sent),
            progress: watch::Sender::new(progress),
            cancelled: Arc::default(),
            cancelling: Notify::new(),
        }
    }

    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.sent.load(Ordering::Relaxed) + self.progress.borrow().bytes()
    }

    /// How many bytes the rows of its result would take in memory, wherever they are.
    pub fn result_bytes(&self) -> usize {
        match &*self.progress.borrow() {
            Progress::Done(completion) => completion.size.bytes,
            _ => 0,
        }
    }

    /// Keeps the rows of the result in `jobs.db` alone, if they are there.
    pub fn unload(&self) {
        self.progress.send_if_modified(|progress| match progress {
            Progress::Done(completion) if completion.is_stored && !completion.rows().is_empty() => {
                *completion = Arc::new(completion.without_rows());
                true
            }
            _ => false,
        });
    }

    /// Counts what is kept for it elsewhere.
    pub fn add_bytes(&self, bytes: usize) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn set_progress(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }

    /// Waits for the end; `None` when it does not come in time.
    pub async fn wait(&self, timeout: Duration) -> Option<Arc<Completion>> {
        let mut watcher = self.progress.subscribe();
        let done = watcher.wait_for(|progress| matches!(progress, Progress::Done(_)));
        match tokio::time::timeout(timeout, done).await {
            Ok(Ok(progress)) => match &*progress {
                Progress::Done(completion) => Some(completion.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Asks the job to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.cancelling.notify_one();
    }

    /// Waits until it is asked to stop.
    pub async fn until_cancelled(&self) {
        self.cancelling.notified().await;
    }

    /// Whether the job was asked to stop.
    pub fn cancelled(&self) -> &Arc<AtomicBool> {
        &self.cancelled
    }
}

/// The time in milliseconds since 1970.
pub(super) fn now() -> i64 {
    Utc::now().timestamp_millis()
}
