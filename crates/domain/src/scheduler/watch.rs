//! Watching: one list request for all live runs, one request for all counts, and what follows.
//!
//! Trouble while watching never changes a task's state; it is a degraded connection with a backoff.

use super::message::Request;
use super::{Effect, Scheduler};
use crate::event::Fact;
use crate::failure::Failure;
use crate::id::{PipelineRunId, TaskId};
use crate::pipeline::{PipelineRun, PipelineState, StageCounts};
use crate::policy;
use crate::remedy::Remedy;
use crate::service::Service;
use crate::state::TaskState;
use crate::task::Task;
use crate::time::Timestamp;
use std::time::Duration;

type Counts = Vec<(PipelineRunId, Vec<StageCounts>)>;

impl Scheduler {
    /// Sends the list and the counts if a run is awaited, and notices silence.
    pub(super) fn watch(&mut self) {
        if let Some(since) = self.oldest_wanted() {
            self.send(Request::List, || Effect::List { since });
        }
        let live = self
            .run
            .pipelines()
            .filter(|t| is_working(t))
            .filter_map(Task::live_run)
            .cloned();
        let runs: Vec<_> = live.chain(self.uncounted.iter().cloned()).collect();
        if !runs.is_empty() && self.send(Request::Count, || Effect::Count { runs }) {
            self.counted_last.clone_from(&self.uncounted);
        }
        self.check_silence();
    }

    pub(super) fn on_list(&mut self, outcome: Result<Vec<PipelineRun>, Failure>) {
        let sent_at = self.in_flight.sent_at(&Request::List).unwrap_or_default();
        let runs = match outcome {
            Ok(runs) => runs,
            Err(reason) => {
                self.in_flight.failed(Request::List, self.now());
                self.lose_sight_of_doubted(&reason);
                self.say_what_is_sought("the runs of the pipeline cannot be listed");
                return self.degrade(Service::Cdap, reason);
            }
        };
        let pause = policy::jittered(
            policy::list_interval(self.youngest_age()),
            "list",
            self.in_flight.sent_count,
        );
        self.in_flight.answered(Request::List, self.now() + pause);
        if sent_at < self.watched_from {
            self.in_flight.allow_now(&Request::List);
        }
        self.restore(Service::Cdap);
        self.resolve_doubts(&runs, sent_at);
        self.resolve_lost(&runs);
        self.see_listed(sent_at, &runs);
        for task in self.tasks_where(|t| t.live_run().is_some()) {
            let live = self.run.task(&task).and_then(Task::live_run).cloned();
            match runs.iter().find(|run| Some(&run.id) == live.as_ref()) {
                Some(run) => self.on_seen(&task, run),
                None => self.look_at(&task),
            }
        }
        self.watch_clusters(&runs);
        self.note_list(sent_at, &runs);
    }

    /// A run that is missing from the list is asked for alone.
    fn look_at(&mut self, id: &TaskId) {
        let Some(run_id) = self.run.task(id).and_then(Task::live_run).cloned() else {
            return;
        };
        let task = id.clone();
        self.send(Request::LookAt(id.clone()), || Effect::LookAt { task, run_id });
    }

    pub(super) fn on_look(
        &mut self,
        id: &TaskId,
        run_id: &PipelineRunId,
        outcome: Result<Option<PipelineRun>, Failure>,
    ) {
        let request = Request::LookAt(id.clone());
        let sent_at = self.in_flight.sent_at(&request).unwrap_or_default();
        if outcome.is_ok() {
            self.in_flight
                .answered(request, self.now() + policy::list_interval(self.youngest_age()));
        } else {
            self.in_flight.failed(request, self.now());
        }
        if self.run.task(id).and_then(Task::live_run) != Some(run_id) {
            return;
        }
        if outcome.is_ok() && sent_at >= self.watched_from {
            self.unseen.remove(id);
        }
        match outcome {
            Ok(Some(run)) => self.on_seen(id, &run),
            Ok(None) => self.on_missing(id),
            Err(reason) => self.degrade(Service::Cdap, reason),
        }
        self.after_last_look(id);
    }

    /// A young record may not be visible yet; an old one that is gone makes the task unknown.
    fn on_missing(&mut self, id: &TaskId) {
        let Some(task) = self.run.task(id) else { return };
        let since = task.open_try().map_or(self.now(), |open| open.last_sign);
        let since = self.watched(since);
        if task.state == TaskState::Unknown || self.now().since(since) < policy::LOOK_UP_WINDOW * 2 {
            return;
        }
        let reason = Failure::ambiguous("The server does not know this pipeline run any more (404).")
            .with_remedies([
                Remedy::from("The pipeline may have been deleted. The run is still looked for."),
                Remedy::Retry(id.clone()),
                Remedy::GiveUp(id.clone()),
            ]);
        self.emit(Fact::TaskLostSight {
            task: id.clone(),
            reason,
        });
    }

    fn on_seen(&mut self, id: &TaskId, run: &PipelineRun) {
        let Some(task) = self.run.task(id) else { return };
        if super::lost::is_foreign(task, run) {
            return self.doubt_foreign(id, run);
        }
        let known = task.open_try().and_then(|open| open.pipeline_state.as_ref());
        let awaits_reason = self.in_flight.contains(&Request::Explain(id.clone()));
        if known != Some(&run.state) || task.state == TaskState::Unknown {
            self.emit(Fact::PipelineSeen {
                task: id.clone(),
                state: run.state.clone(),
                cluster_ended: run.cluster_ended,
            });
        }
        if run.state.is_end() && !awaits_reason && !self.is_unproven(id, run) {
            self.conclude(id, run);
        }
    }

    /// Watches the cluster of an ended run a little longer, because of late log lines.
    fn watch_clusters(&mut self, runs: &[PipelineRun]) {
        for id in self.tasks_where(|t| self.cluster_is_awaited(t)) {
            let Some(last) = self.run.task(&id).and_then(Task::current) else {
                continue;
            };
            let gone = runs
                .iter()
                .find(|run| Some(&run.id) == last.pipeline_run.as_ref() && run.cluster_ended);
            if let Some(run) = gone {
                self.emit(Fact::PipelineSeen {
                    task: id,
                    state: run.state.clone(),
                    cluster_ended: true,
                });
            }
        }
    }

    pub(super) fn cluster_is_awaited(&self, task: &Task) -> bool {
        task.current().is_some_and(|last| {
            last.ended
                .is_some_and(|end| self.now().since(end) < policy::CLUSTER_WATCH)
                && last.pipeline_run.is_some()
                && !last.cluster_ended
                && last.pipeline_state != Some(PipelineState::Rejected)
        })
    }

    pub(super) fn on_counts(&mut self, outcome: Result<Counts, Failure>) {
        // A request that left before a run ended does not have its last counts.
        let counted_last = std::mem::take(&mut self.counted_last);
        // Counts decide nothing; if the server does not answer, the list reports it.
        let Ok(counts) = outcome else {
            self.in_flight.failed(Request::Count, self.now());
            if self.in_flight.failures_in_a_row(&Request::Count) >= policy::LAST_COUNT_TRIES {
                self.uncounted.clear();
            }
            return;
        };
        self.uncounted.retain(|run_id| !counted_last.contains(run_id));
        let pause = policy::jittered(
            policy::count_interval(self.youngest_age()),
            "count",
            self.in_flight.sent_count,
        );
        let again = if self.uncounted.is_empty() {
            self.now() + pause
        } else {
            self.now()
        };
        self.in_flight.answered(Request::Count, again);
        for (run_id, counts) in counts {
            let owns = |t: &Task| {
                t.current()
                    .is_some_and(|last| last.pipeline_run.as_ref() == Some(&run_id))
            };
            let Some(task) = self.tasks_where(owns).pop() else {
                continue;
            };
            let known = self
                .run
                .task(&task)
                .and_then(Task::current)
                .map(|last| &last.counts);
            if known.is_some_and(|known| *known != counts) {
                self.break_silence(&task);
                self.emit(Fact::RecordsCounted { task, counts });
            }
        }
    }

    pub(super) fn on_log_seen(&mut self, run_id: &PipelineRunId) {
        if let Some(task) = self.owner(run_id) {
            self.log_seen.insert(task.clone(), self.now());
            self.break_silence(&task);
        }
    }

    fn break_silence(&mut self, id: &TaskId) {
        if self
            .run
            .task(id)
            .and_then(Task::open_try)
            .is_some_and(|open| open.silent_since.is_some())
        {
            self.emit(Fact::SilenceBroken { task: id.clone() });
        }
    }

    fn check_silence(&mut self) {
        for id in self.tasks_where(is_working) {
            let Some(open) = self.run.task(&id).and_then(Task::open_try) else {
                continue;
            };
            let since = self
                .log_seen
                .get(&id)
                .copied()
                .unwrap_or_default()
                .max(open.last_sign);
            let is_new = open.silent_since.is_none();
            // Nobody could see a sign of life while nobody watched.
            if is_new && self.reached(self.watched(since) + policy::SILENCE) {
                self.emit(Fact::SilenceNoticed { task: id, since });
            }
        }
    }

    pub(super) fn degrade(&mut self, service: Service, reason: Failure) {
        let known = self.run.degraded.get(&service).map(|(_, reason)| reason);
        if known != Some(&reason) {
            self.emit(Fact::ConnectionDegraded { service, reason });
        }
    }

    pub(super) fn restore(&mut self, service: Service) {
        if self.run.degraded.contains_key(&service) {
            self.emit(Fact::ConnectionRestored { service });
        }
    }

    fn youngest_age(&self) -> Duration {
        let watched = self
            .run
            .pipelines()
            .filter(|t| t.live_run().is_some() || t.is_doubted());
        let lost = self.run.pipelines().flat_map(|t| &t.lost).map(|lost| lost.sent);
        let youngest = watched
            .filter_map(|t| t.open_try().map(|open| open.started))
            .chain(lost)
            .max();
        youngest.map_or(Duration::ZERO, |at: Timestamp| self.now().since(at))
    }
}

/// Whether its run is past its start, so that counts and log lines are to be expected.
fn is_working(task: &Task) -> bool {
    task.open_try().is_some_and(|open| {
        open.pipeline_run.is_some()
            && matches!(
                open.pipeline_state,
                Some(PipelineState::Running | PipelineState::Stopping)
            )
    })
}
