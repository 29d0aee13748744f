//! Plain lines on standard output, failures on standard error: for files, pipes and cron's mail.

use super::{Exit, Printer, words};
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::run::Run;
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct Lines;

impl Printer for Lines {
    fn event(&mut self, run: &Run, event: &RunEvent) {
        if let Some(line) = words::line(run, &event.fact) {
            // The reader of a pipe may be gone; the run goes on.
            let _ = writeln!(io::stdout(), "{} {line}", event.at.clock());
        }
    }

    fn failure(&mut self, failure: &Failure, remedies: &str) {
        let failure = failure.text(|_| remedies.to_owned());
        let _ = writeln!(io::stderr(), "downbeat: {failure}");
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(io::stderr(), "downbeat: {text}");
    }

    fn end(&mut self, _: &Run, _: Exit) {}
}
