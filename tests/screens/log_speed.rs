//! How long a key takes in a log of a million lines, and what it costs in memory. It only prints: what a machine can do
//! is no matter of right or wrong.
//!
//! ```sh
//! cargo test --release --no-default-features --test screens -- --ignored --nocapture a_million_lines
//! ```

use crate::keys::RECRUITER;
use crate::log_files::LogFiles;
use crate::sample::{self, COLOUR, press};
use crate::scene;
use downbeat::tui::model::Model;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

const LINES: usize = 1_000_000;

/// The middle one and the one that 99 of 100 are below, in milliseconds.
fn summary(what: &str, mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    format!(
        "{what:<28} {:>6} times  p50 {:>8.2} ms  p99 {:>8.2} ms",
        times.len(),
        at(50),
        at(99)
    )
}

/// The memory of this process, in MiB, where the system says it.
fn memory() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4 / 1024
}

/// Keys, each with its first answer and its frame; and the pieces of the work that goes on between keys.
fn measure(
    files: &mut LogFiles,
    model: &mut Model,
    keys: &[&str],
    pieces: &mut Vec<Duration>,
) -> Vec<Duration> {
    let mut times = Vec::new();
    for name in keys {
        let start = Instant::now();
        let effects = press(model, name);
        let mut rest = files.answer_once(model, effects);
        sample::frame(model, &COLOUR);
        times.push(start.elapsed());
        while !rest.is_empty() {
            let start = Instant::now();
            rest = files.answer_once(model, rest);
            sample::frame(model, &COLOUR);
            pieces.push(start.elapsed());
        }
    }
    times
}

#[test]
#[ignore = "prints how long keys take in a log of a million lines"]
fn a_million_lines() {
    let mut files = LogFiles::new();
    let mut file = BufWriter::new(File::create(files.path(RECRUITER, 1)).unwrap());
    for row in 0..LINES {
        let level = if row % 1_000 == 0 { "ERROR" } else { "INFO " };
        let at = sample::START + Duration::from_millis(row as u64);
        writeln!(
            file,
            "{} {level} Read MySQL | {row} rows read from hr.recruiter, and so on and on",
            at.to_rfc3339()
        )
        .unwrap();
    }
    file.flush().unwrap();
    let mut model = scene::running(160, 50);
    model.logs.is_stale = true;
    let before = memory();
    let mut pieces = Vec::new();
    measure(&mut files, &mut model, &["4"], &mut pieces);
    assert_eq!(model.logs.window.total, LINES);
    println!(
        "{}",
        summary("a piece of the first look", std::mem::take(&mut pieces))
    );
    for (what, keys, times) in [
        ("pgup", &["pgup"][..], 300),
        ("pgdn", &["pgdn"], 200),
        ("g g, then G", &["g", "g", "G"], 100),
        (
            "J to a time, and back",
            &["J", "1", "0", ":", "0", "8", "enter", "G"],
            20,
        ),
        (
            "find, and the next ones",
            &["/", "9", "9", "9", "0", "enter", "n", "n", "N"],
            3,
        ),
        ("level, and all again", &["L", "L", "L", "L"], 2),
    ] {
        let keys = keys.repeat(times);
        let times = measure(&mut files, &mut model, &keys, &mut pieces);
        println!("{}", summary(what, times));
        if !pieces.is_empty() {
            println!(
                "{}",
                summary("  a piece of work between", std::mem::take(&mut pieces))
            );
        }
    }
    println!(
        "memory: {} MiB more than before the log was opened",
        memory().saturating_sub(before)
    );
}
