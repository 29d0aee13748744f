//! The lists of schedules: of an app, of a program, and of all that a program's end triggers; and how each is shown.

use super::calls::kind_name;
use super::request::is_schedulable;
use crate::cdap::answer::{Answer, Outcome};
use crate::cdap::call::Call;
use crate::cdap::program::{ProgramKind, ProgramRef};
use crate::cdap::schedule::Schedule;
use crate::cdap::schedule::constraint::Constraint;
use crate::cdap::schedule::trigger::Trigger;
use crate::cdap::schedule::trigger::parse::end_status;
use crate::cdap::state::has_program;
use crate::cdap::string_map::InOrder;
use crate::run_status::RunStatus;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleView<'a, T, C> {
    namespace: &'a str,
    application: &'a str,
    name: &'a str,
    description: &'a str,
    program: ProgramView<'a>,
    properties: InOrder<'a>,
    trigger: T,
    constraints: Vec<C>,
    timeout_millis: i64,
    status: &'static str,
    last_update_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgramView<'a> {
    program_name: &'a str,
    program_type: &'static str,
}

impl Schedule {
    /// As clients see it.
    pub(super) fn view(&self) -> impl Serialize {
        ScheduleView {
            namespace: &self.id.namespace,
            application: &self.id.app,
            name: &self.id.name,
            description: &self.description,
            program: ProgramView {
                program_name: &self.workflow,
                program_type: "WORKFLOW",
            },
            properties: InOrder(&self.properties),
            trigger: self.trigger.view(),
            constraints: self.constraints.iter().map(Constraint::view).collect(),
            timeout_millis: self.timeout,
            status: self.status(),
            last_update_time: self.updated,
        }
    }
}

/// Which schedules a list contains.
struct Filter {
    enabled: Option<bool>,
    /// `PROGRAM_STATUS`
    kind: Option<String>,
}

impl Filter {
    fn from_call(call: &Call) -> Result<Self, Answer> {
        let enabled = wanted_status(call)?;
        let kind = match call.query_param("trigger-type") {
            None => None,
            Some(word @ ("partition" | "or" | "and" | "time" | "program-status")) => {
                Some(word.to_ascii_uppercase().replace('-', "_"))
            }
            Some(word) => {
                let text = format!(
                    "Unknown category name '{word}'. Must be one of partition,or,and,time,program-status"
                );
                return Err(Answer::refuse(400, text));
            }
        };
        Ok(Self { enabled, kind })
    }

    fn includes(&self, schedule: &Schedule) -> bool {
        self.enabled.is_none_or(|enabled| enabled == schedule.enabled)
            && self
                .kind
                .as_ref()
                .is_none_or(|kind| kind == schedule.trigger.kind())
    }
}

fn wanted_status(call: &Call) -> Result<Option<bool>, Answer> {
    match call.query_param("schedule-status") {
        None => Ok(None),
        Some("SCHEDULED") => Ok(Some(true)),
        Some("SUSPENDED") => Ok(Some(false)),
        Some(word) => {
            let text = format!("Invalid schedule status '{word}'. Must be one of SCHEDULED,SUSPENDED.");
            Err(Answer::refuse(400, text))
        }
    }
}

/// `GET …/schedules`, of an app or of one of its programs.
pub fn list(call: &Call) -> Outcome {
    let program = if call.path_param("type").is_empty() {
        None
    } else {
        Some(program(call)?)
    };
    let (namespace, app) = (call.namespace(), call.path_param("app"));
    let state = call.cdap.state();
    let Some(newest) = state.newest(namespace, app) else {
        let text = format!("application:{namespace}.{app}.-SNAPSHOT");
        return Err(Answer::not_found(&text));
    };
    let filter = Filter::from_call(call)?;
    if let Some(program) = program.as_ref().filter(|program| !has_program(newest, program)) {
        return Err(Answer::not_found(&program.entity("-SNAPSHOT")));
    }
    let all = state.schedules_of(namespace, app);
    let wanted = all.filter(|schedule| {
        let its = program
            .as_ref()
            .is_none_or(|program| *program == schedule.program());
        its && filter.includes(schedule)
    });
    Ok(Answer::json(&wanted.map(Schedule::view).collect::<Vec<_>>()))
}

fn program(call: &Call) -> Result<ProgramRef, Answer> {
    let program = call.program(400)?;
    if !is_schedulable(program.kind) {
        let text = format!("Program type {} cannot have schedule", kind_name(program.kind));
        return Err(Answer::refuse(400, text));
    }
    Ok(program)
}

/// `GET {N}/schedules/trigger-type/program-status`: the schedules of all apps that a program's end triggers.
/// Real servers keep them in a hash set; here they have the order of lists.
pub fn triggered_by(call: &Call) -> Outcome {
    let named = |name: &'static str| {
        call.query_param(name)
            .ok_or_else(|| Answer::refuse(400, format!("Must specify {name} as a query param")))
    };
    let namespace = named("trigger-namespace-id")?;
    let app = named("trigger-app-name")?;
    let category = named("trigger-program-type")?;
    let name = named("trigger-program-name")?;
    let kind = ProgramKind::from_category(category).ok_or_else(|| {
        let text = ProgramKind::unknown_category(category, call.cdap.personality());
        Answer::refuse(400, text)
    })?;
    let enabled = wanted_status(call)?;
    let statuses = match call.query_param("trigger-program-statuses") {
        None => None,
        Some(words) => Some(statuses(words)?),
    };
    let program = ProgramRef {
        namespace: namespace.to_owned(),
        app: app.to_owned(),
        kind,
        name: name.to_owned(),
    };
    let listens = |unit: &Trigger| match unit {
        Trigger::ProgramStatus {
            program: own,
            statuses: those,
            ..
        } => {
            let common =
                |wanted: &Vec<Option<RunStatus>>| those.iter().any(|status| wanted.contains(&Some(*status)));
            *own == program && statuses.as_ref().is_none_or(common)
        }
        _ => false,
    };
    let state = call.cdap.state();
    let found = state.schedules.values().filter(|schedule| {
        schedule.trigger.simple_triggers().into_iter().any(listens)
            && enabled.is_none_or(|enabled| enabled == schedule.enabled)
    });
    Ok(Answer::json(&found.map(Schedule::view).collect::<Vec<_>>()))
}

/// The ends in a comma separated list; `None` for a status that is not an end.
fn statuses(words: &str) -> Result<Vec<Option<RunStatus>>, Answer> {
    let mut read = words.split(',').map(|word| match word {
        "INITIALIZING" | "RUNNING" => Some(None),
        word => end_status(word).map(Some),
    });
    let wrong = || {
        let text = format!(
            "Unable to parse program statuses '{words}'. Must be comma separated valid ProgramStatus names such as \
             COMPLETED, FAILED, KILLED."
        );
        Answer::refuse(400, text)
    };
    let all: Option<Vec<_>> = read.by_ref().collect();
    all.ok_or_else(wrong)
}
