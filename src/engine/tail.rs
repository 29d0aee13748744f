//! Log lines of pipeline runs, from the server into the file of each try.
//!
//! One tailer for each watched run. It reads forward with an overlap and drops what it has already
//! written, because a line may arrive late with an older time; after the cluster's end it goes on until
//! no new line comes. It reads again after an error: a log never fails a task.

mod overlap;

use super::cloud::Cloud;
use super::{Update, clock};
use crate::client::cdap::{LogEvent, offset_at};
use crate::store::LogFolder;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::{DagRunId, PipelineRunId, TaskId};
use domain::log::{Level, LogLine, level_of_row};
use domain::run::Run;
use domain::scheduler::Answer;
use domain::task::{Task, TaskKind};
use domain::time::Timestamp;
use overlap::Overlap;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// The pause between two readings of the log on the screen, and of any other.
const FOCUSED: Duration = Duration::from_millis(400);
const UNFOCUSED: Duration = Duration::from_secs(2);

/// A log goes on a little after the run; it is over after this time without a new line.
const QUIET: Duration = Duration::from_secs(2);

/// The most events of one request.
const PAGE: u32 = 1_000;

/// What decides how often a log is read, and when it is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Attention {
    focused: bool,
    /// The try is over.
    ended: bool,
}

type Answers = mpsc::Sender<(DagRunId, Answer)>;

/// The tailers of one DAG run.
pub(super) struct Tails {
    run: DagRunId,
    cloud: Cloud,
    logs: LogFolder,
    updates: mpsc::Sender<Update>,
    attention: BTreeMap<PipelineRunId, (TaskId, watch::Sender<Attention>)>,
    focus: Option<TaskId>,
    tasks: JoinSet<()>,
}

impl Tails {
    pub fn new(run: &DagRunId, cloud: Cloud, logs: LogFolder, updates: mpsc::Sender<Update>) -> Self {
        Self {
            run: run.clone(),
            cloud,
            logs,
            updates,
            attention: BTreeMap::new(),
            focus: None,
            tasks: JoinSet::new(),
        }
    }

    /// Follows the events: runs that became known, tries that ended.
    pub fn follow(&mut self, run: &Run, events: &[RunEvent], answers: &Answers) {
        for event in events {
            if let Fact::PipelineStarted { task, .. } = &event.fact {
                self.begin(run.task(task), answers);
            }
        }
        for task in run.pipelines().filter(|task| task.open_try().is_none()) {
            let last = task.current().and_then(|t| t.pipeline_run.as_ref());
            if let Some((_, attention)) = last.and_then(|id| self.attention.get(id)) {
                attention.send_if_modified(|a| !std::mem::replace(&mut a.ended, true));
            }
        }
    }

    /// After a resume: every run that is still live.
    pub fn resume(&mut self, run: &Run, answers: &Answers) {
        for task in run
            .tasks
            .iter()
            .filter(|t| t.kind == TaskKind::Pipeline && t.live_run().is_some())
        {
            self.begin(Some(task), answers);
        }
    }

    fn begin(&mut self, task: Option<&Task>, answers: &Answers) {
        let Some((task, open)) = task.and_then(|task| Some((task, task.current()?))) else {
            return;
        };
        let Some(run_id) = open.pipeline_run.clone() else {
            return;
        };
        let focused = self.focus.as_ref() == Some(&task.id);
        let (attention, watched) = watch::channel(Attention {
            focused,
            ended: false,
        });
        self.attention
            .insert(run_id.clone(), (task.id.clone(), attention));
        let tail = Tail {
            dag_run: self.run.clone(),
            task: task.id.clone(),
            number: open.number,
            run_id,
            cloud: self.cloud.clone(),
            logs: self.logs.clone(),
            updates: self.updates.clone(),
            answers: answers.clone(),
            overlap: Overlap::default(),
            newest: None,
            written: BTreeSet::new(),
        };
        self.tasks.spawn(tail.follow(watched));
    }

    pub fn focus(&mut self, task: Option<TaskId>) {
        self.focus = task;
        for (owner, attention) in self.attention.values() {
            let focused = self.focus.as_ref() == Some(owner);
            attention.send_if_modified(|a| std::mem::replace(&mut a.focused, focused) != focused);
        }
    }

    /// Waits for the logs of ended runs to be whole, but not for ever; live ones are left.
    pub async fn finish(&mut self, most: Duration) {
        self.attention
            .retain(|_, (_, attention)| attention.borrow().ended);
        let _ = tokio::time::timeout(most, async { while self.tasks.join_next().await.is_some() {} }).await;
        self.tasks.shutdown().await;
    }
}

/// The log of one try.
struct Tail {
    dag_run: DagRunId,
    task: TaskId,
    number: u32,
    run_id: PipelineRunId,
    cloud: Cloud,
    logs: LogFolder,
    updates: mpsc::Sender<Update>,
    answers: Answers,
    overlap: Overlap,
    newest: Option<Timestamp>,
    /// What an earlier process has written of this log already.
    written: BTreeSet<String>,
}

impl Tail {
    async fn follow(mut self, mut attention: watch::Receiver<Attention>) {
        self.written = self.already_written().await;
        let mut quiet_since = clock::now();
        let mut failures = 0_u32;
        loop {
            match self.read().await {
                Ok(0) => failures = 0,
                Ok(_) => (quiet_since, failures) = (clock::now(), 0),
                Err(Broken::Server) => failures = failures.saturating_add(1),
                Err(Broken::Disk(failure)) => {
                    let _ = self.updates.send(Update::Broken(failure)).await;
                    return;
                }
            }
            let now = *attention.borrow_and_update();
            if now.ended && clock::now().since(quiet_since) > QUIET {
                return;
            }
            let pause = if now.focused || now.ended {
                FOCUSED
            } else {
                UNFOCUSED
            };
            let pause = pause * 2_u32.saturating_pow(failures.min(5));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = attention.changed() => {
                    if changed.is_err() {
                        return; // The engine has dropped it.
                    }
                }
            }
        }
    }

    /// The lines of the try's file: after a restart the log is read from its beginning again.
    async fn already_written(&self) -> BTreeSet<String> {
        let path = self.logs.path(&self.dag_run, &self.task, self.number);
        let text = tokio::fs::read_to_string(path).await.unwrap_or_default();
        let mut lines: Vec<String> = Vec::new();
        for row in text.lines() {
            match lines.last_mut() {
                Some(line) if level_of_row(row).is_none() => {
                    line.push('\n');
                    line.push_str(row);
                }
                _ => lines.push(row.to_owned()),
            }
        }
        lines.into_iter().collect()
    }

    /// Reads and writes what is new; returns how many lines that were.
    async fn read(&mut self) -> Result<usize, Broken> {
        let mut written = 0;
        let mut offset = self.newest.map(|newest| offset_at(newest - overlap::SPAN));
        loop {
            let page = self
                .cloud
                .log(&self.run_id, offset.as_deref(), PAGE)
                .await
                .map_err(|_| Broken::Server)?;
            let full = page.events.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
            let fresh = self.overlap.fresh(page.events);
            written += fresh.len();
            self.write(&fresh).await?;
            if !full || page.offset == offset {
                break;
            }
            offset = page.offset;
        }
        if written > 0 {
            // For the scheduler it is progress, for the screen something to show.
            let _ = self
                .answers
                .send((self.dag_run.clone(), Answer::LogSeen(self.run_id.clone())))
                .await;
            let grew = Update::LogGrew {
                task: self.task.clone(),
                number: self.number,
            };
            let _ = self.updates.send(grew).await;
        }
        Ok(written)
    }

    async fn write(&mut self, events: &[LogEvent]) -> Result<(), Broken> {
        let Some(newest) = events.iter().map(|event| event.timestamp).max() else {
            return Ok(());
        };
        self.newest = Some(self.newest.map_or(newest, |known| known.max(newest)));
        let mut lines: Vec<LogLine> = events.iter().map(line).collect();
        lines.retain(|line| self.written.is_empty() || !self.written.remove(&line.to_string()));
        let (logs, run, task, number) = (
            self.logs.clone(),
            self.dag_run.clone(),
            self.task.clone(),
            self.number,
        );
        let appended = tokio::task::spawn_blocking(move || logs.append(&run, &task, number, &lines)).await;
        match appended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Broken::Disk(error.failure())),
            Err(error) => Err(Broken::Disk(Failure::transient(error.to_string()))),
        }
    }
}

enum Broken {
    Server,
    Disk(Failure),
}

/// The line as it is written. CDAP prints all arguments of a run into its first line; secrets are masked.
fn line(event: &LogEvent) -> LogLine {
    let short = event.logger.rsplit('.').next().unwrap_or(&event.logger);
    let source = event.stage.as_deref().unwrap_or(short);
    let mut message = mask_secrets(&event.message);
    if !event.stack_trace.trim().is_empty() {
        message.push('\n');
        message.push_str(event.stack_trace.trim_end());
    }
    LogLine::new(event.timestamp, Level::from_name(&event.level), source, &message)
}

/// `… with arguments {a=1, db_password=hunter2}`: the values of secret-looking names become `***`.
fn mask_secrets(message: &str) -> String {
    let mut masked = String::with_capacity(message.len());
    for part in message.split_inclusive([',', '{', '}', ' ']) {
        match part.split_once('=') {
            Some((name, value)) if domain::arguments::is_secret_name(name.trim()) && value.len() > 1 => {
                let end = value.chars().last().filter(|c| ",{} ".contains(*c));
                masked.push_str(name);
                masked.push_str("=***");
                masked.extend(end);
            }
            _ => masked.push_str(part),
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_the_first_line_are_masked() {
        let line = "Pipeline 'x' is started by user 'root' with arguments {a=1, db_password=hunter2, downbeat.token=t}";
        assert_eq!(
            mask_secrets(line),
            "Pipeline 'x' is started by user 'root' with arguments {a=1, db_password=***, downbeat.token=t}"
        );
    }
}
