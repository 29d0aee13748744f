//! One run without a screen: the same engine, printed line by line. `plan.rs` prints a plan instead.
//!
//! ```text
//!  engine ── Update ──→ Run (the one reducer) ──→ Printer ─┬ lines.rs  plain lines
//!  Ctrl-C ──────────→ stop, or leave                       ├ bars.rs   progress bars on a terminal
//!                                                          └ json.rs   one JSON object per line
//! ```
//!
//! It decides nothing about a run: what the end of a run means is [`domain::outcome`], and `cli/exit.rs` has its
//! number. `session.rs` follows runs to their ends, `opening.rs` has the first line; [`refuse`] is for a start that never becomes one.

mod bars;
pub mod checks;
pub mod details;
mod json;
mod lines;
mod manner;
mod opening;
pub mod out;
mod output_table;
pub mod plan;
mod quiet;
mod remedy;
mod session;
pub mod told;
mod words;

pub use manner::{Manner, get as manner, set as set_manner};
pub use opening::{Doing, Opening};
pub use session::{Options, Turn};

use crate::cli::{Exit, Output};
use crate::engine::{self, Engine};
use domain::event::RunEvent;
use domain::failure::Failure;
use domain::finding::Finding;
use domain::outcome::Outcome;
use domain::run::Run;
use domain::target::Target;
use std::io::{self, IsTerminal};

/// Prints what happens in a run. What is printed before the run exists has no run.
trait Printer {
    /// Where the run takes place, and what is done with runs of the journal: the first line.
    fn target(&mut self, target: &Target, opening: &Opening);
    /// A run of the journal was loaded, with all that has happened to it before.
    fn loaded(&mut self, run: &Run, events: &[RunEvent]);
    /// Something was found before the run; `text` has its remedies in words.
    fn finding(&mut self, finding: &Finding, text: &str);
    /// Something happened; `run` is the run after it.
    fn event(&mut self, run: &Run, event: &RunEvent);
    /// A start or a command was refused, or something broke; `remedies` are the words of the failure's remedies.
    fn failure(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str);
    /// The disk, or another want of this machine, is in the way: nothing goes on until it is over.
    fn waiting(&mut self, run: Option<&Run>, failure: &Failure, remedies: &str);
    /// That is over.
    fn goes_on(&mut self, run: Option<&Run>);
    /// The run has ended, and nothing else is said of it any more.
    fn ended(&mut self, run: &Run);
    /// A sentence that is not a fact of the run.
    fn note(&mut self, run: Option<&Run>, text: &str);
    /// The run is left before its end; the sentence says what becomes of it.
    fn left(&mut self, run: &Run, text: &str) {
        self.note(Some(run), text);
    }
    /// It is over; `reason` is the last failure, if there was one.
    fn end(&mut self, run: Option<&Run>, exit: Exit, reason: Option<&str>);
}

fn printer(output: Output) -> Box<dyn Printer> {
    match output {
        Output::Json => Box::new(json::Json),
        Output::Text if manner().is_quiet => Box::new(quiet::Quiet::new(Box::new(lines::Lines))),
        Output::Text if can_draw() && !manner().is_verbose => Box::new(bars::Bars::default()),
        Output::Text => Box::new(lines::Lines),
    }
}

/// Whether progress bars can be drawn. A terminal without abilities gets lines.
fn can_draw() -> bool {
    let term = std::env::var_os("TERM").unwrap_or_default();
    let is_able = !term.is_empty() && term != "dumb";
    is_able && io::stderr().is_terminal() && io::stdout().is_terminal()
}

/// A finding in the words of a log. Commands in it name the profile.
pub fn finding_text(finding: &Finding, profile: &str) -> String {
    finding.text(|remedies| remedy::text(remedies, profile))
}

/// What is printed, from the target to the end.
pub struct Console {
    printer: Box<dyn Printer>,
    profile: String,
    /// The last failure, for the summary.
    reason: Option<String>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl Console {
    /// Prints the first line.
    pub fn open(output: Output, target: &Target, opening: &Opening) -> Self {
        let mut console = Self::new(output, &target.profile);
        console.printer.target(target, opening);
        console
    }

    /// Where no run is known, and so no target.
    pub fn of_no_run(output: Output, profile: &str) -> Self {
        Self::new(output, profile)
    }

    /// Ends well, because there is nothing to do.
    pub fn nothing(mut self, text: &str) -> Exit {
        self.printer.note(None, text);
        self.reason = Some(text.to_owned());
        self.end(None, Exit::Success);
        Exit::Success
    }

    fn new(output: Output, profile: &str) -> Self {
        Self {
            printer: printer(output),
            profile: profile.to_owned(),
            reason: None,
        }
    }

    /// Prints what was found before the run.
    pub fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            let text = finding_text(finding, &self.profile);
            self.printer.finding(finding, &text);
        }
    }

    /// Prints a sentence that is not a fact of a run.
    pub fn note(&mut self, text: &str) {
        self.printer.note(None, text);
    }

    /// Takes the turns and prints until the end; the exit code says how the last run ended.
    ///
    /// # Errors
    /// Signals cannot be listened to.
    pub async fn run(self, engine: Engine, turns: Vec<Turn>, options: Options) -> io::Result<Exit> {
        session::run(self, engine, turns, options).await
    }

    /// Prints what was said of tasks of an ended run, and ends well.
    pub fn marked(mut self, mut run: Run, events: &[RunEvent]) -> Exit {
        for event in events {
            run.apply(event);
            self.printer.event(&run, event);
        }
        self.end(Some(&run), Exit::Success);
        Exit::Success
    }

    /// Ends before there is a run: prints the failure, and what it means for a script.
    pub fn refuse(mut self, failure: &Failure) -> Exit {
        self.failure(None, failure);
        let exit = Outcome::of_refusal(failure.kind).into();
        self.end(None, exit);
        exit
    }

    /// The same, where the reason was printed with the findings already.
    pub fn end_refused(mut self, failure: &Failure) -> Exit {
        let exit = Outcome::of_refusal(failure.kind).into();
        self.reason = Some(self.words(failure));
        self.end(None, exit);
        exit
    }

    fn words(&self, failure: &Failure) -> String {
        failure.text(|remedies| remedy::text(remedies, &self.profile))
    }

    fn failure(&mut self, run: Option<&Run>, failure: &Failure) {
        let remedies = remedy::text(&failure.remedies, &self.profile);
        self.printer.failure(run, failure, &remedies);
        self.reason = Some(self.words(failure));
    }

    /// Local trouble is in the way, or is over.
    pub fn trouble(&mut self, run: Option<&Run>, trouble: Option<&Failure>) {
        match trouble {
            Some(failure) => {
                let remedies = remedy::text(&failure.remedies, &self.profile);
                self.printer.waiting(run, failure, &remedies);
            }
            None => self.printer.goes_on(run),
        }
    }

    fn end(&mut self, run: Option<&Run>, exit: Exit) {
        self.printer.end(run, exit, self.reason.as_deref());
    }
}

/// What is said when local trouble is over.
fn goes_on(run: Option<&Run>) -> &'static str {
    match run {
        Some(_) => engine::WRITTEN_AGAIN,
        None => "The journal can be written again; the start goes on.",
    }
}

/// The remedies in the words of a log.
pub fn remedy_words(remedies: &[domain::remedy::Remedy], profile: &str) -> String {
    remedy::text(remedies, profile)
}

/// Ends before it is known where a run would take place.
pub fn refuse(failure: &Failure, profile: &str, output: Output) -> Exit {
    Console::new(output, profile).refuse(failure)
}

/// What is said when a run is left behind; `program` is the program with its home.
pub fn left_text(run: &Run, is_sandbox: bool, program: &str) -> String {
    words::left(run, is_sandbox, program)
}
