//! The calls about one schedule: show, add, change, delete, turn on and off.

use super::request::Detail;
use crate::cdap::answer::{Answer, Outcome};
use crate::cdap::call::Call;
use crate::cdap::cron::Cron;
use crate::cdap::program::{ProgramKind, ProgramRef};
use crate::cdap::schedule::trigger::Trigger;
use crate::cdap::schedule::{DEFAULT_TIMEOUT, Schedule, ScheduleId};
use crate::cdap::state::{CdapState, has_program};
use serde_json::json;

fn id(call: &Call) -> ScheduleId {
    ScheduleId {
        namespace: call.namespace().to_owned(),
        app: call.path_param("app").to_owned(),
        name: call.path_param("schedule").to_owned(),
    }
}

fn missing(id: &ScheduleId) -> Answer {
    Answer::not_found(&id.entity())
}

/// A type as texts spell it; one differs from JSON.
pub(super) fn kind_name(kind: ProgramKind) -> &'static str {
    match kind {
        ProgramKind::Mapreduce => "MapReduce",
        other => other.json_name(),
    }
}

/// `GET …/schedules/{schedule}`
pub fn one(call: &Call) -> Outcome {
    let id = id(call);
    let state = call.cdap.state();
    let found = state.schedules.get(&id).ok_or_else(|| missing(&id))?;
    Ok(Answer::json(&found.view()))
}

/// `GET …/schedules/{schedule}/status`
pub fn status(call: &Call) -> Outcome {
    let id = id(call);
    let state = call.cdap.state();
    if state.newest(&id.namespace, &id.app).is_none() {
        let text = format!("applicationreference:{}.{}", id.namespace, id.app);
        return Err(Answer::not_found(&text));
    }
    let found = state.schedules.get(&id).ok_or_else(|| missing(&id))?;
    Ok(Answer::json(&json!({ "status": found.status() })))
}

/// `PUT …/schedules/{schedule}`
pub fn add(call: &Call) -> Outcome {
    let detail = Detail::from_call(call)?;
    let absent = |what: &str| {
        let text = format!("No {what} was specified for the schedule");
        Answer::refuse(400, text)
    };
    let named = detail.program.ok_or_else(|| absent("program"))?;
    let kind = named.kind.ok_or_else(|| absent("program type"))?;
    let name = named.name.ok_or_else(|| absent("program name"))?;
    let trigger = detail.trigger.ok_or_else(|| absent("trigger"))?;
    let id = id(call);
    let program = ProgramRef {
        namespace: id.namespace.clone(),
        app: id.app.clone(),
        kind,
        name,
    };
    let now = call.cdap.clock.now();
    let mut state = call.cdap.state();
    check_schedulable(&state, &program)?;
    if state.schedules.contains_key(&id) {
        let text = format!("'{}' already exists", id.entity());
        return Err(Answer::refuse(409, text));
    }
    check_crons(&trigger)?;
    let schedule = Schedule {
        id,
        description: detail.description.unwrap_or_default(),
        workflow: program.name,
        properties: detail.properties.unwrap_or_default(),
        trigger,
        constraints: detail.constraints.unwrap_or_default(),
        timeout: detail.timeout.unwrap_or(DEFAULT_TIMEOUT),
        enabled: false,
        updated: now,
        since: now,
        fired: None,
        jobs: Vec::new(),
    };
    call.cdap.put_schedule(&mut state, schedule);
    Ok(Answer::empty())
}

fn check_schedulable(state: &CdapState, program: &ProgramRef) -> Result<(), Answer> {
    let newest = state
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::not_found(&program.reference()))?;
    if !has_program(newest, program) {
        return Err(Answer::not_found(&program.entity(&newest.id)));
    }
    if program.kind != ProgramKind::Workflow {
        let text = format!(
            "Cannot schedule program {} of type {}: Only workflows can be scheduled",
            program.name,
            kind_name(program.kind)
        );
        return Err(Answer::refuse(400, text));
    }
    Ok(())
}

/// An expression with the wrong number of fields is a 500 (measured), and so is any other invalid one, with the text of
/// a deployment.
fn check_crons(trigger: &Trigger) -> Result<(), Answer> {
    let mut crons = trigger.crons().into_iter();
    crons.try_for_each(|cron| {
        Cron::parse(cron)
            .map(drop)
            .map_err(|text| Answer::refuse(500, text))
    })
}

/// `POST …/schedules/{schedule}/update`: what the body does not name stays. A real server deletes the schedule
/// and adds it again, in two transactions: after an invalid expression the schedule is gone.
pub fn update(call: &Call) -> Outcome {
    let detail = Detail::from_call(call)?;
    let id = id(call);
    let now = call.cdap.clock.now();
    let mut state = call.cdap.state();
    let before = state.schedules.get(&id).cloned().ok_or_else(|| missing(&id))?;
    if let Some(named) = &detail.program {
        let own = before.program();
        let another = named.kind.is_some_and(|kind| kind != own.kind)
            || named.name.as_ref().is_some_and(|name| *name != own.name);
        if another {
            let text = format!(
                "Must update the schedule '{}' with the same program as '{}'. To change the program in a schedule, \
                 please delete the schedule and create a new one.",
                id.name,
                own.entity("-SNAPSHOT")
            );
            return Err(Answer::refuse(400, text));
        }
    }
    call.cdap.delete_schedule(&mut state, &id);
    let schedule = Schedule {
        description: detail.description.unwrap_or(before.description),
        properties: detail.properties.unwrap_or(before.properties),
        trigger: detail.trigger.unwrap_or(before.trigger),
        constraints: detail.constraints.unwrap_or(before.constraints),
        timeout: detail.timeout.unwrap_or(before.timeout),
        updated: now,
        since: now,
        fired: None,
        jobs: Vec::new(),
        ..before
    };
    check_crons(&schedule.trigger)?;
    call.cdap.put_schedule(&mut state, schedule);
    Ok(Answer::empty())
}

/// `DELETE …/schedules/{schedule}`, also of the one that the config brought.
pub fn delete(call: &Call) -> Outcome {
    let id = id(call);
    let mut state = call.cdap.state();
    match call.cdap.delete_schedule(&mut state, &id) {
        Some(_) => Ok(Answer::empty()),
        None => Err(missing(&id)),
    }
}

/// `POST …/enable`, `…/resume`, `…/disable` and `…/suspend`
pub fn act(call: &Call) -> Outcome {
    let on = match call.path_param("action") {
        "enable" | "resume" => true,
        "disable" | "suspend" => false,
        // The missing space is CDAP's (`ProgramScheduleHttpHandler.doPerformAction`).
        action => {
            let text = format!(
                "Action for schedules may only be 'enable', 'disable', 'suspend', or 'resume' but is'{action}'"
            );
            return Err(Answer::refuse(400, text));
        }
    };
    let id = id(call);
    let now = call.cdap.clock.now();
    let mut state = call.cdap.state();
    let mut schedule = state.schedules.get(&id).cloned().ok_or_else(|| missing(&id))?;
    if schedule.enabled == on {
        let state = if on { "enabled" } else { "disabled" };
        let text = format!("Schedule '{}' is already {state}", id.entity());
        return Err(Answer::refuse(409, text));
    }
    schedule.set_enabled(on, now);
    call.cdap.put_schedule(&mut state, schedule);
    Ok(Answer::text_as_json(200, "OK"))
}

/// `PUT {N}/schedules/re-enable`: turns on what was turned off or added between two moments.
pub fn re_enable(call: &Call) -> Outcome {
    let from = call.query_integer("start-time-millis", 0)?;
    let until = call.query_integer("end-time-millis", 0)?;
    let now = call.cdap.clock.now();
    let mut state = call.cdap.state();
    let chosen = state.schedules.values().filter(|schedule| {
        let id = &schedule.id;
        id.namespace == call.namespace() && !schedule.enabled && (from..until).contains(&schedule.updated)
    });
    for mut schedule in chosen.cloned().collect::<Vec<_>>() {
        schedule.set_enabled(true, now);
        call.cdap.put_schedule(&mut state, schedule);
    }
    Ok(Answer::empty())
}
