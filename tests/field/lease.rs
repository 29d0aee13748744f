//! Several machines and one output table: each machine has a home of its own, and nothing but the table in common.

use super::home::{Home, Told, finish, wait_for};
use super::lab::{Lab, PROFILE, PROJECT};
use domain::table_lease::GRACE;
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const LANDING: &str = "cdf_output/tables/landing";

const APPS: &str = "/api/v3/namespaces/default/apps";

/// A further machine that runs the same profile.
fn machine(lab: &Lab) -> Home {
    let home = Home::new();
    let profile = std::fs::read_to_string(lab.home.path().join("config.toml")).unwrap();
    home.configure(&profile);
    home
}

fn run(home: &Home) -> Told {
    finish(home.command(&["run", "--profile", PROFILE]))
}

fn table_path() -> String {
    format!("/bigquery/v2/projects/{PROJECT}/datasets/{LANDING}")
}

fn labels(lab: &Lab) -> Value {
    lab.sandbox.get(&table_path())["labels"].clone()
}

fn set_label(lab: &Lab, key: &str, value: &str) {
    let body = json!({"labels": {key: value}}).to_string();
    let (status, answer) = lab.sandbox.ask("PATCH", &table_path(), &body);
    assert_eq!(status, 200, "{answer}");
}

/// As if the machine that holds the table had been silent for hours.
fn age(lab: &Lab) {
    let until = labels(lab)["downbeat_until"].as_str().unwrap().to_owned();
    let (seconds, holder) = until.split_once('_').unwrap();
    let before = seconds.parse::<u64>().unwrap() - 3 * 3600;
    set_label(lab, "downbeat_until", &format!("{before}_{holder}"));
}

/// How often the output table was emptied.
fn truncates(lab: &Lab) -> usize {
    let jobs = lab.sandbox.get(&format!(
        "/bigquery/v2/projects/{PROJECT}/jobs?maxResults=1000&projection=full"
    ));
    let jobs = jobs["jobs"].as_array().cloned().unwrap_or_default();
    let is_truncate = |job: &&Value| {
        let statement = &job["configuration"]["query"]["query"];
        statement.as_str().is_some_and(|sql| sql.starts_with("TRUNCATE"))
    };
    jobs.iter().filter(is_truncate).count()
}

/// The rows of one run that nobody disturbs.
fn rows_of_one_run() -> u64 {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(labels(&lab).is_null(), "released: {}", labels(&lab));
    assert_eq!(truncates(&lab), 1);
    lab.count("landing")
}

#[test]
fn of_machines_that_begin_together_one_runs() {
    let expected = rows_of_one_run();
    for offset in [0, 100, 200, 300] {
        let lab = Lab::at_speed("50");
        lab.configure(&[]);
        let other = machine(&lab);
        let told = std::thread::scope(|scope| {
            let late = scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(offset));
                run(&other)
            });
            [run(&lab.home), late.join().unwrap()]
        });
        let all = format!("{offset} ms\n{}\n{}", told[0].all(), told[1].all());
        let winners = told.iter().filter(|told| told.code == 0).count();
        assert_eq!(winners, 1, "{all}");
        let loser = told.iter().find(|told| told.code == 5);
        let loser = loser.unwrap_or_else(|| panic!("{all}"));
        assert!(
            loser.all().contains("run 0"),
            "it says which run is in the way: {all}"
        );
        assert_eq!(truncates(&lab), 1, "{all}");
        assert_eq!(lab.count("landing"), expected, "{all}");
        assert!(labels(&lab).is_null(), "{}", labels(&lab));
    }
}

#[test]
fn a_machine_that_is_gone_holds_the_table_only_for_a_while() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let other = machine(&lab);
    let mut killed = lab.home.spawn(&["run", "--profile", PROFILE]);
    let live = |wanted: bool| {
        let runs = lab.sandbox.runs();
        let is_live =
            |run: &Value| !["COMPLETED", "FAILED", "KILLED"].contains(&run["status"].as_str().unwrap());
        (!runs.is_empty() && runs.iter().any(is_live) == wanted).then_some(())
    };
    wait_for("a pipeline run", || live(true));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let run_id = labels(&lab)["downbeat_run"].as_str().unwrap().to_owned();

    let told = run(&other);
    assert_eq!(told.code, 5, "{}", told.all());
    assert!(told.all().contains(&run_id), "{}", told.all());
    assert_eq!(truncates(&lab), 1, "{}", told.all());

    wait_for("the end of the pipeline runs", || live(false));
    let told = run(&other);
    assert_eq!(told.code, 5, "{}", told.all());
    assert!(
        told.all().contains(&format!("run {run_id} of")) && told.all().contains("reserved until"),
        "{}",
        told.all()
    );
    assert_eq!(truncates(&lab), 1, "{}", told.all());

    age(&lab);
    let told = run(&other);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(truncates(&lab), 2, "{}", told.all());
    assert!(labels(&lab).is_null(), "{}", labels(&lab));
}

#[test]
fn the_machine_itself_need_not_wait() {
    let lab = Lab::at_speed("5");
    lab.configure(&[]);
    let mut killed = lab.home.spawn(&["run", "--profile", PROFILE]);
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(labels(&lab)["downbeat_run"].is_string());
    wait_for("the end of the pipeline runs", || {
        let runs = lab.sandbox.runs();
        let is_over =
            |run: &Value| ["COMPLETED", "FAILED", "KILLED"].contains(&run["status"].as_str().unwrap());
        runs.iter().all(is_over).then_some(())
    });
    // Nobody else on this machine can be driving the killed run.
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(labels(&lab).is_null(), "{}", labels(&lab));
}

/// The start of a run that takes long enough to be looked at, up to its first pipeline run.
fn begin(lab: &Lab) -> std::process::Child {
    let chain = lab.home.spawn(&["run", "--profile", PROFILE]);
    wait_for("a pipeline run", || {
        (!lab.sandbox.runs().is_empty()).then_some(())
    });
    chain
}

#[test]
fn a_pipeline_by_hand_beside_a_chain_must_be_wanted() {
    let lab = Lab::at_speed("2");
    lab.configure(&[]);
    let other = machine(&lab);
    let mut chain = begin(&lab);
    let of_chain = labels(&lab)["downbeat_run"].as_str().unwrap().to_owned();
    let by_hand = ["run", "--profile", PROFILE, "--args"];
    let arguments = "business_unit=hr,data_source=engineer,db_name=hr_db,db_table=engineer";
    for home in [&lab.home, &other] {
        let mut command = home.command(&by_hand);
        command.arg(arguments);
        let told = finish(command);
        assert_eq!(told.code, 5, "{}", told.all());
        told.has(&["landing is being filled by", "add --beside"]);
        // A young record hides whose it is.
        wait_for("pipeline runs of the chain alone", || {
            let runs = lab.sandbox.runs();
            let is_of_chain = |run: &Value| run.to_string().contains(&of_chain);
            runs.iter().all(is_of_chain).then_some(())
        });
    }
    let mut command = other.command(&by_hand);
    command.args([arguments, "--beside"]);
    let told = finish(command);
    assert!(!told.all().contains("is being filled by"), "{}", told.all());
    assert_ne!(told.code, 5, "{}", told.all());
    chain.kill().unwrap();
    chain.wait().unwrap();
}

#[test]
fn a_chain_is_refused_while_a_pipeline_by_hand_waits_for_its_next_try() {
    let lab = Lab::at_speed("50");
    lab.configure(&[("dag_retry_interval_minutes", "0.25")]);
    let other = machine(&lab);
    // The demo's tickets fail once.
    let ticket = "business_unit=operations,data_source=ticket";
    let waiting = lab.home.spawn(&["run", "--profile", PROFILE, "--args", ticket]);
    wait_for("the pause before the second try", || {
        let states = lab.sandbox.run_states();
        (states == ["FAILED"]).then_some(())
    });
    for home in [&lab.home, &other] {
        let told = run(home);
        assert_eq!(told.code, 5, "{}", told.all());
    }
    assert_eq!(truncates(&lab), 0);
    // The same row once more would be loaded twice.
    for home in [&lab.home, &other] {
        let told = finish(home.command(&["run", "--profile", PROFILE, "--args", ticket]));
        assert_eq!(told.code, 5, "{}", told.all());
    }
    // Others by hand do it no harm.
    for (home, source) in [(&lab.home, "engineer"), (&other, "payroll")] {
        let arguments = format!("business_unit=hr,data_source={source}");
        let told = finish(home.command(&["run", "--profile", PROFILE, "--args", &arguments]));
        assert_eq!(told.code, 0, "{}", told.all());
    }
    assert_eq!(
        lab.sandbox
            .run_states()
            .iter()
            .filter(|state| *state == "FAILED")
            .count(),
        1
    );
    assert!(labels(&lab)["downbeat_run"].is_string(), "still held");
    let told = Told::until_end(waiting);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(labels(&lab).is_null(), "{}", labels(&lab));
    assert_eq!(run(&other).code, 0);
}

#[test]
fn a_dry_run_says_that_another_machine_holds_the_table() {
    let lab = Lab::at_speed("2");
    lab.configure(&[]);
    let other = machine(&lab);
    let mut chain = begin(&lab);
    let held = labels(&lab);
    let told = finish(other.command(&["run", "--profile", PROFILE, "--dry-run"]));
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&["Another run fills the table", "reserved until"]);
    assert_eq!(labels(&lab), held);
    chain.kill().unwrap();
    chain.wait().unwrap();
}

#[test]
fn without_the_right_to_label_the_run_says_what_that_costs() {
    let lab = Lab::at_speed("50");
    lab.configure(&[]);
    lab.play(
        "[[request]]\nservice = 'bigquery'\noperation = 'table'\nmethod = 'PATCH'\nanswer = 403\n\
         text = '{\"error\": {\"code\": 403, \"message\": \"Permission bigquery.tables.update denied\", \
         \"errors\": [{\"reason\": \"accessDenied\"}]}}'\n",
    );
    let told = lab.run(&[]);
    assert_eq!(told.code, 0, "{}", told.all());
    assert!(
        told.all().contains("Another machine would not see this run"),
        "{}",
        told.all()
    );
}

/// The machine that is gone had a profile of another pipeline.
#[test]
fn a_table_is_not_taken_over_from_a_live_run_of_another_pipeline() {
    let lab = Lab::at_speed("20");
    lab.configure(&[]);
    lab.play("[[run]]\nstarting = '1h'\n");
    let mut killed = begin(&lab);
    killed.kill().unwrap();
    killed.wait().unwrap();
    age(&lab);
    let shipped = include_str!("../../assets/cdf-mysql-to-bigquery.json");
    lab.deploy("copy", &serde_json::from_str(shipped).unwrap());
    let known = format!("{APPS}/cdf_mysql_to_bigquery/preferences?resolved=true");
    let known = lab.sandbox.get(&known).to_string();
    let path = format!("{APPS}/copy/preferences");
    assert_eq!(lab.sandbox.ask("PUT", &path, &known).0, 200);
    let other = machine(&lab);
    let profile = std::fs::read_to_string(other.path().join("config.toml")).unwrap();
    other.configure(&profile.replace("'cdf_mysql_to_bigquery'", "'copy'"));
    lab.play_nothing();

    let told = run(&other);
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&["still fills the table", "although nobody drives run"]);
    assert_eq!((truncates(&lab), lab.arguments("copy").len()), (1, 0));

    for run in lab.sandbox.runs() {
        let id = run["runid"].as_str().unwrap();
        let path = format!("{APPS}/cdf_mysql_to_bigquery/workflows/DataPipelineWorkflow/runs/{id}/stop");
        assert_eq!(lab.sandbox.ask("POST", &path, "").0, 200);
    }
    wait_for("the end of the pipeline runs", || {
        let states = lab.sandbox.run_states();
        states.iter().all(|state| state == "KILLED").then_some(())
    });
    let told = run(&other);
    assert_eq!(told.code, 0, "{}", told.all());
    assert_eq!(truncates(&lab), 2, "{}", told.all());
}

#[test]
fn a_lease_that_is_not_released_is_said_to_last() {
    for fault in ["answer = 403", "delay = '1h'"] {
        let lab = Lab::at_speed("50");
        lab.configure(&[]);
        // The first change takes the lease.
        lab.play(&format!(
            "[[request]]\nservice = 'bigquery'\noperation = 'table'\nmethod = 'PATCH'\nafter = 1\n{fault}\n"
        ));
        let told = lab.run(&[]);
        assert_eq!(told.code, 0, "{}", told.all());
        let labels = labels(&lab);
        let (until, _) = labels["downbeat_until"]
            .as_str()
            .unwrap()
            .split_once('_')
            .unwrap();
        let until = Timestamp::from_seconds(until.parse().unwrap()) + GRACE;
        told.has(&[
            "landing could not be removed: ",
            &format!("It ends by itself at {until}"),
        ]);
    }
}
