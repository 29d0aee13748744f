//! What became of a task's earlier runs, before it is tried again.
//!
//! ```text
//! RetryAsked ─→ list ─┬─ one is live ─────────────→ LateRunFound: it is followed, nothing starts
//!                     ├─ one has completed ───────→ LateRunFound, TaskSucceeded: nothing starts
//!                     ├─ it ended badly, or is not there after the window → StartIntended
//!                     └─ nothing can be listed ───→ it waits, and that is said
//! ```
//!
//! A task may have been left while its run was live, or before it was known whether its start had begun one. Two runs of one
//! task would load its rows twice.

use super::Scheduler;
use super::message::Request;
use super::start::is_waiting;
use crate::event::Fact;
use crate::failure::Failure;
use crate::finding::{Finding, Severity};
use crate::id::TaskId;
use crate::policy;
use crate::task::{LostStart, Task};
use crate::time::Timestamp;

impl Scheduler {
    /// Another try was asked for: its earlier runs are looked for at once.
    pub(super) fn seek_earlier_runs(&mut self, id: &TaskId) {
        if self.run.task(id).is_none_or(|task| sought(task).next().is_none()) {
            return;
        }
        self.in_flight.allow_now(&Request::List);
        let text = format!(
            "It is not known what became of an earlier start of {id}, so that its run is looked for first. If that is live or \
             has completed, nothing is started beside it."
        );
        let finding = Finding::from_failure(id.as_str(), Failure::transient(text));
        self.emit(Fact::Noticed {
            finding: finding.with_severity(Severity::Note),
        });
    }

    /// Whether a start of the task waits, because an earlier run of it may be live or may have loaded its rows.
    pub(super) fn seeks_earlier_run(&mut self, id: &TaskId) -> bool {
        let Some(task) = self.run.task(id) else {
            return false;
        };
        let is_live = |lost: &LostStart| {
            let late = lost.run.as_ref();
            late.is_some_and(|late| self.listed_late.contains(&late.id))
        };
        if sought(task).any(is_live) {
            return true;
        }
        let Some(decided) = sought(task).filter_map(decided_from).max() else {
            return false;
        };
        let decided = decided.max(self.watched_from);
        !self.reached(decided) || self.last_list.is_none_or(|sent| sent < decided)
    }

    pub(super) fn seeks_any_earlier_run(&self) -> bool {
        self.run.pipelines().any(|task| sought(task).next().is_some())
    }

    /// A list that was sent at this moment has shown the runs of earlier starts, unless it has left one undecided.
    pub(super) fn note_sought(&mut self, sent_at: Timestamp, is_undecided: bool) {
        let decided = self.run.pipelines().flat_map(sought).filter_map(decided_from);
        let Some(decided) = decided.max() else { return };
        if sent_at < decided && decided <= self.now() {
            self.in_flight.allow_now(&Request::List);
        } else if sent_at >= decided && is_undecided {
            self.say_what_is_sought("there is a run whose arguments cannot be seen yet");
        }
    }

    /// Says why the starts that wait go on waiting.
    pub(super) fn say_what_is_sought(&mut self, why: &str) {
        for id in self.tasks_where(|task| sought(task).next().is_some()) {
            let text = format!(
                "{id} is not started again yet: {why}, so that it is not known what became of its earlier start. It waits until \
                 that can be seen."
            );
            self.notice_once(Finding::from_failure(id.as_str(), Failure::transient(text)));
        }
    }
}

/// The earlier starts that a start which waits has to look for.
fn sought(task: &Task) -> impl Iterator<Item = &LostStart> {
    let lost = task.lost.iter().filter(|_| is_waiting(task));
    lost.filter(|lost| lost.sought.is_some() && !lost.has_ended())
}

/// From when on a list shows what there is of it.
fn decided_from(lost: &LostStart) -> Option<Timestamp> {
    let asked = lost.sought?;
    Some(asked.max(lost.sent + policy::LATE_WINDOW))
}
