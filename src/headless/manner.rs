//! How a start without a screen speaks: one manner for the whole process, set before anything is said.

use std::sync::OnceLock;

/// How much is said, and whether in colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Only what stands in the way, and how a run ended that did not succeed.
    pub is_quiet: bool,
    /// Diagnostics are between the lines, so that nothing can be drawn again.
    pub is_verbose: bool,
    /// Words for states have their colours.
    pub is_coloured: bool,
}

static MANNER: OnceLock<Manner> = OnceLock::new();

/// Sets the manner; the first one stays.
pub fn set(manner: Manner) {
    let _ = MANNER.set(manner);
}

/// The manner of this process.
pub fn get() -> Manner {
    MANNER.get().copied().unwrap_or_default()
}
