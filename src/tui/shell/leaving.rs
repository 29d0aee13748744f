//! The end of the loop: the terminal is restored, the engine closed, and what is left said on the shell.

use super::Shell;
use crate::engine::{Command, Update};
use crate::tui::Outcome;
use crate::tui::model::Model;
use crate::tui::remedy;
use crate::tui::terminal::TerminalSession;
use crate::tui::update::drafts;
use domain::id::DagRunId;
use domain::run::Run;
use domain::sanitize;
use std::io::{self, Write as _};
use std::time::Duration;
use tokio::time::timeout;

/// How long the engine may take to receive the last commands.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1_500);

impl<S: TerminalSession> Shell<S> {
    /// Restores the terminal, sends the last commands and closes the engine. Without a live run the outcome is
    /// the one that is given.
    pub(super) async fn leave(mut self, without_run: Outcome) -> Outcome {
        drop(self.session);
        // A stop that was confirmed is not forgotten because the program ends before its time.
        self.outbox
            .extend(self.model.grace.take().map(|grace| grace.command));
        if let Some(change) = drafts::at_the_end(&self.model) {
            match (self.setup.keep_edits)(&change) {
                Ok(kept) if kept.draft.is_some() => say_on_shell(
                    "The edits that were not saved are kept, without secrets; the next start of this profile offers them.",
                ),
                Ok(_) => {}
                Err(failure) => say_on_shell(&failure.text(remedy::text)),
            }
        }
        timeout(CLOSE_TIMEOUT, self.log_work.finish()).await.ok();
        for path in self.log_work.remove_unfinished() {
            let path = path.display();
            say_on_shell(&format!(
                "The log was not saved in {path}: it was not all written yet. Nothing is left there."
            ));
        }
        self.outbox.push_back(Command::Close);
        let commands = self.engine.commands.clone();
        let closing = async {
            for command in self.outbox.drain(..) {
                if commands.send(command).await.is_err() {
                    break;
                }
            }
            // The engine writes into the logs where they end.
            while let Some(update) = self.engine.updates.recv().await {
                if let Update::Undone(text) = update {
                    say_on_shell(&text);
                }
            }
        };
        // A stuck engine must not keep the program from ending.
        timeout(CLOSE_TIMEOUT, closing).await.ok();
        match self.model.live_run() {
            Some(run) => Outcome::LeftRunning(Box::new(run.clone())),
            None => ended(&self.model, self.over_before.as_ref(), without_run),
        }
    }
}

/// A line after the screen is gone; without a terminal nobody reads it.
fn say_on_shell(text: &str) {
    let _ = writeln!(io::stderr(), "downbeat: {}", sanitize::line(text));
}

/// What is left of a run that has ended on this screen; without one it is what is given.
fn ended(model: &Model, over_before: Option<&DagRunId>, without_run: Outcome) -> Outcome {
    if matches!(without_run, Outcome::SwitchTo(_)) {
        return without_run;
    }
    let is_new = |run: &&Run| run.state.is_end() && over_before != Some(&run.id);
    let Some(run) = model.run.as_ref().filter(is_new) else {
        return without_run;
    };
    let by_signal = without_run == Outcome::Ended;
    let lost = run.needed_restore().is_some();
    let run = Box::new(run.clone());
    if lost {
        Outcome::LostRows { run, by_signal }
    } else {
        Outcome::RunEnded { run, by_signal }
    }
}
