//! When the clock starts runs next, and when it did last: of one program, and of many at once.

use crate::cdap::answer::{Answer, Outcome};
use crate::cdap::batch;
use crate::cdap::call::Call;
use crate::cdap::program::ProgramRef;
use crate::cdap::schedule::Schedule;
use crate::cdap::world::World;
use serde::Serialize;

/// Which moment is asked for.
#[derive(Clone, Copy)]
enum Way {
    Next,
    Previous,
}

#[derive(Serialize)]
struct Moment {
    id: String,
    time: i64,
}

impl Schedule {
    fn moment(&self, way: Way, now: i64) -> Option<i64> {
        match way {
            Way::Next if !self.enabled => None,
            Way::Next => self.trigger.moments(now).into_iter().map(|(at, _)| at).min(),
            Way::Previous => self.fired,
        }
    }
}

/// The moments of a program's schedules, each with the name of its Quartz trigger. A real server tells them in
/// the order in which Quartz was told of them, which was recorded with one only; here it is that of lists.
fn moments(world: &World, program: &ProgramRef, way: Way, now: i64) -> Vec<Moment> {
    let ProgramRef {
        namespace, app, name, ..
    } = program;
    let mine = world
        .schedules_of(namespace, app)
        .filter(|schedule| schedule.program() == *program);
    let moments = mine.filter_map(|schedule| {
        let time = schedule.moment(way, now)?;
        let own = &schedule.id.name;
        let id = format!("DEFAULT.{namespace}:{app}:-SNAPSHOT:WORKFLOW:{name}:{own}");
        Some(Moment { id, time })
    });
    moments.collect()
}

fn of_one(call: &Call, way: Way) -> Outcome {
    let program = call.program(400)?;
    let world = call.cdap.world();
    if world.newest(&program.namespace, &program.app).is_none() {
        let text = format!("application:{}.{}.-SNAPSHOT", program.namespace, program.app);
        return Err(Answer::missing(&text));
    }
    let now = call.cdap.clock.now();
    Ok(Answer::json(&moments(&world, &program, way, now)))
}

/// `GET …/nextruntime`
pub fn next(call: &Call) -> Outcome {
    of_one(call, Way::Next)
}

/// `GET …/previousruntime`
pub fn previous(call: &Call) -> Outcome {
    of_one(call, Way::Previous)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schedules: Option<Vec<Moment>>,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    app_id: &'a str,
    program_type: &'a str,
    program_id: &'a str,
}

fn of_many(call: &Call, way: Way) -> Outcome {
    let programs = batch::programs(call)?;
    let now = call.cdap.clock.now();
    let world = call.cdap.world();
    let items = programs.iter().map(|program| {
        let known = world.newest_with(program).is_some();
        Item {
            schedules: known.then(|| moments(&world, program, way, now)),
            status_code: if known { 200 } else { 404 },
            error: (!known).then(|| format!("'{}' was not found.", program.reference())),
            app_id: &program.app,
            program_type: program.kind.pretty(),
            program_id: &program.name,
        }
    });
    Ok(Answer::json(&items.collect::<Vec<_>>()))
}

/// `POST {N}/nextruntime`
pub fn next_of_many(call: &Call) -> Outcome {
    of_many(call, Way::Next)
}

/// `POST {N}/previousruntime`
pub fn previous_of_many(call: &Call) -> Outcome {
    of_many(call, Way::Previous)
}
