//! Checks that could not be made: several may fail at once, and each is reported.

use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::plan::Plan;

/// What could not be looked at, each with what it is about.
#[derive(Default)]
pub(super) struct Troubles(Vec<(String, Failure)>);

impl Troubles {
    /// The outcome of a check, or nothing if there is none.
    pub(super) fn found<T, E: Into<Failure>>(&mut self, about: &str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(found) => Some(found),
            Err(error) => {
                let failure: Failure = error.into();
                // Without an identity, or a network, every check says the same.
                if self.0.iter().all(|(_, known)| known.reason != failure.reason) {
                    self.0.push((about.to_owned(), failure));
                }
                None
            }
        }
    }

    /// One trouble is the failure of the whole, and so are those that may be gone the next time. Others are
    /// errors of the plan, next to those that were found.
    pub(super) fn settle(mut self, mut plan: Plan) -> Result<Plan, Failure> {
        let can_get_better = self.0.iter().all(|(_, failure)| failure.can_get_better());
        if plan.error().is_none() && (can_get_better || self.0.len() == 1) && !self.0.is_empty() {
            return Err(self.0.swap_remove(0).1);
        }
        plan.add(
            self.0
                .into_iter()
                .map(|(about, failure)| Finding::from_failure(about, failure).with_severity(Severity::Error)),
        );
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::failure::FailureKind;
    use domain::finding::refusal;
    use domain::request::{RunRequest, Scope};
    use domain::variable::Variables;

    /// The outcome of these troubles next to these errors: the number of errors in the plan, or the failure's kind.
    fn settled(errors: usize, troubles: &[(&str, Failure)]) -> Result<usize, FailureKind> {
        let request = RunRequest::new("test", Variables::default(), Scope::Chain);
        let mut plan = Plan::new(request, None);
        plan.findings.clear();
        plan.add(
            (0..errors).map(|number| Finding::error(format!("row {number}"), "It is wrong.", "Correct it.")),
        );
        let mut all = Troubles::default();
        for (about, failure) in troubles {
            let outcome: Result<(), _> = Err(failure.clone());
            assert_eq!(all.found(about, outcome), None);
        }
        let plan = all.settle(plan).map_err(|failure| failure.kind)?;
        assert_eq!(refusal(&plan.findings).is_some(), !plan.findings.is_empty());
        Ok(plan.findings.len())
    }

    #[test]
    fn a_trouble_is_tried_again_unless_an_error_stands_beside_it() {
        let broken = || ("a", Failure::transient("It broke."));
        let missing = |about| (about, Failure::permanent(format!("{about} is missing.")));
        let refused = || ("b", Failure::new(FailureKind::Unauthorised, "403"));
        assert_eq!(settled(0, &[]), Ok(0));
        assert_eq!(settled(2, &[]), Ok(2));
        assert_eq!(settled(0, &[broken(), broken()]), Err(FailureKind::Transient));
        assert_eq!(settled(0, &[refused()]), Err(FailureKind::Unauthorised));
        assert_eq!(settled(0, &[missing("a"), refused()]), Ok(2));
        assert_eq!(
            settled(0, &[missing("a"), missing("a")]),
            Err(FailureKind::Permanent)
        );
        assert_eq!(settled(1, &[broken()]), Ok(2));
        assert_eq!(settled(0, &[broken(), missing("c")]), Ok(2));
    }
}
