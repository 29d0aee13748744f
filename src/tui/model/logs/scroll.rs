//! Moving in a log: what is at the top, at the bottom, and where the reader's row is. Rows of the file may take several
//! rows of the screen.

use super::{LogsPane, Room};

impl LogsPane {
    /// How many rows of the screen a row takes in so many columns.
    fn row_count(&self, index: usize, columns: usize) -> usize {
        if !self.wraps && self.unfolded.is_empty() {
            return 1;
        }
        let line = self.line(index);
        let columns = self.wraps.then(|| self.columns(columns));
        line.map_or(1, |line| line.rows(columns).len())
    }

    /// The top that shows this row at the bottom.
    fn end_at(&self, last: usize, (columns, height): Room) -> (usize, usize) {
        let mut left = height;
        for place in (0..=last).rev() {
            let rows = self.row_count(place, columns);
            if rows >= left {
                return (place, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    /// The top that shows the end of the file.
    pub fn bottom(&self, room: Room) -> (usize, usize) {
        match self.window.total.checked_sub(1) {
            Some(last) => self.end_at(last, room),
            None => (0, 0),
        }
    }

    /// The top of the next frame.
    pub fn effective_top(&self, room: Room) -> (usize, usize) {
        let bottom = self.bottom(room);
        if self.follows {
            bottom
        } else {
            self.top.min(bottom)
        }
    }

    /// The index after the last row that is shown.
    pub fn end(&self, (columns, height): Room) -> usize {
        let (mut place, skipped) = self.effective_top((columns, height));
        let mut rows = 0;
        while rows < height + skipped && place < self.window.total {
            rows += self.row_count(place, columns);
            place += 1;
        }
        place
    }

    /// Moves by one row: up stops following, beyond the end follows again.
    pub fn step(&mut self, step: isize, room: Room) {
        if self.follows && step > 0 {
            return;
        }
        if self.follows {
            self.stop_following(self.bottom(room));
        }
        self.top = self.effective_top(room);
        let is_cut = self.end_at(self.cursor, room) > self.top;
        if step < 0 && self.top.0 == self.cursor && self.top.1 > 0 {
            self.top.1 -= 1;
        } else if step > 0 && is_cut {
            self.top.1 += 1;
        } else if step > 0 && self.cursor + 1 >= self.window.total {
            self.follow();
        } else {
            self.go(self.cursor.saturating_add_signed(step), room);
        }
    }

    /// Moves to a row, and no further than needed to show it.
    pub fn go(&mut self, index: usize, room: Room) {
        let top = self.effective_top(room);
        self.stop_following(top);
        self.cursor = index.min(self.window.total.saturating_sub(1));
        let end = self.end_at(self.cursor, room);
        if self.cursor < top.0 {
            self.top = (self.cursor, 0);
        } else if end > top {
            self.top = end.min((self.cursor, 0));
        }
    }

    /// Scrolls by rows of the screen; the reader's row comes along.
    pub fn scroll(&mut self, step: isize, room: Room) {
        let bottom = self.bottom(room);
        let mut top = self.effective_top(room);
        for _ in 0..step.unsigned_abs() {
            top = if step < 0 {
                match top {
                    (place, 0) => {
                        let Some(above) = place.checked_sub(1) else { break };
                        (above, self.row_count(above, room.0) - 1)
                    }
                    (place, row) => (place, row - 1),
                }
            } else if top.1 + 1 < self.row_count(top.0, room.0) {
                (top.0, top.1 + 1)
            } else {
                (top.0 + 1, 0)
            };
        }
        if step > 0 && top >= bottom {
            return self.follow();
        }
        self.stop_following(top);
        self.top = top;
        let end = self.end(room);
        self.cursor = self.cursor.clamp(top.0, end.max(top.0 + 1) - 1);
    }

    /// Follows the end.
    pub fn follow(&mut self) {
        self.follows = true;
        self.mark = None;
        self.jump = None;
    }

    /// Stays at a top.
    pub fn stop_following(&mut self, top: (usize, usize)) {
        if self.follows {
            self.seen = self.window.total;
            self.cursor = self.window.total.saturating_sub(1);
            self.top = top;
        }
        self.follows = false;
    }

    /// The number of rows since following stopped.
    pub fn unread(&self) -> usize {
        if self.follows {
            0
        } else {
            self.window.total.saturating_sub(self.seen)
        }
    }
}
