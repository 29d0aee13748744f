//! What a statement, an upload or a request may send to kill the sandbox: each input gets the right answer, in bounded memory of
//! the built program, and the next client is served as before. Who may send anything at all is tested beside the server.
//!
//! What it took is printed as a table:
//!
//! ```text
//! cargo test --test hostile -- --nocapture
//! ```
//!
//! `HOSTILE_PROGRAM` names another binary than the one just built, to compare with. Its answers and figures are printed, and
//! nothing is asserted.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]
#![expect(clippy::print_stdout, reason = "a table for who asks for it")]

#[path = "hostile/answers.rs"]
mod answers;
#[path = "hostile/class.rs"]
mod class;
#[path = "hostile/files.rs"]
mod files;
#[path = "support/home.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod home;
#[path = "hostile/input.rs"]
mod input;
#[path = "hostile/packed.rs"]
mod packed;
#[path = "hostile/served.rs"]
mod served;
#[path = "hostile/statements.rs"]
mod statements;
#[path = "hostile/structure.rs"]
mod structure;
#[path = "hostile/together.rs"]
mod together;
#[path = "hostile/uploads.rs"]
mod uploads;

use input::Input;
use served::Served;

/// The most memory that the sandbox may hold at any moment, in MiB.
const MEMORY: u64 = 256;

/// Plays the inputs, each against a sandbox of its own: what the allocator still holds of the one before is not its.
fn play(inputs: Vec<Input>) {
    let compared = std::env::var_os("HOSTILE_PROGRAM").is_some();
    for input in inputs {
        let served = Served::start();
        let took = served.take(&input);
        println!("{took}");
        if compared {
            continue;
        }
        let Input {
            name,
            answer: (status, text),
            clients,
            silent,
            ..
        } = &input;
        assert!(took.alive, "{name}: {took}\n{}", served.errors());
        let has_no_room = took.status == 503 || took.body.contains("Resources exceeded");
        if clients + silent == 1 || !has_no_room {
            assert_eq!(took.status, *status, "{name}: {}", took.body);
            assert!(
                took.body.contains(text),
                "{name}: {text:?} is not in {}",
                took.body
            );
        }
        assert!(took.peak <= MEMORY, "{name}: {} MiB", took.peak);
    }
}

#[test]
fn nothing_nests_too_deep() {
    play(structure::inputs());
}

#[test]
fn no_statement_takes_all_memory() {
    play(statements::inputs());
}

#[test]
fn no_answer_takes_all_memory() {
    play(answers::inputs());
}

#[test]
fn nothing_unpacks_without_end() {
    play(uploads::inputs());
}

#[test]
fn no_file_of_a_load_job_takes_all_memory() {
    play(uploads::loads());
}

#[test]
fn files_that_are_read_together_share_the_memory() {
    play(files::inputs());
}

#[test]
fn nothing_adds_up_without_end() {
    play(together::inputs());
}
