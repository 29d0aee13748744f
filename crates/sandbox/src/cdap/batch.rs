//! Calls for several programs at once: start, stop, status, runs, runcount.
//!
//! Measured failure rules: an item that is malformed refuses the whole call before anything is done;
//! an unknown app, 429 and other grave refusals abort a start or stop in the middle, and what was
//! done before stays done; the rest fails item by item.

use super::Cdap;
use super::answer::{Answer, Outcome};
use super::call::Call;
use super::json::Ordered;
use super::program::{ProgramKind, ProgramRef};
use super::run::RunRecord;
use super::run_calls::{aggregate, known, latest};
use super::strings::{Flaw, string_map};
use super::world::World;
use serde::Serialize;

/// One program that a call names.
#[derive(Clone, Debug)]
struct Item {
    program: ProgramRef,
    arguments: Vec<(String, String)>,
    /// An argument whose value is null: refused only when its turn comes.
    flaw: Option<Flaw>,
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
    fn of(program: &ProgramRef) -> Self {
        Self {
            status_code: 200,
            app_id: program.app.clone(),
            program_type: program.kind.pretty(),
            program_id: program.name.clone(),
            ..Self::default()
        }
    }

    fn failed(program: &ProgramRef, refused: &Answer) -> Self {
        Self {
            status_code: refused.status(),
            error: Some(refused.words()),
            ..Self::of(program)
        }
    }

    fn run(program: &ProgramRef, id: String) -> Self {
        Self {
            run_id: Some(id),
            ..Self::of(program)
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
        if let Some(Err(flaw @ (Flaw::Nested { .. } | Flaw::Duplicate(_) | Flaw::Shape(_)))) = read {
            let key = match flaw {
                Flaw::Nested { key, .. } => format!(".{key}"),
                _ => String::new(),
            };
            let text = flaw.placed(&call.text(), 3, &format!("$[{at}].runtimeargs{key}"));
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
    read: Option<Result<Vec<(String, String)>, Flaw>>,
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
    let (arguments, flaw) = match read {
        None => (Vec::new(), None),
        Some(Ok(arguments)) => (arguments, None),
        Some(Err(flaw)) => (Vec::new(), Some(flaw)),
    };
    Ok(Item {
        program,
        arguments,
        flaw,
    })
}

/// What an item alone may fail with; anything else aborts the call.
fn of_item(refused: &Answer) -> bool {
    matches!(refused.status(), 400 | 404 | 409)
}

/// The app's existence is asked for outside the part that fails item by item.
fn app_exists(cdap: &Cdap, program: &ProgramRef) -> Result<(), Answer> {
    match cdap.world().newest(&program.namespace, &program.app) {
        Some(_) => Ok(()),
        None => Err(Answer::missing(&program.app_reference())),
    }
}

/// `POST {N}/start`
pub fn start(call: &Call) -> Outcome {
    let mut entries = Vec::new();
    for Item {
        program,
        arguments,
        flaw,
    } in items(call)?
    {
        if let Some(flaw) = flaw {
            return Err(Answer::refuse(500, flaw.gson_text()));
        }
        app_exists(&call.cdap, &program)?;
        entries.push(match call.cdap.start(&program, arguments) {
            Ok(run) => Entry::run(&program, run),
            Err(refused) if of_item(&refused) => Entry::failed(&program, &refused),
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
            Err(refused) if of_item(&refused) => entries.push(Entry::failed(&program, &refused)),
            Err(refused) => return Err(refused),
        }
    }
    Ok(Answer::json(&entries))
}

/// Answers each item from the world alone.
fn each(
    call: &Call,
    items: &[Item],
    show: impl for<'a> Fn(&'a World, &'a ProgramRef) -> Entry<'a>,
) -> Answer {
    let world = call.cdap.world();
    let entries: Vec<_> = items
        .iter()
        .map(|Item { program, .. }| match known(&world, program) {
            Ok(()) => show(&world, program),
            Err(refused) => Entry::failed(program, &refused),
        })
        .collect();
    Answer::json(&entries)
}

/// `POST {N}/status`
pub fn status(call: &Call) -> Outcome {
    Ok(each(call, &items(call)?, |world, program| {
        let newest = world.newest(&program.namespace, &program.app);
        let status = newest.map(|version| aggregate(world, program, &version.id));
        Entry {
            status,
            ..Entry::of(program)
        }
    }))
}

/// `POST {N}/runs`: at most the one latest record of each program's newest version.
pub fn runs(call: &Call) -> Outcome {
    let items = items(call)?;
    let world = call.cdap.world();
    let entries: Vec<_> = items
        .iter()
        .map(|Item { program, .. }| {
            let entry = match known(&world, program) {
                Ok(()) => Entry::of(program),
                // Only this call names the version that it does not find (measured).
                Err(_) => Entry::failed(program, &Answer::missing(&program.entity("-SNAPSHOT"))),
            };
            let runs = latest(&world, program)
                .into_iter()
                .map(super::run::Run::record)
                .collect();
            Entry {
                runs: Some(runs),
                ..entry
            }
        })
        .collect();
    Ok(Answer::json(&entries))
}

/// `POST {N}/runcount`
pub fn count(call: &Call) -> Outcome {
    let items = items(call)?;
    if items.len() > 100 {
        let count = items.len();
        let text = format!("{count} programs found in the request, the maximum number supported is 100");
        return Err(Answer::refuse(400, text));
    }
    Ok(each(call, &items, |world, program| Entry {
        run_count: Some(world.runs_of(program, None).count()),
        ..Entry::of(program)
    }))
}
