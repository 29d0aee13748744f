//! How runs end that do not go well: failures with the real server's causes, and stops.

use super::*;
use std::sync::atomic::Ordering;

fn stage<'a>(config: &'a mut Json, name: &str) -> &'a mut Json {
    let stages = config["stages"].as_array_mut().unwrap();
    &mut stages.iter_mut().find(|s| s["name"] == name).unwrap()["plugin"]
}

fn classes(failure: &Failure) -> Vec<&str> {
    let mut classes = vec![failure.class_name.as_str()];
    let mut next = &failure.cause;
    while let Some(cause) = next {
        classes.push(&cause.class_name);
        next = &cause.cause;
    }
    classes
}

#[test]
fn a_failing_load_leaves_complete_files_and_the_watermark_alone() {
    let rig = Rig::new();
    let message = "Provided Schema does not match Table p:cdf_output.landing. Field updated_at has changed type from TIMESTAMP to STRING";
    rig.fail_loads(message);
    let run = rig.run(&rig::six(), "hr", "engineer", minutes(0));
    assert_eq!(run.nodes, ["phase-1 Completed", "phase-2 Failed"]);
    let End::Failed(failure) = &run.end else {
        panic!("{run:?}")
    };
    let chain = [
        "java.util.concurrent.ExecutionException",
        "org.apache.spark.SparkException",
        "java.io.IOException",
        "java.io.IOException",
    ];
    assert_eq!(classes(failure), chain);
    let text = run.failure().message.unwrap();
    assert!(text.starts_with(&format!(
        "Error occurred while importing data to BigQuery '{message}'. There are total 1 error(s)"
    )));
    let directory = format!(
        "gs://lake/cdf/hr/engineer/2024-05-06/{}",
        run.arguments["load_id"]
    );
    assert_eq!(rig.bucket.list(&directory).unwrap(), ["_SUCCESS", "part-r-00000"]);
    assert!(run.metric("Import To BigQuery", "records.out").unwrap() > 0);
    assert_eq!(run.metric("Import To BigQuery", "records.updated"), None);
    assert_eq!(rig.number("SELECT COUNT(*) FROM `p.cdf_output.watermark`"), 0);
    let line = run.lines.iter().find(|l| l.level == Level::Error).unwrap();
    assert_eq!(line.stage.as_deref(), Some("Import To BigQuery"));
    assert!(
        line.stack_trace
            .contains("Caused by: java.io.IOException: Error occurred")
            && line.stack_trace.ends_with('\n')
    );
}

#[test]
fn sources_fail_in_mysqls_words() {
    let rig = Rig::new();
    let fails = |unit: &str, more: &[(&str, &str)]| {
        let mut five = rig::five();
        stage(&mut five, "Read MySQL")["properties"]["database"] = json!(unit);
        let mut all = vec![
            ("watermark", "2024-01-01 00:00:00"),
            ("watermark_column", "updated_at"),
            ("output_schema", "{\"fields\":[]}"),
            ("load_id", "x"),
        ];
        all.extend(more);
        let run = rig.run_with(&five, unit, "nothing", minutes(0), &all);
        let End::Failed(failure) = &run.end else {
            panic!("{run:?}")
        };
        assert_eq!(
            classes(failure),
            [
                "org.apache.tephra.TransactionFailureException",
                "java.sql.SQLException"
            ]
        );
        run.failure().message.unwrap()
    };
    assert_eq!(fails("hr", &[]), "Table 'hr.nothing' doesn't exist");
    assert_eq!(fails("ops", &[]), "Unknown database 'ops'");
    let denied = fails("hr", &[("mysql_user", "nobody")]);
    assert_eq!(
        denied,
        "Access denied for user 'nobody'@'localhost' (using password: YES)"
    );
}

#[test]
fn one_source_fails_once_and_succeeds_on_the_second_try() {
    let rig = Rig::new();
    let first = rig.run(&rig::six(), "operations", "ticket", minutes(0));
    assert!(
        first
            .failure()
            .message
            .unwrap()
            .starts_with("Communications link failure\n\n")
    );
    let second = rig.run(&rig::six(), "operations", "ticket", minutes(0));
    assert_eq!(second.end, End::Completed, "{second:?}");
    assert_ne!(first.arguments["load_id"], second.arguments["load_id"]);
}

#[test]
fn a_source_without_fields_stops_at_the_action() {
    let rig = Rig::new();
    let run = rig.run(&rig::six(), "hr", "leave_request", minutes(0));
    assert_eq!(run.nodes, ["phase-1 Failed"]);
    let text = run.failure().message.unwrap();
    assert!(
        text.contains("No source_fields in the configuration table for hr.leave_request"),
        "{text}"
    );
}

#[test]
fn what_the_sandbox_lacks_fails_naming_the_plugin() {
    let rig = Rig::new();
    let failed = |change: fn(&mut Json)| {
        let mut config = rig::six();
        change(&mut config);
        assert!(rig.executor.plan(&config).is_ok(), "it can be deployed");
        let run = rig.run(&config, "hr", "engineer", minutes(0));
        run.failure().message.unwrap()
    };
    let wrangler = failed(|config| {
        *stage(config, "Add Processed Columns") =
            json!({"name": "Wrangler", "type": "transform", "properties": {}});
    });
    assert_eq!(
        wrangler,
        "Plugin 'Wrangler' of stage 'Add Processed Columns' is not supported by the sandbox."
    );
    let format =
        failed(|config| stage(config, "Save To Cloud Storage")["properties"]["format"] = json!("avro"));
    assert_eq!(
        format,
        "Plugin 'GCS' of stage 'Save To Cloud Storage': format 'avro' is not supported by the sandbox."
    );
    let upsert =
        failed(|config| stage(config, "Import To BigQuery")["properties"]["operation"] = json!("upsert"));
    assert!(upsert.contains("operation 'upsert' is not supported"));
    let post = failed(|config| config["postActions"] = json!([{"name": "p", "plugin": {"name": "Mysql"}}]));
    assert_eq!(
        post,
        "Plugin 'Mysql': post actions are not supported by the sandbox."
    );
}

#[test]
fn a_bad_start_time_fails_without_a_trace() {
    let rig = Rig::new();
    let run = rig.run_with(
        &rig::six(),
        "hr",
        "engineer",
        0,
        &[("logical.start.time", "yesterday")],
    );
    assert!(run.nodes.is_empty() && run.lines.is_empty());
    assert_eq!(
        run.failure().message.as_deref(),
        Some("For input string: \"yesterday\"")
    );
}

#[test]
fn a_stop_between_batches_leaves_nothing_behind() {
    let rig = Rig::new();
    let stop = AtomicBool::new(false);
    let job = Rig::job(&rig::six(), "sales", "orders", minutes(0), &[]);
    let mut batches = 0;
    let run = rig.execute(&job, &stop, |observation| {
        if matches!(observation, Observation::Counted { stage, .. } if stage == "Read MySQL") {
            batches += 1;
            stop.store(batches > 4, Ordering::Relaxed);
        }
    });
    assert_eq!(run.end, End::Killed);
    assert_eq!(run.nodes, ["phase-1 Completed", "phase-2 Killed"]);
    let seen = run.metric("Read MySQL", "records.out").unwrap();
    assert!(seen > 0 && seen < 913, "{seen}");
    assert_eq!(rig.number("SELECT COUNT(*) FROM `p.cdf_output.landing`"), 0);
    let directory = format!(
        "gs://lake/cdf/sales/orders/2024-05-06/{}",
        run.arguments["load_id"]
    );
    assert!(!rig.bucket.holds(&directory).unwrap());
}

#[test]
fn a_stopped_action_says_failed() {
    let rig = Rig::new();
    let stop = AtomicBool::new(false);
    let job = Rig::job(&rig::six(), "sales", "orders", minutes(0), &[]);
    let run = rig.execute(&job, &stop, |observation| {
        let began = matches!(observation, Observation::NodeStarted { node, .. } if node == "phase-1");
        stop.fetch_or(began, Ordering::Relaxed);
    });
    assert_eq!(
        (run.end, run.nodes),
        (End::Killed, vec!["phase-1 Failed".to_owned()])
    );
}

#[test]
fn counts_grow_in_many_steps_and_the_pace_is_kept() {
    let rig = Rig::new();
    let mut job = Rig::job(&rig::six(), "sales", "orders", minutes(0), &[]);
    job.pace = std::time::Duration::from_millis(200);
    let began = std::time::Instant::now();
    let run = rig.execute(&job, &AtomicBool::new(false), |_| {});
    assert_eq!(run.end, End::Completed);
    assert!(run.batches >= 20, "{}", run.batches);
    assert!(began.elapsed() >= job.pace.mul_f64(0.9));
}
