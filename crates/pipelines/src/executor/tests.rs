//! The shipped pipelines, executed from their own JSON on temporary stores.

mod files;
mod flow;
mod lab;
mod post_actions;
mod unsupported;

use super::*;
use crate::Personality;
use crate::bucket::Buckets;
use crate::source::{self, Source};
use chrono::{DateTime, Utc};
use googlesql::value::Value;
use googlesql::{QuerySettings, Warehouse};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

const NOW: i64 = 1_700_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

struct World {
    executor: StoreExecutor,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(None, "downbeat-sandbox", "US").unwrap();
        let tables = include_str!("../../../sandbox/assets/warehouse.sql");
        warehouse
            .seed(&tables.replace("PROJECT", "downbeat-sandbox"))
            .unwrap();
        let stores = Stores {
            warehouse: Arc::new(warehouse),
            source: Arc::new(Source::open(None, 7, now).unwrap().without_first_read_failure()),
            buckets: Buckets::new(folder.path()),
            network: plugin::Network::Loopback,
        };
        Self {
            executor: StoreExecutor::new(stores),
            folder,
        }
    }

    fn run(
        &self,
        app: &str,
        arguments: &[(&str, &str)],
        seconds_ago: i64,
    ) -> (ExecutionEnd, Vec<ExecutionEvent>) {
        self.run_on(Personality::V6_11, app, arguments, seconds_ago)
    }

    fn run_on(
        &self,
        personality: Personality,
        app: &str,
        arguments: &[(&str, &str)],
        seconds_ago: i64,
    ) -> (ExecutionEnd, Vec<ExecutionEvent>) {
        let app: Json = serde_json::from_str(app).unwrap();
        let mut all: BTreeMap<String, String> = [
            ("bq_dataset_id", "cdf_output"),
            ("bq_config_table", "configuration"),
            ("bq_location", "US"),
            ("project_id", "downbeat-sandbox"),
            ("bq_output_table", "landing"),
            ("bq_watermark_table", "watermark"),
            ("cloudsql_connection_name", "p:r:i"),
            ("mysql_user", source::USER),
            ("gcs_bucket", "landing-bucket"),
        ]
        .into_iter()
        .chain(arguments.iter().copied())
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
        all.insert(
            "logical.start.time".into(),
            ((NOW - seconds_ago) * 1000).to_string(),
        );
        let request = ExecutionRequest {
            personality,
            namespace: "default".into(),
            pipeline: "tried".into(),
            config: app["config"].clone(),
            macros: macros::MacroOptions::default(),
            arguments: all,
            secure_keys: [("mysql-password".to_owned(), source::PASSWORD.to_owned())].into(),
            pace: Duration::ZERO,
            stage_fault: None,
            speed: 1.0,
        };
        let mut seen = Vec::new();
        let end = self
            .executor
            .execute(&request, &AtomicBool::new(false), &mut |o| seen.push(o));
        (end, seen)
    }

    fn count(&self, sql: &str) -> i64 {
        match self
            .executor
            .stores
            .warehouse
            .query(sql, &QuerySettings::default())
            .unwrap()
            .rows[0][0]
        {
            Value::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    }

    /// The number of rows in the source, independent of the pipeline's counts.
    fn source_rows(&self, condition: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM `hr`.`engineer` WHERE {condition}");
        let (_, rows) = self
            .executor
            .stores
            .source
            .read(&source::Login::own(), &sql, "x")
            .unwrap();
        match rows[0][0] {
            Value::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    }
}

const SIX: &str = include_str!("../../../../assets/cdf-mysql-to-bigquery.json");
const FIVE: &str = include_str!("../../../../assets/cdf-mysql-to-bigquery.five-stage.json");
const ENGINEER: [(&str, &str); 2] = [("business_unit", "hr"), ("data_source", "engineer")];

fn metric(seen: &[ExecutionEvent], wanted: &str) -> i64 {
    seen.iter()
        .map(|o| match o {
            ExecutionEvent::MetricIncremented { stage, metric, by }
                if format!("{stage}.{metric}") == wanted =>
            {
                *by
            }
            _ => 0,
        })
        .sum()
}

fn lines_in(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => lines_in(&path),
            path => std::fs::read_to_string(path).unwrap().lines().count(),
        })
        .sum()
}

#[test]
fn two_runs_load_two_windows_without_gap_or_repeat() {
    let world = World::new();
    let (end, seen) = world.run(SIX, &ENGINEER, 24 * 3600);
    assert_eq!(end, ExecutionEnd::Completed);
    let first = world.source_rows("updated_at < '2023-11-13 22:12:20'");
    assert!(first > 10);
    assert_eq!(
        world.count("SELECT COUNT(*) FROM cdf_output.landing_committed"),
        first
    );
    for wanted in [
        "Read MySQL.records.in",
        "Import To BigQuery.records.out",
        "Import To BigQuery.records.updated",
    ] {
        assert_eq!(metric(&seen, wanted), first, "{wanted}");
    }
    let (end, _) = world.run(SIX, &ENGINEER, 0);
    assert_eq!(end, ExecutionEnd::Completed);
    let all = world.source_rows("updated_at < '2023-11-14 22:12:20'");
    assert!(all > first);
    assert_eq!(world.count("SELECT COUNT(*) FROM cdf_output.landing"), all);
    assert_eq!(
        world.count("SELECT COUNT(DISTINCT id) FROM cdf_output.landing"),
        all
    );
    assert_eq!(world.count("SELECT COUNT(*) FROM cdf_output.watermark"), 2);
    assert_eq!(i64::try_from(lines_in(world.folder.path())).unwrap(), all);
}

#[test]
fn five_stages_run_with_what_the_orchestrator_passes() {
    let world = World::new();
    let schema = json!({"type": "record", "name": "r", "fields": [
        {"name": "id", "type": ["long", "null"]}, {"name": "business_unit", "type": ["string", "null"]},
        {"name": "load_id", "type": ["string", "null"]},
        {"name": "processed_time", "type": [{"type": "long", "logicalType": "timestamp-micros"}, "null"]}]});
    let schema = schema.to_string();
    let mut arguments = ENGINEER.to_vec();
    arguments.extend([
        ("watermark", "2000-01-01 00:00:00"),
        ("watermark_column", "updated_at"),
        ("load_id", "one"),
    ]);
    arguments.push(("output_schema", &schema));
    let (end, _) = world.run(FIVE, &arguments, 0);
    assert_eq!(end, ExecutionEnd::Completed);
    let sql = "SELECT COUNT(*) FROM cdf_output.landing WHERE load_id = 'one' AND business_unit = 'hr' AND processed_time = TIMESTAMP '2023-11-14 22:13:20'";
    assert_eq!(
        world.count(sql),
        world.source_rows("updated_at < '2023-11-14 22:12:20'")
    );
    // The same directory again.
    let (end, _) = world.run(FIVE, &arguments, 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    assert!(
        failure
            .innermost()
            .message
            .as_deref()
            .unwrap()
            .ends_with("already exists"),
        "{failure:?}"
    );
}

#[test]
fn a_failing_load_leaves_files_and_no_watermark() {
    let world = World::new();
    let warehouse = &world.executor.stores.warehouse;
    let id = [googlesql::value::Column::nullable(
        "id",
        googlesql::value::ColumnType::String,
    )];
    warehouse
        .append("cdf_output", "landing", &id, &[vec![Value::Text("x".into())]])
        .unwrap();
    let (end, seen) = world.run(SIX, &ENGINEER, 0);
    let ExecutionEnd::Failed(failure) = end else {
        panic!("{end:?}")
    };
    assert!(
        failure
            .innermost()
            .message
            .as_deref()
            .unwrap()
            .contains("Field id has changed type"),
        "{failure:?}"
    );
    assert!(
        failure
            .message
            .as_deref()
            .unwrap()
            .starts_with("Stage 'Import To BigQuery' encountered")
    );
    assert!(lines_in(world.folder.path()) > 10, "the files look complete");
    assert!(metric(&seen, "Import To BigQuery.records.out") > 0);
    assert_eq!(metric(&seen, "Import To BigQuery.records.updated"), 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM cdf_output.watermark"), 0);
}

#[test]
fn a_missing_argument_or_row_fails_the_run_with_its_reason() {
    let world = World::new();
    for (arguments, words) in [
        (
            vec![("business_unit", "hr")],
            "Argument 'data_source' is not defined.",
        ),
        (
            vec![("business_unit", "hr"), ("data_source", "nothing")],
            "No source_fields in the configuration table for hr.nothing",
        ),
    ] {
        let (end, seen) = world.run(SIX, &arguments, 0);
        let ExecutionEnd::Failed(failure) = end else {
            panic!("{end:?}")
        };
        assert_eq!(failure.innermost().message.as_deref(), Some(words));
        assert!(matches!(seen.last(), Some(ExecutionEvent::NodeFinished { node, .. }) if node == "phase-1"));
    }
}

#[test]
fn a_stop_takes_effect_between_two_batches() {
    let world = World::new();
    let app: Json = serde_json::from_str(SIX).unwrap();
    let request = ExecutionRequest {
        personality: Personality::V6_11,
        namespace: "default".into(),
        pipeline: "tried".into(),
        config: app["config"].clone(),
        macros: macros::MacroOptions::default(),
        arguments: BTreeMap::new(),
        secure_keys: BTreeMap::new(),
        pace: Duration::from_secs(3600),
        stage_fault: None,
        speed: 1.0,
    };
    let stop = AtomicBool::new(true);
    let end = world.executor.execute(&request, &stop, &mut |_| {});
    assert_eq!(end, ExecutionEnd::Killed);
}
