//! The whole road with the built program, and the outcome counted in the stores' own files: what the
//! source has, what the warehouse has, what the bucket has. What the program says is believed last.

#![expect(clippy::unwrap_used, reason = "a test ends where it breaks")]

#[path = "support/home.rs"]
mod home;
#[expect(dead_code, reason = "who asks is looked at in terminal.rs")]
#[path = "support/listener.rs"]
mod listener;
#[expect(dead_code, reason = "it is killed in journeys.rs")]
#[path = "support/server.rs"]
mod server;
#[path = "end_to_end/some_rows.rs"]
mod some_rows;
#[expect(dead_code, reason = "watermarks are looked at in journeys.rs")]
#[path = "support/stores.rs"]
mod stores;
#[path = "end_to_end/webhook.rs"]
mod webhook;

use home::{Home, PROFILE, Told, signal, wait_for};
use serde_json::Value;
use server::Sandbox;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::time::{Duration, Instant};
use stores::{ACTIVE, Row, Stores, distinct};

/// Where the first load of a source begins.
const BEGINNING: &str = "1970-01-02 00:00:00";

/// A second try that does not keep a test waiting.
const SOON: &str = "dag_retry_interval_minutes=0.02";

/// The end of a run's window: its logical start in whole seconds, less a minute.
fn window_end(told: &Told) -> String {
    let start = told.summary()["logical_start_time"]
        .as_str()
        .unwrap()
        .parse::<i64>()
        .unwrap();
    moment(start.div_euclid(1000) - 60)
}

fn moment(seconds: i64) -> String {
    let moment = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    moment.format("%F %T").to_string()
}

fn later(moment: &str, seconds: i64) -> String {
    let parsed = chrono::NaiveDateTime::parse_from_str(moment, "%F %T").unwrap();
    self::moment(parsed.and_utc().timestamp() + seconds)
}

fn task<'a>(summary: &'a Value, name: &str) -> &'a Value {
    let tasks = summary["tasks"].as_array().unwrap();
    tasks.iter().find(|task| task["task"] == name).unwrap()
}

#[test]
fn each_run_loads_exactly_its_window() {
    let home = Home::new();
    let stores = Stores::of(&home);

    let first = home.start(&["run", "--output", "json"]);
    assert_eq!(first.code, 0, "{}", first.all());
    let summary = first.summary();
    let ticket = task(&summary, "start_pipeline_operations_ticket");
    assert_eq!(
        (&ticket["tries"], &ticket["state"]),
        (&2.into(), &"success".into())
    );
    let end = window_end(&first);
    let expected = stores.sources(BEGINNING, &end);
    assert!(
        ACTIVE
            .iter()
            .all(|(unit, source)| expected.iter().any(|row| row.0 == *unit && row.1 == *source))
    );
    assert_eq!(distinct(stores.warehouse("landing_committed")), expected);
    assert_eq!(distinct(stores.warehouse("landing")), expected);
    assert_eq!(distinct(stores.bucket()), expected);

    // The source never stands still: the first row of the next window lies exactly on its edge.
    for (unit, source) in ACTIVE {
        stores.arrive(unit, source, -1, &end);
        stores.arrive(unit, source, -2, &later(&end, 1));
    }
    let second = home.start(&["run", "--output", "json"]);
    assert_eq!(second.code, 0, "{}", second.all());
    let (from, end) = (end, window_end(&second));
    let increment = stores.sources(&from, &end);
    assert!(increment.len() >= 2 * ACTIVE.len(), "{increment:?}");
    assert_eq!(distinct(stores.warehouse("landing_committed")), increment);
    assert_eq!(distinct(stores.warehouse("landing")), increment);
    assert_eq!(distinct(stores.bucket()), stores.sources(BEGINNING, &end));
    assert_eq!(loaded(&second.summary()), increment.len() as u64);

    let listed = home.start(&["runs", "--output", "json"]);
    let names: Vec<_> = listed.lines().iter().map(|run| run["run"].clone()).collect();
    assert_eq!(names, [second.summary()["run"].clone(), summary["run"].clone()]);
    assert!(
        listed
            .lines()
            .iter()
            .all(|run| run["state"] == "success" && run["succeeded"] == 6)
    );
    written_back(&home);
    private(&home);
}

/// What the program says that it loaded.
fn loaded(summary: &Value) -> u64 {
    let tasks = summary["tasks"].as_array().unwrap();
    tasks
        .iter()
        .filter_map(|task| task["records_loaded"].as_u64())
        .sum()
}

/// The list that ran stands in the profile.
fn written_back(home: &Home) {
    let text = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let file: toml_edit::DocumentMut = text.parse().unwrap();
    let list = file["profile"]["sandbox"]["cdf_pipeline_run_arguments"]
        .as_str()
        .unwrap();
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    let names: Vec<_> = list
        .iter()
        .map(|row| {
            (
                row["business_unit"].as_str().unwrap(),
                row["data_source"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(names, ACTIVE);
}

/// Nobody else may read anything.
fn private(home: &Home) {
    for path in home.files() {
        // The home itself was there before.
        if path == home.path() {
            continue;
        }
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{mode:o} {}", path.display());
    }
}

#[test]
fn one_pipeline_by_hand_empties_nothing_and_shows_no_secret() {
    let home = Home::new();
    let stores = Stores::of(&home);
    let by_hand = |source: &str| {
        let arguments = format!("business_unit=hr,data_source={source},db_password=hush-5f1e");
        let told = home.start(&["run", "--args", &arguments, "--output", "json"]);
        assert_eq!(told.code, 0, "{}", told.all());
        assert!(!told.all().contains("hush-5f1e"), "{}", told.all());
        assert!(!told.out.contains("truncate_intended"), "{}", told.all());
        told
    };
    let engineers = stores_of(&stores, "engineer", BEGINNING, &window_end(&by_hand("engineer")));
    assert_eq!(distinct(stores.warehouse("landing_committed")), engineers);
    let payroll = stores_of(&stores, "payroll", BEGINNING, &window_end(&by_hand("payroll")));
    let both: BTreeSet<Row> = engineers.union(&payroll).cloned().collect();
    assert_eq!(distinct(stores.warehouse("landing_committed")), both);

    let all = home.start(&[
        "run",
        "--set",
        "bq_truncate=false",
        "--set",
        SOON,
        "--output",
        "json",
    ]);
    assert_eq!(all.code, 0, "{}", all.all());
    assert_eq!(
        distinct(stores.warehouse("landing_committed")),
        stores.sources(BEGINNING, &window_end(&all))
    );

    // The server needs the secret; nothing else of ours may hold it.
    for path in home.files().iter().filter(|path| path.is_file()) {
        if !path.starts_with(home.path().join("sandbox")) {
            let bytes = std::fs::read(path).unwrap();
            let found = bytes.windows(9).any(|part| part == b"hush-5f1e");
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}

fn stores_of(stores: &Stores, source: &str, from: &str, to: &str) -> BTreeSet<Row> {
    let rows = stores.source("hr", source, from, to);
    assert!(!rows.is_empty());
    rows
}

/// Reads lines until a pipeline run is at work.
fn until_running(child: &mut Child) -> impl BufRead + use<> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended too early");
        let told: Value = serde_json::from_str(&line).unwrap();
        if told["event"] == "pipeline_seen" && told["state"] == "RUNNING" {
            return lines;
        }
    }
}

fn exit_code(child: &mut Child) -> Option<i32> {
    let ended = wait_for("the end of the program", || child.try_wait().unwrap());
    ended.code()
}

#[test]
fn an_interrupt_stops_every_pipeline_run() {
    let home = Home::new();
    // Its runs take half a minute: the stop must come before their ends, however busy the machine is.
    let sandbox = Sandbox::start(&home, &["--ephemeral", "--speed", "1"]);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let mut child = home.spawn(&["run", "--profile", "far", "--output", "json"]);
    let mut lines = until_running(&mut child);
    signal(child.id(), "INT");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(exit_code(&mut child), Some(130), "{rest}");
    let summary: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&summary["event"], &summary["state"], &summary["exit"]),
        (&"summary".into(), &"stopped".into(), &130.into())
    );

    let states = sandbox.run_states();
    assert!(!states.is_empty());
    assert!(
        states
            .iter()
            .all(|state| state == "KILLED" || state == "COMPLETED"),
        "{states:?}"
    );
    assert!(states.iter().any(|state| state == "KILLED"), "{states:?}");
}

#[test]
fn an_interrupt_can_leave_the_runs_alone() {
    let home = Home::new();
    // A server that stays, with runs of half a minute.
    let sandbox = Sandbox::start(&home, &["--ephemeral", "--speed", "1"]);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    let mut child = home.spawn(&[
        "run",
        "--profile",
        "far",
        "--output",
        "json",
        "--on-interrupt",
        "leave",
    ]);
    let mut lines = until_running(&mut child);
    signal(child.id(), "INT");
    let asked = Instant::now();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(exit_code(&mut child), Some(130), "{rest}");
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(!rest.contains("stop_intended"), "{rest}");
    let summary: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&summary["state"], &summary["exit"]),
        (&"running".into(), &130.into())
    );
    assert!(summary["seconds"].as_f64().unwrap() > 0.0, "{summary}");

    let listed = home.start(&["runs", "--output", "json"]).lines();
    assert_eq!((listed.len(), &listed[0]["state"]), (1, &"running".into()));
    // What is still alive writes to the table: nothing is emptied under it, whatever the next start is to do.
    let refused = home.start(&["run", "--profile", "far", "--no-resume"]);
    assert_eq!(refused.code, 5, "{}", refused.all());
    assert!(
        refused.all().contains("is not over: not watched since")
            && refused.all().contains("`downbeat resume "),
        "{}",
        refused.all()
    );

    let states = wait_for("the end of the runs", || {
        let states = sandbox.run_states();
        let is_live = |state: &String| !["COMPLETED", "FAILED", "KILLED"].contains(&state.as_str());
        (!states.iter().any(is_live)).then_some(states)
    });
    assert_eq!(states, vec!["COMPLETED"; 5]);
}
