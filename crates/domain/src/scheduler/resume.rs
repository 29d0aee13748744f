//! A run that nobody watched for a while: after a restart of the program, or on a machine that slept.
//!
//! That time is not the run's: its limits are lengthened by it. And no limit ends what has not been looked at since: the
//! first act is a list of the runs, and what is missing from it is asked for alone.

use super::Scheduler;
use super::message::Request;
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use crate::pipeline::PipelineRun;
use crate::policy;
use crate::state::TaskState;
use crate::task::Task;
use crate::time::{Timestamp, human};

impl Scheduler {
    /// Nobody watched between `since` and now.
    pub(super) fn resume_watch(&mut self, since: Timestamp) {
        if self.run.state.is_end() {
            return;
        }
        self.emit(Fact::WatchResumed { since });
        let gap = self.now().since(since);
        if gap >= policy::GAP_TO_SAY {
            let text = format!(
                "Nobody watched this run for {}, from {since} on. That time does not count for its limits, and what had not begun \
                 may still begin.",
                human(gap)
            );
            let finding = Finding::from_failure(self.run.id.as_str(), Failure::transient(text));
            let finding = finding.with_severity(Severity::Note);
            self.emit(Fact::Noticed { finding });
        }
        self.watched_from = self.now();
        self.unseen = self
            .tasks_where(|task| task.live_run().is_some() || is_unanswered(task) || task.is_doubted())
            .into_iter()
            .collect();
        self.last_looks.clear();
        self.truncate.resume(gap, self.now());
        self.in_flight.allow_now(&Request::List);
    }

    /// An intent without a run is a start whose answer was lost.
    pub(super) fn doubt_open_starts(&mut self) {
        for task in self.tasks_where(is_unanswered) {
            let reason = Failure::ambiguous(
                "Downbeat ended before the server had answered the start; the run is being looked for by its token.",
            );
            self.emit(Fact::StartDoubted { task, reason });
        }
    }

    /// A list that was sent at this moment has come.
    pub(super) fn see_listed(&mut self, sent_at: Timestamp, runs: &[PipelineRun]) {
        if sent_at < self.watched_from {
            return;
        }
        let is_unlisted = |task: &Task| {
            let live = task.live_run();
            live.is_some_and(|live| runs.iter().all(|run| run.id != *live))
        };
        let unlisted = self.tasks_where(is_unlisted);
        self.unseen.retain(|id| unlisted.contains(id));
    }

    /// Whether something of the run has not been looked at since nobody watched.
    pub(super) fn is_unseen(&self) -> bool {
        self.truncate.is_unseen && self.run.open_truncate().is_some()
            || self.unseen.iter().any(|id| self.is_task_unseen(id))
    }

    pub(super) fn is_task_unseen(&self, id: &TaskId) -> bool {
        let task = self.run.task(id);
        self.unseen.contains(id) && task.is_some_and(|task| task.live_run().is_some() || task.is_doubted())
    }

    /// The moment, or the one since which the run has been watched without a gap.
    pub(super) fn watched(&self, moment: Timestamp) -> Timestamp {
        moment.max(self.run.watched_since.unwrap_or_default())
    }
}

/// Whether its start was intended and its answer is not known.
fn is_unanswered(task: &Task) -> bool {
    matches!(task.state, TaskState::Queued | TaskState::Stopping)
        && task
            .open_try()
            .is_some_and(|open| open.token.is_some() && open.pipeline_run.is_none() && open.doubted.is_none())
}
