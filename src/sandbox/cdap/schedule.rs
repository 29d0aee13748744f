//! The schedule of a pipeline: `dataPipelineSchedule`, made SUSPENDED with each app whose config has a cron
//! expression. An enabled one really starts runs, at the minute of the machine's clock in UTC.

use super::answer::{Answer, Outcome};
use super::call::Call;
use super::cron::Cron;
use super::json::gson_text;
use super::program::{ProgramKind, ProgramRef, WORKFLOW};
use super::world::World;
use super::{Cdap, batch};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The only schedule that a pipeline has.
const NAME: &str = "dataPipelineSchedule";

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// `0 1 */1 * *`
    pub cron: String,
    /// How many runs it lets be under way.
    pub concurrency: usize,
    /// Whether it starts runs.
    pub enabled: bool,
    /// When it was changed, in milliseconds since 1970.
    pub updated: i64,
    /// Since when its moments count, in milliseconds since 1970.
    pub since: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    namespace: &'a str,
    application: &'a str,
    name: &'static str,
    description: &'static str,
    program: Runs,
    properties: NoProperties,
    trigger: Trigger<'a>,
    constraints: [Constraint; 1],
    timeout_millis: i64,
    status: &'static str,
    last_update_time: i64,
}

#[derive(Serialize)]
struct NoProperties {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Runs {
    program_name: &'static str,
    program_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trigger<'a> {
    cron_expression: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Constraint {
    max_concurrency: usize,
    r#type: &'static str,
    wait_until_met: bool,
}

impl Schedule {
    fn shown<'a>(&'a self, namespace: &'a str, application: &'a str) -> Shown<'a> {
        Shown {
            namespace,
            application,
            name: NAME,
            description: "Data pipeline schedule",
            program: Runs {
                program_name: WORKFLOW,
                program_type: "WORKFLOW",
            },
            properties: NoProperties {},
            trigger: Trigger {
                cron_expression: &self.cron,
                r#type: "TIME",
            },
            constraints: [Constraint {
                max_concurrency: self.concurrency,
                r#type: "CONCURRENCY",
                wait_until_met: false,
            }],
            timeout_millis: 86_400_000,
            status: self.status(),
            last_update_time: self.updated,
        }
    }

    fn status(&self) -> &'static str {
        if self.enabled { "SCHEDULED" } else { "SUSPENDED" }
    }

    fn next(&self, now: i64) -> Option<i64> {
        Cron::parse(&self.cron).ok()?.next(now).filter(|_| self.enabled)
    }
}

/// The expression of a config, if it has one.
///
/// # Errors
/// The text of the 400 answer to one that cannot be read.
pub fn of_config(config: &Json) -> Result<Option<String>, String> {
    match config.get("schedule").and_then(Json::as_str) {
        None => Ok(None),
        Some(cron) => Cron::parse(cron).map(|_| Some(cron.to_owned())),
    }
}

fn key(call: &Call) -> (String, String) {
    (call.namespace().to_owned(), call.part("app").to_owned())
}

/// Hands the schedules of the app in the path to `show`.
fn with_app(call: &Call, show: impl FnOnce(&World, Option<&Schedule>) -> Outcome) -> Outcome {
    let world = call.cdap.world();
    let key = key(call);
    if !world.apps.contains_key(&key) {
        return Err(Answer::missing(&format!(
            "application:{}.{}.-SNAPSHOT",
            key.0, key.1
        )));
    }
    show(&world, world.schedules.get(&key))
}

/// `GET …/schedules`
pub fn list(call: &Call) -> Outcome {
    with_app(call, |_, schedule| {
        let shown = schedule.map(|schedule| schedule.shown(call.namespace(), call.part("app")));
        Ok(Answer::json(&shown.into_iter().collect::<Vec<_>>()))
    })
}

fn missing(call: &Call) -> Answer {
    Answer::missing(&entity(call))
}

fn entity(call: &Call) -> String {
    format!(
        "schedule:{}.{}.{}",
        call.namespace(),
        call.part("app"),
        call.part("schedule")
    )
}

/// Hands the schedule of the path to `show`; 404 when there is none.
fn with_one(call: &Call, show: impl FnOnce(&Schedule) -> Answer) -> Outcome {
    let world = call.cdap.world();
    match world
        .schedules
        .get(&key(call))
        .filter(|_| call.part("schedule") == NAME)
    {
        Some(schedule) => Ok(show(schedule)),
        None => Err(missing(call)),
    }
}

/// `GET …/schedules/{schedule}`
pub fn one(call: &Call) -> Outcome {
    with_one(call, |schedule| {
        Answer::json(&schedule.shown(call.namespace(), call.part("app")))
    })
}

/// `GET …/schedules/{schedule}/status`
pub fn status(call: &Call) -> Outcome {
    with_one(call, |schedule| {
        Answer::json(&json!({ "status": schedule.status() }))
    })
}

/// `POST …/enable` and `…/resume`
pub fn enable(call: &Call) -> Outcome {
    switch(call, true)
}

/// `POST …/disable` and `…/suspend`
pub fn disable(call: &Call) -> Outcome {
    switch(call, false)
}

fn switch(call: &Call, on: bool) -> Outcome {
    let now = call.cdap.clock.now();
    let mut world = call.cdap.world();
    let key = key(call);
    let found = world
        .schedules
        .get_mut(&key)
        .filter(|_| call.part("schedule") == NAME);
    let schedule = found.ok_or_else(|| missing(call))?;
    if schedule.enabled == on {
        let state = if on { "enabled" } else { "disabled" };
        return Err(Answer::refuse(
            409,
            format!("Schedule '{}' is already {state}", entity(call)),
        ));
    }
    schedule.enabled = on;
    schedule.updated = now;
    schedule.since = now;
    call.cdap
        .store
        .put("schedule", &format!("{}/{}", key.0, key.1), schedule);
    Ok(Answer::bare(200, "OK"))
}

#[derive(Serialize)]
struct Moment {
    id: String,
    time: i64,
}

fn moments(namespace: &str, app: &str, time: Option<i64>) -> Vec<Moment> {
    let id = format!("DEFAULT.{namespace}:{app}:-SNAPSHOT:WORKFLOW:{WORKFLOW}:{NAME}");
    time.map(|time| Moment { id, time }).into_iter().collect()
}

/// `GET …/nextruntime`
pub fn next(call: &Call) -> Outcome {
    let program = call.program(400)?;
    with_app(call, |_, schedule| {
        let time = schedule.and_then(|schedule| schedule.next(call.cdap.clock.now()));
        Ok(Answer::json(&moments(&program.namespace, &program.app, time)))
    })
}

/// `GET …/previousruntime`: the last moment at which an enabled schedule fired.
pub fn previous(call: &Call) -> Outcome {
    let program = call.program(400)?;
    with_app(call, |world, _| {
        let fired = world.fired.get(&key(call)).copied();
        Ok(Answer::json(&moments(&program.namespace, &program.app, fired)))
    })
}

/// `POST {N}/nextruntime`
pub fn next_of_many(call: &Call) -> Outcome {
    let programs = batch::programs(call)?;
    let now = call.cdap.clock.now();
    let world = call.cdap.world();
    let items = programs.iter().map(|program| {
        let key = (program.namespace.clone(), program.app.clone());
        let item = |status: u16| NextItem {
            schedules: None,
            status_code: status,
            error: None,
            app_id: &program.app,
            program_type: program.kind.pretty(),
            program_id: &program.name,
        };
        if !world.apps.contains_key(&key) {
            let error = format!("'{}' was not found.", program.reference());
            return NextItem {
                error: Some(error),
                ..item(404)
            };
        }
        let time = world.schedules.get(&key).and_then(|schedule| schedule.next(now));
        NextItem {
            schedules: Some(moments(&program.namespace, &program.app, time)),
            ..item(200)
        }
    });
    Ok(Answer::json(&items.collect::<Vec<_>>()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NextItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schedules: Option<Vec<Moment>>,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    app_id: &'a str,
    program_type: &'a str,
    program_id: &'a str,
}

impl Cdap {
    /// Makes, changes or removes an app's schedule after a deployment. A schedule that stays the same
    /// keeps its status.
    pub(super) fn set_schedule(&self, world: &mut World, namespace: &str, app: &str, config: &Json) {
        let key = (namespace.to_owned(), app.to_owned());
        let name = format!("{namespace}/{app}");
        let Ok(Some(cron)) = of_config(config) else {
            world.schedules.remove(&key);
            self.store.delete("schedule", &name);
            return;
        };
        let concurrency = config
            .get("maxConcurrentRuns")
            .and_then(Json::as_u64)
            .unwrap_or(1);
        let now = self.clock.now();
        let before = world.schedules.get(&key).filter(|schedule| schedule.cron == cron);
        let schedule = Schedule {
            cron: cron.clone(),
            concurrency: usize::try_from(concurrency).unwrap_or(1),
            enabled: before.is_some_and(|schedule| schedule.enabled),
            updated: now,
            since: before.map_or(now, |schedule| schedule.since),
        };
        self.store.put("schedule", &name, &schedule);
        world.schedules.insert(key, schedule);
    }

    /// Starts what is due. A moment at which too many runs are under way is passed over.
    pub(super) fn fire_schedules(&self) {
        let now = self.clock.now();
        let mut due = Vec::new();
        {
            let mut world = self.world();
            let mut fired = Vec::new();
            for (key, schedule) in &mut world.schedules {
                if let Some(time) = schedule.next(schedule.since).filter(|time| *time <= now) {
                    schedule.since = now;
                    fired.push((key.clone(), time, schedule.clone()));
                }
            }
            for (key, time, schedule) in fired {
                let (namespace, app) = key.clone();
                let program = ProgramRef {
                    namespace,
                    app,
                    kind: ProgramKind::Workflow,
                    name: WORKFLOW.to_owned(),
                };
                let active = world
                    .runs_of(&program, None)
                    .filter(|run| !run.status.is_end())
                    .count();
                world.fired.insert(key, time);
                if active < schedule.concurrency {
                    due.push((program, time, schedule));
                }
            }
        }
        for (program, time, schedule) in due {
            let name = ("scheduleName".to_owned(), NAME.to_owned());
            match self.start(&program, vec![name]) {
                Ok(run) => self.show_trigger(&run, time, &schedule),
                Err(refused) => tracing::warn!(
                    app = program.app,
                    reason = refused.words(),
                    "a scheduled start failed"
                ),
            }
        }
    }

    /// A young record of a scheduled run shows what triggered it, and the exact minute.
    fn show_trigger(&self, run: &str, time: i64, schedule: &Schedule) {
        let mut world = self.world();
        let Some(run) = world.runs.get_mut(run) else {
            return;
        };
        let Some(Ok(Json::Object(mut early))) =
            run.early_arguments.as_deref().map(serde_json::from_str::<Json>)
        else {
            return;
        };
        let trigger = json!({
            "name": NAME,
            "description": "Data pipeline schedule",
            "triggerInfos": [{ "cronExpression": schedule.cron, "logicalStartTime": time, "type": "TIME" }],
            "properties": {},
        });
        early.insert(
            "triggeringScheduleInfo".to_owned(),
            Json::String(gson_text(&trigger)),
        );
        early.insert("logical.start.time".to_owned(), Json::String(time.to_string()));
        run.early_arguments = Some(gson_text(&Json::Object(early)));
    }
}
