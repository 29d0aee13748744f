//! Scenario files: what is scripted, and what must have come of it.

use super::*;
use domain::plan::Preflight;

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
    /// `{ second, stop | stop_run | retry | retry_all }`.
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
    /// After so many seconds.
    #[serde(default)]
    down: u64,
    /// Seconds from, to: the machine sleeps.
    #[serde(default)]
    asleep: Vec<(u64, u64)>,
    /// By second: the machine's clock is set by so many seconds.
    #[serde(default)]
    clock: Vec<(u64, i64)>,
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
    #[serde(default)]
    retry_all: bool,
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
    /// Facts that must not have been told.
    #[serde(default)]
    never: Vec<String>,
    /// Words of the notices.
    #[serde(default)]
    notices: Vec<String>,
    /// Words in the reason of a task.
    #[serde(default)]
    reasons: BTreeMap<String, String>,
    truncations: Option<u32>,
    /// Jobs that ever existed.
    jobs: Option<usize>,
    /// The longest it may take, in virtual seconds.
    within: Option<u64>,
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
            down: self.down,
            asleep: self.asleep.clone(),
            clock: self.clock.clone(),
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
            _ if self.retry_all => RunCommand::RetryAll,
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
    let failed: Vec<String> = files
        .iter()
        .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| std::panic::catch_unwind(|| play(&format!("{folder}/{name}.toml"), name)).is_err())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

fn play(file: &str, name: &str) {
    let scenario: Scenario = toml_edit::de::from_str(&std::fs::read_to_string(file).unwrap())
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut server = scenario.server();
    server.run_until_idle();
    check(name, &scenario.expect, &server);
    assert!(!server.is_live(), "{name} leaves a live run behind");
    // Which counts are the last ones is not journalled: a restart may miss them.
    if scenario.restart.is_none() {
        check_counts(name, server.scheduler.run());
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
    for fact in &expected.never {
        assert!(!told.contains(fact), "{fact} in {}", story());
    }
    for words in &expected.notices {
        let mut notices = run.notices.iter();
        assert!(
            notices.any(|(_, finding)| finding.message.contains(words)),
            "{words}: {:?} in {}",
            run.notices,
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
