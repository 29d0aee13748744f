//! One case: a run that is killed at a point and started again the ordinary way, and what must hold afterwards.

use super::home::Home;
use super::lab::{LAB, Lab, journal};
use super::point::{Mode, Place, Point};
use super::server_runs::{self, Watch, server_runs};
use super::{headless, rows, terminal};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// So many times faster than a real instance.
const SPEED: &str = "20";

/// What a start of the program came to.
#[derive(Debug)]
pub struct Start {
    /// None if it was killed.
    pub code: Option<i32>,
    /// What it printed, or its last screen.
    pub told: String,
}

/// What a case came to.
#[derive(Default)]
pub struct Played {
    pub complaints: Vec<String>,
    /// How many facts the journal had at the end, and how many requests of each kind there were.
    pub events: usize,
    pub requests: BTreeMap<String, usize>,
    /// Whether the point was reached: a run may need fewer requests than the one that was counted.
    pub is_reached: bool,
    pub took: Duration,
    /// How each start ended.
    pub codes: Vec<Option<i32>>,
    /// Everything that was seen, to find out what went wrong.
    pub evidence: String,
}

/// Plays a case without a kill, to count what there is to kill at.
pub fn dry(mode: Mode) -> Played {
    play(mode, None)
}

/// Plays a case.
pub fn held(point: &Point) -> Played {
    caught(|| play(point.mode, Some(&point.place)))
}

/// A case that breaks is one that does not hold.
pub fn caught(play: impl FnOnce() -> Played) -> Played {
    let began = Instant::now();
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|broken| Played {
        complaints: vec![words(&*broken)],
        is_reached: true,
        took: began.elapsed(),
        ..Played::default()
    })
}

fn words(broken: &(dyn std::any::Any + Send)) -> String {
    let text = broken.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| broken.downcast_ref::<&str>().copied());
    text.unwrap_or("it broke").to_owned()
}

fn play(mode: Mode, place: Option<&Place>) -> Played {
    let began = Instant::now();
    let lab = Lab::new(SPEED);
    let home = lab.machine();
    let watch = Watch::start(&lab.sandbox);
    let mut starts = vec![start(mode, &lab, &home, place)];
    let is_reached = starts[0].code.is_none();
    lab.proxy.disarm();
    if is_reached {
        starts.push(start(mode, &lab, &home, None));
    }
    let mut complaints = watch.end();
    complaints.extend(after(&lab, &home, &starts));
    let mut journal = journal(&home);
    Played {
        events: journal.events(),
        requests: lab.proxy.counts(),
        is_reached,
        took: began.elapsed(),
        codes: starts.iter().map(|start| start.code).collect(),
        evidence: evidence(&lab, &[&home], &starts),
        complaints,
    }
}

fn start(mode: Mode, lab: &Lab, home: &Home, place: Option<&Place>) -> Start {
    match mode {
        Mode::Headless => headless::start(lab, home, place),
        Mode::Terminal => terminal::start(lab, home, place),
    }
}

/// What does not hold after the last start.
fn after(lab: &Lab, home: &Home, starts: &[Start]) -> Vec<String> {
    let mut found = Vec::new();
    let last = starts.last().unwrap();
    if last.code != Some(0) {
        found.push(format!("the last start ended with {:?}", last.code));
    }
    let entries = journal(home).runs();
    for entry in entries
        .iter()
        .filter(|entry| entry.ended.is_none() || entry.state != "success")
    {
        found.push(format!("in the journal: {entry:?}"));
    }
    let runs = server_runs(&lab.sandbox);
    found.extend(server_runs::complaints(lab, &runs));
    found.extend(rows::complaints(lab, &runs, &entries));
    if rows::times_emptied(lab) != entries.len() {
        found.push(format!(
            "{} DAG runs emptied the table {} times",
            entries.len(),
            rows::times_emptied(lab)
        ));
    }
    found
}

/// All that was seen, to find out what went wrong.
pub fn evidence(lab: &Lab, homes: &[&Home], starts: &[Start]) -> String {
    let mut all = String::new();
    for (number, start) in (1..).zip(starts) {
        let _ = writeln!(all, "== start {number}: {:?}\n{}", start.code, start.told);
    }
    for home in homes {
        let _ = writeln!(all, "== journal\n{}", journal(home).told());
    }
    let _ = writeln!(all, "== requests\n{}", lab.proxy.told());
    let _ = writeln!(all, "== pipeline runs");
    for run in server_runs(&lab.sandbox) {
        let _ = writeln!(all, "{run:?}");
    }
    let _ = writeln!(all, "== jobs");
    for job in lab.jobs() {
        let _ = writeln!(all, "{} {}", job["jobReference"]["jobId"], job["statistics"]);
    }
    all
}

/// Keeps what was seen in a case that does not hold; the file.
pub fn keep(name: &str, played: &Played) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("crash");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.txt", name.replace([' ', '/'], "_")));
    let complaints = played.complaints.join("\n");
    std::fs::write(&file, format!("{name}\n{complaints}\n{}", played.evidence)).unwrap();
    file
}

/// The arguments of the profile.
pub fn profile() -> [&'static str; 2] {
    ["--profile", LAB]
}
