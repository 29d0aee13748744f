//! Jumps in a log: to the next text that is searched for, to the next error.

use super::{LogsPane, Room};
use std::sync::Arc;

/// What is jumped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The text that is searched for.
    Found,
    /// The beginning of an error.
    Error,
}

/// A jump that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// What to.
    pub goal: Goal,
    /// Whether down the log.
    pub is_forward: bool,
    /// From this row on.
    pub from: usize,
    /// Whether this row is one of those that are jumped to.
    pub is_inclusive: bool,
}

/// What has become of a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jumped {
    /// It was made.
    Done,
    /// It was made, and went on at the other end of the log.
    Around,
    /// It waits for the rest of the log.
    Waits,
    /// There is nothing to jump to.
    Nowhere,
}

impl LogsPane {
    /// The rows that a goal has, in their order.
    pub fn places(&self, goal: Goal) -> &Arc<Vec<u32>> {
        match goal {
            Goal::Found => &self.window.found,
            Goal::Error => &self.window.errors,
        }
    }

    /// The row where the reader is, or where he would be if he stopped following.
    pub fn here(&self) -> usize {
        if self.follows {
            self.window.total.saturating_sub(1)
        } else {
            self.cursor
        }
    }

    /// How many of them there are up to the reader's row, and in all.
    pub fn rank(&self, goal: Goal) -> (usize, usize) {
        let places = self.places(goal);
        let here = u32::try_from(self.here()).unwrap_or(u32::MAX);
        (places.partition_point(|at| *at <= here), places.len())
    }

    /// Makes a jump, or keeps it until enough of the log was looked at.
    pub fn jump(&mut self, jump: Jump, room: Room) -> Jumped {
        self.jump = None;
        let places = self.places(jump.goal);
        let from = u32::try_from(jump.from).unwrap_or(u32::MAX);
        let next = if jump.is_forward {
            let first = places.partition_point(|at| *at < from || (*at == from && !jump.is_inclusive));
            places.get(first)
        } else {
            let before = places.partition_point(|at| *at < from || (*at == from && jump.is_inclusive));
            before.checked_sub(1).and_then(|last| places.get(last))
        };
        let other_end = if jump.is_forward {
            places.first()
        } else {
            places.last()
        };
        let (to, jumped) = match (next.copied(), other_end.copied()) {
            (Some(to), _) => (to, Jumped::Done),
            (None, _) if self.has_more || self.is_stale => {
                self.jump = Some(jump);
                return Jumped::Waits;
            }
            (None, Some(to)) => (to, Jumped::Around),
            (None, None) => return Jumped::Nowhere,
        };
        let to = to as usize;
        let is_shown = !self.follows && (self.top.0..self.end(room)).contains(&to);
        self.go(to, room);
        if !is_shown {
            // With what led to it in sight.
            self.top = (to.saturating_sub(room.1 / 3), 0);
        }
        jumped
    }
}
