//! Starting a run: the checks, flow control, the record.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::app::AppVersion;
use super::call::Call;
use super::event::Event;
use super::hash::in_hash_order;
use super::json::{Ordered, gson_text};
use super::profile::{self, PROFILE_ARGUMENT};
use super::program::{ProgramKind, ProgramRef};
use super::run::{ClusterStatus, Run};
use super::state::{CdapState, has_program};
use super::string_map::{InOrder, StringMapError, string_map};
use crate::Personality;
use crate::run_status::RunStatus;
use crate::scenario::{FlowLimit, RunFault};
use pipelines::execution::PluginUse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::ContextV1;
use uuid::Uuid;

/// Creates version-1 UUIDs with a given time; all share one node id.
#[derive(Debug)]
pub struct RunIds {
    context: ContextV1,
    node: [u8; 6],
}

impl Default for RunIds {
    fn default() -> Self {
        let random = Uuid::new_v4().into_bytes();
        let mut node = [0; 6];
        node.copy_from_slice(&random[..6]);
        // The multicast bit marks a node id that is not a real network card's.
        node[0] |= 1;
        Self {
            context: ContextV1::new(u16::from_be_bytes([random[6], random[7]])),
            node,
        }
    }
}

impl RunIds {
    /// An id for `at`, in milliseconds since 1970.
    pub fn new_id(&self, at: i64) -> String {
        let seconds = u64::try_from(at.div_euclid(1000)).unwrap_or_default();
        let nanos = u32::try_from(at.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
        let time = uuid::Timestamp::from_unix(&self.context, seconds, nanos);
        Uuid::new_v1(time, &self.node).to_string()
    }
}

impl Cdap {
    /// Starts a program of the newest version of its app; the run's id.
    ///
    /// # Errors
    /// The answer of a real server: 404 for what does not exist, 429 from flow control.
    pub(super) fn start(
        &self,
        program: &ProgramRef,
        arguments: Vec<(String, String)>,
    ) -> Result<String, Answer> {
        let mut state = self.state();
        let version = state
            .newest(&program.namespace, &program.app)
            .ok_or_else(|| Answer::not_found(&program.app_reference()))?;
        if !has_program(version, program) {
            return Err(Answer::not_found(&program.entity(&version.id)));
        }
        if program.kind != ProgramKind::Workflow {
            let text = "The sandbox starts workflows only. Please start DataPipelineWorkflow.";
            return Err(Answer::refuse(501, text));
        }
        let mut run = self.new_run(&state, program, arguments);
        check_profile(&run.arguments)?;
        let id = run.id.clone();
        self.assign_fault(&mut run);
        let refusal = self.flow_control(&state, &run);
        run.refused = refusal.is_some().then_some(run.starting);
        let event = if refusal.is_some() {
            Event::Rejected
        } else {
            Event::Accepted
        };
        state.events.push(event(id.clone()));
        self.store.put("run", &id, &run);
        state.runs.insert(id.clone(), run);
        refusal.map_or(Ok(id), Err)
    }

    /// A new run: PENDING, with the preferences and `logical.start.time` beside the caller's arguments.
    fn new_run(&self, state: &CdapState, program: &ProgramRef, given: Vec<(String, String)>) -> Run {
        let now = self.clock.now();
        let mut arguments = state.resolved_preferences(&scope(program));
        arguments.insert("logical.start.time".to_owned(), now.to_string());
        arguments.extend(given);
        let newest = state.newest(&program.namespace, &program.app);
        let early = self.personality == Personality::V6_11;
        Run {
            id: self.ids.new_id(now),
            program: program.clone(),
            version: newest.map(|version| version.id.clone()).unwrap_or_default(),
            starting: now,
            start: None,
            end: None,
            suspend: None,
            resume: None,
            stopping: None,
            terminate: None,
            status: RunStatus::Pending,
            early_arguments: early.then(|| early_arguments(newest, profile::chosen(&arguments))),
            arguments,
            visible: early,
            cluster: ClusterStatus::Provisioning,
            cluster_end: None,
            nodes: Vec::new(),
            cause: None,
            token: Vec::new(),
            metrics: BTreeMap::new(),
            inner: BTreeMap::new(),
            map_reduce: false,
            parent_id: None,
            refused: None,
            fault: RunFault::default(),
            stop: Arc::default(),
            paused: Arc::default(),
            has_worker: false,
        }
    }

    /// The 429 of flow control, if the run gets it. The run itself does not count yet.
    fn flow_control(&self, state: &CdapState, run: &Run) -> Option<Answer> {
        let (launching, running) = state.flow_counts();
        let entity = run.program.entity(&run.version);
        let refuse = |limit: u32, what: &str| {
            let text = format!(
                "Program {entity} cannot start because the maximum of {limit} {what} runs is allowed"
            );
            Some(Answer::refuse(429, text))
        };
        let full = |limit: u32, taken: usize| taken >= usize::try_from(limit).unwrap_or(usize::MAX);
        let (launching_limit, limit) = match run.fault.refuse {
            None => (self.limits.launching, self.limits.outstanding),
            Some(FlowLimit::Launching) => (u32::try_from(launching).ok(), None),
            Some(FlowLimit::Outstanding) => (None, u32::try_from(launching + running).ok()),
        };
        match (launching_limit, limit) {
            (Some(limit), _) if full(limit, launching) => refuse(limit, "concurrent provisioning/starting"),
            (_, Some(limit)) if full(limit, launching + running) => refuse(limit, "outstanding"),
            _ => None,
        }
    }
}

impl CdapState {
    /// How many runs are launching, and how many are running. A refused start counts as launching until it is
    /// REJECTED; a RUNNING run that a kill left behind counts for ever (both measured).
    pub fn flow_counts(&self) -> (usize, usize) {
        let count =
            |wanted: fn(RunStatus) -> bool| self.runs.values().filter(|run| wanted(run.status)).count();
        let running = |status| {
            matches!(
                status,
                RunStatus::Running | RunStatus::Suspended | RunStatus::Stopping
            )
        };
        (count(RunStatus::is_launching), count(running))
    }
}

/// The preference level of a program.
pub fn scope(program: &ProgramRef) -> String {
    format!(
        "{}/{}/{}/{}",
        program.namespace,
        program.app,
        program.kind.entity(),
        program.name
    )
}

#[derive(Serialize)]
struct Requirement<'a> {
    name: &'a str,
    r#type: &'a str,
    requirements: Requirements,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Requirements {
    dataset_types: [(); 0],
    capabilities: [(); 0],
}

/// What a young record of this version shows instead of the caller's arguments.
fn early_arguments(version: Option<&AppVersion>, profile: &str) -> String {
    let plugins = version.map(|version| version.plan.plugins.as_slice());
    system_arguments(plugins.unwrap_or_default(), profile)
}

impl Cdap {
    /// Decides the run's faults, and applies those that show at its start.
    fn assign_fault(&self, run: &mut Run) {
        run.fault = self.faults.run(&run.arguments);
        if run.fault.arguments_hidden > 0 {
            run.visible = true;
            let early = || system_arguments(&[], profile::chosen(&run.arguments));
            run.early_arguments = run.early_arguments.take().or_else(|| Some(early()));
        }
        if run.fault.hidden > 0 {
            run.visible = false;
        }
    }
}

/// What a young record shows instead of the caller's arguments, in a real server's order.
fn system_arguments(plugins: &[PluginUse], profile: &str) -> String {
    let by_stage = in_hash_order(plugins.iter().map(|plugin| (&plugin.id, plugin)));
    let requirements: Vec<_> = by_stage
        .into_iter()
        .map(|(_, plugin)| Requirement {
            name: &plugin.name,
            r#type: &plugin.kind,
            requirements: Requirements::default(),
        })
        .collect();
    let provisioner = profile::provisioner_of(profile);
    let entries = [
        ("app.cdap.version", "6.11.0-1741613763282"),
        ("cluster.name", ""),
        (PROFILE_ARGUMENT, &format!("SYSTEM:{profile}")),
        ("pluginRequirements", &gson_text(&requirements)),
        ("system.profile.provisioner", provisioner.name),
        ("clusterMode", provisioner.cluster_mode),
    ];
    gson_text(&InOrder(
        &entries.map(|(key, value)| (key.to_owned(), value.to_owned())),
    ))
}

/// 404 for every compute profile but the system's.
fn check_profile(arguments: &BTreeMap<String, String>) -> Result<(), Answer> {
    let Some(profile) = arguments.get(PROFILE_ARGUMENT) else {
        return Ok(());
    };
    let (scope, name) = profile.split_once(':').unwrap_or(("USER", profile));
    let scope = scope.to_ascii_uppercase();
    if !matches!(scope.as_str(), "SYSTEM" | "USER") {
        let text = format!("No enum constant io.cdap.cdap.proto.EntityScope.{scope}");
        return Err(Answer::refuse(500, text));
    }
    if scope == "SYSTEM" && profile::is_system(name) {
        return Ok(());
    }
    let owner = if scope == "SYSTEM" { "system" } else { "default" };
    Err(Answer::not_found(&format!("profile:{owner}.{name}")))
}

/// `POST …/start`: one program, no id in the answer.
pub fn program(call: &Call) -> Outcome {
    let program = call.program(400)?;
    check_version(call, &program)?;
    let arguments = if call.body.is_empty() {
        Vec::new()
    } else {
        let body = match call.json() {
            Ok(body) => body,
            // Gson is lenient: a body that begins with a letter is a string.
            Err(_) if call.text().trim_start().starts_with(char::is_alphabetic) => Ordered::Text(call.text()),
            Err((text, _)) => return Err(Answer::refuse(500, text)),
        };
        string_map(&body).map_err(|error| {
            let status = if error == StringMapError::TooLarge {
                400
            } else {
                500
            };
            Answer::refuse(status, error.gson_text_at(&call.text(), 1, "$."))
        })?
    };
    call.cdap.start(&program, arguments)?;
    Ok(Answer::empty())
}

/// A version in the path must be the newest, or `-SNAPSHOT`, which means the newest.
fn check_version(call: &Call, program: &ProgramRef) -> Result<(), Answer> {
    let wanted = call.path_param("version");
    if wanted.is_empty() || wanted == "-SNAPSHOT" {
        return Ok(());
    }
    let state = call.cdap.state();
    let newest = state
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::not_found(&program.app_reference()))?;
    if newest.id == wanted {
        return Ok(());
    }
    let id = &newest.id;
    let text = format!(
        "Start action is only allowed on the latest version {id}. Please use the versionless start API instead."
    );
    Err(Answer::refuse(400, text))
}

/// `POST …/{action}`: any other action.
pub fn unknown_action(call: &Call) -> Outcome {
    call.program(400)?;
    match call.path_param("action") {
        "debug" => Err(Answer::refuse(
            501,
            "debug action is not implemented for program type Workflow",
        )),
        action => Err(Answer::refuse(404, format!("{action} action was not found"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_contains_its_time_and_is_unique() {
        let ids = RunIds::default();
        let at = 1_795_412_141_427;
        let made: std::collections::BTreeSet<_> = (0..1000).map(|_| ids.new_id(at)).collect();
        assert_eq!(made.len(), 1000);
        for id in made {
            let uuid = Uuid::parse_str(&id).unwrap();
            assert_eq!(uuid.get_version_num(), 1);
            let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos / 1_000_000), (1_795_412_141, 427));
        }
    }
}
