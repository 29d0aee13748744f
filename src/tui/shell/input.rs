//! What the terminal sends, as messages. A part of an answer to a question of ours is none.

use super::{BUDGET, Shell};
use crate::tui::TuiError;
use crate::tui::msg::Msg;
use crate::tui::terminal::TerminalSession;
use futures_util::{Stream, StreamExt};
use ratatui::crossterm::event::{Event, KeyEventKind};
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use tokio::time::Instant;

impl<S: TerminalSession> Shell<S> {
    /// Handles an event, unless it belongs to an answer of the terminal.
    pub(super) fn on_event(&mut self, event: Event) -> Result<(), TuiError> {
        for msg in self.messages(event) {
            self.dispatch(msg)?;
        }
        Ok(())
    }

    /// What an event means, unless it belongs to an answer of the terminal.
    pub(super) fn messages(&mut self, event: Event) -> Vec<Msg> {
        let taken = self.ground.take(event, Instant::now());
        let events = taken.events.into_iter();
        let mut messages: Vec<_> = events.filter_map(|event| self.message(event)).collect();
        messages.extend(taken.ground.map(Msg::Ground));
        messages
    }

    pub(super) fn on_input(&mut self, event: Event) -> Result<(), TuiError> {
        self.message(event).map_or(Ok(()), |msg| self.dispatch(msg))
    }

    /// What an event of the terminal means on the frame that is shown.
    fn message(&mut self, event: Event) -> Option<Msg> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key.into())),
            Event::Paste(text) => Some(Msg::Pasted(text)),
            Event::Resize(width, height) => Some(Msg::Resized(width, height)),
            Event::FocusGained => Some(Msg::FocusChanged(true)),
            Event::FocusLost => Some(Msg::FocusChanged(false)),
            Event::Mouse(event) if self.model.has_mouse => self.hand.message(event, &self.targets),
            _ => None,
        }
    }
}

/// The events that are ready. The stream is polled with the loop's own waker: crossterm keeps the first
/// waker until an event comes, so another one's would be lost.
pub(super) async fn ready(
    keys: &mut (impl Stream<Item = io::Result<Event>> + Unpin),
) -> Vec<io::Result<Event>> {
    poll_fn(|context| {
        let mut events = Vec::new();
        while events.len() < BUDGET {
            match keys.poll_next_unpin(context) {
                Poll::Ready(Some(event)) => events.push(event),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Poll::Ready(events)
    })
    .await
}
