//! From a project without anything to a green run, with the built program: a profile, examined, set up (killed in the
//! middle, then twice), deployed, examined again, run, and the rows counted through the warehouse's own API.
//!
//! What a person is asked on the way is in `setup/prompts.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]

#[expect(dead_code, reason = "what is on disk is looked at in other tests")]
#[path = "support/home.rs"]
mod home;
#[path = "setup/prompts.rs"]
mod prompts;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "support/screen.rs"]
mod screen;
#[expect(dead_code, reason = "its ends are looked at in other tests")]
#[path = "support/server.rs"]
mod server;

use home::{Home, PROFILE, Told, finish, wait_for};
use serde_json::{Value, json};
use server::Sandbox;
use std::collections::BTreeMap;

const SECRET: (&str, &str) = ("DOWNBEAT_SECRET_MYSQL_PASSWORD", "sandbox");

const PREFERENCES: [&str; 4] = [
    "--preference",
    "cloudsql_connection_name=downbeat-sandbox:us-west1:sandbox",
    "--preference",
    "mysql_user=downbeat",
];

/// Set up without a person, with its secret in the environment.
fn start(home: &Home, arguments: &[&str]) -> Told {
    let mut command = home.command(arguments);
    command.env(SECRET.0, SECRET.1);
    finish(command)
}

fn setup<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let head = ["setup", "--profile", "far", "--output", "json"];
    [head.as_slice(), &PREFERENCES, more].concat()
}

/// A project without anything.
fn nothing(home: &Home, speed: &str) -> Sandbox {
    Sandbox::start(home, &["--ephemeral", "--empty", "--speed", speed])
}

/// The same with a profile that leads there.
fn empty(home: &Home, speed: &str) -> Sandbox {
    let sandbox = nothing(home, speed);
    home.configure(&format!("[profile.far]\n{PROFILE}{}", sandbox.way()));
    sandbox
}

/// `downbeat init` for a sandbox.
fn init(home: &Home, sandbox: &Sandbox) {
    let address = format!("http://{}", sandbox.address());
    let told = home.start(&[
        "init",
        "--no-input",
        "--profile",
        "far",
        "--project-id",
        "downbeat-sandbox",
        "--cdf-instance",
        "sandbox",
        "--cdf-pipeline-name",
        "cdf_mysql_to_bigquery",
        "--bq-output-table",
        "landing",
        "--datafusion-endpoint",
        &address,
        "--bigquery-endpoint",
        &address,
        "--credentials",
        "none",
    ]);
    assert_eq!(told.code, 0, "{}", told.all());
}

/// `downbeat doctor`: its exit code, and how each check stands.
fn examine(home: &Home) -> (i32, BTreeMap<String, String>) {
    let told = home.start(&["doctor", "--profile", "far", "--output", "json"]);
    let report = told.lines().pop().unwrap();
    let checks = report["checks"].as_array().unwrap().iter().map(|one| {
        let word = |key: &str| one[key].as_str().unwrap().to_owned();
        (word("check"), word("standing"))
    });
    (told.code, checks.collect())
}

/// The steps that were in a state, in their order.
fn steps(told: &Told, state: &str) -> Vec<String> {
    let lines = told.lines();
    let of_state = lines
        .iter()
        .filter(|line| line["event"] == "setup_step" && line["state"] == state);
    of_state
        .map(|line| line["step"].as_str().unwrap().to_owned())
        .collect()
}

fn end(told: &Told) -> Value {
    let last = told.lines().pop().unwrap();
    assert_eq!(last["event"], "setup_ended", "{}", told.all());
    last
}

fn query(sandbox: &Sandbox, sql: &str) -> Value {
    let body = json!({"query": sql, "useLegacySql": false}).to_string();
    let (status, answer) = sandbox.ask("POST", "/bigquery/v2/projects/downbeat-sandbox/queries", &body);
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

fn count(sandbox: &Sandbox, sql: &str) -> i64 {
    query(sandbox, sql)["rows"][0]["f"][0]["v"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn from_an_empty_project_to_a_green_run() {
    let home = Home::new();
    // Making the instance takes 40 seconds at speed 1: long enough to be killed in its middle.
    let sandbox = nothing(&home, "10");
    init(&home, &sandbox);
    let (code, checks) = examine(&home);
    assert_eq!(code, 2, "{checks:?}");
    assert_eq!(checks["apis"], "missing", "{checks:?}");
    // What cannot be asked while its API is off is not called missing.
    for check in ["project", "instance", "tables", "bucket", "pipeline"] {
        assert_eq!(checks[check], "unknown", "{checks:?}");
    }
    let dry = start(&home, &setup(&["--dry-run"]));
    assert_eq!(dry.code, 0, "{}", dry.all());
    assert_eq!(steps(&dry, "make"), ["apis"], "{}", dry.all());
    assert!(steps(&dry, "later").contains(&"pipeline".to_owned()));

    // Killed while the instance is being made.
    let mut command = home.command(&setup(&["--yes"]));
    command
        .env(SECRET.0, SECRET.1)
        .stdout(std::process::Stdio::null());
    let mut killed = command.spawn().unwrap();
    let instance = "/v1/projects/downbeat-sandbox/locations/us-west1/instances/sandbox";
    wait_for("the instance to be in the making", || {
        let (status, body) = sandbox.ask("GET", instance, "");
        (status == 200 && body.contains("CREATING")).then_some(())
    });
    killed.kill().unwrap();
    killed.wait().unwrap();

    // Started again it waits for that instance, and makes the rest.
    let resumed = start(&home, &setup(&["--yes"]));
    assert_eq!(resumed.code, 0, "{}", resumed.all());
    assert!(
        !steps(&resumed, "make").contains(&"instance".to_owned()),
        "{}",
        resumed.all()
    );
    assert!(steps(&resumed, "wait").contains(&"instance".to_owned()));
    let operations = sandbox.get("/v1/projects/downbeat-sandbox/locations/us-west1/operations");
    assert_eq!(
        operations["operations"].as_array().unwrap().len(),
        1,
        "one instance was asked for once"
    );

    // A second time nothing is changed.
    let again = start(&home, &setup(&["--yes"]));
    assert_eq!(again.code, 0, "{}", again.all());
    assert_eq!(end(&again)["made"], json!([]), "{}", again.all());
    assert_eq!(steps(&again, "there").len(), 9);

    // Nobody has said yet what to copy.
    query(
        &sandbox,
        r#"INSERT INTO `downbeat-sandbox.cdf_output.configuration` (business_unit, data_source, is_active, source_fields)
        VALUES ('hr', 'engineer', TRUE, '{"name":"id","type":["long","null"]},{"name":"full_name","type":["string","null"]},{"name":"title","type":["string","null"]},{"name":"salary","type":[{"type":"bytes","logicalType":"decimal","precision":12,"scale":2},"null"]},{"name":"hired_on","type":[{"type":"int","logicalType":"date"},"null"]},{"name":"updated_at","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]}')"#,
    );
    let deployed = start(&home, &["deploy", "--profile", "far", "--yes"]);
    assert_eq!(deployed.code, 0, "{}", deployed.all());
    assert!(deployed.out.contains("nothing was changed"), "{}", deployed.all());
    let (code, checks) = examine(&home);
    let not_ok: Vec<_> = checks.iter().filter(|(_, standing)| *standing != "ok").collect();
    assert_eq!((code, checks.len(), not_ok), (0, 15, vec![]));

    let run = start(&home, &["run", "--profile", "far", "--output", "json"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let loaded = count(
        &sandbox,
        "SELECT COUNT(*) FROM `downbeat-sandbox.cdf_output.landing_committed`",
    );
    let told = count(
        &sandbox,
        "SELECT SUM(rows_loaded) FROM `downbeat-sandbox.cdf_output.watermark_current`",
    );
    assert!(
        loaded > 0 && loaded == told,
        "{loaded} rows, {told} told: {}",
        run.all()
    );

    // Another one is shown part by part, and comes back from an export.
    let export = [
        "pipelines",
        "export",
        "--profile",
        "far",
        "cdf_mysql_to_bigquery",
        "mine.json",
    ];
    let exported = start(&home, &export);
    assert_eq!(exported.code, 0, "{}", exported.all());
    let file = home.path().parent().unwrap().join("mine.json");
    let mut mine: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let stages = mine["config"]["stages"].as_array_mut().unwrap();
    let read = stages
        .iter_mut()
        .find(|stage| stage["name"] == "Read MySQL")
        .unwrap();
    read["plugin"]["properties"]["fetchSize"] = "500".into();
    std::fs::write(&file, mine.to_string()).unwrap();
    let path = file.to_string_lossy();
    let dry = start(&home, &["deploy", &path, "--profile", "far", "--dry-run"]);
    assert!(dry.out.contains("fetchSize of Read MySQL"), "{}", dry.all());
    let other = start(
        &home,
        &["deploy", &path, "--profile", "far", "--yes", "--output", "json"],
    );
    assert_eq!(end(&other)["made"], json!(["pipeline"]), "{}", other.all());
    let shown = start(&home, &["pipelines", "show", "--profile", "far"]);
    assert!(shown.out.contains("fetchSize of Read MySQL"), "{}", shown.all());
    let listed = start(&home, &["pipelines", "list", "--profile", "far"]);
    assert!(listed.out.contains("* cdf_mysql_to_bigquery"), "{}", listed.all());
}

#[test]
fn what_cannot_be_finished_or_may_not_be_done_changes_nothing() {
    let home = Home::new();
    let sandbox = empty(&home, "1000");
    let states = || sandbox.get("/v1/projects/downbeat-sandbox/services?filter=state:ENABLED");
    let guarded =
        |guard: &str| home.configure(&format!("[profile.far]\n{PROFILE}{}{guard}\n", sandbox.way()));
    for (guard, arguments, says) in [
        ("", vec!["setup", "--profile", "far", "--yes"], "mysql_user"),
        (
            "",
            [&["setup", "--profile", "far"], PREFERENCES.as_slice()].concat(),
            "--yes",
        ),
        ("read_only = true", setup(&["--yes"]), "read-only"),
        ("protected = true", setup(&["--yes"]), "--confirm far"),
        (
            "protected = true",
            setup(&["--confirm", "near"]),
            "another profile",
        ),
    ] {
        guarded(guard);
        let told = start(&home, &arguments);
        assert_eq!(told.code, 2, "{arguments:?} {}", told.all());
        assert!(told.all().contains(says), "{says}: {}", told.all());
        assert_eq!(states()["services"], json!([]), "{arguments:?}");
    }
    // Without a value for the secret nothing is begun either.
    guarded("");
    let told = home.start(&setup(&["--yes"]));
    assert_eq!(told.code, 2, "{}", told.all());
    assert!(told.all().contains(SECRET.0), "{}", told.all());
    assert_eq!(states()["services"], json!([]));
}

#[test]
fn a_secret_is_in_the_secure_store_and_nowhere_else() {
    const WORD: &str = "hush-4711-word";
    let home = Home::new();
    let sandbox = empty(&home, "1000");
    let file = home.path().parent().unwrap().join("word");
    std::fs::write(&file, format!("{WORD}\n")).unwrap();
    let given = format!("mysql-password={}", file.display());
    let told = home.start(&setup(&["--yes", "--secret-file", &given]));
    assert_eq!(told.code, 0, "{}", told.all());
    let (_, stored) = sandbox.ask("GET", "/api/v3/namespaces/default/securekeys/mysql-password", "");
    assert_eq!(stored, WORD);
    assert!(!told.all().contains(WORD), "{}", told.all());
    for path in home.files().into_iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains(WORD),
            "{}",
            path.display()
        );
    }
}
