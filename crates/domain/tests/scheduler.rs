//! The scheduler against a scripted server in virtual time: scenario files, and chance.
//!
//! A scenario is a file in `tests/scenarios/`; its form is the struct [`Scenario`] below.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it breaks")]
#![expect(
    clippy::disallowed_methods,
    reason = "the scenarios are files; the core under test reads none"
)]

#[path = "scheduler/by_hand.rs"]
mod by_hand;
#[path = "scheduler/deployment.rs"]
mod deployment;
#[path = "scheduler/fake_job.rs"]
mod fake_job;
#[path = "scheduler/fake_server.rs"]
mod fake_server;
#[path = "scheduler/life.rs"]
mod life;
#[path = "scheduler/order.rs"]
mod order;
#[path = "scheduler/recall.rs"]
mod recall;
#[path = "scheduler/transitions.rs"]
mod transitions;
#[path = "scheduler/truncate.rs"]
mod truncate;

use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::event::Fact;
use domain::failure::{Failure, FailureKind};
use domain::finding::Finding;
use domain::id::TaskId;
use domain::plan::{Plan, Preflight};
use domain::request::{RunRequest, Scope};
use domain::row::{Configuration, ConfigurationRow, task_id};
use domain::run::Run;
use domain::state::TaskState;
use domain::task::Try;
use domain::variable::Variables;
use fake_job::JobLife;
use fake_server::{FakeServer, LOADED, Life, Script};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What is to be seen.
    #[serde(rename = "title")]
    _title: String,
    /// Variables that differ from their defaults.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// The active rows, by data source; all in business unit `u`.
    #[serde(default)]
    rows: Vec<Row>,
    /// The rows that are active when `start` looks, if others are.
    rows_at_start: Option<Vec<Row>>,
    /// The life of the job that empties the table.
    #[serde(default)]
    truncate: JobLife,
    /// The lives of a row's starts, one after the other.
    #[serde(default)]
    lives: BTreeMap<String, Vec<Life>>,
    /// Seconds from, to: nothing that watches is answered.
    #[serde(default)]
    blind: Vec<(u64, u64)>,
    /// `{ second, stop | stop_run | retry }`.
    #[serde(default)]
    commands: Vec<TimedCommand>,
    /// Failures of `preflight`, `truncate`, `configuration`, `last_count`: `transient`, `permanent`, `ambiguous`.
    #[serde(default)]
    faults: BTreeMap<String, Vec<String>>,
    /// What errors the preflight finds, by what they are about.
    #[serde(default)]
    findings: Vec<String>,
    /// The program is killed and started again at this second.
    restart: Option<u64>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    source: String,
    #[serde(default)]
    priority: i64,
    timeout_seconds: Option<u64>,
    max_retries: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimedCommand {
    second: u64,
    stop: Option<String>,
    retry: Option<String>,
    #[serde(default)]
    stop_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    state: String,
    /// States of tasks, by row or by the name of a control task.
    #[serde(default)]
    tasks: BTreeMap<String, String>,
    /// Tries used.
    #[serde(default)]
    tries: BTreeMap<String, usize>,
    /// Runs that the server had for a row.
    #[serde(default)]
    server_runs: BTreeMap<String, usize>,
    /// Facts that must have been told, in this order, by their names in the journal.
    #[serde(default)]
    facts: Vec<String>,
    /// Words in the reason of a task.
    #[serde(default)]
    reasons: BTreeMap<String, String>,
    truncations: Option<u32>,
    /// Jobs that ever existed.
    jobs: Option<usize>,
    /// The longest it may take, in virtual seconds.
    within: Option<u64>,
}

fn task_of(name: &str) -> TaskId {
    match name {
        "start" | "truncate_table" | "get_configuration" | "filter_arguments" | "end" => TaskId::new(name),
        source => task_id("u", source),
    }
}

fn row(source: &str, priority: i64) -> ConfigurationRow {
    ConfigurationRow {
        task: task_id("u", source),
        business_unit: "u".into(),
        data_source: source.into(),
        active: true,
        priority,
        timeout: None,
        max_retries: None,
        description: None,
        arguments: RuntimeArguments::from_iter([
            ("business_unit", "u"),
            ("data_source", source),
            ("db_password", PASSWORD),
        ]),
    }
}

/// What every start must send, and no journal may hold.
const PASSWORD: &str = "hunter2-of-the-row";

fn request(variables: Variables) -> RunRequest {
    RunRequest {
        profile: "test".into(),
        variables,
        scope: Scope::Chain,
        edits: BTreeMap::new(),
        allow_unresolved_sink: false,
        beside: false,
    }
}

fn failure(kind: &str) -> Failure {
    let kind = match kind {
        "transient" => FailureKind::Transient,
        "permanent" => FailureKind::Permanent,
        "ambiguous" => FailureKind::Ambiguous,
        other => panic!("no such failure: {other}"),
    };
    Failure {
        kind,
        reason: "scripted".into(),
        remedies: Vec::new(),
    }
}

impl Scenario {
    /// What the preflight finds.
    fn inspection(&self) -> Preflight {
        let errors = self.findings.iter();
        Preflight {
            findings: errors
                .map(|about| Finding::error(about, format!("{about} is wrong."), "Correct it."))
                .collect(),
            ..Preflight::default()
        }
    }

    fn server(&self) -> FakeServer {
        let mut variables = Variables::default();
        variables.set_by_name("dag_timeout_minutes", "600").unwrap();
        for (name, text) in &self.variables {
            variables.set_by_name(name, text).unwrap();
        }
        let table = |rows: &[Row]| configuration(rows.iter().map(Row::to_row).collect());
        let script = Script {
            lives: self
                .lives
                .iter()
                .map(|(name, lives)| (task_of(name).to_string(), lives.clone()))
                .collect(),
            blind: self.blind.clone(),
            commands: self
                .commands
                .iter()
                .map(|command| (command.second, command.to_run_command()))
                .collect(),
            faults: self
                .faults
                .iter()
                .map(|(of, kinds)| (of.clone(), kinds.iter().map(|k| failure(k)).collect()))
                .collect(),
            configuration_at_start: self.rows_at_start.as_deref().map(table),
            configuration: table(&self.rows),
            truncate: self.truncate.clone(),
            inspections: [self.inspection(), Preflight::default()],
            restart: self.restart,
            ..Script::default()
        };
        FakeServer::new(request(variables), script)
    }
}

impl Row {
    fn to_row(&self) -> ConfigurationRow {
        ConfigurationRow {
            timeout: self.timeout_seconds.map(Duration::from_secs),
            max_retries: self.max_retries,
            ..row(&self.source, self.priority)
        }
    }
}

impl TimedCommand {
    fn to_run_command(&self) -> RunCommand {
        match (&self.stop, &self.retry) {
            (Some(task), _) => RunCommand::StopTask(task_of(task)),
            (_, Some(task)) => RunCommand::Retry {
                task: task_of(task),
                arguments: None,
            },
            _ if self.stop_run => RunCommand::Stop,
            _ => panic!("a command without a content"),
        }
    }
}

#[test]
fn scenarios() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 12, "the scenarios are there");
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario: Scenario = toml_edit::de::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut server = scenario.server();
        server.run_until_idle();
        check(&name, &scenario.expect, &server);
        // Which counts are the last ones is not journalled: a restart may miss them.
        if scenario.restart.is_none() {
            check_counts(&name, server.scheduler.run());
        }
    }
}

fn check(name: &str, expected: &Expected, server: &FakeServer) {
    let run = server.scheduler.run();
    let told: Vec<String> = server
        .events
        .iter()
        .map(|e| {
            serde_json::to_value(e).unwrap()["event"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let story = || {
        format!(
            "{name}: {told:?}\n{:#?}",
            run.tasks
                .iter()
                .map(|t| (&t.id, t.state, &t.reason))
                .collect::<Vec<_>>()
        )
    };
    assert_eq!(run.state.as_str(), expected.state, "{}", story());
    for (task, state) in &expected.tasks {
        assert_eq!(
            run.task(&task_of(task)).unwrap().state.as_str(),
            state,
            "{task} in {}",
            story()
        );
    }
    for (task, tries) in &expected.tries {
        assert_eq!(
            run.task(&task_of(task)).unwrap().tries.len(),
            *tries,
            "tries of {task} in {}",
            story()
        );
    }
    for (task, count) in &expected.server_runs {
        assert_eq!(
            server.server_runs(task_of(task).as_str()),
            *count,
            "runs of {task} in {}",
            story()
        );
    }
    for (task, words) in &expected.reasons {
        let reason = run
            .task(&task_of(task))
            .unwrap()
            .reason
            .as_ref()
            .map(|failure| failure.text(|remedies| format!("{remedies:?}")))
            .unwrap_or_default();
        assert!(reason.contains(words), "{name}: {task}: {reason}");
    }
    let mut rest = told.iter();
    for fact in &expected.facts {
        assert!(
            rest.any(|t| t == fact),
            "{fact} is missing or too early in {}",
            story()
        );
    }
    if let Some(truncations) = expected.truncations {
        assert_eq!(server.jobs.truncations(), truncations, "{}", story());
    }
    if let Some(jobs) = expected.jobs {
        assert_eq!(server.jobs.count(), jobs, "{}", story());
    }
    if let Some(within) = expected.within {
        let took = run.elapsed(run.started).as_secs();
        assert!(took <= within, "{name} took {took} s");
    }
}

/// What a completed run has loaded is known when the DAG run ends, however its counts were answered.
fn check_counts(name: &str, run: &Run) {
    for task in run.pipelines().filter(|task| task.state == TaskState::Success) {
        let loaded = task.current().and_then(Try::records_loaded);
        assert_eq!(loaded, Some(LOADED), "{name}: {}", task.id);
    }
}

fn any_life() -> impl Strategy<Value = Life> {
    let answer = prop_oneof![5 => Just("started"), 1 => Just("refused"), 1 => Just("busy"), 2 => Just("lost"), 1 => Just("void")];
    let end =
        prop_oneof![5 => Just("COMPLETED"), 3 => Just("FAILED"), 1 => Just("KILLED"), 1 => Just("REJECTED")];
    (
        answer,
        end,
        0..30_u64,
        0..900_u64,
        any::<bool>(),
        0..4_u64,
        prop::bool::weighted(0.1),
    )
        .prop_map(|(answer, end, pending, running, lasting, hidden, deaf)| Life {
            answer: answer.into(),
            end: end.into(),
            pending,
            running,
            lasting,
            hidden,
            deaf,
            ..Life::default()
        })
}

fn any_command(rows: usize) -> impl Strategy<Value = (u64, RunCommand)> {
    let command = prop_oneof![
        1 => Just(RunCommand::Stop),
        3 => (0..rows).prop_map(|i| RunCommand::StopTask(task_of(&format!("s{i}")))),
        3 => (0..rows).prop_map(|i| RunCommand::Retry { task: task_of(&format!("s{i}")), arguments: None }),
    ];
    (0..1200_u64, command)
}

/// The same cases on every day, so that a change is judged by what it changes; `PROPTEST_CASES=5000 cargo
/// test --test scheduler` tries others. Cases that failed stay in the file of regressions.
fn chance() -> ProptestConfig {
    let usual = ProptestConfig {
        cases: 250,
        rng_seed: RngSeed::Fixed(20_231_123),
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        ProptestConfig::default()
    } else {
        usual
    }
}

proptest! {
    #![proptest_config(chance())]

    /// Whatever the server and the people do: the run ends, no try has two live runs, every transition
    /// is legal, a replay of every prefix is the run (the server checks the last three after each step).
    #[test]
    fn every_run_ends(
        lives in prop::collection::vec(prop::collection::vec(any_life(), 1..4), 1..5),
        blind in prop::collection::vec((0..900_u64, 0..200_u64), 0..3),
        commands in prop::collection::vec(any_command(4), 0..4),
        restart in prop::option::of(0..300_u64),
        retries in 0..3_u32,
    ) {
        let mut variables = Variables::default();
        for (name, text) in [("cdf_pipeline_timeout_seconds", "300"), ("dag_timeout_minutes", "20"), ("max_active_pipelines", "2")] {
            variables.set_by_name(name, text).unwrap();
        }
        variables.cdf_pipeline_retries = retries;
        let rows: Vec<_> = (0..lives.len()).map(|i| row(&format!("s{i}"), 0)).collect();
        let script = Script {
            lives: lives.into_iter().enumerate().map(|(i, lives)| (task_of(&format!("s{i}")).to_string(), lives)).collect(),
            blind: blind.into_iter().map(|(from, length)| (from, from + length)).collect(),
            commands,
            configuration: configuration(rows),
            restart,
            ..Script::default()
        };
        let mut server = FakeServer::new(request(variables), script);
        server.run_until_idle();
        prop_assert!(server.scheduler.run().state.is_end(), "{:#?}", server.scheduler.run());
        prop_assert!(server.jobs.count() <= 1);
    }
}

fn configuration(rows: Vec<ConfigurationRow>) -> Configuration {
    Configuration {
        total_rows: rows.len() as u64,
        rows,
        findings: Vec::new(),
    }
}

/// Promise 8: the cost of watching does not grow with what is watched.
#[test]
fn one_list_serves_any_number_of_runs() {
    let lists = |count: usize| {
        let rows: Vec<_> = (0..count).map(|i| row(&format!("s{i}"), 0)).collect();
        let mut variables = Variables::default();
        variables.set_by_name("max_active_pipelines", "1000").unwrap();
        let configuration = configuration(rows);
        let mut server = FakeServer::new(
            request(variables),
            Script {
                configuration,
                ..Script::default()
            },
        );
        server.run_until_idle();
        server.lists
    };
    let (few, many) = (lists(2), lists(60));
    assert!(many <= few + 3, "{few} lists for 2 runs, {many} for 60");
}
