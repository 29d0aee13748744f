//! What of the logs is read next, and what becomes of what was read.

use super::view::{LogPlace, LogRequest, LogSpan, LogWindow};
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
        // Lines of several logs may come between those that are shown: the reader's row is what stays.
        let here = self
            .row()
            .filter(|_| self.is_merged() && !self.follows && top <= self.cursor)
            .map(|row| row.place);
        let span = match (self.moment, self.anchor.or(here)) {
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
            // Others of its lines are shown by now, or more files.
            if self.sources.starts_with(&request.view.sources) {
                (self.is_reading, self.is_stale) = (false, true);
            }
            return false;
        }
        self.is_reading = false;
        self.has_more = has_more;
        self.is_stale |= has_more;
        self.failure = None;
        let at = window.at;
        let here = self.row().filter(|_| self.is_merged()).map(|row| row.place);
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
        if !self.follows && !is_awaited {
            self.keep(here);
        }
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

    /// The reader stays at this row, wherever it is by now.
    fn keep(&mut self, here: Option<LogPlace>) {
        let rows = self.window.rows.iter();
        let at = here.and_then(|here| rows.zip(self.window.first..).find(|(row, _)| row.place == here));
        let Some((_, at)) = at else { return };
        let before = self.cursor;
        let moved = |index: usize| (index + at).saturating_sub(before);
        self.top.0 = moved(self.top.0);
        self.mark = self.mark.map(moved);
        if let Some(jump) = &mut self.jump {
            jump.from = moved(jump.from);
        }
        self.cursor = at;
    }
}
