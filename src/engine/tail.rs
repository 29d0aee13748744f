//! Log lines of pipeline runs, from the server into the file of each try.
//!
//! ```text
//!  tail.rs       one follower for each pipeline run; the form of a line
//!  control.rs    the logs of the tasks that run no pipeline, made of the run's facts
//!  follower.rs   reads the log of one run, writes what is new, says what is missing
//!  log_file.rs   its file; waits for a disk that does not take a line
//!  settling.rs   when to read next, how far back, and when nothing more is awaited
//!  overlap.rs    which lines are new
//! ```
//!
//! A log is complete, or its file says what may be missing and why. Reading it never fails a task.

mod control;
mod follower;
mod log_file;
mod overlap;
mod settling;

pub use control::complete_control_logs;

use super::cloud::Cloud;
use super::{SharedSecrets, Update, clock};
use crate::client::cdap::LogEvent;
use crate::store::LogFolder;
use control::ControlFiles;
use domain::event::{Fact, RunEvent};
use domain::id::{DagRunId, PipelineRunId, TaskId};
use domain::log::{Level, LogLine};
use domain::pipeline::PipelineState;
use domain::run::Run;
use domain::scheduler::Answer;
use domain::task::{Task, Try};
use domain::time::Timestamp;
use follower::Follower;
use log_file::LogFile;
use settling::Attention;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

/// How many logs are read at once; each may hold a page.
const AT_ONCE: usize = 4;

/// What a follower may take beyond the time that it is given to end.
const GRACE: Duration = Duration::from_secs(2);

/// The longest that [`super::Command::CloseWithLogs`] waits.
pub const LONGEST_WAIT_FOR_LOGS: Duration = settling::PATIENCE.saturating_add(GRACE);

type Answers = mpsc::Sender<(DagRunId, Answer)>;

/// The logs of one DAG run.
pub(super) struct Tails {
    run: DagRunId,
    cloud: Cloud,
    logs: LogFolder,
    updates: mpsc::Sender<Update>,
    followed: BTreeMap<PipelineRunId, (TaskId, watch::Sender<Attention>)>,
    focus: Option<TaskId>,
    turns: Arc<Semaphore>,
    tasks: JoinSet<()>,
    /// Whether it was said that the disk does not take lines.
    is_told: Arc<AtomicBool>,
    control: ControlFiles,
}

impl Tails {
    pub fn new(run: &DagRunId, cloud: Cloud, logs: LogFolder, updates: mpsc::Sender<Update>) -> Self {
        Self {
            run: run.clone(),
            cloud,
            logs,
            updates,
            followed: BTreeMap::new(),
            focus: None,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: JoinSet::new(),
            is_told: Arc::default(),
            control: ControlFiles::default(),
        }
    }

    /// The DAG run whose logs these are.
    pub fn run(&self) -> &DagRunId {
        &self.run
    }

    /// Whether nothing more is awaited of any log.
    pub fn is_over(&mut self) -> bool {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.is_empty()
    }

    /// Follows the events: runs that became known, tries that ended.
    pub fn follow(&mut self, run: &Run, events: &[RunEvent], answers: &Answers) {
        self.write_control(events);
        for event in events {
            // The next try may have begun already.
            if let Fact::PipelineStarted { task, run_id, .. }
            | Fact::LateRunFound {
                task,
                run_id,
                kept: true,
                ..
            } = &event.fact
                && let Some(task) = run.task(task)
                && let Some(one) = task
                    .tries
                    .iter()
                    .find(|one| one.pipeline_run.as_ref() == Some(run_id))
            {
                self.begin(task, one, answers);
            }
        }
        self.forget_others(run);
        for one in run.pipelines().flat_map(|task| &task.tries) {
            let followed = one.pipeline_run.as_ref().and_then(|id| self.followed.get(id));
            if let (Some(ended), Some((_, attention))) = (one.ended, followed) {
                attention.send_if_modified(|a| {
                    a.never_began = never_began(one);
                    a.ended.replace(ended).is_none()
                });
            }
        }
    }

    /// A run that is not the one of its try any more is not awaited.
    fn forget_others(&self, run: &Run) {
        for (id, (task, attention)) in &self.followed {
            let tries = run.task(task).into_iter().flat_map(|task| &task.tries);
            let is_known = tries.into_iter().any(|one| one.pipeline_run.as_ref() == Some(id));
            attention.send_if_modified(|a| !is_known && a.ended.replace(run.last_event).is_none());
        }
    }

    /// After a resume: the logs of all tries, because the process before may have ended within any of them. `events` are
    /// all events of the run.
    pub fn resume(&mut self, run: &Run, events: &[RunEvent], answers: &Answers) {
        self.rewrite_control(events);
        for task in run.pipelines() {
            for one in &task.tries {
                self.begin(task, one, answers);
            }
        }
    }

    fn begin(&mut self, task: &Task, one: &Try, answers: &Answers) {
        let Some(run_id) = one.pipeline_run.clone() else {
            return;
        };
        if self.followed.contains_key(&run_id) {
            return;
        }
        let (attention, watched) = watch::channel(Attention {
            focused: self.focus.as_ref() == Some(&task.id),
            ended: one.ended,
            never_began: never_began(one),
            closing: None,
        });
        self.followed.insert(run_id.clone(), (task.id.clone(), attention));
        let follower = Follower {
            run_id,
            cloud: self.cloud.clone(),
            file: self.file(task.id.clone(), one.number),
            answers: answers.clone(),
            turns: self.turns.clone(),
            attention: watched,
        };
        self.tasks.spawn(follower.follow());
    }

    fn file(&self, task: TaskId, number: u32) -> LogFile {
        LogFile {
            logs: self.logs.clone(),
            dag_run: self.run.clone(),
            task,
            number,
            updates: self.updates.clone(),
            is_told: self.is_told.clone(),
        }
    }

    pub fn focus(&mut self, task: Option<TaskId>) {
        self.focus = task;
        for (owner, attention) in self.followed.values() {
            let focused = self.focus.as_ref() == Some(owner);
            attention.send_if_modified(|a| std::mem::replace(&mut a.focused, focused) != focused);
        }
    }

    /// The program ends: logs of ended runs may be waited for until then, those of live ones are left.
    pub fn close(&mut self, until: Timestamp) {
        for (_, attention) in self.followed.values() {
            attention.send_modify(|a| a.closing = Some(until));
        }
    }

    /// Waits for the end of all followers, which [`Self::close`] has asked for.
    pub async fn finish(&mut self, until: Timestamp) {
        let most = clock::now().until(until) + GRACE;
        let _ = tokio::time::timeout(most, async { while self.tasks.join_next().await.is_some() {} }).await;
        // Not waited for: one may be in a call that does not end.
        self.tasks.abort_all();
    }
}

/// The line as it is written; every line from a server passes here. CDAP prints all arguments of a run into its
/// first line.
fn line(event: &LogEvent, secrets: &SharedSecrets) -> LogLine {
    let short = event.logger.rsplit('.').next().unwrap_or(&event.logger);
    let source = event.stage.as_deref().unwrap_or(short);
    let mut message = secrets.clean_cut(&event.message, event.left_out > 0);
    if !event.stack_trace.trim().is_empty() {
        message.push('\n');
        message.push_str(secrets.clean(&event.stack_trace).trim_end());
    }
    let level = Level::from_name(&event.level);
    LogLine::cut(event.timestamp, level, source, &message, event.left_out)
}

/// Whether the run of a try was stopped before it began. One that failed may have begun unseen.
fn never_began(one: &Try) -> bool {
    one.waiting_in.is_some() && one.pipeline_state == Some(PipelineState::Killed)
}
