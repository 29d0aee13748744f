//! A `downbeat run` under way: its facts as they come, and its end.

use crate::home::signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a fact may be waited for; a server on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(240);

pub struct Flight {
    child: Child,
    lines: Receiver<Value>,
    /// All facts so far.
    pub facts: Vec<Value>,
}

impl Flight {
    pub fn new(mut child: Child) -> Self {
        let out = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines() {
                let line = line.unwrap();
                let fact = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if send.send(fact).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            facts: Vec::new(),
        }
    }

    /// Waits for a fact, the ones that have come already included.
    pub fn wait_for(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        if let Some(fact) = self.facts.iter().find(|fact| is_it(fact)) {
            return fact.clone();
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(fact) = self.lines.recv_timeout(left) else {
                panic!("waited in vain for {what}: {}", self.all());
            };
            self.facts.push(fact.clone());
            if is_it(&fact) {
                return fact;
            }
        }
    }

    /// Waits until a row's pipeline is seen in this state.
    pub fn wait_for_state(&mut self, task: &str, state: &str) {
        self.wait_for(&format!("{task} to be {state}"), |fact| {
            fact["event"] == "pipeline_seen" && fact["task"] == task && fact["state"] == state
        });
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end; the exit code and the summary.
    pub fn end(mut self) -> End {
        let summary = self.wait_for("the summary", |fact| fact["event"] == "summary");
        let code = self.child.wait().unwrap().code().unwrap();
        let mut told = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        End {
            code,
            summary,
            facts: std::mem::take(&mut self.facts),
            told,
        }
    }

    fn all(&self) -> String {
        lines(&self.facts)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // After a failed assertion nothing may be left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct End {
    pub code: i32,
    pub summary: Value,
    pub facts: Vec<Value>,
    pub told: String,
}

impl End {
    /// The summary's words on a task.
    pub fn task(&self, name: &str) -> &Value {
        let tasks = self.summary["tasks"].as_array().unwrap();
        tasks.iter().find(|task| task["task"] == name).unwrap()
    }

    /// How many facts of a kind a task has, or all tasks together.
    pub fn count(&self, event: &str, task: Option<&str>) -> usize {
        let counted = |fact: &&Value| fact["event"] == event && task.is_none_or(|task| fact["task"] == task);
        self.facts.iter().filter(counted).count()
    }

    /// Everything, for a failing assertion.
    pub fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.code, lines(&self.facts), self.told)
    }
}

fn lines(facts: &[Value]) -> String {
    facts.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}
