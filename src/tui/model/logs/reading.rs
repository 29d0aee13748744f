//! What of the logs is read next, and what becomes of what was read.

use super::view::{LogRequest, LogSpan, LogWindow};
use super::{LogsPane, Room};

impl LogsPane {
    /// What to read for the next frame; nothing if all is there.
    pub fn request(&self, (_, height): Room) -> Option<LogRequest> {
        self.target.as_ref()?;
        if self.is_reading || height == 0 {
            return None;
        }
        let held = self.window.range();
        let top = self.top.0.min(self.window.total);
        let needed = if self.follows {
            self.window.total.saturating_sub(height)..self.window.total
        } else {
            top..(top + height).min(self.window.total)
        };
        let has_all = needed.is_empty() || (held.start <= needed.start && needed.end <= held.end);
        if has_all && !self.is_stale {
            return None;
        }
        let span = match (self.moment, self.anchor) {
            (Some(moment), _) => LogSpan::At(moment, height * 2),
            (None, Some(place)) => LogSpan::Around(place, height * 2),
            (None, None) if self.follows => LogSpan::Last(height * 2),
            (None, None) => LogSpan::From(top.saturating_sub(height), height * 4),
        };
        Some(self.request_of(span))
    }

    /// The request for some rows of what is shown.
    pub fn request_of(&self, span: LogSpan) -> LogRequest {
        LogRequest {
            view: self.view(),
            find: self.find.clone(),
            span,
        }
    }

    /// Takes what was read. What was asked for before something else was wanted is dropped: whether it was taken.
    pub fn take(&mut self, request: &LogRequest, window: LogWindow, has_more: bool, room: Room) -> bool {
        if request.view != self.view() {
            if request.view.sources == self.view().sources {
                (self.is_reading, self.is_stale) = (false, true);
            }
            return false;
        }
        self.is_reading = false;
        self.has_more = has_more;
        self.is_stale |= has_more;
        self.failure = None;
        let at = window.at;
        self.window = window;
        if request.find != self.find {
            self.window.found = std::sync::Arc::default();
            self.is_stale = true;
        }
        let is_awaited = match request.span {
            LogSpan::At(moment, _) => self.moment == Some(moment),
            LogSpan::Around(place, _) => self.anchor == Some(place),
            _ => false,
        };
        if let Some(at) = at.filter(|_| is_awaited && !self.follows) {
            let before = self.cursor.saturating_sub(self.top.0).min(room.1);
            self.cursor = at.min(self.window.total.saturating_sub(1));
            self.top = (self.cursor.saturating_sub(before), 0);
        }
        if is_awaited && !has_more {
            (self.moment, self.anchor) = (None, None);
            self.seen = self.seen.min(self.window.total);
        }
        self.cursor = self.cursor.min(self.window.total.saturating_sub(1));
        true
    }
}
