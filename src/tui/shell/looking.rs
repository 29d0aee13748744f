//! Looking what other processes do. It wakes up for nothing: a person has to be here.

use super::Shell;
use crate::tui::TuiError;
use crate::tui::msg::Msg;
use crate::tui::terminal::TerminalSession;
use std::time::Duration;
use tokio::time::Instant;

/// How long a person who types is not in need of another look.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

impl<S: TerminalSession> Shell<S> {
    /// Looks whether another process has begun a run, if a person is here: nothing wakes up for that.
    pub(super) fn look_for_runs(&mut self) -> Result<(), TuiError> {
        let Some(is_back) = self.is_heard.take() else {
            return Ok(());
        };
        let is_recent = self.looked.is_some_and(|looked| looked.elapsed() < BETWEEN_LOOKS);
        if is_recent && !is_back || self.model.has_clock() {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        if (self.setup.have_runs_begun)()
            && let Ok(history) = (self.setup.read_history)()
        {
            self.dispatch(Msg::LookedForRuns { is_back, history })?;
        }
        Ok(())
    }
}
