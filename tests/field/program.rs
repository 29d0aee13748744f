//! The engine of the program in the process of a test, which can end it at any moment and look at what it left.

use super::lab::{Lab, PROFILE};
use domain::event::{Fact, RunEvent};
use domain::id::DagRunId;
use domain::request::RunRequest;
use domain::run::Run;
use domain::variable::Variables;
use downbeat::client::{Client, Credentials, Endpoints};
use downbeat::engine::{self, Command, Engine, Parts, SharedSecrets, Update};
use downbeat::store::{Journal, LogFolder};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The program's own engine in this process, on a data directory.
pub struct Program {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
    run: Option<Run>,
}

impl Program {
    pub fn new(lab: &Lab, data: &Path) -> Self {
        let base = format!("http://{}", lab.sandbox.address());
        let parts = Parts {
            client: Client::new(Endpoints::parse(&base, &base, None).unwrap(), Credentials::none()).unwrap(),
            journal: Journal::open(&data.join("journal.db")).unwrap(),
            logs: LogFolder::new(data),
            data: data.to_owned(),
            save_arguments: Arc::new(|_, _| Ok(())),
            tell_end: None,
            secrets: SharedSecrets::default(),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let engine = runtime.block_on(async { engine::spawn(async { Ok(parts) }) });
        Self {
            runtime,
            engine,
            run: None,
        }
    }

    pub fn send(&self, command: Command) {
        self.runtime.block_on(self.engine.commands.send(command)).unwrap();
    }

    pub fn start(&self) {
        let mut variables = Variables::default();
        for (name, text) in [
            ("project_id", "downbeat-sandbox"),
            ("cdf_instance", "sandbox"),
            ("cdf_pipeline_name", "cdf_mysql_to_bigquery"),
            ("bq_dataset_id", "cdf_output"),
            ("bq_output_table", "landing"),
            ("dag_retry_interval_minutes", "0.01"),
        ] {
            variables.set_by_name(name, text).unwrap();
        }
        let request = json!({"profile": PROFILE, "variables": variables, "scope": "chain"});
        let request: RunRequest = serde_json::from_value(request).unwrap();
        self.send(Command::Start(Box::new(request)));
    }

    /// Takes updates until one is the one that is waited for; false if the engine ends before.
    pub fn until(&mut self, is_it: impl Fn(&Update, Option<&Run>) -> bool) -> bool {
        let Self { runtime, engine, run } = self;
        runtime.block_on(async {
            while let Some(update) = engine.updates.recv().await {
                if let Update::Events(events) = &update {
                    events.iter().for_each(|event| apply(run, event));
                }
                if is_it(&update, run.as_ref()) {
                    return true;
                }
            }
            false
        })
    }

    pub fn until_the_run_ends(&mut self) -> DagRunId {
        assert!(self.until(|_, run| run.is_some_and(|run| run.state.is_end())));
        self.run.as_ref().unwrap().id.clone()
    }

    /// Ends as the program does with this command.
    pub fn close(mut self, command: Command) {
        self.send(command);
        assert!(!self.until(|_, _| false));
    }

    /// Ends as the program does when it is killed.
    pub fn kill(self) -> DagRunId {
        self.runtime.shutdown_background();
        self.run.unwrap().id
    }
}

fn apply(run: &mut Option<Run>, event: &RunEvent) {
    match run {
        Some(run) if !matches!(event.fact, Fact::RunStarted { .. }) => run.apply(event),
        run => *run = Run::begin(event),
    }
}
