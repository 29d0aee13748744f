//! When it is woken without an input, and when it draws.

use super::{FRAME, Shell, TICK};
use crate::tui::TuiError;
use crate::tui::msg::Msg;
use crate::tui::telling::Signs;
use crate::tui::terminal::TerminalSession;
use std::time::Duration;
use tokio::time::Instant;

impl<S: TerminalSession> Shell<S> {
    /// When to wake up without an input; nothing while idle.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let drawn = self.last_frame.unwrap_or_else(Instant::now);
        let own = if !self.reads.is_empty() {
            Some(Instant::now())
        } else if self.model.is_dirty {
            Some(drawn + FRAME)
        } else {
            let clock = self.model.has_clock().then_some(TICK);
            let wait = clock.into_iter().chain(self.popup_wait()).min();
            wait.map(|wait| drawn + wait)
        };
        own.into_iter().chain(self.ground.deadline()).min()
    }

    /// How long after the last frame it is shown what can follow the first of two keys.
    fn popup_wait(&self) -> Option<Duration> {
        self.model.pending?.wait(self.model.now)
    }

    pub(super) fn on_deadline(&mut self) -> Result<(), TuiError> {
        for event in self.ground.overdue(Instant::now()) {
            self.on_input(event)?;
        }
        let elapsed = self.last_frame.map_or(TICK, |drawn| drawn.elapsed());
        let is_tick = elapsed >= TICK && self.model.has_clock();
        if is_tick || self.popup_wait().is_some_and(|wait| elapsed >= wait) {
            self.dispatch(Msg::Ticked)?;
        }
        Ok(())
    }

    pub(super) fn draw_if_due(&mut self) -> Result<(), TuiError> {
        let is_due = self.last_frame.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if self.model.is_dirty && is_due {
            self.draw()
        } else {
            Ok(())
        }
    }

    /// Draws a frame. An error ends the program: the terminal is gone.
    pub(super) fn draw(&mut self) -> Result<(), TuiError> {
        let size = self.session.size()?;
        if (size.width, size.height) != (self.model.area.width, self.model.area.height) {
            self.dispatch(Msg::Resized(size.width, size.height))?;
        }
        self.model.now = (self.setup.clock)();
        let preferences = self.model.preferences;
        let (choice, ground) = (preferences.theme, self.model.terminal.ground);
        let look = self.setup.look.themed(choice, preferences.capable, ground);
        self.targets = self.session.show(&self.model, &look)?;
        self.show_signs()?;
        self.model.is_dirty = false;
        self.last_frame = Some(Instant::now());
        Ok(())
    }

    /// Shows what has changed outside of the screen.
    fn show_signs(&mut self) -> Result<(), TuiError> {
        let signs = Signs::new(&self.model);
        let news = signs.news(&self.signs);
        if !news.is_empty() {
            self.session.signs(&news)?;
            self.signs = signs;
        }
        Ok(())
    }
}
