//! The next and the previous fire times of schedules: of one program, and of many at once.

use crate::cdap::answer::{Answer, Outcome};
use crate::cdap::batch;
use crate::cdap::call::Call;
use crate::cdap::program::ProgramRef;
use crate::cdap::schedule::Schedule;
use crate::cdap::state::CdapState;
use serde::Serialize;

#[derive(Clone, Copy)]
enum Direction {
    Next,
    Previous,
}

#[derive(Serialize)]
struct FireTime {
    id: String,
    time: i64,
}

impl Schedule {
    fn fire_time(&self, direction: Direction, now: i64) -> Option<i64> {
        match direction {
            Direction::Next if !self.enabled => None,
            Direction::Next => self.trigger.fire_times(now).into_iter().map(|(at, _)| at).min(),
            Direction::Previous => self.fired,
        }
    }
}

/// The fire times of a program's schedules, each with the name of its Quartz trigger. A real server orders them by when
/// Quartz got them, which was recorded with one schedule only; here they have the order of lists.
fn fire_times(state: &CdapState, program: &ProgramRef, direction: Direction, now: i64) -> Vec<FireTime> {
    let ProgramRef {
        namespace, app, name, ..
    } = program;
    let mine = state
        .schedules_of(namespace, app)
        .filter(|schedule| schedule.program() == *program);
    let fire_times = mine.filter_map(|schedule| {
        let time = schedule.fire_time(direction, now)?;
        let own = &schedule.id.name;
        let id = format!("DEFAULT.{namespace}:{app}:-SNAPSHOT:WORKFLOW:{name}:{own}");
        Some(FireTime { id, time })
    });
    fire_times.collect()
}

fn of_program(call: &Call, direction: Direction) -> Outcome {
    let program = call.program(400)?;
    let state = call.cdap.state();
    if state.newest(&program.namespace, &program.app).is_none() {
        let text = format!("application:{}.{}.-SNAPSHOT", program.namespace, program.app);
        return Err(Answer::not_found(&text));
    }
    let now = call.cdap.clock.now();
    Ok(Answer::json(&fire_times(&state, &program, direction, now)))
}

/// `GET …/nextruntime`
pub fn next(call: &Call) -> Outcome {
    of_program(call, Direction::Next)
}

/// `GET …/previousruntime`
pub fn previous(call: &Call) -> Outcome {
    of_program(call, Direction::Previous)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schedules: Option<Vec<FireTime>>,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    app_id: &'a str,
    program_type: &'a str,
    program_id: &'a str,
}

fn of_programs(call: &Call, direction: Direction) -> Outcome {
    let programs = batch::programs(call)?;
    let now = call.cdap.clock.now();
    let state = call.cdap.state();
    let items = programs.iter().map(|program| {
        let known = state.newest_with_program(program).is_some();
        Item {
            schedules: known.then(|| fire_times(&state, program, direction, now)),
            status_code: if known { 200 } else { 404 },
            error: (!known).then(|| format!("'{}' was not found.", program.reference())),
            app_id: &program.app,
            program_type: program.kind.json_name(),
            program_id: &program.name,
        }
    });
    Ok(Answer::json(&items.collect::<Vec<_>>()))
}

/// `POST {N}/nextruntime`
pub fn next_of_many(call: &Call) -> Outcome {
    of_programs(call, Direction::Next)
}

/// `POST {N}/previousruntime`
pub fn previous_of_many(call: &Call) -> Outcome {
    of_programs(call, Direction::Previous)
}
