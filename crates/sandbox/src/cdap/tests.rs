//! The API over real HTTP, with an executor that the arguments of a start control.

use crate::project::Project;
use crate::resource_names::ResourceNames;
use crate::server::{self, Running};
use crate::{Limits, Personality, Settings, State};
use axum::Router;
use pipelines::artifact::PluginFinder;
use pipelines::event::{ExecutionEvent, Failure, LogEntry, LogLevel, NodeEnd, NodeProgram};
use pipelines::execution::{ExecutionEnd, ExecutionRequest, Executor, PipelinePlan, PlannedNode, PluginUse};
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

mod apps;
mod artifacts;
mod logs;
mod restart;
mod runs;
mod schedules;
mod shipped_pipeline;

const P: &str = "/v3/namespaces/default/apps/cdf_mysql_to_bigquery/workflows/DataPipelineWorkflow";

/// Does what the arguments say: `hold` waits for the stop, `fail` fails, `lines` logs.
struct Scripted;

fn line(message: String) -> ExecutionEvent {
    ExecutionEvent::Log(LogEntry {
        level: LogLevel::Info,
        logger: "io.cdap.plugin.cloudsql.mysql.CloudSQLMySQLSource".to_owned(),
        thread: "Executor task launch worker".to_owned(),
        message,
        stack_trace: String::new(),
        stage: Some("Read MySQL".to_owned()),
    })
}

fn broken() -> Failure {
    let exception = |class: &str, message: &str, cause: Option<Failure>| Failure {
        class_name: class.to_owned(),
        message: Some(message.to_owned()),
        cause: cause.map(Box::new),
    };
    let root = exception("java.sql.SQLException", "Table 'hr.nothing' doesn't exist", None);
    let wrapped = exception(
        "io.cdap.cdap.api.exception.WrappedStageException",
        "Stage 'Read MySQL' encountered : java.sql.SQLException: Table 'hr.nothing' doesn't exist",
        Some(root),
    );
    exception(
        "java.util.concurrent.ExecutionException",
        "org.apache.spark.SparkException: Job aborted.",
        Some(wrapped),
    )
}

impl Executor for Scripted {
    fn plan(&self, config: &Json, _: &PluginFinder<'_>) -> Result<PipelinePlan, String> {
        if config["stages"].as_array().is_none_or(Vec::is_empty) {
            return Err("A pipeline must contain at least one stage.".to_owned());
        }
        let node = |id: &str, program, description: &str| PlannedNode {
            id: id.to_owned(),
            program,
            description: description.to_owned(),
        };
        Ok(PipelinePlan {
            nodes: vec![
                node("phase-1", NodeProgram::Action, ""),
                node(
                    "phase-2",
                    NodeProgram::Spark,
                    "Sources 'Read MySQL' to sinks 'Import To BigQuery'.",
                ),
            ],
            plugins: vec![PluginUse {
                id: "Read MySQL".to_owned(),
                name: "CloudSQLMySQL".to_owned(),
                kind: "batchsource".to_owned(),
                artifact: ("cloudsql-mysql-plugin".into(), "1.11.0".into(), "USER".into()),
                properties: BTreeMap::from([("user".to_owned(), "${mysql_user}".to_owned())]),
                lookups: vec!["mysql_user".to_owned()],
                functions: vec![("secure".to_owned(), vec!["mysql-password".to_owned()])],
            }],
        })
    }

    fn execute(
        &self,
        job: &ExecutionRequest,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(ExecutionEvent),
    ) -> ExecutionEnd {
        let started = |node: &str, program| ExecutionEvent::NodeStarted {
            node: node.to_owned(),
            program,
        };
        let finished = |node: &str, end| ExecutionEvent::NodeFinished {
            node: node.to_owned(),
            end,
        };
        observe(started("phase-1", NodeProgram::Action));
        observe(ExecutionEvent::ArgumentSet {
            node: "phase-1".into(),
            name: "watermark".into(),
            value: "0".into(),
        });
        observe(finished("phase-1", NodeEnd::Completed));
        observe(started("phase-2", NodeProgram::Spark));
        let lines = job
            .arguments
            .get("lines")
            .and_then(|lines| lines.parse().ok())
            .unwrap_or(1);
        for number in 0..lines {
            observe(line(format!("row {number}")));
        }
        if job.arguments.contains_key("panic") {
            std::panic::panic_any("a defect");
        }
        if job.arguments.contains_key("hold") {
            while !stop.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            observe(finished("phase-2", NodeEnd::Killed));
            return ExecutionEnd::Killed;
        }
        let count = |stage: &str, metric: &str, by| ExecutionEvent::MetricIncremented {
            stage: stage.into(),
            metric: metric.into(),
            by,
        };
        observe(count("Read MySQL", "records.out", 100));
        observe(count("Read MySQL", "records.out", 22));
        if job.arguments.contains_key("fail") {
            observe(finished("phase-2", NodeEnd::Failed(broken())));
            return ExecutionEnd::Failed(broken());
        }
        observe(count("Import To BigQuery", "records.updated", 122));
        observe(finished("phase-2", NodeEnd::Completed));
        ExecutionEnd::Completed
    }
}

/// A sandbox and a client for it.
struct TestServer {
    running: Option<Running>,
    base: String,
    client: Client,
}

/// An answer: status, content type, body.
#[derive(Clone, Debug, PartialEq)]
struct Reply {
    status: u16,
    kind: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

fn fast() -> Settings {
    Settings {
        speed: 50.0,
        ..Settings::default()
    }
}

async fn start() -> TestServer {
    start_with(fast()).await
}

async fn start_with(settings: Settings) -> TestServer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let project = Project::open(&settings, ResourceNames::default()).unwrap();
    let running = server::start(settings, Arc::new(Scripted), Router::new(), &project)
        .await
        .unwrap();
    let base = running.ready.cdap.clone();
    TestServer {
        running: Some(running),
        base,
        client: Client::builder().no_proxy().build().unwrap(),
    }
}

impl TestServer {
    async fn ask(&self, method: Method, path: &str, body: Option<String>) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        assert!(response.headers().get("date").is_none(), "CDAP sends no date");
        let kind = response
            .headers()
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        Reply {
            status,
            kind: kind.unwrap_or_default(),
            body: response.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: impl Into<String>) -> Reply {
        self.ask(Method::POST, path, Some(body.into())).await
    }

    async fn put(&self, path: &str, body: impl Into<String>) -> Reply {
        self.ask(Method::PUT, path, Some(body.into())).await
    }

    /// Starts the shipped pipeline. Returns the run's id.
    async fn start(&self, arguments: Json) -> String {
        let item = json!([{ "appId": "cdf_mysql_to_bigquery", "programType": "Workflow",
            "programId": "DataPipelineWorkflow", "runtimeargs": arguments }]);
        let reply = self.post("/v3/namespaces/default/start", item.to_string()).await;
        reply.json()[0]["runId"]
            .as_str()
            .unwrap_or_else(|| panic!("{reply:?}"))
            .to_owned()
    }

    async fn record(&self, run: &str) -> Json {
        self.get(&format!("{P}/runs/{run}")).await.json()
    }

    /// Polls a run until its record is as wanted. Returns all different records on the way.
    async fn until(&self, run: &str, is_done: impl Fn(&Json) -> bool) -> Vec<Json> {
        let mut seen: Vec<Json> = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let record = self.record(run).await;
            if seen.last() != Some(&record) {
                seen.push(record.clone());
            }
            if is_done(&record) {
                return seen;
            }
            assert!(Instant::now() < deadline, "not reached: {seen:#?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn until_end(&self, run: &str) -> Json {
        self.until(run, |record| record["cluster"]["status"] == "DEPROVISIONED")
            .await
            .pop()
            .unwrap()
    }
}

fn has(status: &'static str) -> impl Fn(&Json) -> bool {
    move |record| record["status"] == status
}
