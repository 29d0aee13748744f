//! A soak: `downbeat run` in a loop, and a terminal left open through hundreds of runs. Memory, open files and threads
//! must be flat: the line through the second half of the samples does not rise.
//!
//! The terminal goes on for the whole time: the log of a try is read once more 15 minutes after its end, so that only after
//! as long as many tries are forgotten as begin.
//!
//! `DOWNBEAT_SOAK_MINUTES` says for how long, an hour if absent.

use super::case::profile;
use super::headless::lines;
use super::home::{Home, patience, wait_for};
use super::journal::Journal;
use super::lab::{Lab, journal};
use super::screen::Session;
use std::fs;
use std::time::{Duration, Instant};

/// So many times faster than a real instance.
const SPEED: &str = "50";
/// What a process takes, and what it leaves on the disk.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Resident memory in KiB.
    memory: f64,
    files: f64,
    threads: f64,
    /// The journal and the whole home, in KiB.
    journal: f64,
    home: f64,
}

/// One of the figures of a sample.
type Figure = fn(&Sample) -> f64;

/// Plays both at the same time, and tells what was measured.
pub fn soak() {
    let minutes = std::env::var("DOWNBEAT_SOAK_MINUTES").ok();
    let minutes: f64 = minutes.map_or(60.0, |text| text.parse().unwrap());
    let time = Duration::from_secs_f64(minutes * 60.0);
    let (headless, terminal) = std::thread::scope(|scope| {
        let headless = scope.spawn(|| headless(time));
        let terminal = scope.spawn(|| terminal(time));
        (headless.join().unwrap(), terminal.join().unwrap())
    });
    let mut found = judge("headless, near the end of each run", &headless);
    found.extend(judge("a terminal left open", &terminal));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// One run after the other, measured when the run has ended and the process has not.
fn headless(time: Duration) -> Vec<Sample> {
    let (lab, deadline) = (Lab::new(SPEED), Instant::now() + time);
    let home = lab.machine();
    let mut samples = Vec::new();
    while Instant::now() < deadline {
        let mut child = home.spawn(&[&["run", "--output", "json"][..], &profile()].concat());
        let lines = lines(&mut child);
        let end = |line: &String| line.contains(r#""event":"run_ended""#);
        let told: Vec<_> = std::iter::from_fn(|| lines.recv_timeout(patience()).ok())
            .take_while(|line| !end(line))
            .collect();
        samples.extend(sample(child.id(), &home));
        // What it still prints must go somewhere.
        while lines.recv_timeout(patience()).is_ok() {}
        let ended = wait_for("the end of a run", || child.try_wait().unwrap());
        assert_eq!(ended.code(), Some(0), "{}", told.concat());
    }
    samples
}

/// A person who leaves the terminal open, looks around, and runs the chain again and again.
fn terminal(time: Duration) -> Vec<Sample> {
    let (lab, deadline) = (Lab::new(SPEED), Instant::now() + time);
    let home = lab.machine();
    let mut journal = journal(&home);
    let mut session = Session::start(&home, &profile(), 120, 40);
    session.wait_for("6 of 8 rows active");
    let mut samples = Vec::new();
    while Instant::now() < deadline {
        run(&mut session, &mut journal, samples.len() + 1);
        look_around(&mut session);
        samples.extend(sample(session.pid(), &home));
    }
    session.keys(&["q"]);
    assert_eq!(session.end(), 0);
    samples
}

fn run(session: &mut Session, journal: &mut Journal, number: usize) {
    session.press_until("r", "What this run will do");
    session.wait_for("is EMPTIED first");
    session.keys(&["<enter>"]);
    let deadline = Instant::now() + patience();
    let is_green = |journal: &mut Journal| {
        let runs = journal.runs();
        runs.len() == number && runs.iter().all(|run| run.state == "success")
    };
    while !(is_green(journal) && session.text().contains("\n ✔ success")) {
        assert!(
            session.read_for(Duration::from_millis(50)),
            "it ended:\n{}",
            session.text()
        );
        assert!(
            Instant::now() < deadline,
            "no end of run {number} on:\n{}",
            session.text()
        );
    }
}

/// Through the panes, the log of a try that failed, the help and the history, and back.
fn look_around(session: &mut Session) {
    for key in [
        "3", "G", "k", "[", "]", "4", "g", "G", "?", "<esc>", "H", "<esc>", "2", "1",
    ] {
        session.keys(&[key]);
        session.settle();
    }
}

/// What a process takes now; nothing if it has just ended.
fn sample(pid: u32, home: &Home) -> Option<Sample> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = |name: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let size = |path: &std::path::Path| path.metadata().map_or(0.0, |file| file.len() as f64 / 1024.0);
    let files = home.files();
    let of_journal = files.iter().filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("downbeat.db")
    });
    Some(Sample {
        memory: value("VmRSS:")?,
        threads: value("Threads:")?,
        files: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as f64,
        journal: of_journal.map(|path| size(path)).sum(),
        home: files
            .iter()
            .filter(|path| path.is_file())
            .map(|path| size(path))
            .sum(),
    })
}

/// Prints the figures; what is not flat.
fn judge(name: &str, samples: &[Sample]) -> Vec<String> {
    println!("{name}: {} runs", samples.len());
    assert!(samples.len() >= 4, "{name}: too few runs to judge");
    // How much each may rise over the second half, by the line through it: what differs from run to run anyway.
    let figures: [(&str, Figure, Option<f64>); 5] = [
        ("memory, KiB", |sample| sample.memory, Some(4096.0)),
        ("open files", |sample| sample.files, Some(2.0)),
        ("threads", |sample| sample.threads, Some(2.0)),
        ("journal, KiB", |sample| sample.journal, None),
        ("home, KiB", |sample| sample.home, None),
    ];
    let mut found = Vec::new();
    for (what, figure, limit) in figures {
        let all: Vec<f64> = samples.iter().map(figure).collect();
        let half = &all[all.len() / 2..];
        let rise = slope(half) * half.len() as f64;
        println!(
            "  {what:<13} first {:.0}, middle {:.0}, last {:.0}, most {:.0}; the second half rises by {rise:.1}",
            all[0],
            half[0],
            all[all.len() - 1],
            all.iter().copied().fold(0.0, f64::max),
        );
        if limit.is_some_and(|limit| rise > limit) {
            found.push(format!("{name}: {what} rises by {rise:.1}: {half:?}"));
        }
    }
    found
}

/// The slope of the line through these, by least squares, for each step.
fn slope(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let steps = || (0..values.len()).map(|step| step as f64 - middle);
    let above: f64 = steps()
        .zip(values)
        .map(|(step, value)| step * (value - mean))
        .sum();
    let below: f64 = steps().map(|step| step * step).sum();
    if below > 0.0 { above / below } else { 0.0 }
}

#[test]
fn the_line_through_a_rise_is_found() {
    assert!((slope(&[1.0, 3.0, 5.0, 7.0]) - 2.0).abs() < 1e-9);
    assert!(slope(&[4.0, 4.0, 4.0]).abs() < 1e-9);
}
