//! Another program gets the terminal: it shows a file, and the run goes on meanwhile. No key and no ctrl-c of it is ours;
//! what the engine says is taken in, and drawn when the terminal is back.

use super::{Shell, TICK};
use crate::signals::Signal;
use crate::tui::TuiError;
use crate::tui::effect::OutsideFile;
use crate::tui::msg::Msg;
use crate::tui::telling::Signs;
use crate::tui::terminal::TerminalSession;
use futures_util::{Stream, StreamExt};
use std::io;
use std::process::{Command, ExitStatus};
use tokio::time::sleep;

/// How the shell of a system says that there is no such program.
const NOT_FOUND: i32 = 127;

impl<S: TerminalSession> Shell<S> {
    /// Shows a file in the program of this environment. False if the process is to end.
    pub(super) async fn show_outside(
        &mut self,
        file: OutsideFile,
        signals: &mut (impl Stream<Item = Signal> + Unpin),
    ) -> Result<bool, TuiError> {
        let Some(viewer) = self.setup.viewer.as_ref().map(|viewer| viewer.text().to_owned()) else {
            let why = "There is no program to show a file. PAGER or EDITOR names one.".to_owned();
            self.forget(&file);
            return self.dispatch(Msg::OutsideClosed(Err(why))).map(|()| true);
        };
        self.session.lend()?;
        // The shell reads the program's own arguments, as the programs do that take `PAGER`; then the program takes its
        // place, so that it is the one to be ended.
        let first = viewer.split(' ').next().unwrap_or_default();
        let exec = if first.contains('=') { "exec env" } else { "exec" };
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{exec} {viewer} \"$@\""), "sh"])
            .arg(&file.path);
        let ended = match command.spawn() {
            Ok(mut child) => {
                let id = child.id();
                let waits = tokio::task::spawn_blocking(move || child.wait());
                self.live_outside(waits, id, signals).await
            }
            Err(error) => Ok(Some(Err(error))),
        };
        self.forget(&file);
        let Some(ended) = ended? else { return Ok(false) };
        self.session.take_back()?;
        self.signs = Signs::default();
        self.take_mouse()?;
        self.dispatch(Msg::OutsideClosed(judged(&viewer, ended)))?;
        Ok(true)
    }

    /// Lives without a terminal until the program has ended. Nothing if this one is to end before.
    async fn live_outside(
        &mut self,
        mut waits: tokio::task::JoinHandle<io::Result<ExitStatus>>,
        id: u32,
        signals: &mut (impl Stream<Item = Signal> + Unpin),
    ) -> Result<Option<io::Result<ExitStatus>>, TuiError> {
        loop {
            tokio::select! {
                biased;
                signal = signals.next() => match signal {
                    // It was typed for the other program.
                    Some(Signal::Interrupt) => {}
                    Some(Signal::Terminate) | None => {
                        Command::new("kill").arg(id.to_string()).status().ok();
                        return Ok(None);
                    }
                },
                ended = &mut waits => return Ok(Some(ended.unwrap_or_else(|error| Err(io::Error::other(error))))),
                done = self.hear() => done?,
                // A stop that waits to be taken back must not wait for ever.
                () = sleep(TICK), if self.model.has_clock() => self.dispatch(Msg::Ticked)?,
            }
        }
    }

    /// A file that was made for this is of no use any more.
    fn forget(&mut self, file: &OutsideFile) {
        if file.is_temporary {
            self.log_work.remove_temporary(&file.path);
        }
    }
}

/// Why a program has not shown the file, in a sentence.
fn judged(viewer: &str, ended: io::Result<ExitStatus>) -> Result<(), String> {
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if status.code() == Some(NOT_FOUND) => Err(format!(
            "There is no program {viewer}. PAGER or EDITOR names another one."
        )),
        Ok(status) => Err(format!("{viewer} has ended with a failure: {status}.")),
        Err(error) => Err(format!("{viewer} cannot be started: {error}.")),
    }
}
