//! Performs the steps that the recorder did between the recorded exchanges.

use super::super::recording::{Request, folder};
use super::super::setup::Step;
use super::{Player, is_over};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Player {
    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Deploy {
                pipeline,
                app,
                version,
                schedule,
            } => {
                let path = folder().join(format!("lab/{pipeline}.json"));
                let app = app.as_ref().unwrap_or(pipeline);
                let mut body: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
                if let Some(schedule) = schedule {
                    body["config"]["schedule"] = json!(schedule);
                }
                let answer = self.ask("PUT", &format!("apps/{app}"), Some(body.to_string()));
                if let (Some(version), Some(ours)) = (version, answer["version"].as_str()) {
                    self.mapping.rebind(version, ours);
                }
            }
            Step::Start {
                app,
                run,
                arguments,
                exact: true,
            } => self.start_with(app, run.as_deref(), arguments.clone()),
            Step::Start {
                app, run, arguments, ..
            } => self.start(app, run.as_deref(), arguments),
            Step::Until { app, run, status } => self.until(app, run, status),
            Step::Inner { app, run, node, id } => {
                let ours = self.mapping.ours(run).unwrap_or(run).to_owned();
                let wanted = |run: &&Value| run["runid"] == *ours && run["properties"][node].is_string();
                let found = self.wait(app, &format!("{run} has {node}"), wanted);
                self.mapping
                    .bind(id, found["properties"][node].as_str().unwrap_or_default());
            }
            Step::Find { app, run, status } => {
                let found = self.wait(app, &format!("a run is {status}"), |run| run["status"] == *status);
                self.mapping
                    .bind(run, found["runid"].as_str().unwrap_or_default());
            }
            Step::Idle { apps } => {
                for app in apps {
                    self.wait_all(app, &format!("{app} is idle"), |runs| runs.iter().all(is_over));
                }
            }
            Step::Count {
                app,
                status,
                runs: wanted,
            } => {
                self.wait_all(app, &format!("{wanted} of {app} are {status}"), |runs| {
                    let has = |status: &str| runs.iter().filter(|run| run["status"] == *status).count();
                    has(status) == *wanted && has("PENDING") + has("STARTING") == 0
                });
            }
            Step::HaveOnly { artifacts } => self.keep_only(artifacts),
            Step::Send { method, path, body } => {
                let request = Request {
                    method: method.clone(),
                    path: path.clone(),
                    headers: Vec::new(),
                    body: body.clone(),
                };
                let translated = self.translate(&request);
                self.client.send(&translated);
            }
        }
    }

    fn keep_only(&self, kept: &[String]) {
        for artifact in self
            .ask("GET", "artifacts", None)
            .as_array()
            .into_iter()
            .flatten()
        {
            let part = |key: &str| artifact[key].as_str().unwrap_or_default();
            let (name, version) = (part("name"), part("version"));
            if !kept.contains(&format!("{name} {version}")) {
                let owner = if part("scope") == "SYSTEM" {
                    "system"
                } else {
                    "default"
                };
                self.send(
                    "DELETE",
                    &format!("/v3/namespaces/{owner}/artifacts/{name}/versions/{version}"),
                    None,
                );
            }
        }
    }

    fn start(&mut self, app: &str, run: Option<&str>, arguments: &BTreeMap<String, String>) {
        let mut all = BTreeMap::from([("input".to_owned(), "/data/in/a.txt".to_owned())]);
        all.insert(
            "output".to_owned(),
            format!("/data/out/{}", &uuid::Uuid::new_v4().simple().to_string()[..8]),
        );
        for name in ["sleep", "actSleep"] {
            all.insert(name.to_owned(), "0".to_owned());
        }
        for name in ["level", "failAt", "errorAt", "actSet", "actFail"] {
            all.insert(name.to_owned(), String::new());
        }
        if !arguments.contains_key("actSleep") && app != "slow" {
            all.remove("actSleep");
            all.remove("actSet");
            all.remove("actFail");
        }
        all.extend(arguments.clone());
        self.start_with(app, run, all);
    }

    /// Starts with these arguments and no others.
    pub(super) fn start_with(&mut self, app: &str, run: Option<&str>, mut all: BTreeMap<String, String>) {
        all.remove("logical.start.time");
        let body = json!([{
            "appId": app, "programType": "Workflow", "programId": "DataPipelineWorkflow", "runtimeargs": all,
        }]);
        let answer = self.ask("POST", "start", Some(self.mapping.translate(&body.to_string())));
        match (answer[0]["runId"].as_str(), run) {
            (Some(ours), Some(run)) => self.mapping.bind(run, ours),
            (Some(_), None) => {}
            (None, _) => self.setup_failed(&format!("{app} starts"), &answer),
        }
    }
}
