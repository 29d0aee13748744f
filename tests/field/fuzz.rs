//! The client's targets of `fuzz/` with their seeds and changed ones. `cargo fuzz` looks further: see docs/fuzzing.md.

use super::changed::play;
use super::fuzz_targets::TARGETS;
use std::path::Path;

#[test]
fn no_input_breaks_a_parser() {
    play(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds"),
        &TARGETS,
    );
}
