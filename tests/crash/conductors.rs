//! Two and three conductors on one output table: on machines of their own, on one machine, by hand beside a chain;
//! begun at any moment, paused and killed at any moment, and started again the ordinary way. Everything is drawn
//! from a seed. Being refused is fine; a row twice or a lost one never is.

use super::case::{self, Played, Start, profile};
use super::headless::{lines, read_to_end};
use super::home::{Home, patience, signal};
use super::lab::{Lab, journal};
use super::rows;
use super::server_runs::{self, Watch, server_runs};
use std::time::{Duration, Instant};

const SPEED: &str = "20";

/// The whole chain did its work, or another run holds the table.
const FINE: [i32; 2] = [0, 5];

/// What is loaded by hand.
const BY_HAND: [&str; 2] = [
    "business_unit=hr,data_source=engineer",
    "business_unit=hr,data_source=payroll",
];

/// Chance from a seed (`SplitMix64`).
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Where the conductors of a try are.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Each has a home of its own.
    Machines,
    /// All have one home.
    OneHome,
    /// In one home, and only the first runs the chain.
    ByHand,
    /// By hand, from a machine of its own.
    ByHandElsewhere,
}

/// What is done to a conductor, in milliseconds.
#[derive(Debug)]
struct Script {
    home: usize,
    /// The source that it loads by hand, each another; none for the chain.
    by_hand: Option<&'static str>,
    offset: u64,
    /// When it is stopped, and for how long.
    pause: Option<(u64, u64)>,
    /// When it is killed, and after what pause it is started again; twice at most.
    kills: Vec<(u64, u64)>,
}

fn scripts(seed: u64) -> (Place, Vec<Script>) {
    let mut chance = Chance::of(seed);
    let place = match seed % 4 {
        0 => Place::Machines,
        1 => Place::OneHome,
        2 => Place::ByHand,
        _ => Place::ByHandElsewhere,
    };
    let count = if chance.below(2) == 0 { 2 } else { 3 };
    let script = |number: usize| {
        let is_chain = number == 0 || matches!(place, Place::Machines | Place::OneHome);
        // Half of them begin together, where most can go wrong.
        let latest = if chance.below(2) == 0 { 300 } else { 5000 };
        Script {
            home: if matches!(place, Place::OneHome | Place::ByHand) {
                0
            } else {
                number
            },
            by_hand: (!is_chain).then(|| BY_HAND[number % BY_HAND.len()]),
            offset: chance.below(latest),
            pause: (chance.below(2) == 0).then(|| (chance.below(4000), chance.below(3000))),
            kills: (0..chance.below(3))
                .map(|_| (chance.below(6000), chance.below(3000)))
                .collect(),
        }
    };
    (place, (0..count).map(script).collect())
}

/// Plays the try of this seed.
pub fn held(seed: u64) -> Played {
    case::caught(|| play(seed))
}

fn play(seed: u64) -> Played {
    let began = Instant::now();
    let (place, scripts) = scripts(seed);
    let lab = Lab::new(SPEED);
    let machines = scripts.iter().map(|script| script.home).max().unwrap_or_default() + 1;
    let homes: Vec<_> = (0..machines).map(|_| lab.machine()).collect();
    let watch = Watch::start(&lab.sandbox);
    let mut starts = std::thread::scope(|scope| {
        let each: Vec<_> = scripts
            .iter()
            .map(|script| scope.spawn(|| conduct(script, &homes[script.home])))
            .collect();
        each.into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    starts.extend(settle(&homes));
    let mut complaints = watch.end();
    complaints.extend(after(&lab, &homes, &starts));
    let homes: Vec<_> = homes.iter().collect();
    Played {
        complaints,
        is_reached: true,
        took: began.elapsed(),
        codes: starts.iter().map(|start| start.code).collect(),
        evidence: format!(
            "{place:?} {scripts:#?}\n{}",
            case::evidence(&lab, &homes, &starts)
        ),
        ..Played::default()
    }
}

/// Starts one, does to it what its script says, and starts it again when that has killed it.
fn conduct(script: &Script, home: &Home) -> Vec<Start> {
    let words = words(script.by_hand);
    std::thread::sleep(Duration::from_millis(script.offset));
    let mut starts = Vec::new();
    let mut pause = script.pause;
    for (at, rest) in &script.kills {
        starts.push(disturbed(home, &words, pause.take(), Some(*at)));
        if starts.last().is_some_and(|start| start.code.is_some()) {
            return starts;
        }
        std::thread::sleep(Duration::from_millis(*rest));
    }
    starts.push(disturbed(home, &words, pause, None));
    starts
}

/// One start, paused and killed at these moments.
fn disturbed(home: &Home, words: &[&str], pause: Option<(u64, u64)>, kill: Option<u64>) -> Start {
    let mut acts: Vec<(u64, &str)> = Vec::new();
    if let Some((at, time)) = pause {
        acts.extend([(at, "STOP"), (at + time, "CONT")]);
    }
    acts.extend(kill.map(|at| (at, "KILL")));
    acts.sort_unstable();
    let mut child = home.spawn(words);
    let lines = lines(&mut child);
    let began = Instant::now();
    for (at, name) in acts {
        let moment = began + Duration::from_millis(at);
        while Instant::now() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // One that has ended keeps its number until it is waited for.
        if child.try_wait().unwrap().is_some() {
            break;
        }
        signal(child.id(), name);
    }
    read_to_end(child, &lines, None)
}

fn words(by_hand: Option<&'static str>) -> Vec<&'static str> {
    let mut words = vec!["run", "--output", "json"];
    words.extend(profile());
    if let Some(arguments) = by_hand {
        words.extend(["--args", arguments]);
    }
    words
}

/// Starts each machine the ordinary way until none has an unfinished run: one that was refused because of another
/// comes back later, as a scheduler does.
fn settle(homes: &[Home]) -> Vec<Start> {
    let deadline = Instant::now() + patience();
    let mut starts = Vec::new();
    while Instant::now() < deadline {
        let left = homes.iter().filter(|home| journal(home).is_unfinished());
        let again: Vec<_> = left
            .map(|home| disturbed(home, &words(None), None, None))
            .collect();
        if again.is_empty() {
            break;
        }
        starts.extend(again);
    }
    starts
}

/// Whether it came through, was killed, or was refused: from the beginning, or, by hand, before a next try, because a chain
/// had taken the table in the pause.
fn is_fine(start: &Start) -> bool {
    let was_refused = start.told.contains(r#""kind":"held""#) && start.told.contains("run_beside");
    match start.code {
        Some(1) => was_refused,
        code => code.is_none_or(|code| FINE.contains(&code)),
    }
}

fn after(lab: &Lab, homes: &[Home], starts: &[Start]) -> Vec<String> {
    let mut found = Vec::new();
    for start in starts.iter().filter(|start| !is_fine(start)) {
        found.push(format!("a start ended with {:?}", start.code));
    }
    let entries: Vec<_> = homes.iter().flat_map(|home| journal(home).runs()).collect();
    for entry in entries.iter().filter(|entry| entry.ended.is_none()) {
        found.push(format!("in a journal: {entry:?}"));
    }
    if !entries.iter().any(|entry| entry.state == "success") {
        found.push(format!("nobody came through: {entries:?}"));
    }
    let runs = server_runs(&lab.sandbox);
    found.extend(server_runs::complaints(lab, &runs));
    found.extend(rows::complaints(lab, &runs, &entries));
    found
}
