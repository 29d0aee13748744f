//! Plays one recording against one sandbox: brings it to the state that the recorder had, sends each
//! request, and compares.
//!
//! What only looks is asked again until it is equal or patience ends, because the recorder had waited
//! too; what changes something is sent once.

use super::names::{Names, uuids};
use super::recording::{Content, Entry, Request, Response};
use super::shape::{Flaw, compare, compare_lists, compare_step, mask};
use super::stage::{self, Before};
use super::table::Differences;
use super::wire::Wire;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long an answer may take to become equal.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long runs may take to get somewhere.
const LONG: Duration = Duration::from_secs(12);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

mod acts;

const WORKFLOW: &str = "workflows/DataPipelineWorkflow";

/// What came of a recording.
#[derive(Debug, Default)]
pub struct Tally {
    pub replayed: usize,
    pub equal: usize,
    pub justified: usize,
    pub left_out: usize,
}

pub struct Player {
    wire: Wire,
    names: Names,
    entries: Vec<Entry>,
    before: Vec<Before>,
    differences: Differences,
    tally: Tally,
    complaints: Vec<String>,
    /// The body of the answer before.
    last: String,
    /// What went wrong before an exchange; judged with it.
    unready: Vec<Flaw>,
}

impl Player {
    pub fn new(file: &str, wire: Wire, data: &str) -> Self {
        Self {
            wire,
            names: Names::new(data),
            entries: super::recording::read(file),
            before: stage::of(file),
            differences: Differences::of(file),
            tally: Tally::default(),
            complaints: Vec::new(),
            last: String::new(),
            unready: Vec::new(),
        }
    }

    /// Plays all; what is different without being known, and what is known without being different.
    pub fn play(mut self) -> (Tally, Vec<String>) {
        self.clear();
        self.prepare("", 0);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for at in 0..self.entries.len() {
            let Entry { name, content } = self.entries[at].clone();
            let nth = seen.entry(name.clone()).or_default();
            *nth += 1;
            let nth = *nth - 1;
            self.prepare(&name, nth);
            let flaws = match content {
                Content::Exchange(request, response) => self.exchange(at, &name, &request, &response),
                Content::Poll(request, steps, took) => self.poll(at, &name, &request, &steps, took),
                Content::Events(count) => self.events(count),
                Content::Bytes { sent, received } => self.bytes(&sent, &received),
                Content::Computed => {
                    self.tally.left_out += 1;
                    continue;
                }
            };
            let unready = std::mem::take(&mut self.unready);
            self.judge(&name, unready.into_iter().chain(flaws).collect());
        }
        for stale in self.differences.stale() {
            self.complaints
                .push(format!("no longer different, take it out of the table: {stale}"));
        }
        (self.tally, self.complaints)
    }

    fn judge(&mut self, name: &str, flaws: Vec<Flaw>) {
        self.tally.replayed += 1;
        if flaws.is_empty() {
            self.tally.equal += 1;
            return;
        }
        let mut justified = true;
        for flaw in flaws {
            if !self.differences.explain(name, &flaw) {
                justified = false;
                let Flaw { at, recorded, ours } = flaw;
                self.complaints.push(format!(
                    "{name:?} at {at:?}\n     recorded {recorded}\n     ours     {ours}"
                ));
            }
        }
        self.tally.justified += usize::from(justified);
    }

    fn all_known(&self, name: &str, flaws: &[Flaw]) -> bool {
        flaws.iter().all(|flaw| self.differences.knows(name, flaw))
    }

    fn exchange(&mut self, at: usize, name: &str, request: &Request, recorded: &Response) -> Vec<Flaw> {
        let unknown_run = recorded.status == 404;
        if !unknown_run {
            self.have_runs(at, request, recorded.status == 200);
        }
        let looks = request.method == "GET"
            || ["/status", "/runs", "/runcount", "/appdetail", "/query"]
                .iter()
                .any(|end| request.path.ends_with(end));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ours = self.wire.send(&self.translate(request));
            let mut names = self.names.clone();
            let flaws = compare(recorded, &ours, &mut names);
            if !looks || self.all_known(name, &flaws) || Instant::now() > deadline {
                self.names = names;
                self.last = ours.body.unwrap_or_default();
                return flaws;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Our answers must be recorded ones, in the recorded order, up to the last; some may be missed.
    fn poll(
        &mut self,
        at: usize,
        name: &str,
        request: &Request,
        steps: &[Response],
        took: Duration,
    ) -> Vec<Flaw> {
        self.have_runs(at, request, true);
        // What waits for a schedule waits as long here.
        let deadline = Instant::now() + LONG + took * 2;
        let mut reached = 0;
        let mut flaws = Vec::new();
        let mut last = None;
        while Instant::now() < deadline && self.unready.is_empty() {
            let ours = self.wire.send(&self.translate(request));
            if last
                .as_ref()
                .is_some_and(|last: &Response| last.body == ours.body)
            {
                std::thread::sleep(PAUSE);
                continue;
            }
            if let Some(found) = compare_lists(steps, &ours, &mut self.names.clone()) {
                let done = compare_lists(&steps[steps.len() - 1..], &ours, &mut self.names.clone());
                last = Some(ours);
                flaws.extend(found);
                if done.is_some_and(|flaws| self.all_known(name, &flaws)) {
                    return flaws;
                }
                continue;
            }
            let attempts: Vec<_> = steps[reached..]
                .iter()
                .enumerate()
                .map(|(ahead, step)| {
                    let mut names = self.names.clone();
                    let flaws = compare_step(step, &ours, &mut names);
                    let unknown = flaws
                        .iter()
                        .filter(|flaw| !self.differences.knows(name, flaw))
                        .count();
                    (unknown, flaws.len(), ahead, flaws, names)
                })
                .collect();
            last = Some(ours);
            let best = attempts
                .into_iter()
                .min_by_key(|(unknown, all, ahead, ..)| (*unknown, *all, *ahead));
            let Some((unknown, _, ahead, found, names)) = best else {
                break;
            };
            flaws.extend(found.into_iter().map(|flaw| Flaw {
                at: format!("step {}", flaw.at),
                ..flaw
            }));
            if unknown == 0 {
                reached += ahead;
                self.names = names;
            }
            if reached + 1 == steps.len() {
                flaws.dedup();
                return flaws;
            }
        }
        flaws.push(Flaw {
            at: "last step".to_owned(),
            recorded: steps
                .last()
                .and_then(|step| step.body.clone())
                .unwrap_or_default(),
            ours: last.and_then(|last| last.body).unwrap_or_default(),
        });
        flaws
    }

    /// As many log lines as the recorded answer had.
    fn events(&self, recorded: usize) -> Vec<Flaw> {
        let lines: Vec<Value> = serde_json::from_str(&self.last).unwrap_or_default();
        if lines.len() == recorded {
            return Vec::new();
        }
        vec![Flaw {
            at: "events".to_owned(),
            recorded: recorded.to_string(),
            ours: lines.len().to_string(),
        }]
    }

    fn bytes(&mut self, sent: &str, received: &str) -> Vec<Flaw> {
        let ours = self
            .wire
            .bytes(&sent.replace(" /", &format!(" {}/", self.wire.prefix)));
        let (recorded, ours) = (mask(&without_time(received)), mask(&ours));
        if recorded == ours {
            return Vec::new();
        }
        let at = "bytes".to_owned();
        vec![Flaw { at, recorded, ours }]
    }

    fn translate(&self, request: &Request) -> Request {
        Request {
            path: self.names.translate(&request.path),
            body: request.body.as_deref().map(|body| self.names.translate(body)),
            ..request.clone()
        }
    }

    /// Starts the run that a path names, as the recorder had, and waits until it is as far.
    fn have_runs(&mut self, at: usize, request: &Request, taken: bool) {
        let Some((app, id)) = run_of(&request.path) else {
            return;
        };
        let known = self.names.ours(&id).is_some();
        if !known {
            let Some(arguments) = self.arguments_of(&id) else {
                return;
            };
            self.start_with(&app, Some(&id), arguments);
            if self.names.ours(&id).is_none() {
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

    /// The recorder's server had none of the shipped pipelines.
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
        let all = self.before.clone();
        for before in all
            .iter()
            .filter(|before| before.exchange == exchange && before.nth == nth)
        {
            for step in &before.steps {
                self.step(step);
            }
        }
    }

    fn unready(&mut self, wanted: &str, met: &Value) {
        self.unready.push(Flaw {
            at: "stage".to_owned(),
            recorded: wanted.to_owned(),
            ours: met.to_string().chars().take(300).collect(),
        });
    }

    fn until(&mut self, app: &str, run: &str, status: &[String]) {
        let ours = self.names.ours(run).unwrap_or(run).to_owned();
        self.wait(app, &format!("{run} of {app} is {status:?}"), |run| {
            run["runid"] == *ours && status.iter().any(|status| run["status"] == *status)
        });
    }

    /// Waits for a run that pleases, and returns it.
    fn wait(&mut self, app: &str, what: &str, wanted: impl Fn(&&Value) -> bool) -> Value {
        let runs = self.wait_all(app, what, |runs| runs.iter().any(|run| wanted(&run)));
        runs.iter().find(wanted).cloned().unwrap_or_default()
    }

    /// Looks at the runs of an app until they are as wanted.
    fn wait_all(&mut self, app: &str, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + LONG;
        loop {
            let runs = self.ask("GET", &format!("apps/{app}/{WORKFLOW}/runs?limit=1000"), None);
            if let Some(runs) = runs.as_array().filter(|runs| wanted(runs)) {
                return runs.clone();
            }
            if !runs.is_array() || Instant::now() > deadline {
                self.unready(what, &runs);
                return Vec::new();
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<String>) -> Value {
        self.send(method, &format!("/v3/namespaces/default/{path}"), body)
    }

    fn send(&self, method: &str, path: &str, body: Option<String>) -> Value {
        let token = self.wire.token.iter();
        let answer = self.wire.send(&Request {
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

/// Whether nothing of a run changes any more.
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
