//! Runs the example, so that it stays correct.

#[path = "../examples/in_a_test.rs"]
mod in_a_test;

#[test]
fn the_sandbox_is_used_as_a_library() {
    in_a_test::main().unwrap();
}
