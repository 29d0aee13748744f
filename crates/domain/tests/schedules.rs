//! Seeded fault schedules: the scheduler and the driver's outbox in virtual time, in a world that goes wrong.
//!
//! `cargo test -p domain --test schedules` plays a few hundred. `DOWNBEAT_SCHEDULES=10000` before it plays as many as it
//! says, and `DOWNBEAT_SEED=123` that one seed alone, and tells everything that happens in it. A seed that fails is
//! printed with its schedule, without what is not needed for it to fail, and with the line that keeps it as a case in
//! `schedules/cases.jsonl`.
//!
//! ```text
//! draw.rs ─→ schedule.rs ─→ simulation.rs ─┬─ conductor.rs   the program: scheduler, outbox, journal; it is killed
//!  a seed    what goes wrong  virtual time  ├─ world.rs       the services, and what they really did
//!                                           └─ watch.rs       the promises, held against the world
//! ```

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_macros,
    reason = "the cases are a file; the core under test reads none"
)]
#![expect(clippy::print_stdout, reason = "a person reads what happens under a seed")]
#![expect(
    clippy::disallowed_methods,
    reason = "a person chooses seeds; the core under test reads nothing"
)]

#[path = "schedules/answers.rs"]
mod answers;
#[path = "schedules/cdap.rs"]
mod cdap;
#[path = "schedules/chance.rs"]
mod chance;
#[path = "schedules/conductor.rs"]
mod conductor;
#[path = "schedules/draw.rs"]
mod draw;
#[path = "schedules/end.rs"]
mod end;
#[path = "schedules/journal.rs"]
mod journal;
#[path = "schedules/looks.rs"]
mod looks;
#[path = "schedules/requests.rs"]
mod requests;
#[path = "schedules/schedule.rs"]
mod schedule;
#[path = "schedules/sight.rs"]
mod sight;
#[path = "schedules/simulation.rs"]
mod simulation;
#[path = "schedules/spans.rs"]
mod spans;
#[path = "schedules/tally.rs"]
mod tally;
#[path = "schedules/warehouse.rs"]
mod warehouse;
#[path = "schedules/watch.rs"]
mod watch;
#[path = "schedules/world.rs"]
mod world;

use domain::arguments::RuntimeArguments;
use domain::event::{Fact, RunEvent};
use domain::id::{DagRunId, TaskId};
use domain::request::{RunRequest, Scope};
use domain::row::task_id;
use domain::variable::Variables;
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use tally::Tally;

/// What every start must send, and no journal may hold.
const ROW_PASSWORD: &str = "hunter2-of-the-row";

/// How many seeds an ordinary test run plays.
const USUAL: u64 = 500;

/// The task of the row at this place.
fn task_of(place: usize) -> TaskId {
    task_id("u", &format!("s{place}"))
}

fn row_arguments(place: usize) -> RuntimeArguments {
    RuntimeArguments::from_iter([
        ("business_unit", "u"),
        ("data_source", &format!("s{place}")),
        ("db_password", ROW_PASSWORD),
    ])
}

fn first_event(schedule: &Schedule) -> RunEvent {
    let settings = &schedule.settings;
    let mut variables = Variables {
        bq_output_table: "landing".into(),
        ..Variables::default()
    };
    for (name, text) in [
        ("max_active_pipelines", settings.max_active.to_string()),
        ("cdf_pipeline_retries", settings.retries.to_string()),
        ("cdf_pipeline_timeout_seconds", settings.timeout.to_string()),
        ("dag_timeout_minutes", settings.dag_minutes.to_string()),
        (
            "dag_retry_interval_minutes",
            (f64::from(settings.retry_pause) / 60.0).to_string(),
        ),
        ("bq_truncate", settings.truncates.to_string()),
    ] {
        variables.set_by_name(name, &text).unwrap();
    }
    let request = RunRequest::new(
        "test",
        variables,
        if settings.by_hand {
            Scope::Single(row_arguments(0))
        } else {
            Scope::Chain
        },
    );
    RunEvent {
        at: world::wall(0),
        fact: Fact::RunStarted {
            run: DagRunId::new("run"),
            request: Box::new(request),
        },
    }
}

/// A schedule that once broke a promise, and which.
#[derive(Deserialize, Serialize)]
struct Case {
    says: String,
    schedule: Schedule,
}

/// Schedules that failed stay, however schedules are drawn later.
const CASES: &str = include_str!("schedules/cases.jsonl");

#[test]
fn every_promise_holds_where_it_once_was_broken() {
    let mut failed = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        if let Err(broken) = simulation::play(&case.schedule) {
            println!("{}\n{}\n", case.schedule, simulation::tell(&case.schedule));
            failed.push(format!("{}: {broken}", case.says));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn number_from(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The same schedule without whatever is not needed for it to fail.
fn reduced(schedule: Schedule) -> Schedule {
    let mut schedule = schedule;
    let mut place = 0;
    while place < schedule.troubles.len() {
        let mut smaller = schedule.clone();
        smaller.troubles.remove(place);
        if simulation::play(&smaller).is_err() {
            schedule = smaller;
        } else {
            place += 1;
        }
    }
    while schedule.rows.len() > 1 {
        let mut smaller = schedule.clone();
        smaller.rows.pop();
        smaller
            .troubles
            .retain(|trouble| !matches!(trouble, schedule::Trouble::Table { .. }));
        if simulation::play(&smaller).is_ok() {
            break;
        }
        schedule = smaller;
    }
    schedule
}

/// Plays all of them; what happened in those that held.
fn play_seeds(seeds: impl Iterator<Item = u64>) -> Tally {
    let (mut failed, mut tally, mut played) = (Vec::new(), Tally::default(), 0);
    for seed in seeds {
        played += 1;
        let schedule = Schedule::draw(seed);
        match simulation::play(&schedule) {
            Ok(happened) => tally.merge(happened),
            Err(broken) => {
                if failed.len() < 3 {
                    report(seed, &broken, schedule);
                }
                failed.push(format!("{seed}: {broken}"));
            }
        }
    }
    let count = failed.len();
    assert!(
        failed.is_empty(),
        "{count} of {played} seeds failed:\n{}",
        failed.join("\n")
    );
    tally
}

/// Tells what is needed for it to fail.
fn report(seed: u64, broken: &str, schedule: Schedule) {
    let schedule = reduced(schedule);
    println!(
        "{broken}\n{schedule}  again: DOWNBEAT_SEED={seed} cargo test -p domain --test schedules -- --nocapture"
    );
    let case = Case {
        says: broken.to_owned(),
        schedule,
    };
    println!("  to keep: {}\n", serde_json::to_string(&case).unwrap());
}

/// Every second seed: the two halves run at the same time.
fn half(first: u64) {
    match number_from("DOWNBEAT_SEED") {
        Some(seed) if seed % 2 == first => {
            let schedule = Schedule::draw(seed);
            println!("{schedule}\n{}", simulation::tell(&schedule));
            println!("{}", play_seeds([seed].into_iter()));
        }
        Some(_) => {}
        None => {
            let count = number_from("DOWNBEAT_SCHEDULES").unwrap_or(USUAL);
            let tally = play_seeds((first..count).step_by(2));
            println!("{tally}");
            let missing = tally.missing();
            assert!(
                count < USUAL || missing.is_empty(),
                "it never happened: {missing:?}"
            );
        }
    }
}

#[test]
fn every_promise_holds_under_even_seeds() {
    half(0);
}

#[test]
fn every_promise_holds_under_odd_seeds() {
    half(1);
}
