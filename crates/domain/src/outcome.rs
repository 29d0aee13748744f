//! How a start of the program ended, as the one value that decides its exit code.
//!
//! ```text
//!  state of the run, kind of its start's failure ─┐
//!  kind of a refusal, kinds of a plan's errors ───┴─→ Outcome ─→ exit code (`src/cli/exit.rs`)
//! ```

use crate::failure::FailureKind;
use crate::finding::error_kind;
use crate::plan::Plan;
use crate::request::Scope;
use crate::run::Run;
use crate::state::{RunState, TaskState};
use crate::task::TaskKind;
use strum::VariantArray;

/// How it ended, for the person or script that decides what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, VariantArray)]
pub enum Outcome {
    /// Every pipeline completed, or another command is done.
    Success,
    /// The run began, and one of its tasks did not succeed.
    TaskFailed,
    /// The settings, the tables or the identity must be changed first; nothing was touched.
    Refused,
    /// A time limit passed.
    TimedOut,
    /// A service or the network failed before anything was touched; the same start may work later.
    Unavailable,
    /// Another run holds the output table; nothing was touched.
    Held,
    /// No row of the configuration is active, so there was nothing to run.
    Empty,
    /// A person or a signal ended it.
    Interrupted,
}

impl Outcome {
    /// Every outcome, in the order of the exit codes.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// How a run ends in this state; `start` is the kind of the failure of its `start`, if that failed.
    pub const fn of_run(state: RunState, start: Option<FailureKind>) -> Self {
        match (state, start) {
            (RunState::Success, _) => Self::Success,
            (RunState::Empty, _) => Self::Empty,
            (RunState::TimedOut, _) => Self::TimedOut,
            (RunState::Stopped, _) => Self::Interrupted,
            (RunState::Failed, Some(kind)) => Self::of_refusal(kind),
            // A run that is not over is one that could not be carried on.
            (RunState::Failed, None) | (RunState::Running | RunState::Stopping, _) => Self::TaskFailed,
        }
    }

    /// How a start ends that is refused before anything was touched.
    pub const fn of_refusal(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Permanent | FailureKind::Unauthorised | FailureKind::Unidentified => Self::Refused,
            FailureKind::Held => Self::Held,
            FailureKind::Transient | FailureKind::Ambiguous | FailureKind::Busy | FailureKind::Unsent => {
                Self::Unavailable
            }
        }
    }
}

impl Run {
    /// How it ended; for a run that is not over, that it could not be carried on.
    pub fn outcome(&self) -> Outcome {
        let start = self
            .single(TaskKind::Start)
            .filter(|start| start.state == TaskState::Failed);
        let kind = start.map(|start| {
            start
                .reason
                .as_ref()
                .map_or(FailureKind::Permanent, |why| why.kind)
        });
        Outcome::of_run(self.state, kind)
    }
}

impl Plan {
    /// How a start of this plan would end at once, or success if the run could begin.
    pub fn outcome(&self) -> Outcome {
        let is_empty = self.pipelines.as_ref().is_some_and(Vec::is_empty);
        match error_kind(&self.findings) {
            Some(kind) => Outcome::of_refusal(kind),
            None if is_empty && self.request.scope == Scope::Chain => Outcome::Empty,
            None => Outcome::Success,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Fact, RunEvent};
    use crate::failure::Failure;
    use crate::finding::{Finding, refusal};
    use crate::request::RunRequest;
    use crate::time::Timestamp;
    use crate::variable::Variables;
    use FailureKind::{Ambiguous, Busy, Held, Permanent, Transient, Unauthorised, Unidentified, Unsent};

    #[test]
    fn every_end_of_a_run_has_its_outcome() {
        for state in RunState::ALL {
            for kind in FailureKind::ALL.iter().copied().map(Some).chain([None]) {
                let expected = match (state, kind) {
                    (RunState::Success, _) => Outcome::Success,
                    (RunState::Empty, _) => Outcome::Empty,
                    (RunState::TimedOut, _) => Outcome::TimedOut,
                    (RunState::Stopped, _) => Outcome::Interrupted,
                    (RunState::Failed, Some(Permanent | Unauthorised | Unidentified)) => Outcome::Refused,
                    (RunState::Failed, Some(Transient | Ambiguous | Busy | Unsent)) => Outcome::Unavailable,
                    (RunState::Failed, Some(Held)) => Outcome::Held,
                    (RunState::Failed, None) => Outcome::TaskFailed,
                    (RunState::Running | RunState::Stopping, _) => Outcome::TaskFailed,
                };
                assert_eq!(Outcome::of_run(*state, kind), expected, "{state:?} {kind:?}");
            }
        }
    }

    fn request() -> RunRequest {
        RunRequest::new("test", Variables::default(), Scope::Chain)
    }

    fn failed_in(task: &str, kind: FailureKind) -> Run {
        let facts = [
            Fact::RunStarted {
                run: "r".into(),
                request: Box::new(request()),
            },
            Fact::TryStarted { task: task.into() },
            Fact::TaskFailed {
                task: task.into(),
                failure: Failure::new(kind, "It broke."),
            },
            Fact::RunEnded {
                state: RunState::Failed,
            },
        ];
        let events = facts.map(|fact| RunEvent {
            at: Timestamp::from_seconds(1),
            fact,
        });
        Run::replay(&events).unwrap()
    }

    #[test]
    fn only_a_failed_start_says_that_nothing_was_touched() {
        for kind in FailureKind::ALL.iter().copied() {
            let outcome = failed_in("start", kind).outcome();
            assert_eq!(outcome, Outcome::of_refusal(kind), "{kind:?}");
            let outcome = failed_in("truncate_table", kind).outcome();
            assert_eq!(outcome, Outcome::TaskFailed, "{kind:?}");
        }
    }

    #[test]
    fn a_plan_that_must_be_changed_is_not_one_to_try_again() {
        let finding = |kind| Finding::error("a", "It broke.", "Mend it.").with_kind(kind);
        let warning = Finding::warning("a", "Look.", "Mend it.").with_kind(Held);
        for (kinds, outcome) in [
            (vec![Transient], Outcome::Unavailable),
            (vec![Transient, Held], Outcome::Held),
            (vec![Busy, Held, Unauthorised], Outcome::Refused),
            (vec![Transient, Permanent], Outcome::Refused),
        ] {
            let mut plan = Plan::new(request(), None);
            plan.findings = kinds
                .iter()
                .copied()
                .map(finding)
                .chain([warning.clone()])
                .collect();
            assert_eq!(plan.outcome(), outcome, "{kinds:?}");
            let failure = refusal(&plan.findings).unwrap();
            assert_eq!(Outcome::of_refusal(failure.kind), outcome, "{kinds:?}");
        }
        let mut plan = Plan::new(request(), None);
        plan.findings = vec![warning];
        assert_eq!(
            plan.outcome(),
            Outcome::Success,
            "its pipelines are not known yet"
        );
        plan.pipelines = Some(Vec::new());
        assert_eq!(plan.outcome(), Outcome::Empty);
    }
}
