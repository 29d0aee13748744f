//! One run without a screen: the same engine, printed line by line. `plan.rs` prints a plan instead.
//!
//! ```text
//!  engine ── Update ──→ Run (the one reducer) ──→ Printer ─┬ lines.rs  plain lines
//!  Ctrl-C ──────────→ stop, or leave                       ├ bars.rs   progress bars on a terminal
//!                                                          └ json.rs   one JSON object per line
//! ```
//!
//! It decides nothing about a run; [`exit_code`] gives the exit code.

mod bars;
mod json;
mod lines;
mod output_table;
pub mod plan;
mod remedy;
mod words;

use crate::cli::{Exit, OnInterrupt, Output};
use crate::engine::{Command, Engine, LONGEST_WAIT_FOR_LOGS, Update};
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::finding::Finding;
use domain::request::RunRequest;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use domain::task::TaskKind;
use domain::time::human;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A wait that is longer than this is worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(5);

/// Prints what happens in a run.
trait Printer {
    /// Something happened; `run` is the run after it.
    fn event(&mut self, run: &Run, event: &RunEvent);
    /// The engine refused a command or broke; `remedies` are the words of the failure's remedies.
    fn failure(&mut self, failure: &Failure, remedies: &str);
    /// A sentence that is not a fact of the run.
    fn note(&mut self, text: &str);
    /// It is over.
    fn end(&mut self, run: &Run, exit: Exit);
}

/// How a run is printed and interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// In which form.
    pub output: Output,
    /// What becomes of live runs on an interrupt.
    pub on_interrupt: OnInterrupt,
}

/// A finding in the words of a log. Commands in it name the profile.
pub fn finding_text(finding: &Finding, profile: &str) -> String {
    finding.text(|remedies| remedy::text(remedies, profile))
}

/// Runs and prints until the end; the exit code says how it ended.
///
/// # Errors
/// Signals cannot be listened to.
pub async fn run(engine: Engine, request: RunRequest, options: Options) -> io::Result<Exit> {
    let mut session = Session {
        printer: match options.output {
            Output::Json => Box::new(json::Json),
            Output::Text if io::stderr().is_terminal() && io::stdout().is_terminal() => {
                Box::new(bars::Bars::default())
            }
            Output::Text => Box::new(lines::Lines),
        },
        profile: request.profile.clone(),
        engine,
        run: None,
        on_interrupt: options.on_interrupt,
        interrupts: 0,
    };
    let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let _ = session
        .engine
        .commands
        .send(Command::Start(Box::new(request)))
        .await;
    let exit = session.until_end(&mut signals).await;
    session.close(&mut signals).await;
    if let Some(run) = &session.run {
        session.printer.end(run, exit);
    }
    Ok(exit)
}

struct Session {
    engine: Engine,
    printer: Box<dyn Printer>,
    profile: String,
    run: Option<Run>,
    on_interrupt: OnInterrupt,
    interrupts: u32,
}

impl Session {
    async fn until_end(&mut self, signals: &mut (Signal, Signal)) -> Exit {
        loop {
            tokio::select! {
                update = self.engine.updates.recv() => match update {
                    Some(update) => {
                        if let Some(exit) = self.on_update(update) {
                            return exit;
                        }
                    }
                    None => return Exit::TaskFailed,
                },
                _ = signals.0.recv() => if let Some(exit) = self.interrupt().await { return exit },
                _ = signals.1.recv() => if let Some(exit) = self.interrupt().await { return exit },
            }
        }
    }

    fn on_update(&mut self, update: Update) -> Option<Exit> {
        match update {
            Update::Events(events) => {
                for event in &events {
                    self.apply(event);
                }
                let run = self.run.as_ref().filter(|run| run.state.is_end())?;
                Some(if self.interrupts > 0 {
                    Exit::Interrupted
                } else {
                    exit_code(run)
                })
            }
            Update::Refused(failure) => {
                self.print_failure(&failure);
                Some(Exit::Usage)
            }
            Update::Broken(failure) => {
                self.print_failure(&failure);
                Some(if self.run.is_none() {
                    Exit::Usage
                } else {
                    Exit::TaskFailed
                })
            }
            Update::LogNotice { task, number, text } => {
                self.printer
                    .note(&format!("The log of {task}, try {number}: {text}"));
                None
            }
            Update::Configuration { .. } | Update::Connected(_) | Update::LogGrew { .. } => None,
        }
    }

    fn print_failure(&mut self, failure: &Failure) {
        let remedies = remedy::text(&failure.remedies, &self.profile);
        self.printer.failure(failure, &remedies);
    }

    fn apply(&mut self, event: &RunEvent) {
        match &mut self.run {
            Some(run) if !matches!(event.fact, Fact::RunStarted { .. }) => run.apply(event),
            run => *run = Run::begin(event),
        }
        if let Some(run) = &self.run {
            self.printer.event(run, event);
        }
    }

    /// The first interrupt does what was chosen, the second one leaves at once.
    async fn interrupt(&mut self) -> Option<Exit> {
        self.interrupts += 1;
        if self.interrupts == 1 && self.on_interrupt == OnInterrupt::Stop && self.run.is_some() {
            self.printer
                .note("Interrupted: stopping the pipeline runs. Interrupt again to leave them running.");
            let _ = self.engine.commands.send(Command::Run(RunCommand::Stop)).await;
            return None;
        }
        self.printer
            .note("Interrupted: pipeline runs that are live go on; the next start finds them again.");
        Some(Exit::Interrupted)
    }

    /// Lets the engine finish what it writes: log lines of ended runs may come late. An interrupt ends that.
    async fn close(&mut self, signals: &mut (Signal, Signal)) {
        let command = if self.interrupts == 0 {
            Command::CloseWithLogs
        } else {
            Command::Close
        };
        let _ = self.engine.commands.send(command).await;
        let word = tokio::time::sleep(WORTH_A_WORD);
        let end = tokio::time::sleep(LONGEST_WAIT_FOR_LOGS + WORTH_A_WORD);
        tokio::pin!(word, end);
        loop {
            tokio::select! {
                update = self.engine.updates.recv() => match update {
                    Some(update) => _ = self.on_update(update),
                    None => return,
                },
                () = &mut word, if !word.is_elapsed() => self.printer.note(&format!(
                    "Waiting for late lines of the logs, at most {}. Interrupt to leave them.",
                    human(LONGEST_WAIT_FOR_LOGS)
                )),
                () = &mut end => return,
                _ = signals.0.recv() => return self.leave_logs(),
                _ = signals.1.recv() => return self.leave_logs(),
            }
        }
    }

    fn leave_logs(&mut self) {
        self.printer
            .note("Interrupted: the last lines of the logs may be missing.");
    }
}

/// The exit code of a finished run.
fn exit_code(run: &Run) -> Exit {
    let never_began = run
        .single(TaskKind::Start)
        .is_some_and(|start| start.state == TaskState::Failed);
    match run.state {
        RunState::Success | RunState::Empty => Exit::Success,
        RunState::TimedOut => Exit::TimedOut,
        RunState::Failed if never_began => Exit::Usage,
        RunState::Failed | RunState::Stopped | RunState::Running | RunState::Stopping => Exit::TaskFailed,
    }
}
