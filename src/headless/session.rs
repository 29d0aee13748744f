//! Follows the runs of one start to their ends, one after the other, and takes the signals that interrupt it.

use super::{Console, words};
use crate::cli::{Exit, OnInterrupt};
use crate::engine::{self, Command, Engine, LONGEST_WAIT_FOR_LOGS, Update};
use crate::signals::Signals;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::{DagRunId, TaskId};
use domain::outcome::Outcome;
use domain::remedy::Remedy;
use domain::request::RunRequest;
use domain::run::Run;
use domain::time::{Timestamp, human};
use std::io;
use std::time::Duration;

/// After this time a note says what is waited for.
const NOTE_AFTER: Duration = Duration::from_secs(5);

/// What the engine may take to end when it is left.
const LEAVING: Duration = Duration::from_millis(1_500);

/// One run, and what is done with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// Begin it.
    Start(Box<RunRequest>),
    /// Carry it on to its end.
    CarryOn(DagRunId),
    /// Stop what lives of it, and wait for its end.
    Close(DagRunId),
    /// Try tasks of it again, the one task with other arguments if some are given.
    Retry {
        /// The run.
        run: DagRunId,
        /// The tasks; all that did not succeed if none is named.
        tasks: Vec<TaskId>,
        /// All arguments of the task.
        arguments: Option<RuntimeArguments>,
    },
    /// Watch it, as another process drives it.
    Watch(DagRunId),
}

/// How a run is interrupted and how it may end.
#[derive(Clone, Debug)]
pub struct Options {
    /// What becomes of live runs on an interrupt.
    pub on_interrupt: OnInterrupt,
    /// Whether a run without an active row is a success.
    pub allow_empty: bool,
    /// Whether the runs end with this program.
    pub is_sandbox: bool,
    /// The program with its home, as a shell takes it.
    pub program: String,
    /// Values that the journal does not hold, for a pipeline by hand that is carried on.
    pub supplied: RuntimeArguments,
}

/// The turns are taken one after the other; the last one's run is the one that the start ends with.
pub(super) async fn run(
    console: Console,
    engine: Engine,
    turns: Vec<Turn>,
    options: Options,
) -> io::Result<Exit> {
    let mut session = Session {
        console,
        engine,
        turn: None,
        run: None,
        is_reopened: false,
        last_word: None,
        options,
        interrupts: 0,
    };
    let mut signals = Signals::listen()?;
    let mut end = End::Here(Exit::Success);
    for turn in turns {
        // That of the turn before; the last one comes after the late lines of the logs.
        session.say_last_word();
        session.begin(turn).await;
        end = session.until_end(&mut signals).await;
        if matches!(end, End::Here(_)) || session.interrupts > 0 {
            break;
        }
    }
    session.close(&mut signals).await;
    session.say_last_word();
    let exit = end.exit();
    session.console.end(session.run.as_ref(), exit);
    Ok(exit)
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The run did; the next turn can be taken.
    OfRun(Exit),
    /// No further turn is taken.
    Here(Exit),
}

impl End {
    fn exit(self) -> Exit {
        match self {
            Self::OfRun(exit) | Self::Here(exit) => exit,
        }
    }
}

/// What is said of a run when nothing else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastWord {
    /// How it ended.
    Ended,
    /// That it is left before its end.
    Left,
}

struct Session {
    console: Console,
    engine: Engine,
    /// The one that is taken; none before the first.
    turn: Option<Turn>,
    run: Option<Run>,
    /// The ended run goes on, as was asked.
    is_reopened: bool,
    /// What is still to be said of the run, after all else.
    last_word: Option<LastWord>,
    options: Options,
    interrupts: u32,
}

impl Session {
    async fn begin(&mut self, turn: Turn) {
        self.run = None;
        self.is_reopened = false;
        let command = match &turn {
            Turn::Start(request) => Command::Start(request.clone()),
            Turn::Watch(id) => Command::Attach(id.clone()),
            Turn::Close(id) => Command::CloseRun(id.clone()),
            Turn::CarryOn(id) | Turn::Retry { run: id, .. } => Command::Resume(id.clone()),
        };
        self.turn = Some(turn);
        let supplied = std::mem::take(&mut self.options.supplied);
        if supplied.iter().next().is_some() {
            self.send(Command::Supply(supplied)).await;
        }
        self.send(command).await;
    }

    async fn send(&self, command: Command) {
        // An engine that is gone closes the updates, which is seen there.
        let _ = self.engine.commands.send(command).await;
    }

    async fn until_end(&mut self, signals: &mut Signals) -> End {
        loop {
            tokio::select! {
                update = self.engine.updates.recv() => match update {
                    Some(update) => {
                        if let Some(end) = self.on_update(update).await {
                            return end;
                        }
                    }
                    None => return self.on_broken(&Failure::permanent("The engine has ended before the run.")),
                },
                _ = signals.next() => if let Some(exit) = self.interrupt().await { return End::Here(exit) },
            }
        }
    }

    async fn on_update(&mut self, update: Update) -> Option<End> {
        match update {
            Update::Events(events) => self.on_events(&events).await,
            Update::Unwatched { run, since } => Some(self.on_broken(&unwatched(&run, since))),
            Update::Refused(failure) | Update::Broken(failure) => Some(self.on_broken(&failure)),
            Update::LogNotice { task, number, text } => {
                self.note(&engine::of_log(&task, number, &text));
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
            | Update::Marked { .. }
            | Update::ActivationJudged(_)
            | Update::Activated(_)
            | Update::SecretNames(_)
            | Update::ArgumentsSaved { .. }
            | Update::Called(_)
            | Update::Connected(_)
            | Update::LookupFailed { .. }
            | Update::Examined { .. }
            | Update::Deployed { .. }
            | Update::LogGrew { .. } => None,
        }
    }

    async fn on_events(&mut self, events: &[RunEvent]) -> Option<End> {
        let begins = |event: &RunEvent| matches!(event.fact, Fact::RunStarted { .. });
        let loaded = events
            .first()
            .filter(|first| begins(first))
            .and_then(|_| Run::replay(events));
        if let Some(run) = loaded.filter(|run| self.is_told_whole(run)) {
            self.on_loaded(run, events).await;
        } else {
            let is_retry = |event: &RunEvent| matches!(event.fact, Fact::RetryAsked { .. });
            self.is_reopened |= events.iter().any(is_retry);
            events.iter().for_each(|event| self.apply(event));
        }
        let is_awaited = matches!(self.turn, Some(Turn::Retry { .. })) && !self.is_reopened;
        let run = self
            .run
            .as_ref()
            .filter(|run| run.state.is_end() && !is_awaited)?;
        Some(End::OfRun(Exit::new(run.outcome(), self.options.allow_empty)))
    }

    /// Whether what has happened to a run is told as a whole. One that is watched is told line by line while it goes on.
    fn is_told_whole(&self, run: &Run) -> bool {
        match self.turn {
            None | Some(Turn::Start(_)) => false,
            Some(Turn::Watch(_)) => run.state.is_end(),
            Some(Turn::CarryOn(_) | Turn::Close(_) | Turn::Retry { .. }) => true,
        }
    }

    /// A run of the journal is there, with all that has happened to it before.
    async fn on_loaded(&mut self, run: Run, events: &[RunEvent]) {
        self.console.printer.loaded(&run, events);
        self.run = Some(run);
        match self.turn.clone() {
            Some(Turn::Retry { tasks, .. }) if tasks.is_empty() => {
                self.send(Command::Run(RunCommand::RetryAll)).await;
            }
            Some(Turn::Retry { tasks, arguments, .. }) => {
                let retry = |task| RunCommand::Retry {
                    task,
                    arguments: arguments.clone(),
                };
                // Together: else the run may end with the first one, and the others are not waited for.
                if let Some(command) = RunCommand::together(tasks.into_iter().map(retry).collect()) {
                    self.send(Command::Run(command)).await;
                }
            }
            _ => {}
        }
    }

    /// The run did not begin, or goes no further.
    fn on_broken(&mut self, failure: &Failure) -> End {
        self.console.failure(self.run.as_ref(), failure);
        let unfinished = self.run.as_ref().filter(|run| !run.state.is_end());
        let is_left = matches!(self.turn, Some(Turn::Watch(_)));
        if let Some(text) = unfinished.filter(|_| !is_left).and_then(Run::removed_rows) {
            self.note(&text);
        }
        let outcome = match &self.run {
            // It was over before, and nothing of it was tried again.
            Some(run) if run.state.is_end() => Outcome::of_refusal(failure.kind),
            Some(run) => run.outcome(),
            None => Outcome::of_refusal(failure.kind),
        };
        End::Here(outcome.into())
    }

    fn apply(&mut self, event: &RunEvent) {
        match &mut self.run {
            Some(run) if !matches!(event.fact, Fact::RunStarted { .. }) => run.apply(event),
            run => *run = Run::begin(event),
        }
        if let Some(run) = &self.run {
            self.console.printer.event(run, event);
        }
        if matches!(event.fact, Fact::RunEnded { .. }) {
            self.last_word = Some(LastWord::Ended);
        }
    }

    /// Says how the run ended, or that it was left before.
    fn say_last_word(&mut self) {
        let (Some(word), Some(run)) = (self.last_word.take(), &self.run) else {
            return;
        };
        match word {
            // It may have ended while it was being left.
            _ if run.state.is_end() => self.console.printer.ended(run),
            LastWord::Left => {
                let text = words::left(run, self.options.is_sandbox, &self.options.program);
                self.console.printer.left(run, &text);
            }
            // Another process has taken it up again.
            LastWord::Ended => {}
        }
    }

    /// The first interrupt does what was chosen, the second one leaves at once.
    async fn interrupt(&mut self) -> Option<Exit> {
        self.interrupts += 1;
        let Some(run) = &self.run else {
            let text = "Interrupted before the run began or went on.";
            self.console.printer.note(None, text);
            return Some(Exit::Interrupted);
        };
        if let Some(Turn::Watch(_)) = self.turn {
            let text = format!("Run {} is not watched here any more, and goes on.", run.id);
            self.note(&text);
            return Some(Exit::Interrupted);
        }
        if self.interrupts == 1 && self.options.on_interrupt == OnInterrupt::Stop {
            let text = "Interrupted: stopping the pipeline runs. Interrupt again to leave them running.";
            self.note(text);
            self.send(Command::Run(RunCommand::Stop)).await;
            return None;
        }
        self.last_word = Some(LastWord::Left);
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
                    Some(update) => _ = self.on_update(update).await,
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

/// Nobody drives a run that is watched.
fn unwatched(run: &DagRunId, since: Timestamp) -> Failure {
    let reason = format!(
        "Run {run} is not over, and no process of this machine drives it: not watched since {}.",
        since.stamp()
    );
    Failure::permanent(reason).with_remedy(Remedy::ResumeRun(run.clone()))
}

#[cfg(test)]
mod tests;
