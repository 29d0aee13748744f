//! Which part of a long list is visible, computed from its length alone.

use std::ops::Range;

/// The visible part of `len` lines in `height` rows, such that `selected` is near the middle.
pub fn around(selected: usize, len: usize, height: usize) -> Range<usize> {
    let first = selected
        .saturating_sub(height / 2)
        .min(len.saturating_sub(height));
    first..(first + height).min(len)
}

/// The visible part of `len` lines in `height` rows from `top` on, never past the end.
pub fn from(top: usize, len: usize, height: usize) -> Range<usize> {
    let first = top.min(len.saturating_sub(height));
    first..(first + height).min(len)
}

/// An index moved by `step` within `len`, never out of it.
pub fn moved(index: usize, step: isize, len: usize) -> usize {
    index.saturating_add_signed(step).min(len.saturating_sub(1))
}

/// Which lines of a list are shown: all, or those at some places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    total: usize,
    places: Option<&'a [usize]>,
}

impl<'a> Shown<'a> {
    /// All of `total` lines, or those at these places, which rise.
    pub fn new(total: usize, places: Option<&'a [usize]>) -> Self {
        Self { total, places }
    }

    /// How many lines are shown.
    pub fn len(&self) -> usize {
        self.places.map_or(self.total, <[usize]>::len)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the line at this place is shown.
    pub fn contains(&self, place: usize) -> bool {
        match self.places {
            None => place < self.total,
            Some(places) => places.binary_search(&place).is_ok(),
        }
    }

    /// Where the line of this place stands among those that are shown; if it is not shown, the next one that is.
    pub fn position(&self, place: usize) -> usize {
        let position = self
            .places
            .map_or(place, |places| places.partition_point(|shown| *shown < place));
        position.min(self.len().saturating_sub(1))
    }

    /// The place of the line that stands there.
    pub fn place(&self, position: usize) -> Option<usize> {
        match self.places {
            None => (position < self.total).then_some(position),
            Some(places) => places.get(position).copied(),
        }
    }

    /// The place `step` shown lines further than this one, never out of the list; nothing if none is shown.
    pub fn moved(&self, place: usize, step: isize) -> Option<usize> {
        let is_next_below = step > 0 && !self.contains(place);
        let step = if is_next_below { step - 1 } else { step };
        self.place(moved(self.position(place), step, self.len()))
    }

    /// The visible part in `height` rows, such that the line of this place is near the middle: by where they stand.
    pub fn around(&self, place: usize, height: usize) -> Range<usize> {
        around(self.position(place), self.len(), height)
    }

    /// All places, in order.
    pub fn places(self) -> impl Iterator<Item = usize> + use<'a> {
        (0..self.len()).filter_map(move |position| self.place(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_line_is_visible(len in 1_usize..600, at in 0_usize..600, height in 1_usize..60) {
            let selected = at % len;
            let visible = around(selected, len, height);
            prop_assert!(visible.contains(&selected));
            prop_assert_eq!(visible.len(), height.min(len));
        }

        #[test]
        fn of_some_lines_only_those_are_reached_and_seen(
            places in prop::collection::btree_set(0_usize..60, 0..60), at in 0_usize..60, step in -70_isize..70, height in 1_usize..20,
        ) {
            let places: Vec<_> = places.into_iter().collect();
            let shown = Shown::new(60, Some(&places));
            prop_assert_eq!(shown.places().collect::<Vec<_>>(), places.clone());
            let moved = shown.moved(at, step);
            prop_assert_eq!(moved.is_none(), places.is_empty());
            let Some(moved) = moved else { return Ok(()) };
            prop_assert!(places.contains(&moved));
            if step.unsigned_abs() == 1 && places.contains(&at) {
                let between = places.iter().filter(|place| (at.min(moved) + 1..at.max(moved)).contains(*place));
                prop_assert_eq!(between.count(), 0);
            }
            let seen = shown.around(moved, height).filter_map(|position| shown.place(position));
            let seen: Vec<_> = seen.collect();
            prop_assert!(seen.contains(&moved) && seen.len() == height.min(places.len()));
            let all = Shown::new(60, None);
            prop_assert_eq!(all.moved(at, step), Some(super::moved(at, step, 60)));
        }

        #[test]
        fn moving_stays_inside(index in 0_usize..50, step in -100_isize..100, len in 0_usize..50) {
            prop_assert!(moved(index, step, len) < len.max(1));
            prop_assert!(from(index, len, 7).end <= len);
        }
    }
}
