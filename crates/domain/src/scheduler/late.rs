//! Runs that begin late: their starts had been taken for lost, and were repeated or given up.
//!
//! Of two runs for one task the one that began later is stopped at once, before it loads; one that has completed is kept. The
//! lists go on looking for the tokens of lost starts while the run goes on, and once more before it ends.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::{Finding, Severity};
use crate::id::{PipelineRunId, TaskId};
use crate::pipeline::{PipelineRun, PipelineState};
use crate::policy;
use crate::state::TaskState;
use crate::task::{LateRun, LostStart, Task};
use crate::time::Timestamp;

impl Scheduler {
    /// Looks for lost starts in this list.
    pub(super) fn resolve_lost(&mut self, runs: &[PipelineRun]) {
        for id in self.tasks_where(|task| task.lost.iter().any(|lost| !lost.has_ended())) {
            let lost = self
                .run
                .task(&id)
                .map(|task| task.lost.clone())
                .unwrap_or_default();
            for lost in lost.into_iter().filter(|lost| !lost.has_ended()) {
                let found = runs
                    .iter()
                    .filter(|run| run.token().as_ref() == Some(&lost.token));
                if let Some(run) = found.min_by_key(|run| run.starting) {
                    self.on_late_run(&id, &lost, run, runs);
                }
            }
        }
    }

    /// A list that was sent at this moment has shown what there is of lost starts, unless a run hides its arguments.
    pub(super) fn note_list(&mut self, sent_at: Timestamp, runs: &[PipelineRun]) {
        let lost = self.run.pipelines().flat_map(|task| &task.lost);
        let oldest = lost.map(|lost| lost.sent).min().unwrap_or(self.now());
        let late = self
            .run
            .pipelines()
            .flat_map(Task::late_runs)
            .map(|late| &late.id);
        let listed = late.filter(|id| runs.iter().any(|run| run.id == **id));
        self.listed_late = listed.cloned().collect();
        let is_undecided = self.has_undecided(runs, oldest);
        if !is_undecided {
            self.last_list = self.last_list.max(Some(sent_at));
        }
        self.note_sought(sent_at, is_undecided);
        if self.over_since.is_some_and(|over| sent_at < over) {
            self.in_flight.allow_now(&Request::List);
        }
    }

    fn on_late_run(&mut self, id: &TaskId, lost: &LostStart, run: &PipelineRun, runs: &[PipelineRun]) {
        let Some(task) = self.run.task(id) else { return };
        let own = Own::new(task, runs);
        if own == Own::Unlisted && !run.state.is_end() {
            return; // Which of the two is the younger one shows when both are listed.
        }
        let is_stopped = lost.run.is_some();
        let kept = !task.is_over() && own.gives_way_to(run, is_stopped, self.run.stop.is_some());
        if kept || lost.run.is_none() {
            let text = late_text(task, run, kept);
            let finding =
                Finding::from_failure(id.as_str(), Failure::transient(text)).with_severity(Severity::Warning);
            self.emit(Fact::LateRunFound {
                task: id.clone(),
                token: lost.token.clone(),
                run_id: run.id.clone(),
                kept,
            });
            self.emit(Fact::Noticed { finding });
        }
        if kept {
            // Its limit passes anew, with a last look of its own.
            self.last_looks.remove(id);
            self.log_seen.remove(id);
        }
        if !kept && run.state.is_end() {
            self.emit(Fact::LateRunEnded {
                task: id.clone(),
                run_id: run.id.clone(),
                state: run.state.clone(),
            });
            if run.state == PipelineState::Completed {
                self.note_second_load(id, &run.id);
            }
        }
    }

    /// The late run has loaded its rows, although it is not the one that counts.
    fn note_second_load(&mut self, id: &TaskId, late: &PipelineRunId) {
        let Some(task) = self.run.task(id) else { return };
        let table = self.run.request.variables.output_table();
        let counted = task.current().and_then(|last| last.pipeline_run.as_ref());
        let finding = match counted.filter(|_| !task.is_over() || task.state == TaskState::Success) {
            Some(run) => Finding::error(
                id.as_str(),
                format!(
                    "Pipeline run {late} of {id} has completed beside {run}: the rows of this task may be in {table} twice."
                ),
                "Compare the rows of the two loads, and remove one of them; or empty the table with a new run.",
            ),
            None => Finding::error(
                id.as_str(),
                format!(
                    "Pipeline run {late} of {id} has completed, although the task is {}: its rows may be in {table}.",
                    task.state.as_str()
                ),
                "Try the task again: that run counts then, and nothing is started.",
            ),
        };
        self.emit(Fact::Noticed { finding });
    }

    /// Stops the runs that began late, again and again until their ends are seen or the grace is over.
    pub(super) fn stop_late_runs(&mut self) {
        if self.run.state.is_end() {
            return;
        }
        for id in self.tasks_where(|task| task.late_runs().next().is_some()) {
            let late: Vec<LateRun> = self
                .run
                .task(&id)
                .into_iter()
                .flat_map(Task::late_runs)
                .cloned()
                .collect();
            for late in late {
                if self.reached(self.grace_of(&late)) {
                    let message = format!(
                        "Pipeline run {} of {id} began late. Its stop was requested and never confirmed.",
                        late.id
                    );
                    let advice = "Stop it in Data Fusion: its rows may be loaded a second time.";
                    self.notice_once(Finding::error(id.as_str(), message, advice));
                    continue;
                }
                let (task, run_id) = (id.clone(), late.id.clone());
                self.send(Request::Stop(late.id), || Effect::Stop { task, run_id });
            }
        }
    }

    /// Whether a late run of the task is to be stopped and may still be live, so that it starts nothing.
    pub(super) fn has_late_run(&self, id: &TaskId) -> bool {
        let task = self.run.task(id);
        let mut late = task.into_iter().flat_map(Task::late_runs);
        late.any(|late| self.now() < self.grace_of(late))
    }

    fn grace_of(&self, late: &LateRun) -> Timestamp {
        self.watched(late.seen) + policy::STOP_GRACE
    }

    /// Whether the run's end waits for lost starts: they are looked for once more after everything else is over, and the
    /// ends of those that began are awaited. A server that does not answer is not waited for without end.
    pub(super) fn awaits_lost(&mut self) -> bool {
        let lost = self.tasks_where(|task| task.lost.iter().any(|lost| !lost.has_ended()));
        if lost.is_empty() {
            return false;
        }
        if self.over_since.is_none() {
            self.over_since = Some(self.now());
            self.in_flight.allow_now(&Request::List);
        }
        let over_since = self.over_since.unwrap_or_default();
        let sent = self
            .run
            .pipelines()
            .flat_map(|task| &task.lost)
            .map(|lost| lost.sent);
        let arrived = sent.max().unwrap_or_default() + policy::LATE_WINDOW;
        let last_look = over_since.max(arrived);
        let is_looked_for = self.last_list.is_some_and(|sent| sent >= last_look);
        let patience_ends = self.watched(last_look) + policy::LOOK_UP_WINDOW;
        lost.iter().any(|id| self.has_late_run(id)) || !is_looked_for && !self.reached(patience_ends)
    }
}

/// What a task has beside a run that began late.
#[derive(PartialEq)]
enum Own {
    /// A try is over, and the next one has not begun.
    NoTry,
    /// A try whose start has begun nothing, as far as is known.
    NoRun,
    /// A run that no list has shown yet.
    Unlisted,
    /// A run that cannot be seen any more.
    Unseen,
    /// A run that is live; when it began.
    Live(Option<Timestamp>),
    /// A run that has completed.
    Completed,
    /// A run that has ended in another way.
    Ended,
}

impl Own {
    fn new(task: &Task, runs: &[PipelineRun]) -> Self {
        let Some(open) = task.open_try() else {
            return Self::NoTry;
        };
        let Some(own) = &open.pipeline_run else {
            return Self::NoRun;
        };
        let listed = runs.iter().find(|run| run.id == *own);
        match listed.map(|run| &run.state).or(open.pipeline_state.as_ref()) {
            None if task.state == TaskState::Unknown => Self::Unseen,
            None => Self::Unlisted,
            Some(PipelineState::Completed) => Self::Completed,
            Some(state) if state.is_end() => Self::Ended,
            Some(_) => Self::Live(listed.map(|run| run.starting)),
        }
    }

    /// Whether the late run becomes the one of the task's open try, or of its next try. A run whose stop was sent does
    /// so only if it has completed all the same.
    fn gives_way_to(&self, late: &PipelineRun, is_stopped: bool, is_stopping: bool) -> bool {
        let is_done = late.state == PipelineState::Completed;
        if !is_done && (late.state.is_end() || is_stopped) {
            return false;
        }
        match self {
            Self::NoTry => !is_stopping,
            Self::NoRun | Self::Unseen | Self::Ended => true,
            Self::Completed => false,
            Self::Unlisted => is_done,
            Self::Live(began) => is_done || began.is_some_and(|began| late.starting < began),
        }
    }
}

/// What is said of a late run.
fn late_text(task: &Task, late: &PipelineRun, kept: bool) -> String {
    let (id, run) = (&task.id, &late.id);
    let is_known = task
        .tries
        .iter()
        .any(|one| one.pipeline_run.as_ref() == Some(run));
    let begin = if is_known {
        format!(
            "Pipeline run {run} of {id}, whose end had not been seen, is {}.",
            late.state
        )
    } else {
        format!("A start of {id} whose answer was lost has begun pipeline run {run} after all.")
    };
    let own = task.live_run();
    match own {
        _ if !kept && late.state.is_end() => format!("{begin} It has ended {}.", late.state),
        Some(own) if kept => format!(
            "{begin} It is the one of this try, and {own}, which was started in its place, is stopped."
        ),
        None if kept && late.state == PipelineState::Completed => {
            format!("{begin} It is the one that counts, and nothing is started in its place.")
        }
        None if kept => format!("{begin} It is followed, and nothing is started in its place."),
        Some(own) => format!("{begin} It began later than {own}, so it is stopped."),
        None => format!("{begin} Nothing waits for it any more, so it is stopped."),
    }
}
