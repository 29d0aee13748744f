//! Downbeat against a sandbox that misbehaves: two processes, each shipped scenario, and the promises
//! counted afterwards in the server's own records and in the stores' own files.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "signals are sent in end_to_end.rs")]
#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "it is ended in sandbox_process.rs")]
#[path = "support/server.rs"]
mod server;
#[expect(dead_code, reason = "arrivals are looked at in end_to_end.rs")]
#[path = "support/stores.rs"]
mod stores;

use home::{Home, PROFILE, Told};
use serde_json::Value;
use server::Sandbox;
use std::collections::BTreeMap;
use stores::{ACTIVE, Stores, distinct};

/// Where the first load of a source begins.
const BEGINNING: &str = "1970-01-02 00:00:00";

/// One scenario, and what must come of it.
struct Case {
    scenario: &'static str,
    speed: &'static str,
    /// More lines of the profile.
    profile: &'static str,
    /// The tries that sources need, where it is not one; what a kill meets is left to the moment.
    tries: Option<&'static [(&'static str, u64)]>,
    /// Words that the program must have said on the way.
    says: &'static [&'static str],
}

/// What a run left.
struct Played {
    home: Home,
    told: Told,
    /// Runs of the server, as their records show them.
    runs: Vec<Value>,
    /// Rules with their counters.
    scenario: Value,
}

fn play(case: &Case) -> Played {
    let home = Home::new();
    let state = home.path().join("sandbox");
    let state = state.to_string_lossy();
    let sandbox = Sandbox::start(
        &home,
        &[
            "--state",
            &state,
            "--speed",
            case.speed,
            "--scenario",
            case.scenario,
        ],
    );
    let way = sandbox.way();
    home.configure(&format!("[profile.far]\n{PROFILE}{}{way}", case.profile));
    let told = home.start(&["run", "--profile", "far", "--output", "json"]);
    let scenario = sandbox.get("/sandbox/scenario");
    // From here on nothing goes wrong: the records are to be read, not fought for.
    sandbox.ask("DELETE", "/sandbox/scenario", "");
    let runs = sandbox.runs();
    Played {
        home,
        told,
        runs,
        scenario,
    }
}

/// Plays cases side by side: they wait more than they work.
fn play_all(cases: &[Case]) {
    std::thread::scope(|scope| {
        let played: Vec<_> = cases
            .iter()
            .map(|case| {
                let thread = std::thread::Builder::new().name(case.scenario.to_owned());
                thread.spawn_scoped(scope, || check(case, &play(case))).unwrap()
            })
            .collect();
        let broken: Vec<_> = played.into_iter().map(|thread| thread.join().is_err()).collect();
        let broken = cases.iter().zip(broken).filter(|(_, broken)| *broken);
        let broken: Vec<_> = broken.map(|(case, _)| case.scenario).collect();
        assert!(broken.is_empty(), "{broken:?}");
    });
}

fn check(case: &Case, played: &Played) {
    let Played { told, .. } = played;
    assert_eq!(told.code, 0, "{}: {}", case.scenario, told.all());
    let summary = told.summary();
    assert_eq!(summary["state"], "success", "{}", told.all());
    for rule in played.scenario["rules"].as_array().unwrap() {
        assert!(
            rule["given"].as_u64().unwrap() > 0,
            "{}: {rule} never happened",
            case.scenario
        );
    }
    for words in case.says {
        assert!(
            told.out.contains(words),
            "{}: '{words}' is not in {}",
            case.scenario,
            told.all()
        );
    }
    one_run_for_a_try(played);
    success_is_completed(&summary, &played.runs);
    tries(case, &summary, told);
    exact_counts(&played.home, &summary);
}

/// The arguments that a run record shows.
fn arguments(run: &Value) -> BTreeMap<String, String> {
    serde_json::from_str(run["properties"]["runtimeArgs"].as_str().unwrap()).unwrap()
}

/// At most one run of a try was let in; what flow control refused never ran. None is left alive.
fn one_run_for_a_try(played: &Played) {
    let mut tries: BTreeMap<String, u32> = BTreeMap::new();
    for run in &played.runs {
        let state = run["status"].as_str().unwrap();
        assert!(
            ["COMPLETED", "FAILED", "KILLED", "REJECTED"].contains(&state),
            "left alive: {run}"
        );
        if state != "REJECTED" {
            let token = arguments(run)["downbeat.token"].clone();
            let (one_try, _) = token.rsplit_once('.').unwrap();
            *tries.entry(one_try.to_owned()).or_default() += 1;
        }
    }
    let twice: Vec<_> = tries.iter().filter(|(_, runs)| **runs > 1).collect();
    assert!(twice.is_empty(), "{twice:?}: {}", played.told.all());
}

fn success_is_completed(summary: &Value, runs: &[Value]) {
    for task in summary["tasks"].as_array().unwrap() {
        if let Some(id) = task["pipeline_run"].as_str() {
            let run = runs.iter().find(|run| run["runid"] == id).unwrap();
            assert_eq!(run["status"], "COMPLETED", "{task}");
            assert_eq!(task["state"], "success");
        }
    }
}

fn tries(case: &Case, summary: &Value, told: &Told) {
    let Some(expected) = case.tries else { return };
    for (unit, source) in ACTIVE {
        let name = format!("start_pipeline_{unit}_{source}");
        let tasks = summary["tasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["task"] == *name).unwrap();
        let wanted = expected.iter().find(|(named, _)| *named == source);
        let wanted = wanted.map_or(1, |(_, tries)| *tries);
        assert_eq!(
            task["tries"],
            wanted,
            "{name} in {}: {}",
            case.scenario,
            told.all()
        );
    }
}

/// What the watermark table names is what the source has, each row once.
fn exact_counts(home: &Home, summary: &Value) {
    let start: i64 = summary["logical_start_time"].as_str().unwrap().parse().unwrap();
    let end = chrono::DateTime::from_timestamp(start.div_euclid(1000) - 60, 0).unwrap();
    let stores = Stores::of(home);
    let expected = stores.sources(BEGINNING, &end.format("%F %T").to_string());
    assert_eq!(distinct(stores.warehouse("landing_committed")), expected);
    let tasks = summary["tasks"].as_array().unwrap();
    let said = tasks.iter().filter_map(|task| task["records_loaded"].as_u64());
    assert_eq!(said.sum::<u64>(), expected.len() as u64, "{summary}");
}

const PLAIN: Case = Case {
    scenario: "",
    speed: "20",
    profile: "",
    tries: Some(&[("ticket", 2)]),
    says: &[],
};

#[test]
fn what_cannot_be_seen_fails_nothing() {
    play_all(&[
        Case {
            scenario: "flaky-network",
            ..PLAIN
        },
        Case {
            scenario: "late-records",
            speed: "6",
            ..PLAIN
        },
        Case {
            scenario: "overload",
            ..PLAIN
        },
        Case {
            scenario: "token-expiry",
            speed: "5",
            says: &["connection_degraded", "connection_restored"],
            ..PLAIN
        },
    ]);
}

#[test]
fn a_try_has_one_run_whatever_becomes_of_its_start() {
    play_all(&[
        Case {
            scenario: "lost-answers",
            speed: "10",
            says: &["start_doubted"],
            ..PLAIN
        },
        Case {
            scenario: "flow-control",
            says: &["start_refused"],
            ..PLAIN
        },
        Case {
            scenario: "redeploy",
            ..PLAIN
        },
        Case {
            scenario: "late-logs",
            ..PLAIN
        },
    ]);
}

#[test]
fn only_the_end_counts() {
    play_all(&[
        Case {
            scenario: "skipped-statuses",
            tries: Some(&[("ticket", 2), ("expense", 2)]),
            ..PLAIN
        },
        Case {
            scenario: "failing-stages",
            profile: "cdf_pipeline_retries = 2\n",
            tries: Some(&[("ticket", 2), ("payroll", 2), ("orders", 2), ("expense", 3)]),
            says: &["Communications link failure", "too many table update operations"],
            ..PLAIN
        },
    ]);
}

#[test]
fn limits_stop_what_hangs_and_wait_for_its_end() {
    const LIMIT: &str = "cdf_pipeline_timeout_seconds = 6\n";
    play_all(&[
        Case {
            scenario: "stuck-starting",
            tries: Some(&[("ticket", 2), ("expense", 2)]),
            profile: LIMIT,
            says: &["stop_intended", "had not ended after"],
            ..PLAIN
        },
        Case {
            scenario: "stuck-stopping",
            tries: Some(&[("ticket", 2), ("expense", 2)]),
            profile: LIMIT,
            says: &["stop_intended", "STOPPING"],
            ..PLAIN
        },
        Case {
            scenario: "deaf-stop",
            speed: "5",
            profile: LIMIT,
            says: &["stop_intended"],
            ..PLAIN
        },
    ]);
}

#[test]
fn a_killed_control_plane_is_outlived() {
    let case = Case {
        scenario: "killed-control-plane",
        speed: "6",
        profile: "cdf_pipeline_timeout_seconds = 10\n",
        tries: None,
        says: &["connection_degraded", "stop_intended"],
    };
    let played = play(&case);
    check(&case, &played);
    // Who was STARTING went on under its id; who was RUNNING was dead, and its next try did the work.
    let summary = played.told.summary();
    let tries = |source: &str| {
        let tasks = summary["tasks"].as_array().unwrap();
        let task = tasks
            .iter()
            .find(|task| task["task"].as_str().unwrap().ends_with(source));
        task.unwrap()["tries"].as_u64().unwrap()
    };
    assert_eq!(tries("_orders"), 1, "{}", played.told.all());
    assert!(
        tries("_engineer") == 2 && tries("_payroll") == 2,
        "{}",
        played.told.all()
    );
}
