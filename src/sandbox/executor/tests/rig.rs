//! A miniature world for tests, and what a run in it told.

use super::super::*;
use crate::sandbox::bucket::Bucket;
use crate::sandbox::observation::Line;
use crate::sandbox::plugin::Tables;
use crate::sandbox::source::{Login, PASSWORD, Source, USER};
use crate::sandbox::value::{Column, Value};
use crate::sandbox::warehouse::Warehouse;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// 2024-05-06 07:08:09 UTC and some minutes, in milliseconds.
pub(super) fn minutes(minutes: i64) -> i64 {
    1_714_979_289_000 + minutes * 60_000
}

pub(super) fn six() -> Json {
    config(include_str!("../../../../assets/cdf-mysql-to-bigquery.json"))
}

pub(super) fn five() -> Json {
    config(include_str!(
        "../../../../assets/cdf-mysql-to-bigquery.five-stage.json"
    ))
}

fn config(text: &str) -> Json {
    let app: Json = serde_json::from_str(text).unwrap();
    app["config"].clone()
}

/// The warehouse, whose loads may be made to fail.
pub(super) struct FaultyTables {
    warehouse: Warehouse,
    load_error: Mutex<Option<String>>,
}

impl Tables for FaultyTables {
    fn check(&self, sql: &str) -> Result<(), String> {
        self.warehouse.check(sql)
    }

    fn query(&self, sql: &str) -> Result<(Vec<Column>, Vec<Vec<Value>>), String> {
        Tables::query(&self.warehouse, sql)
    }

    fn append(
        &self,
        dataset: &str,
        table: &str,
        columns: &[Column],
        rows: &[Vec<Value>],
    ) -> Result<u64, String> {
        match &*self.load_error.lock().unwrap() {
            Some(error) => Err(error.clone()),
            None => Tables::append(&self.warehouse, dataset, table, columns, rows),
        }
    }

    fn columns(&self, dataset: &str, table: &str) -> Result<Option<Vec<Column>>, String> {
        self.warehouse.columns(dataset, table)
    }
}

pub(super) struct Rig {
    pub(super) executor: PipelineExecutor,
    pub(super) bucket: Bucket,
    tables: Arc<FaultyTables>,
    source: Arc<Source>,
    now: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Rig {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(minutes(0)));
        let clock = {
            let now = Arc::clone(&now);
            Arc::new(move || DateTime::<Utc>::from_timestamp_millis(now.load(Ordering::SeqCst)).unwrap())
        };
        let warehouse = Warehouse::open(None, "p", "US").unwrap();
        warehouse.seed().unwrap();
        let tables = Arc::new(FaultyTables {
            warehouse,
            load_error: Mutex::default(),
        });
        let source = Arc::new(Source::open(None, 11, clock()).unwrap());
        let bucket = Bucket::open(&folder.path().join("bucket")).unwrap();
        let world = World {
            tables: Arc::clone(&tables) as Arc<dyn Tables>,
            source: Arc::clone(&source),
            bucket: bucket.clone(),
            clock,
        };
        Self {
            executor: PipelineExecutor::new(world),
            bucket,
            tables,
            source,
            now,
            _folder: folder,
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    pub(super) fn fail_loads(&self, message: &str) {
        *self.tables.load_error.lock().unwrap() = Some(message.into());
    }

    pub(super) fn number(&self, sql: &str) -> i64 {
        let (_, rows) = Tables::query(&*self.tables, sql).unwrap();
        match rows[0][0] {
            Value::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    }

    pub(super) fn source_number(&self, sql: &str) -> i64 {
        let now =
            DateTime::from_timestamp_millis(self.now.load(Ordering::SeqCst)).unwrap() + TimeDelta::zero();
        let login = Login {
            user: USER,
            password: PASSWORD,
            database: "hr",
        };
        let answer = self.source.select(now, &login, sql, 0).unwrap();
        match answer.rows[0][0] {
            Value::Int(number) => number,
            ref other => panic!("{other:?}"),
        }
    }

    pub(super) fn job(config: &Json, unit: &str, source: &str, start: i64, more: &[(&str, &str)]) -> Job {
        let start = start.to_string();
        let mut pairs = vec![
            ("business_unit", unit),
            ("data_source", source),
            ("logical.start.time", start.as_str()),
            ("project_id", "p"),
            ("bq_location", "US"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_config_table", "configuration"),
            ("bq_watermark_table", "watermark"),
            ("bq_output_table", "landing"),
            ("gcs_bucket", "lake"),
            ("mysql_user", USER),
            ("cloudsql_connection_name", "p:us:db"),
        ];
        pairs.extend(more);
        Job {
            config: config.clone(),
            arguments: pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            secure_keys: [("mysql-password".to_owned(), PASSWORD.to_owned())].into(),
            pace: Duration::ZERO,
        }
    }

    pub(super) fn run(&self, config: &Json, unit: &str, source: &str, start: i64) -> Told {
        self.run_with(config, unit, source, start, &[])
    }

    pub(super) fn run_with(
        &self,
        config: &Json,
        unit: &str,
        source: &str,
        start: i64,
        more: &[(&str, &str)],
    ) -> Told {
        let job = Self::job(config, unit, source, start, more);
        self.execute(&job, &AtomicBool::new(false), |_| {})
    }

    /// Runs a job and hears what it tells; `beside` hears it first.
    pub(super) fn execute(&self, job: &Job, stop: &AtomicBool, mut beside: impl FnMut(&Observation)) -> Told {
        let mut told = Told {
            end: End::Completed,
            ..Told::default()
        };
        let end = self.executor.execute(job, stop, &mut |observation| {
            beside(&observation);
            told.hear(observation);
        });
        told.end = end;
        told
    }
}

/// What a run told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) end: End,
    /// `phase-1 Completed`, in the order of the ends.
    pub(super) nodes: Vec<String>,
    pub(super) lines: Vec<Line>,
    pub(super) arguments: BTreeMap<String, String>,
    metrics: BTreeMap<(String, String), i64>,
    /// How often the source's count grew.
    pub(super) batches: usize,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            end: End::Killed,
            nodes: Vec::new(),
            lines: Vec::new(),
            arguments: BTreeMap::new(),
            metrics: BTreeMap::new(),
            batches: 0,
        }
    }
}

impl Told {
    pub(super) fn metric(&self, stage: &str, metric: &str) -> Option<i64> {
        self.metrics.get(&(stage.into(), metric.into())).copied()
    }

    /// The innermost cause of the run's failure.
    pub(super) fn failure(&self) -> Failure {
        match &self.end {
            End::Failed(failure) => failure.innermost().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn hear(&mut self, observation: Observation) {
        match observation {
            Observation::NodeStarted { .. } => {}
            Observation::NodeFinished { node, end } => {
                let word = match end {
                    NodeEnd::Completed => "Completed",
                    NodeEnd::Failed(_) => "Failed",
                    NodeEnd::Killed => "Killed",
                };
                self.nodes.push(format!("{node} {word}"));
            }
            Observation::Line(line) => self.lines.push(line),
            Observation::Counted { stage, metric, by } => {
                self.batches += usize::from(stage == "Read MySQL" && metric == "records.out");
                *self.metrics.entry((stage, metric)).or_default() += by;
            }
            Observation::ArgumentSet { name, value, .. } => {
                self.arguments.insert(name, value);
            }
        }
    }
}
