//! What is measured: the built sandbox in a process of its own, or a real server.

use crate::cdap::{Server, V6_11_0};
use crate::home::{Home, wait_for};
use crate::http;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

/// The path of the sleeping pipeline's program.
pub const PROGRAM: &str = "/v3/namespaces/default/apps/sleeper/workflows/DataPipelineWorkflow";

/// Something that answers under `base`.
pub struct Subject {
    pub name: String,
    pub base: String,
    pub started: Duration,
    pid: u32,
    release: &'static str,
    _held: Held,
}

enum Held {
    Sandbox(Child, #[expect(dead_code, reason = "held for its folder")] Home),
    Real(#[expect(dead_code, reason = "ended when it is dropped")] Server),
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Sandbox(child, _) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `downbeat sandbox --lab`, in the speed of a real server.
pub fn sandbox() -> Subject {
    let home = Home::new();
    let began = Instant::now();
    let mut child = home.spawn(&["sandbox", "--ephemeral", "--lab", "--speed", "1"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let started = began.elapsed();
    let ready: Value = serde_json::from_str(&line).unwrap();
    Subject {
        name: "sandbox".into(),
        base: ready["cdap"].as_str().unwrap().to_owned(),
        started,
        pid: child.id(),
        release: V6_11_0.cdap,
        _held: Held::Sandbox(child, home),
    }
}

/// A real 6.11.0.
pub fn real() -> Subject {
    let server = Server::start(&V6_11_0, "measured", "");
    Subject {
        name: "CDAP 6.11.0".into(),
        base: server.address(),
        started: server.started(),
        pid: server.pid(),
        release: V6_11_0.cdap,
        _held: Held::Real(server),
    }
}

impl Subject {
    /// Resident memory, in kilobytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Deploys the pipeline and starts it so often; how long it took until all are RUNNING.
    pub fn start(&self, count: usize) -> Duration {
        let artifact =
            |name: &str, version: &str| json!({"name": name, "version": version, "scope": "SYSTEM"});
        let app = json!({
            "artifact": artifact("cdap-data-pipeline", self.release),
            "config": {
                "stages": [{"name": "sleep", "plugin": {"name": "LabAction", "type": "action", "label": "sleep",
                    "artifact": artifact("lab-plugins", "1.0.0"), "properties": {"sleepMillis": "3600000"}}}],
                "connections": [],
                "engine": "mapreduce",
            },
        });
        // A real server says that it is ready before all of its services are.
        wait_for("the pipeline to be deployed", || {
            let path = format!("{}/v3/namespaces/default/apps/sleeper", self.base);
            let answer = http::ask("PUT", &path, &app.to_string()).unwrap();
            (answer.status == 200).then_some(())
        });
        let one = json!({"appId": "sleeper", "programType": "workflow", "programId": "DataPipelineWorkflow"});
        let began = Instant::now();
        for batch in vec![one; count].chunks(50) {
            self.ask("POST", "/v3/namespaces/default/start", &json!(batch));
        }
        wait_for("all runs to be RUNNING", || {
            let runs = self.ask(
                "GET",
                &format!("{PROGRAM}/runs?limit=2000&status=RUNNING"),
                &Value::Null,
            );
            (runs.as_array().unwrap().len() == count).then_some(())
        });
        began.elapsed()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = http::ask(method, &format!("{}{path}", self.base), &body).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}
