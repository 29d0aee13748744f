//! Former runs that a command tries again or goes on with, and pipelines by hand that were left unfinished.

use super::home::{Told, wait_for};
use super::lab::Lab;
use super::settle::{json, killed_at, live, newest, on_run, rows_of_one_run, states, truncates};
use serde_json::json;

const BY_HAND: &str = "business_unit=hr,data_source=engineer,db_name=hr_db,db_table=engineer";

#[test]
fn what_did_not_succeed_is_tried_again_in_another_session() {
    let rows = rows_of_one_run();
    let lab = Lab::new();
    lab.configure(&[("cdf_pipeline_retries", "0")]);
    lab.play("[[run]]\nfail = { stage = 'Import To BigQuery', text = 'Quota exceeded' }\n");
    let failed = lab.run(&[]);
    assert_eq!(failed.code, 1, "{}", failed.all());
    lab.play_nothing();
    let run = newest(&lab);
    let task = "start_pipeline_hr_engineer";
    for (arguments, code, words) in [
        (
            vec![&run[..], "nothing"],
            2,
            "has no task nothing. Its tasks are start, ",
        ),
        (vec![&run, "truncate_table"], 2, "It has nothing to try again"),
        (vec![&run, "--args", "a=b"], 2, "Name its task"),
    ] {
        let told = on_run(&lab, "retry", &arguments);
        assert_eq!(told.code, code, "{}", told.all());
        told.has(&[words]);
    }
    let one = on_run(
        &lab,
        "retry",
        &[&run, task, "--args", "note=again", "--output", "json"],
    );
    assert_eq!(one.code, 1, "the others are as they were: {}", one.all());
    let states_of = |told: &Told| {
        let tasks = told.summary()["tasks"].as_array().unwrap().clone();
        let found = tasks.iter().find(|one| one["task"] == task).unwrap().clone();
        found["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(states_of(&one), "success", "{}", one.all());
    assert_eq!(lab.arguments("cdf_mysql_to_bigquery")[0]["note"], "again");
    let all = on_run(&lab, "retry", &[&run, "--output", "json"]);
    assert_eq!(all.code, 0, "{}", all.all());
    assert_eq!(
        (truncates(&lab), lab.count("landing")),
        (1, rows),
        "{}",
        all.all()
    );
    let none = on_run(&lab, "retry", &[&run]);
    assert_eq!(none.code, 0, "{}", none.all());
    none.has(&["succeeded: it has nothing to try again"]);
}

#[test]
fn an_old_run_does_not_go_on_after_a_newer_one_unasked() {
    let lab = Lab::new();
    lab.configure(&[]);
    killed_at(&lab, &[], "pipeline_started", 5);
    let old = newest(&lab);
    wait_for("the end of the pipeline runs", || (live(&lab) == 0).then_some(()));
    let told = lab.run(&["--args", BY_HAND]);
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&["is not over", &format!("`downbeat resume {old}`"), "--beside"]);
    let told = lab.run(&["--args", BY_HAND, "--beside"]);
    assert_eq!(told.code, 0, "{}", told.all());

    let told = on_run(&lab, "resume", &[&old]);
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&[
        "rows are loaded twice",
        "--after-newer",
        &format!("resume {old} --stop`"),
    ]);
    let told = on_run(&lab, "resume", &[&old, "--stop"]);
    assert_eq!(told.code, 130, "{}", told.all());
    assert_eq!(states(&lab), ["success", "stopped"]);
    let told = on_run(&lab, "retry", &[&old]);
    assert_eq!(told.code, 5, "{}", told.all());
    told.has(&["--after-newer"]);
    let told = on_run(&lab, "retry", &[&old, "--after-newer"]);
    assert_eq!((told.code, truncates(&lab)), (0, 1), "{}", told.all());
}

#[test]
fn an_unfinished_pipeline_by_hand_is_finished_before_a_chain_begins() {
    let lab = Lab::new();
    lab.configure(&[]);
    killed_at(&lab, &["--args", BY_HAND], "pipeline_started", 1);
    let by_hand = newest(&lab);
    let told = json(&lab, &[]);
    assert_eq!(told.code, 0, "{}", told.all());
    let first = &told.lines()[0];
    assert_eq!(
        (&first["doing"], &first["finishes"]),
        (&json!("new"), &json!(by_hand))
    );
    assert_eq!(states(&lab), ["success", "success"]);
    assert_eq!(truncates(&lab), 1);
}

#[test]
fn secrets_of_a_pipeline_by_hand_are_given_again() {
    let lab = Lab::new();
    lab.configure(&[]);
    let arguments = format!("{BY_HAND},db_pwd=hunter-hand");
    let resume = |more: &[&str]| {
        killed_at(&lab, &["--args", &arguments], "run_started", 1);
        let run = newest(&lab);
        let told = on_run(&lab, "resume", &[&[&run[..]], more].concat());
        (run, told)
    };
    let (run, told) = resume(&[]);
    assert_eq!(told.code, 1, "{}", told.all());
    told.has(&["db_pwd was given for this run alone", "downbeat retry RUN"]);
    let again = ["retry", &run, "--args", "db_pwd=hunter-hand"];
    let told = lab.home.start(&again);
    assert_eq!(told.code, 0, "{}", told.all());
    let (_, told) = resume(&["--args", "db_pwd=hunter-hand"]);
    assert_eq!(told.code, 0, "{}", told.all());
    let sent = lab.arguments("cdf_mysql_to_bigquery");
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|one| one["db_pwd"] == "hunter-hand"), "{sent:?}");
    assert_eq!(lab.files_with("hunter-hand"), Vec::<std::path::PathBuf>::new());
}
