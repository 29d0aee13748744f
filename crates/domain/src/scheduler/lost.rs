//! Starts whose answers were lost.
//!
//! ```text
//! StartDoubted ─┬─ its token is listed ────────────────→ PipelineStarted (adopted)
//!               ├─ nothing can be listed ──────────────→ unknown, until something can
//!               └─ not listed after the window is over → StartRepeated: the same try, with a new token
//! ```
//!
//! A run is young and hides its arguments for a moment, so that the list which decides must have been sent after the window,
//! and must leave nothing undecided. What begins after all is dealt with in `late.rs`.

use super::Scheduler;
use super::message::Request;
use crate::event::{Discovery, Fact};
use crate::failure::Failure;
use crate::id::{StartToken, TaskId};
use crate::pipeline::{PipelineRun, RunArguments};
use crate::policy;
use crate::remedy::Remedy;
use crate::state::TaskState;
use crate::task::{Task, Try};
use crate::time::Timestamp;

/// What is done about something whose answer was lost.
pub(super) const LOOKED_FOR: &str = "It is still looked for.";

impl Scheduler {
    /// Adopts doubted starts whose token is in this list, which was sent at that moment; the others wait until the
    /// window is over.
    pub(super) fn resolve_doubts(&mut self, runs: &[PipelineRun], sent_at: Timestamp) {
        for id in self.tasks_where(Task::is_doubted) {
            let Some(open) = self.run.task(&id).and_then(Task::open_try) else {
                continue;
            };
            let (Some(token), Some(since), sent) = (&open.token, open.doubted, open.started) else {
                continue;
            };
            // One start request makes one run; if there are two, the older one is kept.
            let found = runs
                .iter()
                .filter(|run| run.token().as_ref() == Some(token))
                .min_by_key(|r| r.starting);
            if let Some(run) = found {
                let run_id = run.id.clone();
                self.record_run(&id, run_id, Discovery::Adopted);
            } else if sent_at >= since + policy::LOOK_UP_WINDOW && sent_at >= self.watched_from {
                self.on_not_found(&id, self.has_undecided(runs, sent));
            }
        }
    }

    /// The window is over, and the token is not in the list.
    fn on_not_found(&mut self, id: &TaskId, is_undecided: bool) {
        let Some(task) = self.run.task(id) else { return };
        match task.state {
            TaskState::Unknown if is_undecided => {}
            _ if is_undecided => {
                self.lose_sight(id, "There is a run whose arguments cannot be seen yet.");
            }
            TaskState::Stopping => self.give_up(
                id,
                "It was to be stopped, and no run with its token has shown up, so it was left",
            ),
            _ => self.repeat_start(id),
        }
    }

    fn repeat_start(&mut self, id: &TaskId) {
        let Some(task) = self.run.task(id) else { return };
        let Some(token) = task.open_try().and_then(|open| open.token.clone()) else {
            return;
        };
        let repeats = task.repeats.saturating_add(1);
        let pause = policy::jittered(policy::refusal_pause(repeats), id.as_str(), repeats.into());
        self.emit(Fact::StartRepeated {
            task: id.clone(),
            token,
            again_at: self.now() + pause,
        });
    }

    /// Nothing can be listed, so that it cannot be seen whether a start began anything.
    pub(super) fn lose_sight_of_doubted(&mut self, why: &Failure) {
        for id in self.tasks_where(|task| task.is_doubted() && task.state == TaskState::Queued) {
            let open = self.run.task(&id).and_then(Task::open_try);
            let since = open.and_then(|open| open.doubted).unwrap_or(self.now());
            if self.now() >= self.watched(since) + policy::LOOK_UP_WINDOW {
                let why = format!("The runs cannot be listed: {}", why.reason);
                self.lose_sight(&id, &why);
            }
        }
    }

    fn lose_sight(&mut self, id: &TaskId, why: &str) {
        if self
            .run
            .task(id)
            .is_none_or(|task| task.state != TaskState::Queued)
        {
            return;
        }
        let reason =
            format!("The answer to the start was lost, and it cannot be seen whether it began a run. {why}");
        let reason = Failure::ambiguous(reason).with_remedies([
            Remedy::from(LOOKED_FOR),
            Remedy::Retry(id.clone()),
            Remedy::GiveUp(id.clone()),
        ]);
        self.emit(Fact::TaskLostSight {
            task: id.clone(),
            reason,
        });
    }

    /// Whether a run hides its arguments that may have begun since then and is none of ours, as far as we know.
    pub(super) fn has_undecided(&self, runs: &[PipelineRun], since: Timestamp) -> bool {
        let since = since - policy::CLOCK_MARGIN;
        let is_ours = |run: &PipelineRun| {
            self.run.pipelines().any(|task| {
                let is_lost = |token: &StartToken| task.lost.iter().any(|lost| lost.token == *token);
                let mut tries = task.tries.iter();
                tries.any(|one| {
                    // What is looked for by its token is not seen while that is hidden.
                    one.pipeline_run.as_ref() == Some(&run.id) && !one.token.as_ref().is_some_and(is_lost)
                })
            })
        };
        let is_hidden = |run: &PipelineRun| run.arguments == RunArguments::Hidden && !run.state.is_end();
        runs.iter()
            .any(|run| is_hidden(run) && run.starting >= since && !is_ours(run))
    }

    pub(super) fn doubt_foreign(&mut self, id: &TaskId, run: &PipelineRun) {
        let reason = format!(
            "The answer to the start named pipeline run {}, which is not the one that was started: it bears another token.",
            run.id
        );
        self.in_flight.allow_now(&Request::List);
        self.emit(Fact::StartDoubted {
            task: id.clone(),
            reason: Failure::ambiguous(reason),
        });
    }

    /// Whether an ended run may still turn out to be another one's: a young record hides its arguments.
    pub(super) fn is_unproven(&self, id: &TaskId, run: &PipelineRun) -> bool {
        let open = self.run.task(id).and_then(Task::open_try);
        let is_young = |open: &Try| self.now().since(self.watched(open.started)) < policy::LOOK_UP_WINDOW;
        run.arguments == RunArguments::Hidden && open.is_some_and(is_young)
    }

    /// The earliest moment at which a run that is looked for may have begun.
    pub(super) fn oldest_wanted(&self) -> Option<Timestamp> {
        let is_over = self.run.state.is_end();
        let wanted = |t: &Task| t.live_run().is_some() || t.is_doubted() || self.cluster_is_awaited(t);
        let tasks = self.run.pipelines();
        let began = tasks.flat_map(|task| {
            let current = task.current().filter(|_| wanted(task));
            let lost = task.lost.iter().filter(|lost| !is_over && !lost.has_ended());
            current
                .map(|t| t.started)
                .into_iter()
                .chain(lost.map(|lost| lost.sent))
        });
        let is_sought = |task: &Task| task.is_doubted() || task.lost.iter().any(|lost| !lost.has_ended());
        // Moments of a former process may be those of a clock that was wrong.
        let is_old = self.is_resumed && self.run.pipelines().any(is_sought);
        let margin = if self.is_deciding() || self.clock.is_corrected() || is_old {
            policy::DECIDING_MARGIN
        } else {
            policy::CLOCK_MARGIN
        };
        began.min().map(|at| at - margin)
    }

    /// Whether the next list decides that a start never arrived.
    fn is_deciding(&self) -> bool {
        let is_due = |task: &Task| {
            let doubted = task.open_try().and_then(|open| open.doubted);
            task.is_doubted() && doubted.is_some_and(|since| self.now() >= since + policy::LOOK_UP_WINDOW)
        };
        self.run.pipelines().any(is_due) || self.over_since.is_some() || self.seeks_any_earlier_run()
    }
}

/// Whether this run, which an answer named, bears another token than the try: a proxy has repeated an old answer.
pub(super) fn is_foreign(task: &Task, run: &PipelineRun) -> bool {
    let token = task.open_try().and_then(|open| open.token.as_ref());
    run.arguments != RunArguments::Hidden && token.is_some() && run.token().as_ref() != token
}
