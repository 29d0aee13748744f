//! Calls for several programs at once: start, stop, status, runs, runcount.
//!
//! Measured failure rules: a malformed item refuses the whole call before anything is done;
//! an unknown app, 429 and other grave errors abort a start or stop in the middle, and what was done
//! before stays done; other errors fail one item.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::Ordered;
use super::program::{ProgramKind, ProgramRef};
use super::run::RunRecord;
use super::run_calls::{check_program, latest, program_status};
use super::state::CdapState;
use super::string_map::{StringMapError, string_map};
use serde::Serialize;

/// One program that a call names.
#[derive(Clone, Debug)]
struct Item {
    program: ProgramRef,
    arguments: Vec<(String, String)>,
    /// An argument whose value is null. It is refused only when its item is handled.
    error: Option<StringMapError>,
}

/// One entry of the answer; the order of the keys is a real server's.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<Vec<RunRecord<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_count: Option<usize>,
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<String>,
    app_id: String,
    program_type: &'static str,
    program_id: String,
}

impl Entry<'_> {
    fn ok(program: &ProgramRef) -> Self {
        Self {
            status_code: 200,
            app_id: program.app.clone(),
            program_type: program.kind.json_name(),
            program_id: program.name.clone(),
            ..Self::default()
        }
    }

    fn failed(program: &ProgramRef, refused: &Answer) -> Self {
        Self {
            status_code: refused.status(),
            error: Some(refused.body_text()),
            ..Self::ok(program)
        }
    }

    fn run(program: &ProgramRef, id: String) -> Self {
        Self {
            run_id: Some(id),
            ..Self::ok(program)
        }
    }
}

/// Reads and checks all items before anything is done.
fn items(call: &Call) -> Result<Vec<Item>, Answer> {
    if call.body.is_empty() {
        return Err(Answer::refuse(
            400,
            "Request body is invalid json, please check that it is a json array.",
        ));
    }
    let invalid = |text: String| Answer::refuse(400, format!("Request body is invalid json: {text}"));
    let body = call
        .json()
        .map_err(|(text, class)| invalid(format!("{class}: {text}")))?;
    let Ordered::List(entries) = body else {
        let token = match body {
            Ordered::Map(_) => "BEGIN_OBJECT at line 1 column 2",
            Ordered::Text(_) => "STRING at line 1 column 2",
            Ordered::Number(_) => "NUMBER at line 1 column 2",
            _ => {
                return Err(Answer::refuse(
                    400,
                    "Request body is invalid json, please check that it is a json array.",
                ));
            }
        };
        return Err(invalid(format!(
            "java.lang.IllegalStateException: Expected BEGIN_ARRAY but was {token} path $"
        )));
    };
    // Gson reads all of the body first, so a bad shape wins over a missing field.
    let arguments: Vec<_> = entries
        .iter()
        .map(|entry| entry.get("runtimeargs").map(string_map))
        .collect();
    for (at, read) in arguments.iter().enumerate() {
        if let Some(Err(
            error @ (StringMapError::Nested { .. } | StringMapError::Duplicate(_) | StringMapError::Shape(_)),
        )) = read
        {
            let key = match error {
                StringMapError::Nested { key, .. } => format!(".{key}"),
                _ => String::new(),
            };
            let text = error.gson_text_at(&call.text(), 3, &format!("$[{at}].runtimeargs{key}"));
            return Err(invalid(format!("java.lang.IllegalStateException: {text}")));
        }
    }
    entries
        .iter()
        .zip(arguments)
        .map(|(entry, read)| item(call, entry, read))
        .collect()
}

/// The programs that the body names.
pub(super) fn programs(call: &Call) -> Result<Vec<ProgramRef>, Answer> {
    Ok(items(call)?.into_iter().map(|item| item.program).collect())
}

fn item(
    call: &Call,
    entry: &Ordered,
    read: Option<Result<Vec<(String, String)>, StringMapError>>,
) -> Result<Item, Answer> {
    if *entry == Ordered::Null {
        let text = "Cannot invoke \"io.cdap.cdap.proto.BatchProgram.validate()\" because \"program\" is null";
        return Err(Answer::refuse(500, text));
    }
    let invalid = |what: &str| {
        let text = format!("Must provide valid appId, programType, and programId for each object: {what}");
        Answer::refuse(400, text)
    };
    let app = entry
        .text_of("appId")
        .ok_or_else(|| invalid("'appId' must be specified."))?;
    let kind = entry
        .text_of("programType")
        .and_then(|word| ProgramKind::from_json(&word))
        .ok_or_else(|| {
            invalid("'programType' must be one of [MapReduce, Workflow, Service, Spark, Worker, Custom]")
        })?;
    let name = entry
        .text_of("programId")
        .ok_or_else(|| invalid("'programId' must be specified."))?;
    let program = ProgramRef {
        namespace: call.namespace().to_owned(),
        app,
        kind,
        name,
    };
    let (arguments, error) = match read {
        None => (Vec::new(), None),
        Some(Ok(arguments)) => (arguments, None),
        Some(Err(error)) => (Vec::new(), Some(error)),
    };
    Ok(Item {
        program,
        arguments,
        error,
    })
}

/// Whether only the item fails; otherwise the call is aborted.
fn fails_item_only(refused: &Answer) -> bool {
    matches!(refused.status(), 400 | 404 | 409)
}

/// An unknown app aborts the whole call.
fn app_exists(cdap: &Cdap, program: &ProgramRef) -> Result<(), Answer> {
    match cdap.state().newest(&program.namespace, &program.app) {
        Some(_) => Ok(()),
        None => Err(Answer::not_found(&program.app_reference())),
    }
}

/// `POST {N}/start`
pub fn start(call: &Call) -> Outcome {
    let mut entries = Vec::new();
    for Item {
        program,
        arguments,
        error,
    } in items(call)?
    {
        if let Some(error) = error {
            return Err(Answer::refuse(500, error.gson_text()));
        }
        app_exists(&call.cdap, &program)?;
        entries.push(match call.cdap.start(&program, arguments) {
            Ok(run) => Entry::run(&program, run),
            Err(refused) if fails_item_only(&refused) => Entry::failed(&program, &refused),
            Err(refused) => return Err(refused),
        });
    }
    Ok(Answer::json(&entries))
}

/// `POST {N}/stop`: one entry for each run that is stopped.
pub fn stop(call: &Call) -> Outcome {
    let mut entries = Vec::new();
    for Item { program, .. } in items(call)? {
        app_exists(&call.cdap, &program)?;
        match call.cdap.stop_all(&program, None, Cdap::batch_grace()) {
            Ok(runs) => entries.extend(runs.into_iter().map(|run| Entry::run(&program, run))),
            Err(refused) if fails_item_only(&refused) => entries.push(Entry::failed(&program, &refused)),
            Err(refused) => return Err(refused),
        }
    }
    Ok(Answer::json(&entries))
}

/// Answers each item from the state.
fn answer_each(
    call: &Call,
    items: &[Item],
    show: impl for<'a> Fn(&'a CdapState, &'a ProgramRef) -> Entry<'a>,
) -> Outcome {
    let state = call.cdap.state();
    Answer::list(
        items
            .iter()
            .map(|Item { program, .. }| match check_program(&state, program) {
                Ok(()) => show(&state, program),
                Err(refused) => Entry::failed(program, &refused),
            }),
    )
}

/// `POST {N}/status`
pub fn status(call: &Call) -> Outcome {
    answer_each(call, &items(call)?, |state, program| {
        let newest = state.newest(&program.namespace, &program.app);
        let status = newest.map(|version| program_status(state, program, &version.id));
        Entry {
            status,
            ..Entry::ok(program)
        }
    })
}

/// `POST {N}/runs`: at most the one latest record of each program's newest version.
pub fn runs(call: &Call) -> Outcome {
    let items = items(call)?;
    let state = call.cdap.state();
    let entries = items.iter().map(|Item { program, .. }| {
        let entry = match check_program(&state, program) {
            Ok(()) => Entry::ok(program),
            // Only this call names the version that it does not find (measured).
            Err(_) => Entry::failed(program, &Answer::not_found(&program.entity("-SNAPSHOT"))),
        };
        let runs = latest(&state, program)
            .into_iter()
            .map(super::run::Run::record)
            .collect();
        Entry {
            runs: Some(runs),
            ..entry
        }
    });
    Answer::list(entries)
}

/// `POST {N}/runcount`
pub fn count(call: &Call) -> Outcome {
    let items = items(call)?;
    if items.len() > 100 {
        let count = items.len();
        let text = format!("{count} programs found in the request, the maximum number supported is 100");
        return Err(Answer::refuse(400, text));
    }
    answer_each(call, &items, |state, program| Entry {
        run_count: Some(state.runs_of(program, None).count()),
        ..Entry::ok(program)
    })
}
