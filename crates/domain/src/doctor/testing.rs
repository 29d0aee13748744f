//! What the tests of the checks share.

use super::{Examined, Standing};

/// A check stands so, and these words are in it.
#[track_caller]
pub fn assert_says(examined: &Examined, standing: Standing, words: &str) {
    assert_eq!(examined.standing, standing, "{examined:#?}");
    assert!(
        format!("{examined:?}").contains(words),
        "{examined:#?} lacks {words}"
    );
}
