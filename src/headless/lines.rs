//! Plain lines on standard output, failures on standard error: for files, pipes and cron's mail.

use super::{Exit, Opening, Printer, goes_on, out, words};
use crate::engine::now;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::finding::Finding;
use domain::run::Run;
use domain::target::Target;
use domain::time::Timestamp;
use std::io;

#[derive(Debug)]
pub(super) struct Lines;

/// Prints a line with its moment.
fn put(at: Timestamp, line: &str) {
    out::line(io::stdout(), &format!("{} {line}", at.stamp()));
}

impl Printer for Lines {
    fn target(&mut self, target: &Target, opening: &Opening) {
        put(now(), &format!("{}{}", opening.text(), target.text()));
    }

    fn loaded(&mut self, run: &Run, _: &[RunEvent]) {
        let line = if run.state.is_end() {
            words::summary(run)
        } else {
            words::stand(run)
        };
        put(now(), &line);
    }

    fn finding(&mut self, finding: &Finding, text: &str) {
        let severity = finding.severity.as_str();
        out::line(io::stderr(), &format!("downbeat: {severity}: {text}"));
    }

    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Some(line) = words::line(run, &event.fact) {
            put(event.at, &line);
        }
    }

    fn failure(&mut self, _: Option<&Run>, failure: &Failure, remedies: &str) {
        let failure = failure.text(|_| remedies.to_owned());
        out::line(io::stderr(), &format!("downbeat: {failure}"));
    }

    fn waiting(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str) {
        self.failure(run, failure, remedies);
    }

    fn goes_on(&mut self, run: Option<&Run>) {
        self.note(run, goes_on(run));
    }

    fn ended(&mut self, run: &Run) {
        let at = run.ended.unwrap_or_else(now);
        words::ending(run).for_each(|line| put(at, &line));
    }

    fn note(&mut self, _: Option<&Run>, text: &str) {
        out::line(io::stderr(), &format!("downbeat: {text}"));
    }

    fn end(&mut self, _: Option<&Run>, _: Exit, _: Option<&str>) {}
}
