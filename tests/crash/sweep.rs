//! Many cases side by side: which points there are, which are played, and what came of them.

use super::case::{self, Played};
use super::conductors;
use super::point::{Mode, Place, Point, Side};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::Instant;

/// Names points to play, separated by commas, or words that these must contain.
const CHOICE: &str = "DOWNBEAT_CRASH";
/// Names seeds, separated by commas.
const SEEDS: &str = "DOWNBEAT_CRASH_SEEDS";
/// How many cases are played at the same time.
const SIDE_BY_SIDE: &str = "DOWNBEAT_CRASH_JOBS";

/// What is played with every `cargo test`: places of each kind that every run reaches. A start that never arrived is
/// not among them, because a minute is waited for it; the whole has those too.
const SOME: [&str; 10] = [
    "headless event 1",
    "headless before PATCH/landing 1",
    "headless before POST/jobs 1",
    "headless after POST/jobs 1",
    "headless event 14",
    "headless after POST/start 7",
    "headless event 62",
    "terminal after POST/jobs 1",
    "terminal after POST/start 8",
    "terminal event 60",
];

/// Plays some points, which must be reached.
pub fn some() {
    let points: Vec<Point> = SOME.iter().map(|name| name.parse().unwrap()).collect();
    let missed = sweep(&points);
    assert_eq!(missed, 0, "points that are not reached prove nothing");
}

/// Plays all points there are, or those that were asked for.
pub fn whole() {
    sweep(&chosen());
}

/// Plays the cases and tells what held; how many points were not reached.
fn sweep(points: &[Point]) -> usize {
    let began = Instant::now();
    let played = side_by_side(points, jobs(), |point| said(point, case::held(point)));
    println!("{:.0?} in all", began.elapsed());
    tell(&played, |point| {
        format!("{CHOICE}='{point}' cargo test --test crash killed_anywhere -- --ignored --nocapture")
    });
    played.iter().filter(|(_, played)| !played.is_reached).count()
}

/// Plays the tries of several conductors with these seeds, or with those that `DOWNBEAT_CRASH_SEEDS` names.
pub fn conductors(seeds: RangeInclusive<u64>) {
    let began = Instant::now();
    let seeds: Vec<u64> = std::env::var(SEEDS).map_or_else(
        |_| seeds.collect(),
        |text| text.split(',').map(|seed| seed.trim().parse().unwrap()).collect(),
    );
    let played = side_by_side(&seeds, jobs(), |seed| said(seed, conductors::held(*seed)));
    tell(&played, |seed| {
        format!("{SEEDS}={seed} cargo test --test crash two_hundred -- --ignored --nocapture")
    });
    println!("{:.0?} in all", began.elapsed());
}

/// Says at once what came of a case, and keeps what was seen in one that does not hold.
fn said(name: &impl Display, played: Played) -> Played {
    let reached = if played.is_reached { "" } else { ", not reached" };
    if played.complaints.is_empty() {
        println!("held: {name} ({:.1?}{reached})", played.took);
    } else {
        let file = case::keep(&name.to_string(), &played);
        println!(
            "DOES NOT HOLD: {name} ({:.1?}{reached}): {}",
            played.took,
            file.display()
        );
    }
    played
}

/// Says what held, and how to repeat what did not.
fn tell<T: Display>(played: &[(T, Played)], again: impl Fn(&T) -> String) {
    let missed = played.iter().filter(|(_, played)| !played.is_reached).count();
    let failed: Vec<_> = played
        .iter()
        .filter(|(_, played)| !played.complaints.is_empty())
        .collect();
    for (name, played) in &failed {
        println!(
            "{name}: {}\n    again: {}",
            played.complaints.join("\n    "),
            again(name)
        );
    }
    let mut codes: BTreeMap<Option<i32>, usize> = BTreeMap::new();
    for code in played.iter().flat_map(|(_, played)| &played.codes) {
        *codes.entry(*code).or_default() += 1;
    }
    println!("how often the program ended with which exit code, None for a kill: {codes:?}");
    let slowest = played.iter().max_by_key(|(_, played)| played.took);
    let slowest = slowest.map(|(name, played)| format!("{name}: {:.1?}", played.took));
    println!(
        "{} tried, {} held, {missed} of them not reached (a run may need fewer requests); the slowest: {}",
        played.len(),
        played.len() - failed.len(),
        slowest.unwrap_or_default(),
    );
    assert!(
        failed.is_empty(),
        "{} of {} do not hold",
        failed.len(),
        played.len()
    );
}

/// How many cases are played at the same time; they wait more than they work.
fn jobs() -> usize {
    let given = std::env::var(SIDE_BY_SIDE).ok();
    given.map_or(5, |text| text.parse().unwrap())
}

/// The points that were asked for: whole names are played without counting first.
fn chosen() -> Vec<Point> {
    let Ok(choice) = std::env::var(CHOICE) else {
        return all();
    };
    let words: Vec<_> = choice.split(',').map(str::trim).collect();
    let named: Result<Vec<Point>, _> = words.iter().map(|word| word.parse()).collect();
    named.unwrap_or_else(|_| {
        let is_chosen = |point: &Point| words.iter().any(|word| point.to_string().contains(word));
        let chosen: Vec<_> = all().into_iter().filter(is_chosen).collect();
        assert!(!chosen.is_empty(), "no point has '{choice}' in its name");
        chosen
    })
}

/// Every point there is, counted in a run of each mode that nobody kills.
fn all() -> Vec<Point> {
    let modes = [Mode::Headless, Mode::Terminal];
    let counted = side_by_side(&modes, modes.len(), |mode| case::dry(*mode));
    let mut points = Vec::new();
    for (mode, played) in counted {
        assert!(
            played.complaints.is_empty(),
            "without a kill: {:?}\n{}",
            played.complaints,
            played.evidence
        );
        points.extend(places(&played).map(|place| Point { mode, place }));
    }
    println!("{} points", points.len());
    points
}

fn places(played: &Played) -> impl Iterator<Item = Place> + use<'_> {
    let events = (1..=played.events).map(Place::Event);
    let requests = played.requests.iter().flat_map(|(kind, count)| {
        let each = (1..=*count).flat_map(|number| [(number, Side::Before), (number, Side::After)]);
        each.map(|(number, side)| Place::Request {
            kind: kind.clone(),
            number,
            side,
        })
    });
    events.chain(requests)
}

/// Does this for each of these, some at the same time; the outcomes in the order of their ends.
fn side_by_side<T: Clone + Send + Sync, R: Send>(
    all: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<(T, R)> {
    let queue = Mutex::new(all.iter().cloned().collect::<VecDeque<_>>());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(all.len()) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some(item) = next else { break };
                    let outcome = work(&item);
                    done.lock().unwrap().push((item, outcome));
                }
            });
        }
    });
    done.into_inner().unwrap()
}
