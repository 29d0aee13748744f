//! The shipped pipelines run from their own JSON, on a real warehouse, source and bucket in miniature.

mod outcomes;
mod rig;

use super::*;
use rig::{Rig, minutes};
use serde_json::json;

#[test]
fn a_plan_lists_nodes_plugins_and_macros() {
    let plan = Rig::new().executor.plan(&rig::six()).unwrap();
    let ids: Vec<_> = plan
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node.program))
        .collect();
    let (action, spark) = (NodeProgram::Action, NodeProgram::Spark);
    assert_eq!(
        ids,
        [("phase-1", action), ("phase-2", spark), ("phase-3", action)]
    );
    let plugins: BTreeMap<_, _> = plan.plugins.iter().map(|p| (p.id.as_str(), p)).collect();
    assert_eq!(plugins.len(), 9);
    let driver = plugins["Read MySQL:source.jdbc.cloudsql-mysql"];
    assert_eq!(
        (driver.name.as_str(), driver.kind.as_str()),
        ("cloudsql-mysql", "jdbc")
    );
    assert!(plugins.contains_key("Read MySQL:jdbc") && plugins.contains_key("Save To Cloud Storage:json"));
    let source = plugins["Read MySQL"];
    assert_eq!(source.artifact.2, "USER");
    assert!(
        source
            .functions
            .contains(&("secure".into(), vec!["mysql-password".into()]))
    );
    let sink = plugins["Import To BigQuery"];
    let lookups = [
        "bq_dataset_id",
        "bq_location",
        "bq_output_table",
        "gcs_bucket",
        "output_schema",
        "project_id",
    ];
    assert_eq!(sink.lookups, lookups);
}

#[test]
fn six_stages_move_rows_files_and_the_watermark() {
    let rig = Rig::new();
    let run = rig.run(&rig::six(), "hr", "engineer", minutes(0));
    assert_eq!(run.end, End::Completed, "{run:?}");
    assert_eq!(
        run.nodes,
        ["phase-1 Completed", "phase-2 Completed", "phase-3 Completed"]
    );
    let loaded = rig.number("SELECT COUNT(*) FROM `p.cdf_output.landing`");
    assert!(loaded > 0);
    for stage in [
        "Read MySQL",
        "Add Processed Columns",
        "Save To Cloud Storage",
        "Import To BigQuery",
    ] {
        for metric in ["records.in", "records.out"] {
            assert_eq!(run.metric(stage, metric), Some(loaded), "{stage} {metric}");
        }
        assert!(run.metric(stage, "process.time.total").is_some());
    }
    assert_eq!(run.metric("Import To BigQuery", "records.updated"), Some(loaded));
    assert_eq!(run.metric("Save To Cloud Storage", "records.updated"), None);
    assert_eq!(run.metric("Read watermark", "records.processed"), Some(1));
    assert_eq!(run.arguments["watermark"], "1970-01-02 00:00:00");
    let recorded = rig.number("SELECT rows_loaded FROM `p.cdf_output.watermark`");
    assert_eq!(recorded, loaded);
    let directory = format!(
        "gs://lake/cdf/hr/engineer/2024-05-06/{}",
        run.arguments["load_id"]
    );
    assert_eq!(rig.bucket.list(&directory).unwrap(), ["_SUCCESS", "part-r-00000"]);
    let lines = String::from_utf8(rig.bucket.read(&format!("{directory}/part-r-00000")).unwrap()).unwrap();
    let lines: Vec<Json> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len().to_string(), loaded.to_string());
    assert_eq!(lines[0]["business_unit"], "hr");
    assert_eq!(lines[0]["load_id"], run.arguments["load_id"].as_str());
    assert_eq!(lines[0]["processed_time"], json!(minutes(0) * 1000));
    assert!(lines[0]["hired_on"].is_i64() && lines[0]["salary"].is_number());
    assert!(
        run.lines
            .iter()
            .any(|l| l.message.starts_with("Executing SQL as job "))
    );
    assert!(
        run.lines
            .iter()
            .all(|l| !l.message.contains(crate::sandbox::source::PASSWORD))
    );
}

#[test]
fn two_windows_give_the_exact_increment() {
    let rig = Rig::new();
    let first = rig.run(&rig::six(), "sales", "orders", minutes(0));
    let before = first.metric("Read MySQL", "records.out").unwrap();
    rig.pass(minutes(7) - minutes(0));
    let second = rig.run(&rig::six(), "sales", "orders", minutes(7));
    assert_eq!(second.end, End::Completed, "{second:?}");
    assert_eq!(second.arguments["watermark"], "2024-05-06 07:07:09");
    let more = second.metric("Read MySQL", "records.out").unwrap();
    assert!(more > 60, "about a row in three and a half seconds: {more}");
    let ids = rig.number("SELECT COUNT(DISTINCT id) FROM `p.cdf_output.landing`");
    assert_eq!(ids, before + more, "no row twice");
    let window = "SELECT COUNT(*) FROM sales.orders WHERE updated_at < '2024-05-06 07:14:09'";
    assert_eq!(rig.source_number(window), before + more, "no row lost");
}

#[test]
fn five_stages_run_with_passed_arguments() {
    let rig = Rig::new();
    let prepared = rig.run(&rig::six(), "finance", "invoice", minutes(0));
    let schema = prepared.arguments["output_schema"].clone();
    let passed = [
        ("watermark", "2024-05-01 00:00:00"),
        ("watermark_column", "updated_at"),
        ("output_schema", schema.as_str()),
        ("load_id", "load-five"),
    ];
    let run = rig.run_with(&rig::five(), "finance", "invoice", minutes(0), &passed);
    assert_eq!(run.end, End::Completed, "{run:?}");
    assert_eq!(run.nodes, ["phase-1 Completed", "phase-2 Completed"]);
    let loaded = rig.number("SELECT COUNT(*) FROM `p.cdf_output.landing` WHERE load_id = 'load-five'");
    assert_eq!(run.metric("Import To BigQuery", "records.updated"), Some(loaded));
    assert!(loaded > 0 && loaded < 415);

    let missing = rig.run_with(&rig::five(), "finance", "invoice", minutes(0), &passed[2..]);
    assert_eq!(missing.nodes, ["phase-1 Failed"]);
    let failure = missing.failure();
    assert_eq!(failure.class_name, "io.cdap.cdap.api.macro.InvalidMacroException");
    assert_eq!(
        failure.message.as_deref(),
        Some("Argument 'watermark_column' is not defined.")
    );

    // The directory holds the load id.
    let again = rig.run_with(&rig::five(), "finance", "invoice", minutes(0), &passed);
    let text = again.failure().message.unwrap();
    assert_eq!(
        text,
        "Output directory gs://lake/cdf/finance/invoice/2024-05-06/load-five already exists"
    );
    assert_eq!(again.metric("Read MySQL", "records.out"), None);
}

#[test]
fn an_empty_window_counts_nothing_and_moves_the_watermark() {
    let rig = Rig::new();
    rig.run(&rig::six(), "hr", "payroll", minutes(0));
    let run = rig.run(&rig::six(), "hr", "payroll", minutes(0));
    assert_eq!(run.end, End::Completed);
    assert_eq!(run.metric("Read MySQL", "records.in"), None);
    assert_eq!(run.metric("Import To BigQuery", "process.time.total"), None);
    assert_eq!(rig.number("SELECT COUNT(*) FROM `p.cdf_output.watermark`"), 2);
}
