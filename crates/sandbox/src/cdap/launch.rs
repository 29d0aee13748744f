//! Starting a run: the checks, flow control, the record.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::app::AppVersion;
use super::call::Call;
use super::event::Event;
use super::hash::in_hash_order;
use super::json::{Ordered, gson_text};
use super::program::{ProgramKind, ProgramRef};
use super::run::{ClusterStatus, Run};
use super::strings::{InOrder, string_map};
use super::world::{World, has_program};
use crate::Personality;
use crate::run_status::RunStatus;
use crate::scenario::{FlowLimit, RunFault};
use pipelines::execution::PluginUse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::ContextV1;
use uuid::Uuid;

/// Makes version-1 UUIDs whose time is the moment they are made for; all share one node id.
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
        // The multicast bit marks a node id that is no real card's.
        node[0] |= 1;
        Self {
            context: ContextV1::new(u16::from_be_bytes([random[6], random[7]])),
            node,
        }
    }
}

impl RunIds {
    /// An id for `at`, in milliseconds since 1970.
    pub fn fresh(&self, at: i64) -> String {
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
        let mut world = self.world();
        let version = world
            .newest(&program.namespace, &program.app)
            .ok_or_else(|| Answer::missing(&program.app_reference()))?;
        if !has_program(version, program) {
            return Err(Answer::missing(&program.entity(&version.id)));
        }
        if program.kind != ProgramKind::Workflow {
            let text = "The sandbox starts workflows only. Please start DataPipelineWorkflow.";
            return Err(Answer::refuse(501, text));
        }
        let mut run = self.draft(&world, program);
        run.arguments.extend(arguments);
        check_profile(&run.arguments)?;
        let id = run.id.clone();
        self.give_fate(&mut run);
        let refusal = self.flow_control(&world, &run);
        let event = if refusal.is_some() {
            Event::Rejected
        } else {
            Event::Accepted
        };
        world.events.push(event(id.clone()));
        self.store.put("run", &id, &run);
        world.runs.insert(id.clone(), run);
        refusal.map_or(Ok(id), Err)
    }

    /// A run as it is born: PENDING, with what it inherits and `logical.start.time`.
    fn draft(&self, world: &World, program: &ProgramRef) -> Run {
        let now = self.clock.now();
        let mut arguments = world.resolved(&scope(program));
        arguments.insert("logical.start.time".to_owned(), now.to_string());
        let newest = world.newest(&program.namespace, &program.app);
        let early = self.personality == Personality::V6_11;
        Run {
            id: self.ids.fresh(now),
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
            arguments,
            early_arguments: early.then(|| early_arguments(newest)),
            visible: early,
            cluster: ClusterStatus::Provisioning,
            cluster_end: None,
            nodes: Vec::new(),
            cause: None,
            token: Vec::new(),
            metrics: BTreeMap::new(),
            inner: BTreeMap::new(),
            map_reduce: false,
            workflow_run: None,
            fate: RunFault::default(),
            stop: Arc::default(),
            paused: Arc::default(),
            worked_on: false,
        }
    }

    /// The 429 that this run meets, if it does. The run itself counts.
    fn flow_control(&self, world: &World, run: &Run) -> Option<Answer> {
        let (launching, running) = world.outstanding();
        let entity = run.program.entity(&run.version);
        let refuse = |limit: u32, what: &str| {
            let text = format!(
                "Program {entity} cannot start because the maximum of {limit} {what} runs is allowed"
            );
            Some(Answer::refuse(429, text))
        };
        let full = |limit: u32, taken: usize| taken >= usize::try_from(limit).unwrap_or(usize::MAX);
        let (launching_limit, limit) = match run.fate.refuse {
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

impl World {
    /// How many runs launch, and how many run. A refused start counts as launching until it is
    /// seen as REJECTED, a dead RUNNING run for ever (both measured).
    pub fn outstanding(&self) -> (usize, usize) {
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

/// The preferences' level of a program.
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
fn early_arguments(version: Option<&AppVersion>) -> String {
    let plugins = version.map(|version| version.plan.plugins.as_slice());
    system_arguments(plugins.unwrap_or_default())
}

impl Cdap {
    /// What the scenario has for this run, as far as it shows from its birth.
    fn give_fate(&self, run: &mut Run) {
        run.fate = self.faults.run(&run.arguments);
        if run.fate.arguments_hidden > 0 {
            run.visible = true;
            run.early_arguments = run.early_arguments.take().or_else(|| Some(system_arguments(&[])));
        }
        if run.fate.hidden > 0 {
            run.visible = false;
        }
    }
}

/// What a young record shows instead of the caller's arguments; the order is a real server's.
fn system_arguments(plugins: &[PluginUse]) -> String {
    let by_stage = in_hash_order(plugins.iter().map(|plugin| (&plugin.id, plugin)));
    let requirements: Vec<_> = by_stage
        .into_iter()
        .map(|(_, plugin)| Requirement {
            name: &plugin.name,
            r#type: &plugin.kind,
            requirements: Requirements::default(),
        })
        .collect();
    let entries = [
        ("app.cdap.version", "6.11.0-1741613763282"),
        ("cluster.name", ""),
        ("system.profile.name", "SYSTEM:native"),
        ("pluginRequirements", &gson_text(&requirements)),
        ("system.profile.provisioner", "native"),
        ("clusterMode", "ON_PREMISE"),
    ];
    gson_text(&InOrder(
        &entries.map(|(key, value)| (key.to_owned(), value.to_owned())),
    ))
}

/// Only the profile `SYSTEM:native` exists.
fn check_profile(arguments: &BTreeMap<String, String>) -> Result<(), Answer> {
    let Some(profile) = arguments.get("system.profile.name") else {
        return Ok(());
    };
    let (scope, name) = profile.split_once(':').unwrap_or(("USER", profile));
    let scope = scope.to_ascii_uppercase();
    if !matches!(scope.as_str(), "SYSTEM" | "USER") {
        let text = format!("No enum constant io.cdap.cdap.proto.EntityScope.{scope}");
        return Err(Answer::refuse(500, text));
    }
    if scope == "SYSTEM" && name == "native" {
        return Ok(());
    }
    let owner = if scope == "SYSTEM" { "system" } else { "default" };
    Err(Answer::missing(&format!("profile:{owner}.{name}")))
}

/// `POST …/start`: one program, no id in the answer.
pub fn single(call: &Call) -> Outcome {
    let program = call.program(400)?;
    check_version(call, &program)?;
    let arguments = if call.body.is_empty() {
        Vec::new()
    } else {
        let body = match call.json() {
            Ok(body) => body,
            // Gson is lenient: what begins with a letter is a string.
            Err(_) if call.text().trim_start().starts_with(char::is_alphabetic) => Ordered::Text(call.text()),
            Err((text, _)) => return Err(Answer::refuse(500, text)),
        };
        string_map(&body).map_err(|flaw| Answer::refuse(500, flaw.placed(&call.text(), 1, "$.")))?
    };
    call.cdap.start(&program, arguments)?;
    Ok(Answer::empty())
}

/// A version in the path must be the newest, or `-SNAPSHOT`, which means the newest.
fn check_version(call: &Call, program: &ProgramRef) -> Result<(), Answer> {
    let wanted = call.part("version");
    if wanted.is_empty() || wanted == "-SNAPSHOT" {
        return Ok(());
    }
    let world = call.cdap.world();
    let newest = world
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::missing(&program.app_reference()))?;
    if newest.id == wanted {
        return Ok(());
    }
    let id = &newest.id;
    let text = format!(
        "Start action is only allowed on the latest version {id}. Please use the versionless start API instead."
    );
    Err(Answer::refuse(400, text))
}

/// Any other action word.
pub fn unknown_action(call: &Call) -> Outcome {
    call.program(400)?;
    match call.part("action") {
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
    fn an_id_carries_its_time_and_is_never_repeated() {
        let ids = RunIds::default();
        let at = 1_795_412_141_427;
        let made: std::collections::BTreeSet<_> = (0..1000).map(|_| ids.fresh(at)).collect();
        assert_eq!(made.len(), 1000);
        for id in made {
            let uuid = Uuid::parse_str(&id).unwrap();
            assert_eq!(uuid.get_version_num(), 1);
            let (seconds, nanos) = uuid.get_timestamp().unwrap().to_unix();
            assert_eq!((seconds, nanos / 1_000_000), (1_795_412_141, 427));
        }
    }
}
