//! The body of a call that adds or changes a schedule: the fields of a `ScheduleDetail` that it has.

use crate::cdap::answer::Answer;
use crate::cdap::call::Call;
use crate::cdap::json::{Ordered, gson_text};
use crate::cdap::program::ProgramKind;
use crate::cdap::schedule::constraint::Constraint;
use crate::cdap::schedule::trigger::Trigger;
use crate::cdap::schedule::trigger::parse::whole;
use crate::cdap::string_map::string_map;

/// A program as the body names it: each half may be missing.
#[derive(Debug)]
pub struct ProgramName {
    /// `WORKFLOW`; `None` also if the type cannot be scheduled.
    pub kind: Option<ProgramKind>,
    /// Its name.
    pub name: Option<String>,
}

/// The fields of the body.
#[derive(Debug)]
pub struct Detail {
    /// Free text.
    pub description: Option<String>,
    /// The program to start.
    pub program: Option<ProgramName>,
    /// Arguments of the runs.
    pub properties: Option<Vec<(String, String)>>,
    /// When it starts.
    pub trigger: Option<Trigger>,
    /// The other conditions.
    pub constraints: Option<Vec<Constraint>>,
    /// How long it waits for the conditions.
    pub timeout: Option<i64>,
}

impl Detail {
    /// Parses the body of a call whose path names the schedule. The trigger is parsed before the name is compared.
    ///
    /// # Errors
    /// As recorded: 500 for an empty body and for an invalid trigger, 400 for the rest.
    pub fn from_call(call: &Call) -> Result<Self, Answer> {
        if call.body.is_empty() {
            let text =
                "Cannot invoke \"com.google.gson.JsonElement.isJsonObject()\" because \"json\" is null";
            return Err(Answer::refuse(500, text));
        }
        let body = match call.json() {
            Ok(body) => body,
            // Gson is lenient: a body that begins with a letter is a string.
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
            program: field(&body, "program").map(|program| ProgramName {
                kind: program.text_of("programType").and_then(|word| schedulable(&word)),
                name: program.text_of("programName"),
            }),
            properties: field(&body, "properties").map(properties).transpose()?,
            trigger: field(&body, "trigger").map(Trigger::from_json).transpose()?,
            constraints: field(&body, "constraints").map(constraints).transpose()?,
            timeout: whole(&body, "timeoutMillis"),
        };
        let wanted = call.path_param("schedule");
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

/// Whether calls about schedules accept this type.
pub fn is_schedulable(kind: ProgramKind) -> bool {
    matches!(
        kind,
        ProgramKind::Workflow | ProgramKind::Spark | ProgramKind::Mapreduce
    )
}

/// Gson's texts for errors inside of valid JSON were not recorded.
fn unreadable(text: &str) -> Answer {
    Answer::refuse(
        400,
        format!("Error parsing request body as a schedule specification: {text}"),
    )
}

fn properties(json: &Ordered) -> Result<Vec<(String, String)>, Answer> {
    string_map(json)
        .map_err(|error| unreadable(&format!("java.lang.IllegalStateException: {}", error.gson_text())))
}

fn constraints(json: &Ordered) -> Result<Vec<Constraint>, Answer> {
    let token = match json {
        Ordered::List(items) => return items.iter().map(Constraint::from_json).collect(),
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
