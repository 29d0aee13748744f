//! Retries of several tasks by one command.

use super::lab::Lab;
use serde_json::{Value, json};

/// The pipeline tasks of a summary, and what became of each.
fn pipelines(summary: &Value) -> Vec<(String, Value)> {
    let tasks = summary["tasks"].as_array().unwrap().iter();
    let pipelines = tasks.filter(|task| task["task"].as_str().unwrap().starts_with("start_pipeline_"));
    let named = pipelines.map(|task| (task["task"].as_str().unwrap().to_owned(), task["state"].clone()));
    named.collect()
}

#[test]
fn the_second_task_is_tried_although_the_first_one_fails_at_once() {
    let lab = Lab::new();
    lab.configure(&[("cdf_pipeline_retries", "0")]);
    lab.play("[[run]]\nfail = { stage = 'Import To BigQuery', text = 'Quota exceeded' }\n");
    let failed = lab.run(&["--output", "json"]);
    assert_eq!(failed.code, 1, "{}", failed.all());
    let summary = failed.summary();
    let run = summary["run"].as_str().unwrap();
    let names = pipelines(&summary);
    let [(first, _), (second, _), ..] = &names[..] else {
        panic!("{summary}")
    };
    // Its password is on no disk, so that the next process cannot start it.
    let told = lab
        .home
        .start(&["retry", run, first, "--args", "db_pwd=given-once"]);
    assert_eq!(told.code, 1, "{}", told.all());
    lab.play_nothing();
    let before = lab.arguments("cdf_mysql_to_bigquery").len();

    let told = lab.home.start(&["retry", run, first, second, "--output", "json"]);
    assert_eq!(told.code, 1, "{}", told.all());
    told.has(&["db_pwd was given for this run alone"]);
    let state = |wanted: &String| {
        let found = pipelines(&told.summary())
            .into_iter()
            .find(|(name, _)| name == wanted);
        found.unwrap().1
    };
    assert_eq!(
        [state(first), state(second)],
        [json!("failed"), json!("success")],
        "{}",
        told.all()
    );
    assert_eq!(lab.arguments("cdf_mysql_to_bigquery").len(), before + 1);
}
