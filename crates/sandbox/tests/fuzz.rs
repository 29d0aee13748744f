//! The sandbox's targets of `fuzz/` with their seeds and changed ones. `cargo fuzz` looks further: see docs/fuzzing.md.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "../../../fuzz/src/changed.rs"]
mod changed;
#[path = "../../../fuzz/src/sandbox.rs"]
mod fuzz_targets;

use changed::play;
use fuzz_targets::TARGETS;
use std::path::Path;

#[test]
fn no_input_breaks_the_sandbox() {
    play(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds"),
        &TARGETS,
    );
}
