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
        fn moving_stays_inside(index in 0_usize..50, step in -100_isize..100, len in 0_usize..50) {
            prop_assert!(moved(index, step, len) < len.max(1));
            prop_assert!(from(index, len, 7).end <= len);
        }
    }
}
