//! What becomes of the unfinished runs of an output table before another start on it, as data.
//!
//! ```text
//!  unfinished runs of the table ─┬─ one is driven by a process, or is another profile's ──→ refused
//!                                ├─ the newest that none has overtaken ──→ carried on, instead of a new run
//!                                └─ all others ──→ closed: what lives is stopped, nothing of them begins any more
//! ```
//!
//! A chain of some rows only stands for no other chain: it is carried on to its end first, like a pipeline by hand, and
//! then the new run begins. A whole chain is not left behind for a run of some rows.
//!
//! A run is overtaken once a later one has emptied or filled its table: carried on, it would load rows again. It reads
//! no journal, and closes nothing itself.

use crate::failure::{Failure, FailureKind};
use crate::id::{DagRunId, TaskId};
use crate::remedy::{Remedy, WAIT_FOR_END};
use crate::request::{RunRequest, Scope};
use crate::run::Run;
use crate::state::TaskState;
use crate::summary::RunSummary;
use crate::task::Task;
use crate::time::Timestamp;
use std::fmt;

/// Why nothing else may fill a table (`project.dataset.table`).
pub fn being_filled(table: &str, by: impl fmt::Display) -> String {
    format!("The output table {table} is being filled by {by}.")
}

/// A run without an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// The run, as its journal has it.
    pub run: Run,
    /// When it was written to for the last time.
    pub since: Timestamp,
    /// The process that drives it: `process 4711 with run ID`.
    pub driver: Option<String>,
    /// The later run that has emptied or filled its table.
    pub overtaken_by: Option<RunSummary>,
}

/// What a start wants to become of unfinished runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Carry on what can be carried on.
    #[default]
    CarryOn,
    /// Close all of them and start anew.
    Fresh,
    /// Touch none of them.
    Refuse,
}

/// What a start does before, or instead of, a new run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// These are closed first, in this order.
    pub closes: Vec<DagRunId>,
    /// Then this pipeline by hand, or chain of other rows, is carried on to its end, because it may live: no chain begins
    /// beside it.
    pub finishes: Option<DagRunId>,
    /// This chain is carried on, and no new run begins.
    pub carries_on: Option<DagRunId>,
}

impl Settlement {
    /// Settles the unfinished runs of a table, the newest one first, for a chain that is asked for.
    ///
    /// # Errors
    /// One of them stands against the start, and what to do about it.
    pub fn new(unfinished: &[Unfinished], request: &RunRequest, wish: Wish) -> Result<Self, Failure> {
        if let Some(failure) = unfinished.iter().find_map(Unfinished::driven) {
            return Err(failure);
        }
        let (own, foreign): (Vec<_>, Vec<_>) = unfinished
            .iter()
            .partition(|one| one.run.request.profile == request.profile);
        // What was overtaken in another profile stands in nobody's way, and cannot be stopped from here.
        if let Some(other) = foreign.iter().find(|one| one.overtaken_by.is_none()) {
            return Err(other.of_another_profile());
        }
        if let (Wish::Refuse, Some(newest)) = (wish, own.first()) {
            return Err(newest.not_wanted());
        }
        let may_go_on = |one: &&&Unfinished| wish == Wish::CarryOn && one.overtaken_by.is_none();
        let chain = own.iter().filter(may_go_on).find(|one| !one.is_by_hand());
        let lead = chain.or_else(|| own.iter().find(may_go_on));
        let lead_id = lead.map(|lead| lead.run.id.clone());
        let others = own.iter().rev().map(|one| &one.run.id);
        let closes = others.filter(|id| Some(*id) != lead_id.as_ref()).cloned();
        let is_another = lead.is_some_and(|lead| lead.is_by_hand() || lead.run.request.only != request.only);
        if let Some(whole) = lead.filter(|lead| is_another && lead.is_whole()) {
            return Err(whole.not_for_some_rows());
        }
        Ok(Self {
            closes: closes.collect(),
            finishes: lead_id.clone().filter(|_| is_another),
            carries_on: lead_id.filter(|_| !is_another),
        })
    }

    /// Whether there is nothing to settle.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What stands against a pipeline by hand on this table: a chain that would be overtaken by it, and could not be carried
/// on any more. One that a process drives is seen by its lock.
pub fn against_by_hand(unfinished: &[Unfinished]) -> Option<Failure> {
    let chain = unfinished
        .iter()
        .find(|one| !one.is_by_hand() && one.driver.is_none() && one.overtaken_by.is_none())?;
    let reason = format!(
        "{} is not over, and cannot be carried on after another run has filled {}.",
        chain.name(),
        chain.table()
    );
    Some(
        Failure::new(FailureKind::Held, reason)
            .with_remedies([Remedy::ResumeRun(chain.run.id.clone()), Remedy::RunBeside]),
    )
}

impl Unfinished {
    /// Whether it is one pipeline by hand.
    pub fn is_by_hand(&self) -> bool {
        self.run.request.scope != Scope::Chain
    }

    /// Whether it is a chain of all active rows.
    fn is_whole(&self) -> bool {
        self.run.request.scope == Scope::Chain && !self.run.request.is_partial()
    }

    /// What stands against carrying it on here; `after_newer`: not that a later run has overtaken it.
    ///
    /// # Errors
    /// What stands against it, and what to do.
    pub fn check_resume(&self, after_newer: bool) -> Result<(), Failure> {
        if let Some(failure) = self.driven() {
            return Err(failure);
        }
        match &self.overtaken_by {
            Some(later) if !after_newer => {
                Err(overtaken(later)
                    .with_remedies([Remedy::CloseRun(self.run.id.clone()), Remedy::AfterNewer]))
            }
            _ => Ok(()),
        }
    }

    fn name(&self) -> String {
        format!("Run {}, which began {},", self.run.id, self.run.started.stamp())
    }

    fn table(&self) -> String {
        RunSummary::table_of(&self.run.request.variables)
    }

    fn driven(&self) -> Option<Failure> {
        let driver = self.driver.as_ref()?;
        let reason = being_filled(&self.table(), driver);
        Some(
            Failure::new(FailureKind::Held, reason)
                .with_remedies([WAIT_FOR_END.into(), Remedy::WatchRun(self.run.id.clone())]),
        )
    }

    fn of_another_profile(&self) -> Failure {
        let reason = format!(
            "{} in profile {}, is not over, and has the same output table {}.",
            self.name().trim_end_matches(','),
            self.run.request.profile,
            self.table()
        );
        Failure::new(FailureKind::Held, reason).with_remedy(Remedy::ResumeRun(self.run.id.clone()))
    }

    /// What stands against a new run on its table that does not settle it: the run could not be carried on any more.
    pub fn before_new_run(&self) -> Failure {
        // The table comes first: a narrow screen cuts the end of a notice.
        let reason = format!(
            "{} has an unfinished run, {}, not watched since {}. A new run would empty what that run has loaded.",
            self.table(),
            self.run.id,
            self.since.stamp()
        );
        Failure::new(FailureKind::Held, reason).with_remedies([
            "Resume it or close it first.".into(),
            Remedy::ResumeRun(self.run.id.clone()),
        ])
    }

    /// What stands against a run of some rows: the whole chain could not be carried on after it.
    fn not_for_some_rows(&self) -> Failure {
        let reason = format!(
            "{} is not over, and runs all active rows: it cannot be carried on after a run of some of them.",
            self.name()
        );
        Failure::new(FailureKind::Held, reason)
            .with_remedies([Remedy::ResumeRun(self.run.id.clone()), Remedy::StartFresh])
    }

    fn not_wanted(&self) -> Failure {
        let id = self.run.id.clone();
        let remedy = match self.overtaken_by {
            None => Remedy::ResumeRun(id),
            Some(_) => Remedy::CloseRun(id),
        };
        let reason = format!(
            "{} is not over: not watched since {}.",
            self.name(),
            self.since.stamp()
        );
        Failure::new(FailureKind::Held, reason).with_remedies([remedy, Remedy::StartFresh])
    }
}

/// A later run has emptied or filled the table of this one.
fn overtaken(later: &RunSummary) -> Failure {
    Failure::new(FailureKind::Held, later.overtakes())
}

impl Run {
    /// The tasks to try again of a run that is over: these, or all that did not succeed and that no person has dealt
    /// with. `later` is a run that has overtaken it.
    ///
    /// # Errors
    /// What stands against it, and what to do.
    pub fn check_retry(&self, names: &[TaskId], later: Option<&RunSummary>) -> Result<Vec<TaskId>, Failure> {
        let possible: Vec<_> = self.retryable().map(|task| task.id.clone()).collect();
        for name in names {
            let task = self.named_task(name.as_str())?;
            if !possible.contains(name) {
                return Err(self.not_retryable(task));
            }
        }
        let wanted = if names.is_empty() {
            self.retried_with_all().map(|task| task.id.clone()).collect()
        } else {
            names.to_vec()
        };
        match later {
            Some(later) if !wanted.is_empty() => {
                Err(overtaken(later).with_remedies([Remedy::StartRun, Remedy::AfterNewer]))
            }
            _ => Ok(wanted),
        }
    }

    fn not_retryable(&self, task: &Task) -> Failure {
        let why = match (self.retry_refusal(&task.id), task.state) {
            (Some(why), _) => why,
            (None, TaskState::UpstreamFailed) => "It follows by itself once those before it have succeeded.",
            (None, _) => "It has nothing to try again.",
        };
        Failure::permanent(format!("{} {why}", self.stand_of(task)))
    }

    /// How a task is that is not as a command needs it.
    pub(crate) fn stand_of(&self, task: &Task) -> String {
        format!(
            "The task {} of run {} is {}.",
            task.id,
            self.id,
            task.state.as_str()
        )
    }
}

#[cfg(test)]
mod tests;
