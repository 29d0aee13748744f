//! The pipeline runs of the sandbox: which try each belongs to, and whether two of one task were alive at once.

use super::lab::Lab;
use super::server::Sandbox;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A run that the server let in.
#[derive(Clone, Debug)]
pub struct ServerRun {
    pub id: String,
    pub status: String,
    pub token: String,
    /// The start of the DAG run's window, in milliseconds.
    pub logical: i64,
    /// `unit.source`.
    pub source: String,
    pub began: i64,
    pub ended: Option<i64>,
}

impl ServerRun {
    /// `RUN/TASK/TRY`.
    pub fn one_try(&self) -> &str {
        self.token.rsplit_once('.').map_or(&self.token, |(one, _)| one)
    }

    pub fn dag_run(&self) -> &str {
        self.token.split('/').next().unwrap_or_default()
    }

    pub fn is_live(&self) -> bool {
        !["COMPLETED", "FAILED", "KILLED"].contains(&self.status.as_str())
    }
}

/// All runs that were let in, the newest first; what flow control refused never ran.
pub fn server_runs(sandbox: &Sandbox) -> Vec<ServerRun> {
    let runs = sandbox.runs().into_iter();
    runs.filter(|run| run["status"] != "REJECTED")
        .filter_map(|run| read(&run))
        .collect()
}

/// Nothing for a record that does not show its arguments yet.
fn read(run: &Value) -> Option<ServerRun> {
    let arguments: BTreeMap<String, String> =
        serde_json::from_str(run["properties"]["runtimeArgs"].as_str()?).ok()?;
    Some(ServerRun {
        id: run["runid"].as_str()?.to_owned(),
        status: run["status"].as_str()?.to_owned(),
        token: arguments.get("downbeat.token")?.clone(),
        logical: arguments.get("logical.start.time")?.parse().ok()?,
        source: format!("{}.{}", arguments["business_unit"], arguments["data_source"]),
        began: run["starting"].as_i64()?,
        ended: run["end"].as_i64(),
    })
}

/// What is wrong with the runs once all is over.
pub fn complaints(lab: &Lab, runs: &[ServerRun]) -> Vec<String> {
    let mut found = Vec::new();
    let let_in = lab.sandbox.runs();
    let strange = let_in
        .iter()
        .filter(|run| run["status"] != "REJECTED" && read(run).is_none());
    found.extend(strange.map(|run| format!("without a token: {run}")));
    let mut tries: BTreeMap<&str, Vec<&ServerRun>> = BTreeMap::new();
    let mut sources: BTreeMap<&str, Vec<&ServerRun>> = BTreeMap::new();
    for run in runs {
        if run.is_live() {
            found.push(format!("left alive: {run:?}"));
        }
        tries.entry(run.one_try()).or_default().push(run);
        sources.entry(&run.source).or_default().push(run);
    }
    for (one_try, runs) in tries.iter().filter(|(_, runs)| runs.len() > 1) {
        found.push(format!("the try {one_try} has {} runs: {runs:?}", runs.len()));
    }
    for runs in sources.values_mut() {
        runs.sort_by_key(|run| run.began);
        for pair in runs.windows(2) {
            // Whole seconds: what began in the second of an end began after it, or cannot be told.
            if pair[0].ended.is_none_or(|ended| pair[1].began < ended) {
                found.push(format!("two runs at once: {:?} and {:?}", pair[0], pair[1]));
            }
        }
    }
    found
}

/// Looks all the time whether two runs of one source are alive at once.
pub struct Watch {
    is_over: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub fn start(sandbox: &Arc<Sandbox>) -> Self {
        const INTERVAL: Duration = Duration::from_millis(100);
        let (is_over, seen) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (sandbox, over, found) = (Arc::clone(sandbox), Arc::clone(&is_over), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                look(&sandbox, &found);
                std::thread::sleep(INTERVAL);
            }
        });
        Self {
            is_over,
            seen,
            thread: Some(thread),
        }
    }

    /// What it has seen.
    pub fn end(mut self) -> Vec<String> {
        self.join();
        self.seen.lock().unwrap().iter().cloned().collect()
    }

    fn join(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.join();
    }
}

fn look(sandbox: &Sandbox, found: &Mutex<BTreeSet<String>>) {
    let mut live: BTreeMap<String, ServerRun> = BTreeMap::new();
    for run in server_runs(sandbox).into_iter().filter(ServerRun::is_live) {
        if let Some(other) = live.insert(run.source.clone(), run.clone()) {
            let both = format!(
                "alive at once: {} {} and {} {}",
                other.id, other.token, run.id, run.token
            );
            found.lock().unwrap().insert(both);
        }
    }
}
