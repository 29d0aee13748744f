//! Which rows of which files are shown, in which order, without their texts.

use crate::tui::model::logs::view::LogPlace;
use std::sync::Arc;

/// Rows of one file that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// When its line was written, in milliseconds; the order of several files.
    pub at: i64,
    /// The index of the file.
    pub source: u16,
    /// The first row.
    pub first: u32,
    /// How many rows.
    pub rows: u32,
    /// Whether they are only shown because a line near them is.
    pub is_context: bool,
    /// Whether an error begins here.
    pub is_error: bool,
}

/// A part of what is shown: rows of one file that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its first row.
    pub place: LogPlace,
    /// How many rows.
    pub rows: usize,
    /// Whether they are only shown because a line near them is.
    pub is_context: bool,
}

/// What is shown.
#[derive(Debug, Default)]
pub(super) struct Index {
    is_merged: bool,
    stretches: Vec<Stretch>,
    /// How many rows there are up to the end of each stretch.
    ends: Vec<u32>,
    errors: Arc<Vec<u32>>,
    /// What is not in order yet.
    new: Vec<Stretch>,
}

impl Index {
    pub fn new(is_merged: bool) -> Self {
        Self {
            is_merged,
            ..Self::default()
        }
    }

    pub fn is_merged(&self) -> bool {
        self.is_merged
    }

    pub fn total(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    pub fn errors(&self) -> Arc<Vec<u32>> {
        self.errors.clone()
    }

    /// Adds rows. Those of several files are shown after [`Self::settle`].
    pub fn push(&mut self, stretch: Stretch) {
        if stretch.rows == 0 {
            return;
        }
        if self.is_merged {
            self.new.push(stretch);
        } else {
            self.append(stretch);
        }
    }

    /// Puts what is new among the rest, by its time. The rows before this one are where they were.
    pub fn settle(&mut self) -> usize {
        if self.new.is_empty() {
            return self.total();
        }
        let mut new = std::mem::take(&mut self.new);
        let order = |stretch: &Stretch| (stretch.at, stretch.source, stretch.first);
        new.sort_by_key(order);
        let first = order(&new[0]);
        let kept = self.stretches.partition_point(|stretch| order(stretch) <= first);
        let moved = self.stretches.split_off(kept);
        self.ends.truncate(kept);
        let total = self.total();
        Arc::make_mut(&mut self.errors).retain(|at| (*at as usize) < total);
        let mut moved = moved.into_iter().peekable();
        for stretch in new {
            while let Some(before) = moved.next_if(|other| order(other) <= order(&stretch)) {
                self.append(before);
            }
            self.append(stretch);
        }
        moved.for_each(|stretch| self.append(stretch));
        total
    }

    fn append(&mut self, stretch: Stretch) {
        let total = self.ends.last().copied().unwrap_or(0);
        if stretch.is_error && !stretch.is_context {
            Arc::make_mut(&mut self.errors).push(total);
        }
        let end = total.saturating_add(stretch.rows);
        if !self.is_merged
            && let (Some(last), Some(last_end)) = (self.stretches.last_mut(), self.ends.last_mut())
            && last.first + last.rows == stretch.first
            && last.is_context == stretch.is_context
        {
            last.rows += stretch.rows;
            *last_end = end;
        } else {
            self.stretches.push(stretch);
            self.ends.push(end);
        }
    }

    /// The parts of these rows.
    pub fn parts(&self, first: usize, number: usize) -> impl Iterator<Item = Part> + '_ {
        let end = (first + number).min(self.total());
        let from = self.ends.partition_point(|end| *end as usize <= first);
        let mut at = first;
        self.stretches[from..]
            .iter()
            .zip(&self.ends[from..])
            .map_while(move |(stretch, stretch_end)| {
                let rows = (*stretch_end as usize).min(end).checked_sub(at)?;
                // Behind the last part this is below nothing.
                let skipped = (stretch.rows as usize).checked_sub(*stretch_end as usize - at)?;
                at += rows;
                (rows > 0).then_some(Part {
                    place: LogPlace {
                        source: usize::from(stretch.source),
                        row: stretch.first as usize + skipped,
                    },
                    rows,
                    is_context: stretch.is_context,
                })
            })
    }

    /// The index of this place, or of the next one of its file that is shown.
    pub fn position(&self, place: LogPlace) -> usize {
        let is_before = |stretch: &Stretch| (stretch.first + stretch.rows) as usize <= place.row;
        let found = if self.is_merged {
            let mut of_file = self.stretches.iter().enumerate();
            of_file
                .find(|(_, stretch)| usize::from(stretch.source) == place.source && !is_before(stretch))
                .map_or(self.stretches.len(), |(at, _)| at)
        } else {
            self.stretches.partition_point(is_before)
        };
        match self.stretches.get(found) {
            Some(stretch) => {
                let start = self.ends[found] - stretch.rows;
                start as usize + place.row.saturating_sub(stretch.first as usize)
            }
            None => self.total().saturating_sub(1),
        }
    }
}
