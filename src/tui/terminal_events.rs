//! The events of the terminal, as a stream that stops while another program has the terminal: whoever reads on would
//! take the other program's keys.

use futures_util::Stream;
use ratatui::crossterm::event::{Event, EventStream};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// The events. All clones are the same stream.
#[derive(Clone, Debug)]
pub struct TerminalEvents(Arc<Mutex<Option<EventStream>>>);

impl TerminalEvents {
    /// The events from now on.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(EventStream::new()))))
    }

    /// Nothing of the terminal is read any more.
    pub fn stop(&self) {
        *self.stream() = None;
    }

    /// Events are read again.
    pub fn go_on(&self) {
        *self.stream() = Some(EventStream::new());
    }

    fn stream(&self) -> MutexGuard<'_, Option<EventStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for TerminalEvents {
    fn default() -> Self {
        Self::new()
    }
}

impl Stream for TerminalEvents {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.stream().as_mut() {
            Some(stream) => Pin::new(stream).poll_next(context),
            // Nobody polls while it is stopped.
            None => Poll::Pending,
        }
    }
}
