//! Deploying and deleting apps. Each deployment is a new version, also of an identical pipeline.

mod repair;

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::app::AppVersion;
use super::call::Call;
use super::catalogue::ArtifactId;
use super::json::{Ordered, gson_text, syntax_class, syntax_error};
use super::program::WORKFLOW;
use super::run::Run;
use super::schedule;
use crate::body;
use axum::http::HeaderMap;
use pipelines::artifact::PluginFinder;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The text of the refusal of a config that is not an object (measured).
const BAD_CONFIG: &str = "Invalid JSON configuration was provided. Please check the syntax.";

/// A config as it is executed, and as it is echoed.
type Config = (Json, String);

/// `PUT {N}/apps/{app}`
pub fn put(call: &Call) -> Outcome {
    let app = call.path_param("app");
    let version = call.cdap.deploy(call.namespace(), app, &call.text())?;
    Ok(Answer::json(&version.record(app, None)))
}

/// `POST {N}/apps/{app}/update`: the deprecated call, which makes a new version, too.
pub fn update(call: &Call) -> Outcome {
    let app = call.path_param("app");
    if call.cdap.state().newest(call.namespace(), app).is_none() {
        let namespace = call.namespace();
        return Err(Answer::not_found(&format!(
            "applicationreference:{namespace}.{app}"
        )));
    }
    call.cdap.deploy(call.namespace(), app, &call.text())?;
    Ok(Answer::text("Update complete."))
}

impl Cdap {
    /// Deploys the app in the body of a PUT.
    pub(super) fn deploy(&self, namespace: &str, app: &str, body: &str) -> Result<AppVersion, Answer> {
        self.state().check_namespace(namespace)?;
        if app.is_empty()
            || !app
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        {
            return Err(Answer::refuse(400, format!("Invalid app name '{app}'")));
        }
        let mut request = request(body)?;
        if self.accept_releases {
            repair::repair(&mut request, &self.state().installed, namespace);
        }
        let artifact = self.artifact_of(namespace, &request)?;
        let (config, configuration) = config(&request)?;
        let plan = {
            let state = self.state();
            let plugin_finder = PluginFinder {
                artifacts: &state.installed,
                namespace,
            };
            self.executor.plan(&config, &plugin_finder)
        };
        let plan = plan.map_err(|text| Answer::refuse(400, text))?;
        schedule::config_cron(&config).map_err(|text| Answer::refuse(400, text))?;
        let created = self.clock.now();
        let description = config
            .get("description")
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty());
        let version = AppVersion {
            id: self.ids.new_id(created),
            description: description.unwrap_or("Data Pipeline Application").to_owned(),
            artifact,
            created,
            summary: request
                .get("change")
                .and_then(|change| change.text_of("description")),
            configuration,
            config,
            plan,
        };
        let mut state = self.state();
        let versions = state
            .apps
            .entry((namespace.to_owned(), app.to_owned()))
            .or_default();
        versions.push(version.clone());
        self.store.put("app", &format!("{namespace}/{app}"), versions);
        self.set_schedules(&mut state, namespace, app, &version.config);
        Ok(version)
    }

    fn artifact_of(&self, namespace: &str, request: &Ordered) -> Result<ArtifactId, Answer> {
        let Some(artifact) = request
            .get("artifact")
            .filter(|artifact| **artifact != Ordered::Null)
        else {
            let text = "Cannot invoke \"io.cdap.cdap.api.artifact.ArtifactSummary.getScope()\" because \"summary\" is null";
            return Err(Answer::refuse(400, text));
        };
        let field = |name: &str| artifact.text_of(name).unwrap_or_default();
        let name = field("name");
        let Some(version) = artifact.text_of("version") else {
            let text = "Cannot invoke \"String.startsWith(String)\" because \"version\" is null";
            return Err(Answer::refuse(400, text));
        };
        let scope = artifact
            .text_of("scope")
            .unwrap_or_else(|| "USER".to_owned())
            .to_ascii_uppercase();
        let state = self.state();
        let Some(found) = state.installed.newest(namespace, &scope, &name, &version) else {
            let owner = if scope == "SYSTEM" { "system" } else { namespace };
            let hint = repair::hint(&state.installed, (namespace, &scope, &name), &version);
            return Err(Answer::not_found(&format!("{owner}:{name} {version}")).with_hint(&hint));
        };
        if found.classes.apps.is_empty() {
            let ArtifactId { name, version, scope } = &found.id;
            let text = format!(
                "No application class found in artifact 'ArtifactId{{name='{name}', version={version}, \
                 scope='{scope}'}}' in namespace 'namespace:{namespace}'."
            );
            return Err(Answer::refuse(400, text));
        }
        Ok(found.id.clone())
    }

    /// Deletes an app with its runs, logs and preferences; 409 while one of its runs is active. An invisible run does
    /// not prevent it, and goes on (measured on 6.10).
    pub(super) fn delete_app(&self, namespace: &str, app: &str) -> Result<(), Answer> {
        let mut state = self.state();
        let key = (namespace.to_owned(), app.to_owned());
        let reference = format!("applicationreference:{namespace}.{app}");
        if !state.apps.contains_key(&key) {
            return Err(Answer::not_found(&reference));
        }
        let mine = |run: &&Run| run.program.namespace == namespace && run.program.app == app;
        let seen = |run: &&Run| mine(run) && run.visible;
        let running: BTreeSet<_> = state
            .runs
            .values()
            .filter(seen)
            .flat_map(programs_at_work)
            .collect();
        if !running.is_empty() {
            let names: Vec<_> = running.into_iter().rev().collect();
            let names = names.join(",");
            let text = format!(
                "'{reference}' could not be deleted. Reason: The following programs are still running: {names}"
            );
            return Err(Answer::refuse(409, text));
        }
        let unseen = state.runs.values().filter(|run| mine(run) && !run.visible);
        let orphans: Vec<_> = unseen
            .filter_map(|run| Some((run.id.clone(), state.version_of(run)?.clone())))
            .collect();
        state.orphans.extend(orphans);
        let runs: Vec<_> = state
            .runs
            .values()
            .filter(seen)
            .map(|run| run.id.clone())
            .collect();
        for run in runs {
            state.runs.remove(&run);
            state.orphans.remove(&run);
            self.store.delete("run", &run);
            self.store.delete_lines(&run);
        }
        state.apps.remove(&key);
        self.on_app_deleted(&mut state, namespace, app);
        self.store.delete("app", &format!("{namespace}/{app}"));
        let own = format!("{namespace}/{app}");
        let scopes: Vec<_> = state
            .preferences
            .keys()
            .filter(|scope| is_within(scope, &own))
            .cloned()
            .collect();
        for scope in scopes {
            state.preferences.remove(&scope);
            self.store.delete("preferences", &scope);
        }
        Ok(())
    }
}

fn is_within(scope: &str, app: &str) -> bool {
    scope
        .strip_prefix(app)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The active programs of a run: its Spark phases, and the workflow.
fn programs_at_work(run: &Run) -> Vec<String> {
    if run.status.is_end() {
        return Vec::new();
    }
    let phases = run
        .nodes
        .iter()
        .filter(|node| node.run_id.is_some() && node.node_status == "RUNNING");
    phases
        .map(|node| node.node_id.clone())
        .chain(std::iter::once(WORKFLOW.to_owned()))
        .collect()
}

fn request(body: &str) -> Result<Ordered, Answer> {
    let absent = || {
        let text = "Cannot invoke \"io.cdap.cdap.proto.artifact.AppRequest.getArtifact()\" because \"appRequest\" is null";
        Answer::refuse(400, text)
    };
    if body.trim().is_empty() {
        return Err(absent());
    }
    let invalid = |error: &serde_json::Error| {
        Answer::refuse(
            400,
            format!("{}: {}", syntax_class(error), syntax_error(body, error)),
        )
    };
    match serde_json::from_str(body).map_err(|error| invalid(&error))? {
        Ordered::Null => Err(absent()),
        request => Ok(request),
    }
}

/// The config: an object is echoed as Gson writes it, text is echoed unchanged (measured).
fn config(request: &Ordered) -> Result<Config, Answer> {
    match request.get("config") {
        Some(Ordered::Text(text)) => {
            let config = body::json(&HeaderMap::new(), text.as_bytes()).unwrap_or_default();
            if !config.is_object() {
                return Err(Answer::refuse(400, BAD_CONFIG));
            }
            Ok((config, text.clone()))
        }
        Some(echo @ Ordered::Map(_)) => Ok((Json::from(echo), gson_text(echo))),
        None | Some(Ordered::Null) => Err(Answer::refuse(400, "io.cdap.cdap.etl.proto.v2.ETLBatchConfig")),
        Some(_) => Err(Answer::refuse(400, BAD_CONFIG)),
    }
}

/// `DELETE {N}/apps/{app}`
pub fn delete(call: &Call) -> Outcome {
    call.cdap.delete_app(call.namespace(), call.path_param("app"))?;
    Ok(Answer::empty())
}

/// `DELETE {N}/apps`: all of a namespace, or none while one of them runs.
pub fn delete_all(call: &Call) -> Outcome {
    let namespace = call.namespace();
    let apps: Vec<_> = {
        let state = call.cdap.state();
        state.check_namespace(namespace)?;
        let mine = |run: &&Run| run.program.namespace == namespace && run.visible && !run.status.is_end();
        let running: BTreeSet<_> = state
            .runs
            .values()
            .filter(mine)
            .map(|run| format!("{}: {}", run.program.app, run.program.name))
            .collect();
        if !running.is_empty() {
            let names = running.into_iter().collect::<Vec<_>>().join(",");
            let text = format!(
                "'namespace:{namespace}' could not be deleted. Reason: The following programs are still running: {names}"
            );
            return Err(Answer::refuse(409, text));
        }
        let apps = state.apps.keys().filter(|(of, _)| of == namespace);
        apps.map(|(_, app)| app.clone()).collect()
    };
    for app in apps {
        call.cdap.delete_app(namespace, &app)?;
    }
    Ok(Answer::empty())
}

/// `PUT {N}/apps/{app}/versions/{version}/restart-programs`: services and workers that were stopped in a
/// window; a pipeline has none.
pub fn restart_programs(call: &Call) -> Outcome {
    let (namespace, app) = (call.namespace(), call.path_param("app"));
    match call.cdap.state().newest(namespace, app) {
        Some(_) => Ok(Answer::empty()),
        None => Err(Answer::not_found(&format!(
            "applicationreference:{namespace}.{app}"
        ))),
    }
}

/// `DELETE {N}/apps/{app}/versions/{version}`
pub fn delete_version(_: &Call) -> Outcome {
    Err(Answer::refuse(
        403,
        "Deletion of specific app version is not allowed.",
    ))
}
