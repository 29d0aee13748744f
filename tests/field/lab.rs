//! A sandbox that is served by one process and used by another, and what a case does to it: tables, pipelines,
//! scenarios and settings.

use super::home::{Home, Told};
use super::server::Sandbox;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Child;

/// The project of the sandbox.
pub const PROJECT: &str = "downbeat-sandbox";

/// The profile that a case runs in.
pub const PROFILE: &str = "lab";

/// A sandbox, and a home of the program that is configured for it.
pub struct Lab {
    /// The home of the client.
    pub home: Home,
    pub sandbox: Sandbox,
    /// Kept for as long as its sandbox.
    _served: Home,
}

impl Lab {
    /// A fresh sandbox, twenty times faster than a real instance.
    pub fn new() -> Self {
        Self::at_speed("20")
    }

    /// A fresh sandbox that is so many times faster than a real instance.
    pub fn at_speed(speed: &str) -> Self {
        let served = Home::new();
        let sandbox = Sandbox::start(&served, &["--ephemeral", "--speed", speed]);
        Self {
            home: Home::new(),
            sandbox,
            _served: served,
        }
    }

    /// Writes the profile: the sandbox's own names, these settings instead of or beside them, each as TOML.
    pub fn configure(&self, settings: &[(&str, &str)]) {
        let mut all = BTreeMap::from([
            ("project_id", "'downbeat-sandbox'"),
            ("cdf_instance", "'sandbox'"),
            ("cdf_pipeline_name", "'cdf_mysql_to_bigquery'"),
            ("bq_output_table", "'landing'"),
            ("dag_retry_interval_minutes", "0.01"),
        ]);
        all.extend(settings.iter().copied());
        let lines = all.iter().map(|(name, value)| format!("{name} = {value}\n"));
        let lines: String = lines.collect();
        self.home
            .configure(&format!("[profile.{PROFILE}]\n{lines}{}", self.sandbox.way()));
    }

    /// `downbeat run` in the profile, to its end.
    pub fn run(&self, arguments: &[&str]) -> Told {
        let line = [&["run", "--profile", PROFILE], arguments].concat();
        self.home.start(&line)
    }

    /// The rows that a statement of the warehouse gives, a cell as text or `null`.
    pub fn sql(&self, statement: &str) -> Vec<Vec<Value>> {
        let path = format!("/bigquery/v2/projects/{PROJECT}/queries");
        let body = json!({"query": statement, "useLegacySql": false, "timeoutMs": 60_000});
        let (status, answer) = self.sandbox.ask("POST", &path, &body.to_string());
        assert_eq!(status, 200, "{statement}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["jobComplete"], true, "{statement}: {answer}");
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let cells = |row: &Value| {
            let cells = row["f"].as_array().unwrap().iter();
            cells.map(|cell| cell["v"].clone()).collect()
        };
        rows.iter().map(cells).collect()
    }

    /// How many rows a table of the dataset `cdf_output` has.
    pub fn count(&self, table: &str) -> u64 {
        let rows = self.sql(&format!("SELECT COUNT(*) FROM cdf_output.{table}"));
        rows[0][0].as_str().unwrap().parse().unwrap()
    }

    /// Deploys a pipeline from the JSON of its artifact and configuration.
    pub fn deploy(&self, name: &str, pipeline: &Value) {
        let path = format!("/api/v3/namespaces/default/apps/{name}");
        let (status, answer) = self.sandbox.ask("PUT", &path, &pipeline.to_string());
        assert_eq!(status, 200, "{name}: {answer}");
    }

    /// Plays a scenario from now on.
    pub fn play(&self, scenario: &str) {
        let (status, answer) = self.sandbox.ask("PUT", "/sandbox/scenario", scenario);
        assert!(status < 300, "{status}: {answer}\n{scenario}");
    }

    /// Ends the scenario.
    pub fn play_nothing(&self) {
        let (status, answer) = self.sandbox.ask("DELETE", "/sandbox/scenario", "");
        assert!(status < 300, "{status}: {answer}");
    }

    /// The arguments of each run of a pipeline, the last one first.
    pub fn arguments(&self, pipeline: &str) -> Vec<BTreeMap<String, String>> {
        let path = format!(
            "/api/v3/namespaces/default/apps/{pipeline}/workflows/DataPipelineWorkflow/runs?limit=10000"
        );
        let runs = self.sandbox.get(&path);
        let runs = runs.as_array().unwrap().iter();
        let arguments = runs.filter(|run| run["status"] != "REJECTED").map(|run| {
            let text = run["properties"]["runtimeArgs"].as_str().unwrap();
            serde_json::from_str(text).unwrap()
        });
        arguments.collect()
    }

    /// The files of the client's home that hold a text.
    pub fn files_with(&self, text: &str) -> Vec<std::path::PathBuf> {
        let files = self.home.files().into_iter().filter(|path| path.is_file());
        let holds = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        };
        files.filter(holds).collect()
    }
}

impl Told {
    /// All of these words were printed, on standard output or standard error.
    #[track_caller]
    pub fn has(&self, words: &[&str]) {
        has_all(&self.all(), words);
    }

    /// What a program printed until its end.
    pub fn until_end(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A text has all of these words.
#[track_caller]
pub fn has_all(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "'{word}' is missing in:\n{text}");
    }
}
