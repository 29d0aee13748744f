//! For `--quiet`: what stands in the way, and how a run ended that did not succeed. A run that succeeds says nothing, so that
//! cron sends no mail.

use super::{Exit, Opening, Printer};
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::finding::{Finding, Severity};
use domain::outcome::Outcome;
use domain::run::Run;
use domain::target::Target;

pub(super) struct Quiet {
    printer: Box<dyn Printer>,
    /// Whether it was said how the run ended.
    is_told: bool,
}

impl Quiet {
    pub(super) fn new(printer: Box<dyn Printer>) -> Self {
        Self {
            printer,
            is_told: false,
        }
    }
}

impl Printer for Quiet {
    fn target(&mut self, _: &Target, _: &Opening) {}

    fn loaded(&mut self, _: &Run, _: &[RunEvent]) {}

    fn finding(&mut self, finding: &Finding, text: &str) {
        if finding.severity == Severity::Error {
            self.printer.finding(finding, text);
        }
    }

    fn event(&mut self, _: &Run, _: &RunEvent) {}

    fn failure(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        self.printer.failure(run, failure, remedies);
    }

    fn waiting(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        self.printer.waiting(run, failure, remedies);
    }

    fn goes_on(&mut self, run: Option<&Run>) {
        self.printer.goes_on(run);
    }

    fn ended(&mut self, run: &Run) {
        if run.outcome() != Outcome::Success {
            self.is_told = true;
            self.printer.ended(run);
        }
    }

    fn note(&mut self, _: Option<&Run>, _: &str) {}

    fn left(&mut self, run: &Run, text: &str) {
        self.printer.left(run, text);
    }

    fn end(&mut self, run: Option<&Run>, exit: Exit, reason: Option<&str>) {
        // One that had ended before is only loaded.
        if let Some(run) = run.filter(|run| run.state.is_end() && !self.is_told) {
            self.ended(run);
        }
        self.printer.end(run, exit, reason);
    }
}
