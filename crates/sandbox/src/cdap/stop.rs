//! Stopping runs: one, or all of a program. A stop is asynchronous; without an active run it is refused.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::event::Event;
use super::program::{ProgramKind, ProgramRef};
use super::run::Run;
use super::state::{CdapState, has_program};
use crate::run_status::RunStatus;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// How long a run-level stop lets a run go on, in seconds.
const GRACE: i64 = 300;

/// `POST …/runs/{run}/stop`
pub fn run(call: &Call) -> Outcome {
    let program = call.program(400)?;
    let id = call.path_param("run");
    if Uuid::parse_str(id).is_err() {
        return Err(Answer::text_as_json(400, &format!("Invalid UUID string: {id}")));
    }
    let mut state = call.cdap.state();
    let version = state
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::not_found(&program.reference()))?;
    if !has_program(version, &program) {
        return Err(Answer::not_found(&program.entity(&version.id)));
    }
    if program.kind == ProgramKind::Spark {
        return Err(inner(&state, &program, id));
    }
    // A stop is accepted while the record shows RUNNING, also twice, but not in STOPPING.
    let active = state
        .visible_run(&program, id)
        .is_some_and(|run| !run.status.is_end() && run.status != RunStatus::Stopping);
    if !active {
        let text = format!("Program '{}' is not running.", program.reference());
        return Err(Answer::refuse(400, text));
    }
    let at = call.cdap.clock.now();
    state.stop_before_work(id);
    state.events.push(Event::StopRequested {
        run: id.to_owned(),
        at,
        grace: GRACE,
    });
    Ok(Answer::empty())
}

/// The refusal to stop a program that a workflow started.
fn inner(state: &CdapState, program: &ProgramRef, id: &str) -> Answer {
    let owner = state.runs.values().find(|run| {
        run.program.app == program.app && run.nodes.iter().any(|node| node.run_id.as_deref() == Some(id))
    });
    match owner {
        Some(run) if !run.status.is_end() => {
            let entity = program.run_entity(&run.version, id);
            let text = format!(
                "Cannot stop the program run '{entity}' started by the Workflow run '{}'. Please stop the Workflow.",
                run.id
            );
            Answer::refuse(400, text)
        }
        _ => Answer::refuse(400, format!("Program '{}' is not running.", program.reference())),
    }
}

/// `POST …/runs/{run}/suspend`: it ends its node and pauses before the next one.
pub fn suspend(call: &Call) -> Outcome {
    pause(
        call,
        true,
        "Program run suspended.",
        "Program run already suspended",
    )
}

/// `POST …/runs/{run}/resume`
pub fn resume(call: &Call) -> Outcome {
    pause(call, false, "Program run resumed.", "Program is already running")
}

fn pause(call: &Call, paused: bool, done: &str, already: &str) -> Outcome {
    let program = call.program(400)?;
    let id = call.path_param("run");
    let at = call.cdap.clock.now();
    let mut state = call.cdap.state();
    let run = state.find_run(&program, id)?;
    // A real server's answer for a run that is not running was not measured.
    if !matches!(run.status, RunStatus::Running | RunStatus::Suspended) {
        let text = format!("Program '{}' is not running.", program.reference());
        return Err(Answer::refuse(400, text));
    }
    if run.paused.swap(paused, Ordering::SeqCst) == paused {
        return Err(Answer::refuse(409, already));
    }
    let run = id.to_owned();
    state.events.push(if paused {
        Event::Suspended { run, at }
    } else {
        Event::Resumed { run, at }
    });
    Ok(Answer::text(done))
}

/// `POST …/stop`: all runs of the newest version (of the named one, if a version is named).
pub fn program(call: &Call) -> Outcome {
    let program = call.program(400)?;
    let version =
        Some(call.path_param("version")).filter(|version| !version.is_empty() && *version != "-SNAPSHOT");
    call.cdap.stop_all(&program, version, 0)?;
    Ok(Answer::empty())
}

impl CdapState {
    /// A run that is launching never starts to work, although its record shows the stop only later (measured).
    fn stop_before_work(&self, id: &str) {
        let listens = |run: &&Run| run.status.is_launching() && !run.fault.deaf;
        if let Some(run) = self.runs.get(id).filter(listens) {
            run.stop.store(true, Ordering::SeqCst);
        }
    }
}

impl Cdap {
    /// Asks all active runs of a version to stop. Returns their ids.
    pub(super) fn stop_all(
        &self,
        program: &ProgramRef,
        version: Option<&str>,
        grace: i64,
    ) -> Result<Vec<String>, Answer> {
        let mut state = self.state();
        let newest = state
            .newest(&program.namespace, &program.app)
            .ok_or_else(|| Answer::not_found(&program.app_reference()))?;
        if !has_program(newest, program) {
            return Err(Answer::not_found(&program.entity(&newest.id)));
        }
        let version = version.unwrap_or(&newest.id).to_owned();
        let mut active: Vec<_> = state
            .runs_of(program, Some(&version))
            .filter(|run| !run.status.is_end())
            .map(|run| (run.starting, run.id.clone()))
            .collect();
        if active.is_empty() {
            let text = format!("Program '{}' is not running.", program.entity(&version));
            return Err(Answer::refuse(400, text));
        }
        active.sort();
        let at = self.clock.now();
        let ids: Vec<_> = active.into_iter().map(|(_, id)| id).collect();
        ids.iter().for_each(|id| state.stop_before_work(id));
        let requests = ids.iter().map(|id| Event::StopRequested {
            run: id.clone(),
            at,
            grace,
        });
        state.events.extend(requests);
        Ok(ids)
    }

    /// The grace of a batch stop, in seconds.
    pub(super) const fn batch_grace() -> i64 {
        GRACE
    }
}
