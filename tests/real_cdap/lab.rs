//! A case's set-up: a pipeline of the lab plugins on a server, a configuration table in a sandbox, input
//! files, and a home with the way to all of them.
//!
//! ```text
//!   LabSource ${input} ─→ LabWork ${sleep} ${fail_at} ${level} ─→ LabSink ${output}/${downbeat.token}
//! ```
//!
//! Every try writes into a folder of its own, because a stopped run may go on writing for a while.

use crate::cdap::{Record, Release, Server};
use crate::flight::Flight;
use crate::home::Home;
use crate::http;
use crate::server::Sandbox;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

/// A row of the configuration table; its business unit is `lab`.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub source: &'static str,
    /// How many lines its input has.
    pub lines: u32,
    /// Milliseconds for each line.
    pub sleep: u32,
    /// The run breaks at the line that contains this; empty for none.
    pub fail_at: &'static str,
    /// At which level a log line is written for each line; empty for none.
    pub level: &'static str,
    pub timeout: Option<u32>,
    pub retries: Option<u32>,
}

impl Row {
    pub const fn new(source: &'static str, lines: u32, sleep: u32) -> Self {
        Self {
            source,
            lines,
            sleep,
            fail_at: "",
            level: "",
            timeout: None,
            retries: None,
        }
    }

    pub fn task(&self) -> String {
        format!("start_pipeline_lab_{}", self.source)
    }

    /// The lines of its input.
    pub fn input(&self) -> Vec<String> {
        (1..=self.lines)
            .map(|n| format!("{}-{n:04}", self.source))
            .collect()
    }
}

/// All that a case needs.
pub struct Lab<'a> {
    pub server: &'a Server,
    pub home: Home,
    pub app: String,
    release: &'static str,
    _sandbox: Sandbox,
}

impl<'a> Lab<'a> {
    /// Deploys, fills and configures. `variables` are lines of the profile.
    pub fn new(release: &Release, server: &'a Server, app: &str, rows: &[Row], variables: &str) -> Self {
        Self::through(release, server, &server.address(), app, rows, variables)
    }

    /// The same, with the way to CDAP leading over another address.
    pub fn through(
        release: &Release,
        server: &'a Server,
        address: &str,
        app: &str,
        rows: &[Row],
        variables: &str,
    ) -> Self {
        let home = Home::new();
        let sandbox = Sandbox::start(&home, &["--ephemeral"]);
        let way = sandbox.way();
        home.configure(&format!(
            "[profile.lab]\nproject_id = 'downbeat-sandbox'\ncdf_instance = 'sandbox'\nbq_dataset_id = 'cdf_output'\n\
             bq_output_table = 'landing'\nbq_config_table = 'lab'\ncdf_pipeline_name = '{app}'\n\
             dag_retry_interval_minutes = 0.05\n{variables}{way}cdap_endpoint = '{address}'\n"
        ));
        let lab = Self {
            server,
            home,
            app: app.to_owned(),
            release: release.cdap,
            _sandbox: sandbox,
        };
        lab.deploy();
        for row in rows {
            lab.write_input(row, &row.input());
        }
        lab.configure(&way, rows);
        lab
    }

    /// Deploys the pipeline; a second time makes a new version of it.
    pub fn deploy(&self) {
        let artifact =
            |name: &str, version: &str| json!({"name": name, "version": version, "scope": "SYSTEM"});
        let stage = |name: &str, plugin: &str, kind: &str, properties: serde_json::Value| {
            json!({"name": name, "plugin": {"name": plugin, "type": kind, "label": name,
                   "artifact": artifact("lab-plugins", "1.0.0"), "properties": properties}})
        };
        let body = json!({
            "artifact": artifact("cdap-data-pipeline", self.release),
            "config": {
                "stages": [
                    stage("read", "LabSource", "batchsource", json!({"path": "${input}"})),
                    stage("work", "LabWork", "transform", json!({
                        "sleepMillis": "${sleep}", "failAt": "${fail_at}", "logLevel": "${level}"})),
                    stage("write", "LabSink", "batchsink", json!({"path": "${output}/${downbeat.token}"})),
                ],
                "connections": [{"from": "read", "to": "work"}, {"from": "work", "to": "write"}],
                "engine": "mapreduce",
            },
        });
        let path = format!("/v3/namespaces/default/apps/{}", self.app);
        let answer = self.server.ask("PUT", &path, &body.to_string()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub fn write_input(&self, row: &Row, lines: &[String]) {
        fs::write(self.input(row), lines.join("\n") + "\n").unwrap();
    }

    fn input(&self, row: &Row) -> PathBuf {
        self.home.path().join(format!("input-{}.txt", row.source))
    }

    fn output(&self, row: &Row) -> PathBuf {
        self.home.path().join(format!("output-{}", row.source))
    }

    /// Makes the table `lab`.
    fn configure(&self, way: &str, rows: &[Row]) {
        let number = |value: Option<u32>| value.map_or("NULL".to_owned(), |value| value.to_string());
        let values = rows.iter().enumerate().map(|(place, row)| {
            format!(
                "('lab', '{}', TRUE, {place}, {}, {}, '{}', '{}', '{}', '{}', '{}')",
                row.source,
                number(row.timeout),
                number(row.retries),
                self.input(row).display(),
                self.output(row).display(),
                row.sleep,
                row.fail_at,
                row.level,
            )
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let bigquery = way
            .lines()
            .find_map(|line| line.strip_prefix("bigquery_endpoint = '"))
            .unwrap();
        let url = format!(
            "{}/bigquery/v2/projects/downbeat-sandbox/queries",
            bigquery.trim_end_matches('\'')
        );
        for query in [
            "CREATE TABLE cdf_output.lab (business_unit STRING NOT NULL, data_source STRING NOT NULL, \
             is_active BOOL NOT NULL, priority INT64, timeout_seconds INT64, max_retries INT64, \
             input STRING, output STRING, sleep STRING, fail_at STRING, level STRING)"
                .to_owned(),
            format!("INSERT INTO cdf_output.lab VALUES {values}"),
        ] {
            let body = json!({"query": query, "useLegacySql": false}).to_string();
            let answer = http::ask("POST", &url, &body).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// Starts `downbeat run`.
    pub fn fly(&self) -> Flight {
        Flight::new(self.home.spawn(&[
            "run",
            "--profile",
            "lab",
            "--output",
            "json",
            "--allow-unresolved-sink",
        ]))
    }

    /// What the server says of this case's runs.
    pub fn runs(&self) -> Vec<Record> {
        self.server.runs(&self.app)
    }

    /// The runs of one row.
    pub fn runs_of(&self, row: &Row) -> Vec<Record> {
        let mine = |run: &Record| {
            run.arguments
                .get("data_source")
                .is_some_and(|name| name == row.source)
        };
        self.runs().into_iter().filter(mine).collect()
    }

    /// The lines that one try has written and committed, sorted.
    pub fn written(&self, row: &Row, run: &Record) -> Vec<String> {
        let folder = self.output(row).join(&run.arguments["downbeat.token"]);
        assert!(
            folder.join("_SUCCESS").exists(),
            "{} is not committed",
            folder.display()
        );
        let mut lines = Vec::new();
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            if file.file_name().to_string_lossy().starts_with("part-") {
                let text = fs::read_to_string(file.path()).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
        }
        lines.sort();
        lines
    }

    /// The kept log of a try.
    pub fn log(&self, row: &Row, number: u32) -> String {
        let wanted = format!("{}/{number}.log", row.task());
        let files = self.home.files();
        let file = files.iter().find(|file| file.ends_with(&wanted));
        fs::read_to_string(file.unwrap_or_else(|| panic!("no {wanted}"))).unwrap()
    }
}
