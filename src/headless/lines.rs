//! Plain lines on standard output, failures on standard error: for files, pipes and cron's mail.

use super::{Exit, Printer, words};
use crate::engine::now;
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::finding::Finding;
use domain::log::clean;
use domain::run::Run;
use domain::target::Target;
use domain::time::Timestamp;
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct Lines;

/// Prints a line with its moment. The reader of a pipe may be gone; the run goes on.
fn put(at: Timestamp, line: &str) {
    let _ = writeln!(io::stdout(), "{} {line}", at.stamp());
}

impl Printer for Lines {
    fn target(&mut self, target: &Target) {
        put(now(), &clean(&target.text()));
    }

    fn finding(&mut self, finding: &Finding, text: &str) {
        let line = clean(&format!("{}: {text}", words::severity(finding.severity)));
        let _ = writeln!(io::stderr(), "downbeat: {line}");
    }

    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Some(line) = words::line(run, &event.fact) {
            put(event.at, &line);
        }
    }

    fn failure(&mut self, _: Option<&Run>, failure: &Failure, remedies: &str) {
        let failure = failure.text(|_| remedies.to_owned());
        let _ = writeln!(io::stderr(), "downbeat: {failure}");
    }

    fn note(&mut self, _: Option<&Run>, text: &str) {
        let _ = writeln!(io::stderr(), "downbeat: {text}");
    }

    fn end(&mut self, _: Option<&Run>, _: Exit, _: Option<&str>) {}
}
