//! `downbeat sandbox` as other clients meet it, asked over plain HTTP.

use super::home::Home;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

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
        Self::of_command(&mut home.command(&[&["sandbox"], arguments].concat()))
    }

    /// Serves with a command line that is made elsewhere.
    pub fn of_command(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it with a signal; its exit code.
    pub fn end(&mut self, name: &str) -> Option<i32> {
        super::home::signal(self.child.id(), name);
        let ended = super::home::wait_for("the end of the sandbox", || self.child.try_wait().unwrap());
        ended.code()
    }

    /// What an ended one has told on its standard error.
    pub fn errors(&mut self) -> String {
        let mut told = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut told).unwrap();
        told
    }

    /// The lines of a profile that lead here.
    pub fn way(&self) -> String {
        let name = |key: &str| self.ready[key].as_str().unwrap();
        let (fusion, bigquery) = (name("datafusion"), name("bigquery"));
        format!("datafusion_endpoint = '{fusion}'\nbigquery_endpoint = '{bigquery}'\ncredentials = 'none'\n")
    }

    /// The records of all runs of the pipeline.
    pub fn runs(&self) -> Vec<Value> {
        let name = |key: &str| self.ready[key].as_str().unwrap();
        let path = format!(
            "/api/v3/namespaces/{}/apps/{}/workflows/DataPipelineWorkflow/runs?limit=10000",
            name("namespace"),
            name("pipeline")
        );
        let runs = self.get(&path);
        runs.as_array().unwrap().clone()
    }

    /// The JSON below a path.
    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        let base = self.ready["datafusion"].as_str().unwrap();
        base.strip_prefix("http://").unwrap()
    }

    /// The status and the body of an answer.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let host = self.address();
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        // One write: the server may answer or reset before a second one.
        let request =
            format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// The states of all runs of the pipeline.
    pub fn run_states(&self) -> Vec<String> {
        let runs = self.runs();
        let state = |run: &Value| run["status"].as_str().unwrap().to_owned();
        runs.iter().map(state).collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
