//! Replays one recording against one sandbox: brings it to the state of the recorded server, sends each request, and
//! compares the answers.
//!
//! A request that only reads is repeated until the answer is equal or the time is over, because the recorder had waited
//! too. A request that changes something is sent once.

use super::comparison::{Difference, compare, compare_lists, compare_step, mask};
use super::known_differences::KnownDifferences;
use super::mapping::{Mapping, uuids};
use super::raw_client::RawClient;
use super::recording::{Content, Entry, Request, Response};
use super::setup::{self, Setup};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a request is repeated until its answer is equal.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long a run may take to reach a status.
const RUN_TIMEOUT: Duration = Duration::from_secs(12);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(5);

mod steps;

const WORKFLOW: &str = "workflows/DataPipelineWorkflow";

/// How many exchanges of a recording were replayed, and how.
#[derive(Debug, Default)]
pub struct Summary {
    pub replayed: usize,
    pub equal: usize,
    pub justified: usize,
    pub skipped: usize,
}

pub struct Player {
    client: RawClient,
    mapping: Mapping,
    entries: Vec<Entry>,
    setups: Vec<Setup>,
    known: KnownDifferences,
    summary: Summary,
    failures: Vec<String>,
    /// The body of the previous answer.
    last: String,
    /// What went wrong before an exchange; reported with it.
    setup_failures: Vec<Difference>,
}

impl Player {
    pub fn new(file: &str, client: RawClient, data: &str) -> Self {
        Self {
            client,
            mapping: Mapping::new(data),
            entries: super::recording::read(file),
            setups: setup::read(file),
            known: KnownDifferences::read(file),
            summary: Summary::default(),
            failures: Vec::new(),
            last: String::new(),
            setup_failures: Vec::new(),
        }
    }

    /// Replays all exchanges. The failures are unknown differences, and known ones that do not exist any more.
    pub fn replay(mut self) -> (Summary, Vec<String>) {
        self.clear();
        self.prepare("", 0);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for at in 0..self.entries.len() {
            let Entry { name, content } = self.entries[at].clone();
            let nth = seen.entry(name.clone()).or_default();
            *nth += 1;
            let nth = *nth - 1;
            self.prepare(&name, nth);
            let differences = match content {
                Content::Exchange(request, response) => self.exchange(at, &name, &request, &response),
                Content::Poll(request, steps, took) => self.poll(at, &name, &request, &steps, took),
                Content::Events(count) => self.events(count),
                Content::Bytes { sent, received } => self.bytes(&sent, &received),
                Content::Computed => {
                    self.summary.skipped += 1;
                    continue;
                }
            };
            let unready = std::mem::take(&mut self.setup_failures);
            self.record(&name, unready.into_iter().chain(differences).collect());
        }
        for stale in self.known.stale() {
            self.failures.push(format!(
                "this difference does not exist any more, remove it from differences.toml: {stale}"
            ));
        }
        (self.summary, self.failures)
    }

    fn record(&mut self, name: &str, differences: Vec<Difference>) {
        self.summary.replayed += 1;
        if differences.is_empty() {
            self.summary.equal += 1;
            return;
        }
        let mut justified = true;
        for difference in differences {
            if !self.known.explain(name, &difference) {
                justified = false;
                let Difference { at, recorded, ours } = difference;
                self.failures.push(format!(
                    "{name:?} at {at:?}\n     recorded {recorded}\n     ours     {ours}"
                ));
            }
        }
        self.summary.justified += usize::from(justified);
    }

    fn all_known(&self, name: &str, differences: &[Difference]) -> bool {
        differences
            .iter()
            .all(|difference| self.known.knows(name, difference))
    }

    fn exchange(&mut self, at: usize, name: &str, request: &Request, recorded: &Response) -> Vec<Difference> {
        let unknown_run = recorded.status == 404;
        if !unknown_run {
            self.ensure_runs(at, request, recorded.status == 200);
        }
        let is_read = request.method == "GET"
            || ["/status", "/runs", "/runcount", "/appdetail", "/query"]
                .iter()
                .any(|end| request.path.ends_with(end));
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let ours = self.client.send(&self.translate(request));
            let mut mapping = self.mapping.clone();
            let differences = compare(recorded, &ours, &mut mapping);
            if !is_read || self.all_known(name, &differences) || Instant::now() > deadline {
                self.mapping = mapping;
                self.last = ours.body.unwrap_or_default();
                return differences;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Our answers must be recorded ones, in the recorded order, up to the last one; some may be missing.
    fn poll(
        &mut self,
        at: usize,
        name: &str,
        request: &Request,
        steps: &[Response],
        took: Duration,
    ) -> Vec<Difference> {
        self.ensure_runs(at, request, true);
        // A run of a schedule takes as long here as it was recorded.
        let deadline = Instant::now() + RUN_TIMEOUT + took * 2;
        let mut reached = 0;
        let mut differences = Vec::new();
        let mut last = None;
        while Instant::now() < deadline && self.setup_failures.is_empty() {
            let ours = self.client.send(&self.translate(request));
            if last
                .as_ref()
                .is_some_and(|last: &Response| last.body == ours.body)
            {
                std::thread::sleep(PAUSE);
                continue;
            }
            if let Some(found) = compare_lists(steps, &ours, &mut self.mapping.clone()) {
                let done = compare_lists(&steps[steps.len() - 1..], &ours, &mut self.mapping.clone());
                last = Some(ours);
                differences.extend(found);
                if done.is_some_and(|differences| self.all_known(name, &differences)) {
                    return differences;
                }
                continue;
            }
            let attempts: Vec<_> = steps[reached..]
                .iter()
                .enumerate()
                .map(|(ahead, step)| {
                    let mut mapping = self.mapping.clone();
                    let differences = compare_step(step, &ours, &mut mapping);
                    let unknown = differences
                        .iter()
                        .filter(|difference| !self.known.knows(name, difference))
                        .count();
                    (unknown, differences.len(), ahead, differences, mapping)
                })
                .collect();
            last = Some(ours);
            let best = attempts
                .into_iter()
                .min_by_key(|(unknown, all, ahead, ..)| (*unknown, *all, *ahead));
            let Some((unknown, _, ahead, found, mapping)) = best else {
                break;
            };
            differences.extend(found.into_iter().map(|difference| Difference {
                at: format!("step {}", difference.at),
                ..difference
            }));
            if unknown == 0 {
                reached += ahead;
                self.mapping = mapping;
            }
            if reached + 1 == steps.len() {
                differences.dedup();
                return differences;
            }
        }
        differences.push(Difference {
            at: "last step".to_owned(),
            recorded: steps
                .last()
                .and_then(|step| step.body.clone())
                .unwrap_or_default(),
            ours: last.and_then(|last| last.body).unwrap_or_default(),
        });
        differences
    }

    /// There must be as many log lines as recorded.
    fn events(&self, recorded: usize) -> Vec<Difference> {
        let lines: Vec<Value> = serde_json::from_str(&self.last).unwrap_or_default();
        if lines.len() == recorded {
            return Vec::new();
        }
        vec![Difference {
            at: "events".to_owned(),
            recorded: recorded.to_string(),
            ours: lines.len().to_string(),
        }]
    }

    fn bytes(&mut self, sent: &str, received: &str) -> Vec<Difference> {
        let ours = self
            .client
            .bytes(&sent.replace(" /", &format!(" {}/", self.client.prefix)));
        let (recorded, ours) = (mask(&without_time(received)), mask(&ours));
        if recorded == ours {
            return Vec::new();
        }
        let at = "bytes".to_owned();
        vec![Difference { at, recorded, ours }]
    }

    fn translate(&self, request: &Request) -> Request {
        Request {
            path: self.mapping.translate(&request.path),
            body: request.body.as_deref().map(|body| self.mapping.translate(body)),
            ..request.clone()
        }
    }

    /// Starts the run in a path as the recorder did, and waits until it has the recorded status.
    fn ensure_runs(&mut self, at: usize, request: &Request, taken: bool) {
        let Some((app, id)) = run_of(&request.path) else {
            return;
        };
        let known = self.mapping.ours(&id).is_some();
        if !known {
            let Some(arguments) = self.arguments_of(&id) else {
                return;
            };
            self.start_with(&app, Some(&id), arguments);
            if self.mapping.ours(&id).is_none() {
                return;
            }
        }
        let next = self.entries[at..]
            .iter()
            .find_map(|entry| records(entry).into_iter().find(|r| r["runid"] == *id));
        let Some(status) = next.and_then(|record| record["status"].as_str().map(str::to_owned)) else {
            return;
        };
        let stops = request.path.contains("/stop");
        if stops && status != "STOPPING" {
            self.until(
                &app,
                &id,
                &[if taken && status == "KILLED" {
                    "RUNNING".to_owned()
                } else {
                    status
                }],
            );
        }
    }

    /// The arguments of a recorded run, from any of its records.
    fn arguments_of(&self, id: &str) -> Option<BTreeMap<String, String>> {
        let mine = self
            .entries
            .iter()
            .flat_map(records)
            .filter(|record| record["runid"] == *id);
        let maps = mine
            .filter_map(|record| serde_json::from_str(record["properties"]["runtimeArgs"].as_str()?).ok());
        let mut maps = maps.filter(|map: &BTreeMap<String, String>| !map.contains_key("clusterMode"));
        maps.next()
    }

    /// The recorded server had none of the shipped pipelines.
    fn clear(&mut self) {
        let apps = self.ask("GET", "apps", None);
        for name in apps
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|app| app["name"].as_str())
        {
            self.ask("DELETE", &format!("apps/{name}"), None);
        }
    }

    fn prepare(&mut self, exchange: &str, nth: usize) {
        let all = self.setups.clone();
        for setup in all
            .iter()
            .filter(|setup| setup.exchange == exchange && setup.nth == nth)
        {
            for step in &setup.steps {
                self.step(step);
            }
        }
    }

    fn setup_failed(&mut self, wanted: &str, met: &Value) {
        self.setup_failures.push(Difference {
            at: "setup".to_owned(),
            recorded: wanted.to_owned(),
            ours: met.to_string().chars().take(300).collect(),
        });
    }

    fn until(&mut self, app: &str, run: &str, status: &[String]) {
        let ours = self.mapping.ours(run).unwrap_or(run).to_owned();
        self.wait(app, &format!("{run} of {app} is {status:?}"), |run| {
            run["runid"] == *ours && status.iter().any(|status| run["status"] == *status)
        });
    }

    /// Waits for a run that is as wanted, and returns it.
    fn wait(&mut self, app: &str, what: &str, wanted: impl Fn(&&Value) -> bool) -> Value {
        let runs = self.wait_all(app, what, |runs| runs.iter().any(|run| wanted(&run)));
        runs.iter().find(wanted).cloned().unwrap_or_default()
    }

    /// Lists the runs of an app until they are as wanted.
    fn wait_all(&mut self, app: &str, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + RUN_TIMEOUT;
        loop {
            let runs = self.ask("GET", &format!("apps/{app}/{WORKFLOW}/runs?limit=1000"), None);
            if let Some(runs) = runs.as_array().filter(|runs| wanted(runs)) {
                return runs.clone();
            }
            if !runs.is_array() || Instant::now() > deadline {
                self.setup_failed(what, &runs);
                return Vec::new();
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<String>) -> Value {
        self.send(method, &format!("/v3/namespaces/default/{path}"), body)
    }

    fn send(&self, method: &str, path: &str, body: Option<String>) -> Value {
        let token = self.client.token.iter();
        let answer = self.client.send(&Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: token
                .map(|token| ("Authorization".to_owned(), format!("Bearer {token}")))
                .collect(),
            body,
        });
        let body = answer.body.unwrap_or_default();
        serde_json::from_str(&body).unwrap_or(Value::String(body))
    }
}

/// Whether a run cannot change any more.
fn is_over(run: &Value) -> bool {
    run["status"] == "REJECTED" || run["cluster"]["status"] == "DEPROVISIONED"
}

/// The app and the run in a path of a workflow's run.
fn run_of(path: &str) -> Option<(String, String)> {
    let (before, rest) = path.split_once("/workflows/DataPipelineWorkflow/runs/")?;
    let id = *uuids(rest.get(..36)?).first()?;
    let app = before.split_once("/apps/")?.1.split('/').next()?;
    Some((app.to_owned(), id.to_owned()))
}

/// All run records in the answers of an entry.
fn records(entry: &Entry) -> Vec<Value> {
    let responses: Vec<&Response> = match &entry.content {
        Content::Exchange(_, response) => vec![response],
        Content::Poll(_, steps, _) => steps.iter().collect(),
        _ => Vec::new(),
    };
    let bodies = responses
        .into_iter()
        .filter_map(|response| serde_json::from_str(response.body.as_deref()?).ok());
    let mut found = Vec::new();
    bodies.for_each(|body: Value| collect(&body, &mut found));
    found
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(map) if map.contains_key("runid") => found.push(value.clone()),
        Value::Object(map) => map.values().for_each(|value| collect(value, found)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// `[closed by the server after 3 ms]` without its time.
fn without_time(received: &str) -> String {
    match received.split_once(" after ") {
        Some((before, rest)) if rest.ends_with("ms]") => format!("{before}]"),
        _ => received.to_owned(),
    }
}
