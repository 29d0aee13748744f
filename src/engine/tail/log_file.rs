//! The file of one try's log. A file that does not take a line is waited for: the line is written when it does.
//!
//! It must never lose a line, and never say the same trouble once for every log.

use crate::engine::Update;
use crate::store::{LogFolder, StoreError};
use domain::id::{DagRunId, TaskId};
use domain::log::{LogLine, time_of_row};
use domain::policy;
use domain::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

#[derive(Clone)]
pub(super) struct LogFile {
    pub logs: LogFolder,
    pub dag_run: DagRunId,
    pub task: TaskId,
    pub number: u32,
    pub updates: mpsc::Sender<Update>,
    /// Whether the trouble was said by one of the logs of this run.
    pub is_told: Arc<AtomicBool>,
}

impl LogFile {
    /// The rows of the server that are in the file, with their moments.
    pub async fn rows(&self) -> Vec<(Timestamp, String)> {
        let file = self.clone();
        self.patiently(move || {
            let mut rows = Vec::new();
            file.logs.read(&file.dag_run, &file.task, file.number, |text| {
                rows.extend(time_of_row(text).map(|at| (at, text.to_owned())));
            })?;
            Ok(rows)
        })
        .await
    }

    pub async fn append(&self, lines: Vec<LogLine>) {
        if lines.is_empty() {
            return;
        }
        let (file, lines) = (self.clone(), Arc::new(lines));
        self.patiently(move || file.logs.append(&file.dag_run, &file.task, file.number, &lines))
            .await;
    }

    /// A notice about this log.
    pub async fn notice(&self, text: String) {
        let notice = Update::LogNotice {
            task: self.task.clone(),
            number: self.number,
            text,
        };
        let _ = self.updates.send(notice).await;
    }

    /// Does this again until it is done.
    async fn patiently<T: Send + 'static>(
        &self,
        work: impl Fn() -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        let (mut failures, mut was_told_here) = (0, false);
        loop {
            let why = match tokio::task::spawn_blocking(work.clone()).await {
                Ok(Ok(done)) => {
                    if was_told_here {
                        self.is_told.store(false, Ordering::Relaxed);
                        self.notice("It can be written again, and the lines are in it.".into())
                            .await;
                    }
                    return done;
                }
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            if !self.is_told.swap(true, Ordering::Relaxed) {
                was_told_here = true;
                self.notice(format!(
                    "{why} The lines of this log and others are kept, and written as soon as that is possible."
                ))
                .await;
            }
            failures += 1;
            tokio::time::sleep(policy::write_pause(failures)).await;
        }
    }
}
