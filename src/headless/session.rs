//! Follows one run to its end, and takes the signals that interrupt it.

use super::{Console, words};
use crate::cli::{Exit, OnInterrupt};
use crate::engine::{Command, Engine, LONGEST_WAIT_FOR_LOGS, Update};
use crate::signals::Signals;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::outcome::Outcome;
use domain::request::RunRequest;
use domain::run::Run;
use domain::time::human;
use std::io;
use std::time::Duration;

/// After this time a note says what is waited for.
const NOTE_AFTER: Duration = Duration::from_secs(5);

/// What the engine may take to end when it is left.
const LEAVING: Duration = Duration::from_millis(1_500);

/// How a run is interrupted and how it may end.
#[derive(Clone, Debug)]
pub struct Options {
    /// What becomes of live runs on an interrupt.
    pub on_interrupt: OnInterrupt,
    /// Whether a run without an active row is a success.
    pub allow_empty: bool,
    /// Whether the runs end with this program.
    pub is_sandbox: bool,
    /// The command that opens the terminal on this home and profile.
    pub terminal: String,
}

pub(super) async fn run(
    console: Console,
    engine: Engine,
    request: RunRequest,
    options: Options,
) -> io::Result<Exit> {
    let mut session = Session {
        console,
        engine,
        run: None,
        options,
        interrupts: 0,
    };
    let mut signals = Signals::listen()?;
    let _ = session
        .engine
        .commands
        .send(Command::Start(Box::new(request)))
        .await;
    let exit = session.until_end(&mut signals).await;
    session.close(&mut signals).await;
    session.console.end(session.run.as_ref(), exit);
    Ok(exit)
}

struct Session {
    console: Console,
    engine: Engine,
    run: Option<Run>,
    options: Options,
    interrupts: u32,
}

impl Session {
    async fn until_end(&mut self, signals: &mut Signals) -> Exit {
        loop {
            tokio::select! {
                update = self.engine.updates.recv() => match update {
                    Some(update) => {
                        if let Some(exit) = self.on_update(update) {
                            return exit;
                        }
                    }
                    None => return self.on_broken(&Failure::permanent("The engine has ended before the run.")),
                },
                _ = signals.next() => if let Some(exit) = self.interrupt().await { return exit },
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
                Some(Exit::new(run.outcome(), self.options.allow_empty))
            }
            Update::Refused(failure) | Update::Broken(failure) => Some(self.on_broken(&failure)),
            Update::Unwatched { .. } => None,
            Update::LogNotice { task, number, text } => {
                self.note(&format!("The log of {task}, try {number}: {text}"));
                None
            }
            Update::Trouble(trouble) => {
                self.console.trouble(self.run.as_ref(), trouble.as_ref());
                None
            }
            Update::Undone(text) => {
                self.note(&text);
                None
            }
            Update::Configuration { .. }
            | Update::SecretNames(_)
            | Update::Connected(_)
            | Update::Deployed { .. }
            | Update::LogGrew { .. } => None,
        }
    }

    /// The run did not begin, or goes no further.
    fn on_broken(&mut self, failure: &Failure) -> Exit {
        self.console.failure(self.run.as_ref(), failure);
        let unfinished = self.run.as_ref().filter(|run| !run.state.is_end());
        if let Some(text) = unfinished.and_then(Run::removed_rows) {
            self.note(&text);
        }
        let outcome = match &self.run {
            Some(run) => run.outcome(),
            None => Outcome::of_refusal(failure.kind),
        };
        outcome.into()
    }

    fn apply(&mut self, event: &RunEvent) {
        match &mut self.run {
            Some(run) if !matches!(event.fact, Fact::RunStarted { .. }) => run.apply(event),
            run => *run = Run::begin(event),
        }
        if let Some(run) = &self.run {
            self.console.printer.event(run, event);
        }
    }

    /// The first interrupt does what was chosen, the second one leaves at once.
    async fn interrupt(&mut self) -> Option<Exit> {
        self.interrupts += 1;
        let Some(run) = &self.run else {
            self.console
                .printer
                .note(None, "Interrupted before the run began.");
            return Some(Exit::Interrupted);
        };
        if self.interrupts == 1 && self.options.on_interrupt == OnInterrupt::Stop {
            let text = "Interrupted: stopping the pipeline runs. Interrupt again to leave them running.";
            self.console.printer.note(Some(run), text);
            let _ = self.engine.commands.send(Command::Run(RunCommand::Stop)).await;
            return None;
        }
        let text = words::left(run, self.options.is_sandbox, &self.options.terminal);
        self.console.printer.note(Some(run), &text);
        Some(Exit::Interrupted)
    }

    /// Lets the engine finish what it writes: log lines of ended runs may come late. An interrupt ends that.
    async fn close(&mut self, signals: &mut Signals) {
        let command = if self.interrupts == 0 {
            Command::CloseWithLogs
        } else {
            Command::Close
        };
        let longest = if self.interrupts == 0 {
            LONGEST_WAIT_FOR_LOGS + NOTE_AFTER
        } else {
            LEAVING
        };
        // An engine that is stuck must not keep the program from ending.
        let _ = tokio::time::timeout(LEAVING, self.engine.commands.send(command)).await;
        let note = tokio::time::sleep(NOTE_AFTER);
        let end = tokio::time::sleep(longest);
        tokio::pin!(note, end);
        loop {
            tokio::select! {
                update = self.engine.updates.recv() => match update {
                    Some(update) => _ = self.on_update(update),
                    None => return,
                },
                () = &mut note, if !note.is_elapsed() => self.note(&format!(
                    "Waiting for late lines of the logs, at most {}. Interrupt to leave them.",
                    human(LONGEST_WAIT_FOR_LOGS)
                )),
                () = &mut end => return,
                _ = signals.next() => return self.leave_logs(),
            }
        }
    }

    fn leave_logs(&mut self) {
        self.note("Interrupted: the last lines of the logs may be missing.");
    }

    fn note(&mut self, text: &str) {
        self.console.printer.note(self.run.as_ref(), text);
    }
}
