//! `downbeat sandbox` as other clients meet it, asked over plain HTTP.

use super::home::Home;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

/// The served sandbox of a home; ended when it is dropped.
pub struct Sandbox {
    child: Child,
    ready: Value,
}

impl Sandbox {
    /// Serves what a run of this home has left.
    pub fn of(home: &Home) -> Self {
        let state = home.path().join("sandbox");
        Self::start(home, &["--state", &state.to_string_lossy()])
    }

    /// Serves a fresh one.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut child = home.spawn(&[&["sandbox"], arguments].concat());
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    /// The lines of a profile that lead here.
    pub fn way(&self) -> String {
        let name = |key: &str| self.ready[key].as_str().unwrap();
        let (fusion, bigquery) = (name("datafusion"), name("bigquery"));
        format!("datafusion_endpoint = '{fusion}'\nbigquery_endpoint = '{bigquery}'\ncredentials = 'none'\n")
    }

    /// The states of all runs of the pipeline.
    pub fn run_states(&self) -> Vec<String> {
        let name = |key: &str| self.ready[key].as_str().unwrap();
        let url = format!(
            "{}/v3/namespaces/{}/apps/{}/workflows/DataPipelineWorkflow/runs",
            name("cdap"),
            name("namespace"),
            name("pipeline")
        );
        let runs: Vec<Value> = serde_json::from_str(&get(&url)).unwrap();
        runs.iter()
            .map(|run| run["status"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{url}: {answer}");
    body.to_owned()
}
