//! The calls about one schedule: show, add, change, delete, turn on and off.

use super::request::Detail;
use crate::cdap::answer::{Answer, Outcome};
use crate::cdap::call::Call;
use crate::cdap::cron::Cron;
use crate::cdap::program::{ProgramKind, ProgramRef};
use crate::cdap::schedule::trigger::Trigger;
use crate::cdap::schedule::{A_DAY, Schedule, ScheduleId};
use crate::cdap::world::{World, has_program};
use serde_json::json;

fn id(call: &Call) -> ScheduleId {
    ScheduleId {
        namespace: call.namespace().to_owned(),
        app: call.part("app").to_owned(),
        name: call.part("schedule").to_owned(),
    }
}

fn missing(id: &ScheduleId) -> Answer {
    Answer::missing(&id.entity())
}

/// A type as it is printed into texts, where one is spelled otherwise than in JSON.
pub(super) fn pretty(kind: ProgramKind) -> &'static str {
    match kind {
        ProgramKind::Mapreduce => "MapReduce",
        other => other.pretty(),
    }
}

/// `GET …/schedules/{schedule}`
pub fn one(call: &Call) -> Outcome {
    let id = id(call);
    let world = call.cdap.world();
    let found = world.schedules.get(&id).ok_or_else(|| missing(&id))?;
    Ok(Answer::json(&found.shown()))
}

/// `GET …/schedules/{schedule}/status`
pub fn status(call: &Call) -> Outcome {
    let id = id(call);
    let world = call.cdap.world();
    if world.newest(&id.namespace, &id.app).is_none() {
        let text = format!("applicationreference:{}.{}", id.namespace, id.app);
        return Err(Answer::missing(&text));
    }
    let found = world.schedules.get(&id).ok_or_else(|| missing(&id))?;
    Ok(Answer::json(&json!({ "status": found.status() })))
}

/// `PUT …/schedules/{schedule}`
pub fn add(call: &Call) -> Outcome {
    let detail = Detail::read(call)?;
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
    let mut world = call.cdap.world();
    may_be_scheduled(&world, &program)?;
    if world.schedules.contains_key(&id) {
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
        timeout: detail.timeout.unwrap_or(A_DAY),
        enabled: false,
        updated: now,
        since: now,
        fired: None,
        jobs: Vec::new(),
    };
    call.cdap.keep_schedule(&mut world, schedule);
    Ok(Answer::empty())
}

fn may_be_scheduled(world: &World, program: &ProgramRef) -> Result<(), Answer> {
    let newest = world
        .newest(&program.namespace, &program.app)
        .ok_or_else(|| Answer::missing(&program.reference()))?;
    if !has_program(newest, program) {
        return Err(Answer::missing(&program.entity(&newest.id)));
    }
    if program.kind != ProgramKind::Workflow {
        let text = format!(
            "Cannot schedule program {} of type {}: Only workflows can be scheduled",
            program.name,
            pretty(program.kind)
        );
        return Err(Answer::refuse(400, text));
    }
    Ok(())
}

/// An expression with the wrong number of fields is a 500 (measured); so is any other nonsense, whose text
/// here is that of a deployment.
fn check_crons(trigger: &Trigger) -> Result<(), Answer> {
    let mut crons = trigger.crons().into_iter();
    crons.try_for_each(|cron| {
        Cron::parse(cron)
            .map(drop)
            .map_err(|text| Answer::refuse(500, text))
    })
}

/// `POST …/schedules/{schedule}/update`: what the body does not name stays. A real server deletes the schedule
/// and adds it again, in two transactions: an expression that cannot be read costs the schedule.
pub fn update(call: &Call) -> Outcome {
    let detail = Detail::read(call)?;
    let id = id(call);
    let now = call.cdap.clock.now();
    let mut world = call.cdap.world();
    let before = world.schedules.get(&id).cloned().ok_or_else(|| missing(&id))?;
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
    call.cdap.drop_schedule(&mut world, &id);
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
    call.cdap.keep_schedule(&mut world, schedule);
    Ok(Answer::empty())
}

/// `DELETE …/schedules/{schedule}`, also of the one that the config brought.
pub fn delete(call: &Call) -> Outcome {
    let id = id(call);
    let mut world = call.cdap.world();
    match call.cdap.drop_schedule(&mut world, &id) {
        Some(_) => Ok(Answer::empty()),
        None => Err(missing(&id)),
    }
}

/// `POST …/enable`, `…/resume`, `…/disable` and `…/suspend`
pub fn act(call: &Call) -> Outcome {
    let on = match call.part("action") {
        "enable" | "resume" => true,
        "disable" | "suspend" => false,
        // The missing space is the server's (`ProgramScheduleHttpHandler.doPerformAction`).
        action => {
            let text = format!(
                "Action for schedules may only be 'enable', 'disable', 'suspend', or 'resume' but is'{action}'"
            );
            return Err(Answer::refuse(400, text));
        }
    };
    let id = id(call);
    let now = call.cdap.clock.now();
    let mut world = call.cdap.world();
    let mut schedule = world.schedules.get(&id).cloned().ok_or_else(|| missing(&id))?;
    if schedule.enabled == on {
        let state = if on { "enabled" } else { "disabled" };
        let text = format!("Schedule '{}' is already {state}", id.entity());
        return Err(Answer::refuse(409, text));
    }
    schedule.turn(on, now);
    call.cdap.keep_schedule(&mut world, schedule);
    Ok(Answer::bare(200, "OK"))
}

/// `PUT {N}/schedules/re-enable`: turns on what was turned off or added between two moments.
pub fn enable_again(call: &Call) -> Outcome {
    let from = call.number("start-time-millis", 0)?;
    let until = call.number("end-time-millis", 0)?;
    let now = call.cdap.clock.now();
    let mut world = call.cdap.world();
    let chosen = world.schedules.values().filter(|schedule| {
        let id = &schedule.id;
        id.namespace == call.namespace() && !schedule.enabled && (from..until).contains(&schedule.updated)
    });
    for mut schedule in chosen.cloned().collect::<Vec<_>>() {
        schedule.turn(true, now);
        call.cdap.keep_schedule(&mut world, schedule);
    }
    Ok(Answer::empty())
}
