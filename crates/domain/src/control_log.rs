//! The logs of the tasks that run no pipeline: what `start` checked, what `truncate_table` removed, what
//! `filter_arguments` kept.
//!
//! Each line follows from a fact and from the run before it, so that a log can be made again from any journal, and is the
//! same on every machine. Nothing is decided here, and no line says anything that is not in the facts. The sentences are in
//! `control_log/words.rs` and `control_log/rows.rs`.

mod lines;
mod rows;
mod words;

use crate::event::{Fact, RunEvent};
use crate::id::TaskId;
use crate::log::LogLine;
use crate::request::Scope;
use crate::run::Run;
use crate::state::TaskState;
use crate::task::{Task, TaskKind};

/// A line, and the try to whose log it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlLine {
    /// The task.
    pub task: TaskId,
    /// The try, from 1. What happens to a task that has not begun belongs to the first.
    pub number: u32,
    /// The line.
    pub line: LogLine,
}

/// The logs of a run's control tasks, up to the last event that it was told.
#[derive(Clone, Debug)]
pub struct ControlLog {
    run: Run,
}

impl ControlLog {
    /// The logs of a run that begins; `None` if this is not its first event.
    pub fn begin(first: &RunEvent) -> Option<Self> {
        Run::begin(first).map(|run| Self { run })
    }

    /// All lines that these events give, from the first of a run on, and the logs to go on with.
    pub fn replay(events: &[RunEvent]) -> Option<(Self, Vec<ControlLine>)> {
        let (first, rest) = events.split_first()?;
        let mut log = Self::begin(first)?;
        let lines = rest.iter().flat_map(|event| log.apply(event)).collect();
        Some((log, lines))
    }

    /// The lines of the next event.
    pub fn apply(&mut self, event: &RunEvent) -> Vec<ControlLine> {
        let subject = self.subject(&event.fact);
        self.run.apply(event);
        let Some(task) = subject.and_then(|id| self.run.task(&id)) else {
            return Vec::new();
        };
        let lines = words::lines(&self.run, task, event);
        let number = number_of_log(task);
        let lines = lines.into_iter().map(|line| ControlLine {
            task: task.id.clone(),
            number,
            line,
        });
        lines.collect()
    }

    /// The control task that a fact is about: the one that it names, else the one that is at work.
    fn subject(&self, fact: &Fact) -> Option<TaskId> {
        if let Some(id) = fact.task() {
            let task = self.run.task(id).filter(|task| task.kind != TaskKind::Pipeline);
            return task.map(|task| task.id.clone());
        }
        let single = |kind| self.run.single(kind).map(|task| task.id.clone());
        match fact {
            Fact::RunEnded { .. } => single(TaskKind::End),
            // A pipeline by hand is planned when `start` is over.
            Fact::PipelinesPlanned { .. } if self.run.request.scope != Scope::Chain => {
                single(TaskKind::Start)
            }
            _ => self.at_work().map(|task| task.id.clone()),
        }
    }

    fn at_work(&self) -> Option<&Task> {
        let is_at_work = |task: &&Task| {
            task.kind != TaskKind::Pipeline
                && task.open_try().is_some()
                && !matches!(task.state, TaskState::None | TaskState::Scheduled)
        };
        self.run.tasks.iter().find(is_at_work)
    }
}

/// The newest log of a control task, by its try. Something may be said of one that has no try: why it was left out.
pub fn number_of_log(task: &Task) -> u32 {
    u32::try_from(task.tries.len()).unwrap_or(u32::MAX).max(1)
}
