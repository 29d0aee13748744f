//! What a script and cron's mail are told: where a run takes place, how it ended, and when what happened.

use super::home::{Home, Told, finish, signal, wait_for};
use super::lab::{Lab, PROFILE};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Child;

/// A row of its own, so that a run is short.
const ONE_ROW: &str = "CREATE OR REPLACE TABLE cdf_output.one AS SELECT * FROM cdf_output.configuration \
                       WHERE data_source = 'payroll'";

fn one_row(lab: &Lab, settings: &[(&str, &str)]) {
    lab.sql(ONE_ROW);
    let own = [("bq_config_table", "'one'"), ("cdf_pipeline_retries", "0")];
    lab.configure(&[&own[..], settings].concat());
}

fn said(told: &Told, code: i32, words: &[&str]) {
    assert_eq!(told.code, code, "{}", told.all());
    told.has(words);
}

#[test]
fn a_service_that_is_away_is_worth_trying_again() {
    let lab = Lab::new();
    one_row(&lab, &[]);
    let before = lab.count("landing");
    let upgrading = r#"{"name":"n","type":"BASIC","state":"UPGRADING","version":"6.11.0"}"#;
    for scenario in [
        "[[request]]\noperation = 'query'\nanswer = 503\n".to_owned(),
        format!(
            "[[request]]\noperation = 'instance'\nanswer = 200\ncontent_type = 'application/json'\ntext = '{upgrading}'\n"
        ),
    ] {
        lab.play(&scenario);
        said(&lab.run(&[]), 4, &["start: failed"]);
        said(&lab.run(&["--dry-run"]), 4, &["The run cannot start"]);
    }
    lab.play_nothing();
    assert_eq!(lab.count("landing"), before);
    said(
        &lab.run(&["--set", "cdf_pipeline_name=nothing"]),
        2,
        &["is not deployed"],
    );
}

#[test]
fn nothing_to_run_is_not_a_success_unless_it_is_allowed() {
    let lab = Lab::new();
    one_row(&lab, &[("bq_truncate", "false")]);
    lab.sql("UPDATE cdf_output.one SET is_active = FALSE WHERE TRUE");
    for (arguments, code) in [
        (&[][..], 6),
        (&["--allow-empty"], 0),
        (&["--dry-run"], 6),
        (&["--dry-run", "--allow-empty"], 0),
    ] {
        said(&lab.run(arguments), code, &["active"]);
    }
}

/// Reads the lines of a run until a pipeline is at work.
fn until_running(child: &mut Child) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_running = |line: &Value| line["event"] == "pipeline_seen" && line["state"] == "RUNNING";
    let found = lines.any(|line| is_running(&serde_json::from_str(&line.unwrap()).unwrap()));
    assert!(found, "it ended too early");
    // The pipe stays open as long as the run.
    std::thread::spawn(move || lines.count());
}

#[test]
fn a_table_that_another_run_holds_is_refused_on_every_machine() {
    let lab = Lab::at_speed("1");
    one_row(&lab, &[]);
    let mut first = lab.home.spawn(&["run", "--profile", PROFILE, "--output", "json"]);
    until_running(&mut first);

    let here = lab.run(&[]);
    said(&here, 5, &["is being filled by process"]);
    let here = lab.run(&["--output", "json"]);
    assert_eq!(
        (here.code, &here.summary()["exit"]),
        (5, &5.into()),
        "{}",
        here.all()
    );
    assert_eq!(here.lines()[1]["kind"], "held", "{}", here.all());

    let elsewhere = Home::new();
    let settings = std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap();
    elsewhere.configure(&settings);
    said(
        &elsewhere.start(&["run", "--profile", PROFILE]),
        5,
        &["Another DAG run, ", "is not over: its pipeline run "],
    );
    said(
        &elsewhere.start(&["run", "--profile", PROFILE, "--dry-run"]),
        5,
        &["error:"],
    );

    signal(first.id(), "INT");
    let ended = wait_for("the end of the first run", || first.try_wait().unwrap());
    assert_eq!(ended.code(), Some(130));
}

#[test]
fn the_first_line_says_where_and_whose() {
    let lab = Lab::new();
    one_row(&lab, &[]);
    let told = lab.run(&["--args", "business_unit=hr,data_source=payroll"]);
    said(&told, 0, &[]);
    let first = told.out.lines().next().unwrap();
    for words in [
        "profile lab: project downbeat-sandbox",
        "instance sandbox in us-west1 at http://127.0.0.1:",
        "table downbeat-sandbox.cdf_output.landing",
        "credentials: none",
    ] {
        assert!(first.contains(words), "'{words}' is not in {first}");
    }
    for line in told.out.lines() {
        let (stamp, _) = line.split_once(' ').unwrap();
        let moment = chrono::DateTime::parse_from_rfc3339(stamp);
        assert!(moment.is_ok() && stamp.ends_with('Z'), "{line}");
    }
    let listed = lab.home.start(&["runs"]);
    let (stamp, _) = listed.out.split_once(' ').unwrap();
    chrono::DateTime::parse_from_rfc3339(stamp).unwrap();

    let key = lab.home.path().join("key.json");
    std::fs::write(
        &key,
        r#"{"type": "service_account", "client_email": "loader@p.iam.gserviceaccount.com"}"#,
    )
    .unwrap();
    lab.home
        .configure("[profile.prod]\nproject_id = 'my-project'\ncdf_instance = 'fusion'\n");
    let mut command = lab
        .home
        .command(&["run", "--profile", "prod", "--output", "json"]);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", &key);
    let told = finish(command);
    let target = &told.lines()[0];
    assert_eq!(
        (&target["event"], &target["project"], &target["instance"]),
        (&"target".into(), &"my-project".into(), &"fusion".into())
    );
    assert_eq!(
        target["credentials"]["account"],
        "loader@p.iam.gserviceaccount.com"
    );
    assert!(!target["sandbox"].as_bool().unwrap());
}

/// Nothing was loaded into the sandbox of this home.
fn sandbox_is_untouched(home: &Home) {
    let left: Vec<_> = std::fs::read_dir(home.path().join("sandbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_sandbox_is_never_taken_by_accident() {
    let home = Home::new();
    home.configure("[profile.prod]\nproject_id = 'my-project'\n");
    for line in [&["run"][..], &["run", "--dry-run"]] {
        let told = home.start(line);
        said(&told, 2, &["the profile prod", "--profile", "default_profile"]);
    }
    home.configure("");
    for (name, value) in [
        ("DOWNBEAT_PROJECT_ID", "my-project"),
        ("DOWNBEAT_CDF_INSTANCE", "fusion"),
        ("DOWNBEAT_BQ_OUTPUT_TABLE", "mine"),
    ] {
        let mut command = home.command(&["run"]);
        command.env(name, value);
        let told = finish(command);
        said(&told, 2, &["profile environment:", value]);
    }
    said(
        &home.start(&["run", "--set", "project_id=my-project"]),
        2,
        &["profile environment: project my-project"],
    );
    sandbox_is_untouched(&home);
}

#[test]
fn a_start_whose_answer_is_odd_names_no_key() {
    let lab = Lab::new();
    one_row(
        &lab,
        &[("bq_truncate", "false"), ("cdf_pipeline_timeout_seconds", "3")],
    );
    lab.play(
        "[[request]]\noperation = 'start'\nanswer = 200\ncontent_type = 'application/json'\ntext = '[]'\n",
    );
    // It would be sent again and again, a minute apart.
    let mut child = lab
        .home
        .spawn(&["run", "--profile", PROFILE, "--on-interrupt", "leave"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut text = String::new();
    for line in lines.map_while(Result::ok) {
        if line.contains("the start's answer was lost") {
            signal(child.id(), "INT");
        }
        text.push_str(&line);
    }
    let told = Told::until_end(child);
    text.push_str(&told.err);
    assert_eq!(told.code, 130, "{text}");
    assert!(text.contains("the start's answer was lost"), "{text}");
    for key in ["R starts", "x gives", "press "] {
        assert!(!text.contains(key), "{text}");
    }
}
