//! How fast the screen is: from a key to its picture with very much to show, and the built program on a real terminal.
//!
//! ```text
//! cargo bench --bench screen
//! ```
//!
//! The first table needs no terminal: a key goes through the reducer, and the whole screen is drawn into memory at 200x50. The
//! second one is the built program on a pseudo-terminal and a fresh sandbox: the first frame after the start, a key until its bytes
//! come out, and what comes out while nothing happens.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement ends where it breaks"
)]
#![expect(clippy::print_stdout, reason = "it is there to print")]

#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/screens/doctor.rs"]
mod doctor;
#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/screens/former.rs"]
mod former;
#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/screens/history.rs"]
mod history;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/home.rs"]
mod home;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/screens/matrix/huge.rs"]
mod huge;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/screens/sample.rs"]
mod sample;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/screens/scene.rs"]
mod scene;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/support/screen.rs"]
mod screen;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/screens/matrix/worlds.rs"]
mod worlds;

use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use home::Home;
use sample::COLOUR;
use screen::Session;
use std::hint::black_box;
use std::time::{Duration, Instant};

type Maker = fn() -> Model;

/// How often each key is pressed.
const TIMES: usize = 300;

/// How long nothing is done.
const IDLE: Duration = Duration::from_secs(5);

fn main() {
    println!("| from a key to its picture, 200x50 | p50 | p99 | most |\n|---|---|---|---|");
    let cases: [(&str, Maker, &str, &[&str]); 10] = [
        ("10,000 tasks: one down, one up", huge::huge_run, "", &["j", "k"]),
        ("10,000 tasks: end, beginning", huge::huge_run, "", &["G", "home"]),
        (
            "10,000 tasks: a letter of the filter",
            huge::huge_run,
            "/",
            &["1", "backspace"],
        ),
        (
            "10,000 tasks: time axis, one down",
            huge::huge_run,
            "T",
            &["j", "k"],
        ),
        (
            "10,000 tasks: failures, and back",
            huge::huge_run,
            "",
            &["F", "esc"],
        ),
        ("500 rows: one down, one up", huge::huge, "2", &["j", "k"]),
        ("500 rows: the plan, and back", huge::huge, "2", &["r", "esc"]),
        ("500 runs of 50 tasks: grid, and back", grid, "", &["H", "esc"]),
        (
            "500 runs of 50 tasks: left, down",
            grid,
            "H",
            &["h", "j", "l", "k"],
        ),
        ("the palette: a letter", worlds::ready, ":", &["r", "backspace"]),
    ];
    for (name, make, before, keys) in cases {
        let mut model = make();
        sample::send(&mut model, 90, Msg::Resized(200, 50));
        sample::press(&mut model, before);
        row(name, &pictures(&mut model, keys));
    }
    println!("\n| the program on a terminal, 120x40 | p50 | p99 | most |\n|---|---|---|---|");
    let home = Home::new();
    let starts: Vec<_> = (0..10).map(|_| first_frame(&home)).collect();
    row("start to the first frame", &starts);
    // Those starts were killed at once, and the sandbox of their home may be half made.
    let home = Home::new();
    let mut session = Session::start(&home, &[], 120, 40);
    session.wait_for("6 of 8 rows active");
    session.settle();
    let keys = ["j", "k"].iter().cycle().take(TIMES);
    let answers: Vec<_> = keys.map(|key| answer(&mut session, key)).collect();
    row("a key to its bytes", &answers);
    session.settle();
    let before = session.bytes_seen();
    session.read_for(IDLE);
    let idle = session.bytes_seen() - before;
    println!("\n{idle} bytes in {} s without a key", IDLE.as_secs());
    session.kill();
}

fn grid() -> Model {
    history::of_fifty_tasks(200, 50, 500)
}

/// How long each of the keys takes, in turn.
fn pictures(model: &mut Model, keys: &[&str]) -> Vec<Duration> {
    let keys = keys.iter().cycle().take(TIMES);
    let times = keys.map(|key| {
        let began = Instant::now();
        sample::press(model, key);
        black_box(sample::frame(model, &COLOUR));
        began.elapsed()
    });
    times.collect()
}

fn first_frame(home: &Home) -> Duration {
    let began = Instant::now();
    let mut session = Session::start(home, &[], 120, 40);
    session.wait_for("Variables");
    let took = began.elapsed();
    session.kill();
    took
}

/// From a key to the first bytes that it draws.
fn answer(session: &mut Session, key: &str) -> Duration {
    session.settle();
    let began = Instant::now();
    session.keys(&[key]);
    session.wait_for_bytes();
    began.elapsed()
}

fn row(name: &str, times: &[Duration]) {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = |share: usize| sorted[(sorted.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "| {name} | {:.2} ms | {:.2} ms | {:.2} ms |",
        at(50),
        at(99),
        at(100)
    );
}
