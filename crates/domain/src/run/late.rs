//! The reducer of lost starts, of the runs that they begin late, and of runs that were never seen to end.

use super::tries::count;
use crate::event::Fact;
use crate::id::{PipelineRunId, StartToken};
use crate::pipeline::PipelineState;
use crate::state::TaskState;
use crate::task::{LateRun, LostStart, Task};
use crate::time::Timestamp;

impl Task {
    /// The open try's start may have begun a run that nobody has seen.
    pub(super) fn lose_start(&mut self) {
        let Some(open) = self.tries.last_mut().filter(|t| t.ended.is_none()) else {
            return;
        };
        if open.pipeline_run.is_some() {
            return;
        }
        let sent = open.started;
        open.doubted = None;
        self.lost.extend(open.token.take().map(|token| LostStart {
            token,
            sent,
            run: None,
            sought: None,
        }));
    }

    /// Another try is asked for. Whatever the starts before it have begun may be live, or may have loaded its rows, unless
    /// its bad end was seen: it is looked for first.
    pub(super) fn seek_earlier_runs(&mut self, at: Timestamp) {
        for one in self.tries.iter().filter(|one| !one.is_known_to_have_failed()) {
            let Some(token) = one.token.as_ref().filter(|_| one.pipeline_run.is_some()) else {
                continue;
            };
            if self.lost.iter().all(|lost| lost.token != *token) {
                self.lost.push(LostStart {
                    token: token.clone(),
                    sent: one.started,
                    run: None,
                    sought: None,
                });
            }
        }
        for lost in &mut self.lost {
            // One that completed after the task was left counts now.
            lost.run.take_if(|run| run.end == Some(PipelineState::Completed));
            if !lost.has_ended() {
                lost.sought = Some(at);
            }
        }
    }

    pub(super) fn apply_late_run(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::LateRunFound {
                token,
                run_id,
                kept: true,
                ..
            } => self.keep_late_run(token, run_id, at),
            Fact::LateRunFound { token, run_id, .. } => {
                let run = LateRun {
                    id: run_id.clone(),
                    seen: at,
                    end: None,
                };
                let lost = self.lost.iter_mut().find(|lost| lost.token == *token);
                if let Some(lost) = lost {
                    lost.run = Some(run);
                }
            }
            Fact::LateRunEnded { run_id, state, .. } => {
                let late = self.lost.iter_mut().filter_map(|lost| lost.run.as_mut());
                for late in late.filter(|late| late.id == *run_id) {
                    late.end = Some(state.clone());
                }
            }
            _ => {}
        }
    }

    /// The late run becomes the open try's, or that of a try of its own; what the open try had is stopped.
    fn keep_late_run(&mut self, token: &StartToken, run_id: &PipelineRunId, at: Timestamp) {
        let place = self.lost.iter().position(|lost| lost.token == *token);
        let Some(kept) = place.map(|place| self.lost.remove(place)) else {
            return;
        };
        match self.tries.last_mut() {
            // The try that was left goes on: it is no new one.
            Some(last) if last.pipeline_run.as_ref() == Some(run_id) => {
                last.ended = None;
                last.failure = None;
                last.stop = None;
                last.stop_asked = None;
            }
            Some(last) if last.ended.is_none() => {}
            _ => self.begin_try(count(&self.tries).saturating_add(1), at),
        }
        let Some(open) = self.tries.last_mut() else { return };
        let former = open.token.replace(kept.token.clone());
        let former_run = open.pipeline_run.replace(run_id.clone());
        let seen = at;
        let former = former.filter(|token| *token != kept.token);
        self.lost.extend(former.map(|token| LostStart {
            token,
            sent: open.started,
            run: former_run.map(|id| LateRun { id, seen, end: None }),
            sought: None,
        }));
        // Nobody watched it until now.
        open.started = kept.sent;
        open.unwatched = at.since(kept.sent);
        open.doubted = None;
        open.pipeline_state = None;
        open.waiting_in = None;
        open.phases.clear();
        open.cluster_ended = false;
        open.counts.clear();
        open.last_sign = at;
        open.silent_since = None;
        self.due = None;
        self.reason = None;
        self.handled = None;
        if self.state != TaskState::Stopping {
            self.state = TaskState::Running;
        }
    }
}
