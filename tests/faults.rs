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
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use stores::{ACTIVE, Stores, distinct};

/// Where the first load of a source begins.
const BEGINNING: &str = "1970-01-02 00:00:00";

/// One scenario, and what must come of it.
struct Case {
    scenario: &'static str,
    speed: &'static str,
    /// The limit in seconds of some sources, as a condition on the configuration table; others have an hour.
    limit: Option<(u32, &'static str)>,
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
    home.configure(&format!("[profile.far]\n{PROFILE}{way}"));
    if let Some((seconds, which)) = case.limit {
        let table = "`downbeat-sandbox.cdf_output.configuration`";
        let sql = format!("UPDATE {table} SET timeout_seconds = {seconds} WHERE {which}");
        let body = serde_json::json!({ "query": sql, "useLegacySql": false }).to_string();
        let path = "/bigquery/v2/projects/downbeat-sandbox/queries";
        let (status, answer) = sandbox.ask("POST", path, &body);
        assert_eq!(status, 200, "{answer}");
    }
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

/// All cases, played side by side once: they wait more than they work.
static PLAYED: LazyLock<BTreeMap<&str, Option<Played>>> = LazyLock::new(|| {
    std::thread::scope(|scope| {
        let playing: Vec<_> = CASES
            .iter()
            .map(|case| {
                let thread = std::thread::Builder::new().name(case.scenario.to_owned());
                (case, thread.spawn_scoped(scope, || play(case)).unwrap())
            })
            .collect();
        let played = playing.into_iter();
        played
            .map(|(case, thread)| (case.scenario, thread.join().ok()))
            .collect()
    })
});

/// Checks what came of some of the cases; each is told, also behind a broken one.
fn check_all(scenarios: &[&str]) {
    let broken: Vec<_> = scenarios
        .iter()
        .filter(|scenario| {
            let case = CASES.iter().find(|case| case.scenario == **scenario).unwrap();
            let sound = |played: &Played| std::panic::catch_unwind(|| check(case, played)).is_ok();
            !PLAYED[**scenario].as_ref().is_some_and(sound)
        })
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

fn check(case: &Case, played: &Played) {
    let Played { told, .. } = played;
    assert_eq!(told.code, 0, "{}: {}", case.scenario, told.all());
    let summary = told.summary();
    assert_eq!(summary["state"], "success", "{}", told.all());
    every_rule_took_part(case, &played.scenario);
    for words in case.says {
        assert!(
            told.out.contains(words),
            "{}: '{words}' is not in {}",
            case.scenario,
            told.all()
        );
    }
    one_run_for_a_try(played);
    every_try_has_a_log(played);
    success_is_completed(&summary, &played.runs);
    tries(case, &summary, told);
    exact_counts(&played.home, &summary);
}

/// Each rule met what it is for, and had its effect.
fn every_rule_took_part(case: &Case, scenario: &Value) {
    for rule in scenario["rules"].as_array().unwrap() {
        assert!(rule["given"].as_u64().unwrap() > 0, "{}: {rule}", case.scenario);
    }
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

/// Each try has a log: with lines, or with a word about why there are none. `field/logs.rs` compares the lines.
fn every_try_has_a_log(played: &Played) {
    for run in played.runs.iter().filter(|run| run["status"] != "REJECTED") {
        let token = arguments(run)["downbeat.token"].clone();
        let (one_try, _) = token.rsplit_once('.').unwrap();
        let log = played.home.path().join("logs").join(format!("{one_try}.log"));
        let size = std::fs::metadata(&log).map_or(0, |file| file.len());
        assert!(size > 0, "{one_try} has no log: {}", played.told.all());
    }
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
        let tries = task["tries"].as_u64().unwrap();
        // On a machine that is busy a limit may meet another try as well.
        let right = tries == wanted || case.limit.is_some() && wanted > 1 && tries > wanted;
        assert!(
            right,
            "{name} had {tries} tries in {}: {}",
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
    limit: None,
    tries: Some(&[("ticket", 2)]),
    says: &[],
};

const CASES: &[Case] = &[
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
    Case {
        scenario: "skipped-statuses",
        tries: Some(&[("ticket", 2), ("expense", 2)]),
        ..PLAIN
    },
    Case {
        scenario: "failing-stages",
        tries: Some(&[("ticket", 2), ("payroll", 2), ("orders", 2), ("expense", 3)]),
        says: &["Communications link failure", "too many table update operations"],
        ..PLAIN
    },
    Case {
        scenario: "stuck-starting",
        tries: Some(&[("ticket", 2), ("expense", 2)]),
        limit: Some((4, "data_source = 'expense'")),
        says: &["stop_intended", "had not ended after"],
        ..PLAIN
    },
    Case {
        scenario: "stuck-stopping",
        speed: "40",
        tries: Some(&[("ticket", 2), ("expense", 2)]),
        limit: Some((4, "data_source = 'expense'")),
        says: &["stop_intended", "STOPPING"],
    },
    Case {
        scenario: "deaf-stop",
        speed: "8",
        limit: Some((4, "data_source = 'expense'")),
        says: &["stop_intended"],
        ..PLAIN
    },
    Case {
        scenario: "killed-control-plane",
        speed: "6",
        limit: Some((10, "data_source != 'orders'")),
        tries: None,
        says: &["stop_intended"],
    },
];

#[test]
fn every_shipped_scenario_is_played() {
    let shipped = sandbox::scenario::shipped::SCENARIOS;
    let played: BTreeSet<_> = CASES.iter().map(|case| case.scenario).collect();
    assert_eq!(played, shipped.iter().map(|(name, _)| *name).collect());
}

#[test]
fn what_cannot_be_seen_fails_nothing() {
    check_all(&["flaky-network", "late-records", "overload", "token-expiry"]);
}

#[test]
fn a_try_has_one_run_whatever_becomes_of_its_start() {
    check_all(&["lost-answers", "flow-control", "redeploy", "late-logs"]);
}

#[test]
fn only_the_end_counts() {
    check_all(&["skipped-statuses", "failing-stages"]);
}

#[test]
fn limits_stop_what_hangs_and_wait_for_its_end() {
    check_all(&["stuck-starting", "stuck-stopping", "deaf-stop"]);
}

#[test]
fn a_killed_control_plane_is_outlived() {
    check_all(&["killed-control-plane"]);
    // Who was STARTING went on under its id; who was RUNNING was dead, and its next try did the work.
    let played = PLAYED["killed-control-plane"].as_ref().unwrap();
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
        tries("_engineer") > 1 && tries("_payroll") > 1,
        "{}",
        played.told.all()
    );
}
