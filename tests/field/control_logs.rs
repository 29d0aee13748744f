//! The logs of the tasks that run no pipeline: complete after each process, and whole again after one that lost them.

use super::lab::{Lab, has_all};
use super::settle::{newest, on_run};

fn log(lab: &Lab, run: &str, task: &str) -> String {
    let file = lab.home.path().join("logs").join(run).join(task).join("1.log");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn each_control_task_says_what_it_did_and_a_retry_says_it_again_where_it_was_lost() {
    let lab = Lab::new();
    lab.configure(&[]);
    assert_eq!(lab.run(&[]).code, 0);
    lab.configure(&[("cdf_pipeline_retries", "0")]);
    let before = lab.count("landing");
    lab.play("[[run]]\nfail = { stage = 'Import To BigQuery', text = 'Quota exceeded' }\n");
    let failed = lab.run(&[]);
    assert_eq!(failed.code, 1, "{}", failed.all());
    lab.play_nothing();
    let run = newest(&lab);
    let table = "downbeat-sandbox.cdf_output.landing";
    has_all(
        &log(&lab, &run, "start"),
        &[
            "INFO  credentials | Requests carry: none.",
            "INFO  bq_config_table | configuration can be read: rows 8, active 6.",
            &format!(
                "INFO  bq_output_table | {table} is a table, rows {before}; a dry run says that it can be emptied."
            ),
            "The caller may run pipelines on the instance sandbox.",
            &format!("No other run holds {table}."),
            "INFO  start | 6 rows are active.",
            "INFO  start | Done in ",
        ],
    );
    has_all(
        &log(&lab, &run, "truncate_table"),
        &[
            &format!(
                "The job downbeat_{run}_truncate removed {before} rows from downbeat-sandbox:cdf_output.landing, at "
            ),
            "To get the rows back: `bq cp",
        ],
    );
    has_all(
        &log(&lab, &run, "get_configuration"),
        &[" has 8 rows: 6 active, 2 not."],
    );
    has_all(
        &log(&lab, &run, "filter_arguments"),
        &[
            "Kept: start_pipeline_hr_engineer, priority ",
            "Left out: ",
            "because is_active is not true.",
            "6 pipeline runs planned, 2 rows left out",
        ],
    );
    let end = log(&lab, &run, "end");
    has_all(&end, &["The run ends failed after ", "Quota exceeded"]);
    // Another process takes the run up, and does not find what was written.
    let start = log(&lab, &run, "start");
    std::fs::remove_dir_all(lab.home.path().join("logs").join(&run).join("start")).unwrap();
    let again = on_run(&lab, "retry", &[&run]);
    assert_eq!(again.code, 0, "{}", again.all());
    assert_eq!(log(&lab, &run, "start"), start);
    let after = log(&lab, &run, "end");
    assert!(after.starts_with(&end), "{after}");
    has_all(&after[end.len()..], &["The run ends success after ", "6 success"]);
}
