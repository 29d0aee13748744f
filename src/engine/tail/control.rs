//! The logs of the tasks that run no pipeline: the lines of [`domain::control_log`], in the files that pipelines have.
//!
//! Lines follow from facts that are in the journal already. What a process did not write before its end is written by the
//! next one that takes up or opens the run: it makes the lines again, and adds those that the file does not have. A write
//! never keeps a run from going on.

use super::Tails;
use super::log_file::LogFile;
use crate::engine::Update;
use crate::store::{LogFolder, StoreError};
use domain::control_log::{ControlLine, ControlLog};
use domain::event::RunEvent;
use domain::id::{DagRunId, TaskId};
use domain::log::LogLine;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// What is said of the run so far, and what is not written yet.
#[derive(Default)]
pub(super) struct ControlFiles {
    log: Option<ControlLog>,
    queue: Arc<Queue>,
}

/// Lines of several files, in the order of their facts.
#[derive(Default)]
struct Queue {
    batches: Mutex<VecDeque<Batch>>,
    turn: tokio::sync::Mutex<()>,
}

struct Batch {
    file: LogFile,
    lines: Vec<LogLine>,
    /// Whether the file may have some of them already.
    is_repeated: bool,
}

impl Tails {
    /// Writes what these events say of control tasks.
    pub(super) fn write_control(&mut self, events: &[RunEvent]) {
        let mut lines = Vec::new();
        for event in events {
            match &mut self.control.log {
                Some(log) => lines.extend(log.apply(event)),
                log => *log = ControlLog::begin(event),
            }
        }
        self.queue_control(lines, false);
    }

    /// The same for all events of a run that is taken up: the process before may have ended within any write.
    pub(super) fn rewrite_control(&mut self, events: &[RunEvent]) {
        if let Some((log, lines)) = ControlLog::replay(events) {
            self.control.log = Some(log);
            self.queue_control(lines, true);
        }
    }

    fn queue_control(&mut self, lines: Vec<ControlLine>, is_repeated: bool) {
        if lines.is_empty() {
            return;
        }
        let batches = by_try(lines).into_iter().map(|((task, number), lines)| Batch {
            file: self.file(task, number),
            lines,
            is_repeated,
        });
        let queue = self.control.queue.clone();
        queue.lock().extend(batches);
        self.tasks.spawn(async move { queue.write().await });
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Batch>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all that waits. A disk that takes nothing is waited for, and nothing overtakes.
    async fn write(&self) {
        let _turn = self.turn.lock().await;
        loop {
            let Some(batch) = self.lock().pop_front() else {
                return;
            };
            batch.write().await;
        }
    }
}

impl Batch {
    async fn write(mut self) {
        if self.is_repeated {
            let rows = self.file.rows().await;
            keep_missing(&mut self.lines, rows.into_iter().map(|(_, row)| row).collect());
        }
        if self.lines.is_empty() {
            return;
        }
        let (task, number) = (self.file.task.clone(), self.file.number);
        self.file.append(self.lines).await;
        // Without a receiver there is nobody to show it to.
        let _ = self.file.updates.send(Update::LogGrew { task, number }).await;
    }
}

/// Adds to the logs of a run's control tasks what they do not have. Nobody may drive the run meanwhile.
///
/// # Errors
/// A file could not be read or written; the others may be complete.
pub fn complete_control_logs(
    logs: &LogFolder,
    run: &DagRunId,
    events: &[RunEvent],
) -> Result<(), StoreError> {
    let lines = ControlLog::replay(events).map(|(_, lines)| lines);
    for ((task, number), mut lines) in by_try(lines.unwrap_or_default()) {
        let mut rows = BTreeSet::new();
        logs.read(run, &task, number, |row| {
            rows.insert(row.to_owned());
        })?;
        keep_missing(&mut lines, rows);
        logs.append(run, &task, number, &lines)?;
    }
    Ok(())
}

fn by_try(lines: Vec<ControlLine>) -> BTreeMap<(TaskId, u32), Vec<LogLine>> {
    let mut tries: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for ControlLine { task, number, line } in lines {
        tries.entry((task, number)).or_default().push(line);
    }
    tries
}

fn keep_missing(lines: &mut Vec<LogLine>, rows: BTreeSet<String>) {
    if !rows.is_empty() {
        lines.retain(|line| !rows.contains(&line.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = include_str!("../../../crates/domain/tests/journal/chain.jsonl");

    fn events() -> Vec<RunEvent> {
        let events = CHAIN.lines().map(|line| serde_json::from_str(line).unwrap());
        events.collect()
    }

    fn read(logs: &LogFolder, task: &str) -> Vec<String> {
        let mut lines = Vec::new();
        logs.read(&"run".into(), &task.into(), 1, |line| lines.push(line.to_owned()))
            .unwrap();
        lines
    }

    #[test]
    fn the_logs_of_an_old_run_are_made_from_its_journal_once() {
        let folder = tempfile::tempdir().unwrap();
        let logs = LogFolder::new(folder.path());
        let (run, events) = ("run".into(), events());
        complete_control_logs(&logs, &run, &events).unwrap();
        let tasks = [
            "start",
            "truncate_table",
            "get_configuration",
            "filter_arguments",
            "end",
        ];
        let before = tasks.map(|task| read(&logs, task));
        assert!(before.iter().all(|lines| lines.len() >= 2), "{before:#?}");
        complete_control_logs(&logs, &run, &events).unwrap();
        assert_eq!(tasks.map(|task| read(&logs, task)), before);
    }

    #[test]
    fn what_a_process_left_unwritten_is_added_and_half_a_line_stays_alone() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let logs = LogFolder::new(folder.path());
        let (run, events) = ("run".into(), events());
        complete_control_logs(&logs, &run, &events).unwrap();
        let whole = read(&logs, "filter_arguments");
        let path = logs.path(&run, &"filter_arguments".into(), 1);
        let kept = std::fs::read_to_string(&path).unwrap();
        let (end, _) = kept.match_indices('\n').nth(2).unwrap();
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(&kept.as_bytes()[..end - 5]).unwrap();
        complete_control_logs(&logs, &run, &events).unwrap();
        let mut lines = read(&logs, "filter_arguments");
        let half = lines.remove(2);
        assert!(
            whole[2].starts_with(&half) && half.len() < whole[2].len(),
            "{half}"
        );
        assert_eq!(lines, whole);
    }
}
