//! Does what an update asks for. What takes long goes on beside the loop, and comes back as a message.

use super::Shell;
use crate::tui::TuiError;
use crate::tui::effect::Effect;
use crate::tui::ground;
use crate::tui::msg::Msg;
use crate::tui::telling::Signs;
use crate::tui::terminal::{self, TerminalSession};
use tokio::time::Instant;

impl<S: TerminalSession> Shell<S> {
    pub(super) fn execute(&mut self, effects: Vec<Effect>) -> Result<(), TuiError> {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.outbox.push_back(command),
                Effect::ShowOutside(file) => self.outside = Some(file),
                Effect::TakeLog(extract, purpose) => self.take_log(extract, purpose),
                Effect::ReadLog(request) => self.reads.push_back(request),
                Effect::SaveVariables(changes) => {
                    let outcome = (self.setup.save)(&changes);
                    self.dispatch(Msg::Saved(outcome))?;
                }
                Effect::KeepEdits(change) => {
                    let outcome = (self.setup.keep_edits)(&change);
                    self.dispatch(Msg::EditsKept(change, outcome))?;
                }
                Effect::ReadRun(run, purpose) => {
                    let outcome = (self.setup.read_run)(&run).map(Box::new);
                    self.dispatch(Msg::RunRead(run, purpose, outcome))?;
                }
                Effect::ReadHistory => {
                    let outcome = (self.setup.read_history)();
                    self.dispatch(Msg::HistoryRead(outcome))?;
                }
                Effect::ReadRecords(runs) => self.records = Some((self.setup.read_records)(runs)),
                Effect::CaptureMouse(is_ours) => self.session.control(terminal::mouse(is_ours))?,
                Effect::Redraw => self.session.clear()?,
                Effect::OpenPage(link) => {
                    let is_open = (self.setup.open_page)(&link.url);
                    self.dispatch(Msg::PageOpened(link, is_open))?;
                }
                Effect::Copy { what, text } => self.copy(what, &text)?,
                Effect::AskGround => {
                    self.session.control(ground::QUESTION)?;
                    self.ground.ask(Instant::now());
                }
                Effect::Tell(text) => {
                    let ways = self.model.preferences.ways;
                    let bell = if ways.bell { "\u{7}" } else { "" };
                    let desktop = ways.desktop.map(|desktop| desktop.notification(&text));
                    self.session
                        .control(&format!("{bell}{}", desktop.unwrap_or_default()))?;
                }
                Effect::Suspend => {
                    self.session.suspend()?;
                    self.take_mouse()?;
                    // They were taken back with the rest of the terminal.
                    self.signs = Signs::default();
                    self.is_heard = Some(true);
                    self.model.is_dirty = true;
                }
                Effect::Leave => self.is_done = true,
                Effect::SwitchProfile(name) => {
                    self.next_profile = Some(name);
                    self.is_done = true;
                }
            }
        }
        Ok(())
    }

    /// Sends a text to the clipboard, or writes it into a file if the clipboard cannot take it.
    fn copy(&mut self, what: String, text: &str) -> Result<(), TuiError> {
        let outcome = match self.setup.clipboard.sequence(text) {
            Some(sequence) => {
                self.session.control(&sequence)?;
                Ok(None)
            }
            None => (self.setup.keep_text)(text).map(Some),
        };
        self.dispatch(Msg::Copied { what, outcome })
    }
}
