//! What a client sends to add or change a schedule: the parts of a `ScheduleDetail` that it names.

use crate::cdap::answer::Answer;
use crate::cdap::call::Call;
use crate::cdap::json::{Ordered, gson_text};
use crate::cdap::program::ProgramKind;
use crate::cdap::schedule::constraint::Constraint;
use crate::cdap::schedule::trigger::Trigger;
use crate::cdap::schedule::trigger::parse::whole;
use crate::cdap::strings::string_map;

/// A program as a schedule names it: each half may be missing.
#[derive(Debug)]
pub struct Named {
    /// `WORKFLOW`; absent also when it is no type that can be scheduled.
    pub kind: Option<ProgramKind>,
    /// Its name.
    pub name: Option<String>,
}

/// What the body says.
#[derive(Debug)]
pub struct Detail {
    /// Free text.
    pub description: Option<String>,
    /// What is to be started.
    pub program: Option<Named>,
    /// Arguments of the runs.
    pub properties: Option<Vec<(String, String)>>,
    /// When.
    pub trigger: Option<Trigger>,
    /// Under which conditions.
    pub constraints: Option<Vec<Constraint>>,
    /// How long these are waited for.
    pub timeout: Option<i64>,
}

impl Detail {
    /// Reads the body of a call whose path names the schedule. The trigger is read before the name is compared.
    ///
    /// # Errors
    /// As recorded: 500 for a body that is empty and for a trigger that cannot be, 400 for the rest.
    pub fn read(call: &Call) -> Result<Self, Answer> {
        if call.body.is_empty() {
            let text =
                "Cannot invoke \"com.google.gson.JsonElement.isJsonObject()\" because \"json\" is null";
            return Err(Answer::refuse(500, text));
        }
        let body = match call.json() {
            Ok(body) => body,
            // Gson is lenient: what begins with a letter is a string.
            Err(_) if call.text().trim_start().starts_with(char::is_alphabetic) => Ordered::Text(call.text()),
            Err((text, class)) => {
                let text = format!("Request body is invalid json: {class}: {text}");
                return Err(Answer::refuse(400, text));
            }
        };
        if !matches!(body, Ordered::Map(_)) {
            let received = match &body {
                Ordered::Number(number) => number.to_string(),
                other => gson_text(other),
            };
            let text = format!("Expected a json object in the request body but received {received}");
            return Err(Answer::refuse(400, text));
        }
        let detail = Self {
            description: body.text_of("description"),
            program: field(&body, "program").map(|program| Named {
                kind: program.text_of("programType").and_then(|word| schedulable(&word)),
                name: program.text_of("programName"),
            }),
            properties: field(&body, "properties").map(properties).transpose()?,
            trigger: field(&body, "trigger").map(Trigger::read).transpose()?,
            constraints: field(&body, "constraints").map(constraints).transpose()?,
            timeout: whole(&body, "timeoutMillis"),
        };
        let wanted = call.part("schedule");
        match body.text_of("name") {
            Some(name) if name != wanted => Err(Answer::refuse(
                400,
                format!(
                    "Schedule name in the body of the request ({name}) does not match the schedule name in the path \
                     parameter ({wanted})"
                ),
            )),
            _ => Ok(detail),
        }
    }
}

fn field<'a>(body: &'a Ordered, name: &str) -> Option<&'a Ordered> {
    body.get(name).filter(|value| **value != Ordered::Null)
}

/// The types that a schedule may name, though only workflows are started by one.
pub fn schedulable(word: &str) -> Option<ProgramKind> {
    ProgramKind::from_json(word).filter(|kind| is_schedulable(*kind))
}

/// Whether calls about schedules know this type at all.
pub fn is_schedulable(kind: ProgramKind) -> bool {
    matches!(
        kind,
        ProgramKind::Workflow | ProgramKind::Spark | ProgramKind::Mapreduce
    )
}

/// How Gson words the flaws inside a body that is JSON was not recorded.
fn unreadable(text: &str) -> Answer {
    Answer::refuse(
        400,
        format!("Error parsing request body as a schedule specification: {text}"),
    )
}

fn properties(json: &Ordered) -> Result<Vec<(String, String)>, Answer> {
    string_map(json)
        .map_err(|flaw| unreadable(&format!("java.lang.IllegalStateException: {}", flaw.gson_text())))
}

fn constraints(json: &Ordered) -> Result<Vec<Constraint>, Answer> {
    let token = match json {
        Ordered::List(items) => return items.iter().map(Constraint::read).collect(),
        Ordered::Map(_) => "BEGIN_OBJECT",
        Ordered::Text(_) => "STRING",
        Ordered::Number(_) => "NUMBER",
        Ordered::Bool(_) => "BOOLEAN",
        Ordered::Null => "NULL",
    };
    Err(unreadable(&format!(
        "java.lang.IllegalStateException: Expected BEGIN_ARRAY but was {token} at path $.constraints"
    )))
}
