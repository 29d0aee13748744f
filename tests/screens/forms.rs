//! Forms: nothing typed is lost, an edit is for one run, and each value says where it comes from.

use crate::keys::{commands, event};
use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::draft::{ArgumentEdit, KeptChange, KeptEdits};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::request::RunRequest;
use domain::state::RunState;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::collections::BTreeMap;

pub const HR: &str = "start_pipeline_hr_engineer";

pub fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

/// A model whose first row has an edited argument, and the form is closed.
pub fn edited(width: u16, height: u16) -> Model {
    let mut model = sample::ready(width, height);
    press(&mut model, "2 home enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter esc");
    assert_eq!(model.configuration.edits.len(), 1);
    model
}

/// Starts the run of the plan; the engine begins it.
fn begin(model: &mut Model) -> RunRequest {
    let effects = press(model, "r enter");
    let request = effects.into_iter().find_map(|effect| match effect {
        Effect::Send(Command::Start(request)) => Some(*request),
        _ => None,
    });
    let request = request.expect("the run starts");
    let run = "2026-11-23T10-00-00-4f2a".into();
    let started = Fact::RunStarted {
        run,
        request: Box::new(request.clone()),
    };
    event(model, started);
    request
}

fn start_intended(model: &mut Model) {
    let facts = [
        Fact::PipelinesPlanned {
            pipelines: sample::table().active().map(sample::planned).collect(),
        },
        Fact::StartIntended {
            task: HR.into(),
            number: 1,
            token: "t".into(),
        },
    ];
    for fact in facts {
        event(model, fact);
    }
}

#[test]
fn an_edit_goes_with_one_run_and_is_gone() {
    let mut model = edited(120, 40);
    let request = begin(&mut model);
    assert_eq!(
        request.edits[&TaskId::from(HR)].get("source_table"),
        Some("hr_engineer_v2")
    );
    assert!(model.configuration.edits.is_empty());
    let told = model
        .notice()
        .map(|notice| notice.text.clone())
        .unwrap_or_default();
    assert!(
        told.contains("1 row") && told.contains("the next one takes"),
        "{told}"
    );
    start_intended(&mut model);
    event(
        &mut model,
        Fact::RunEnded {
            state: RunState::Failed,
        },
    );
    assert!(begin(&mut model).edits.is_empty(), "the next run takes the row's");
}

#[test]
fn an_edit_with_which_nothing_started_is_there_again() {
    let mut model = edited(120, 40);
    begin(&mut model);
    let ended = Fact::RunEnded {
        state: RunState::Failed,
    };
    event(&mut model, ended);
    assert_eq!(
        model.configuration.edits.len(),
        1,
        "the preflight refused the run"
    );

    let mut model = edited(120, 40);
    press(&mut model, "r enter");
    let refused = Update::Refused(Failure::permanent("another run is going on"));
    send(&mut model, 1, Msg::Engine(Box::new(refused)));
    assert_eq!(model.configuration.edits.len(), 1);
}

#[test]
fn a_retry_uses_an_edit_once_and_keeps_what_the_run_was_given() {
    let mut model = scene::failed(120, 40);
    let run = model.run.as_mut().unwrap();
    let edits = RuntimeArguments::from_iter([("business_unit", "hr"), ("limit", "5")]);
    run.request.edits.insert(HR.into(), edits);
    // The row does not take back what this run was given.
    let effects = press(&mut model, "R y");
    assert!(
        matches!(effects[..], [Effect::Send(Command::Run(_))]),
        "{effects:?}"
    );

    press(&mut model, "2 home enter G enter");
    type_text(&mut model, "_v3");
    press(&mut model, "enter esc 3 R y");
    assert!(model.configuration.edits.is_empty(), "it went with the retry");
}

#[test]
fn what_a_row_says_later_reaches_an_edited_row() {
    let mut model = edited(120, 40);
    let mut table = sample::table();
    table.rows[0].arguments.insert("business_unit", "people");
    table.rows[0].arguments.insert("source_table", "other");
    sample::configuration(&mut model, 5, Ok(table));
    let edit = &model.configuration.edits[&TaskId::from(HR)];
    assert_eq!(edit.get("business_unit"), Some("people"));
    assert_eq!(edit.get("source_table"), Some("hr_engineer_v2"));
}

#[test]
fn the_form_shows_signs_sources_and_what_is_missing() {
    let mut model = sample::ready(120, 40);
    let configuration = serde_json::json!({"stages": [{"name": "Read", "plugin": {"name": "BigQueryExecute",
        "properties": {"sql": "${source_table} ${limit} ${region}"}}}], "connections": []});
    let preferences = RuntimeArguments::from_iter([("region", "us"), ("unused", "1")]);
    let pipeline = domain::deployed::DeployedPipeline::read(&configuration, &BTreeMap::new(), preferences);
    let of = Box::new(model.variables.working.clone());
    let deployed = Update::Deployed {
        of,
        pipeline: Some(pipeline),
    };
    send(&mut model, 1, Msg::Engine(Box::new(deployed)));
    press(&mut model, "2 home enter");
    let shown = picture(&model);
    let line = |name: &str, shown: &str| {
        let found = shown
            .lines()
            .rfind(|line| line.contains(&format!(" {name} ")) && !line.contains("Arguments of"));
        let words: Vec<_> = found.unwrap_or_default().split_whitespace().collect();
        words.join(" ")
    };
    assert!(shown.contains("1 missing: Arguments of"), "{shown}");
    assert!(
        line("limit", &shown).contains("! limit the pipeline needs it missing"),
        "{shown}"
    );
    assert!(line("region", &shown).contains("region us preference"), "{shown}");
    assert!(!shown.contains("unused"), "{shown}");
    press(&mut model, "home j j j j G k k enter");
    type_text(&mut model, "x");
    press(&mut model, "esc home d a");
    type_text(&mut model, "limit");
    press(&mut model, "enter");
    type_text(&mut model, "5");
    press(&mut model, "enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter");
    let shown = picture(&model);
    assert!(line("limit", &shown).contains("+ limit 5 added"), "{shown}");
    assert!(
        line("business_unit", &shown).contains("- business_unit hr left out"),
        "{shown}"
    );
    assert!(
        line("source_table", &shown).contains("~ source_table hr_engineer_v2 (row: hr_engineer) edit"),
        "{shown}"
    );
    assert!(!shown.contains("missing") && shown.contains("3 edits"), "{shown}");
}

#[test]
fn changes_of_the_form_are_taken_back_and_made_again() {
    let mut model = edited(120, 40);
    press(&mut model, "enter home d ctrl-_");
    let edit = |model: &Model| model.configuration.edits.get(&TaskId::from(HR)).cloned();
    assert_eq!(edit(&model).unwrap().get("business_unit"), Some("hr"));
    press(&mut model, "ctrl-r");
    assert_eq!(edit(&model).unwrap().get("business_unit"), None);
    press(&mut model, "U");
    assert_eq!(edit(&model), None);
    press(&mut model, "ctrl-_");
    assert_eq!(edit(&model).unwrap().get("source_table"), Some("hr_engineer_v2"));
}

#[test]
fn a_value_of_several_lines_is_seen_and_kept_exactly() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "2 home enter G enter ctrl-u");
    send(&mut model, 1, Msg::Pasted("SELECT 1\r\nFROM\tt".into()));
    let shown = picture(&model);
    assert!(shown.contains("SELECT 1␍") && shown.contains("FROM␉t"), "{shown}");
    assert!(sample::picture(&model, &sample::BARE).contains("SELECT 1^"));
    press(&mut model, "esc");
    assert!(
        model.editor().is_some(),
        "several lines are not lost by one press"
    );
    press(&mut model, "alt-enter y enter");
    let edit = &model.configuration.edits[&TaskId::from(HR)];
    assert_eq!(edit.get("source_table"), Some("SELECT 1\r\nFROM\tt\ny"));
    assert!(
        picture(&model).contains("SELECT 1␍␊FROM␉t␊y"),
        "{}",
        picture(&model)
    );
    press(&mut model, "enter ctrl-u ctrl-u");
    press(&mut model, "esc esc");
    assert!(model.editor().is_none());
}

#[test]
fn json_that_is_broken_by_an_edit_says_where() {
    let mut model = sample::ready(120, 40);
    let mut table = sample::table();
    table.rows[0].arguments.insert("source_table", r#"{"a":1}"#);
    sample::configuration(&mut model, 5, Ok(table));
    press(&mut model, "2 home enter G enter");
    assert!(picture(&model).contains("  \"a\": 1"), "{}", picture(&model));
    press(&mut model, "down end ,");
    let shown = picture(&model);
    assert!(shown.contains("not valid JSON, line 3, column 1"), "{shown}");
    press(&mut model, "enter");
    let edit = &model.configuration.edits[&TaskId::from(HR)];
    assert_eq!(
        edit.get("source_table"),
        Some("{\n  \"a\": 1,\n}"),
        "it may be kept"
    );
}

#[test]
fn a_preset_is_saved_without_secrets_and_taken_in_another_row() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home enter home j j enter");
    type_text(&mut model, "topsecret");
    press(&mut model, "enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter P");
    type_text(&mut model, "try v2");
    let effects = press(&mut model, "enter");
    let edit = ArgumentEdit {
        set: RuntimeArguments::from_iter([("source_table", "hr_engineer_v2")]),
        ..ArgumentEdit::default()
    };
    let change = KeptChange::Save("try v2".into(), edit.clone());
    assert_eq!(effects, [Effect::KeepEdits(change.clone())]);
    assert!(
        model.notice().unwrap().text.contains("db_password"),
        "what is left out is said"
    );
    let mut kept = KeptEdits::default();
    kept.apply(&change);
    send(&mut model, 1, Msg::EditsKept(change, Ok(kept)));
    press(&mut model, "esc j enter p");
    assert!(
        picture(&model).contains("try v2  source_table = hr_engineer_v2"),
        "{}",
        picture(&model)
    );
    press(&mut model, "enter esc");
    let other = &model.configuration.edits[&TaskId::from("start_pipeline_hr_recruiter")];
    assert_eq!(other.get("source_table"), Some("hr_engineer_v2"));
    assert_eq!(other.get("data_source"), Some("recruiter"));
    assert_eq!(other.get("db_password"), Some("hunter2"), "the row's own");
}

#[test]
fn a_resumed_run_uses_up_no_edit() {
    let mut model = edited(120, 40);
    let request = RunRequest {
        edits: BTreeMap::new(),
        ..model.request()
    };
    let facts = [
        Fact::RunStarted {
            run: "2026-11-22T10-00-00-11aa".into(),
            request: Box::new(request),
        },
        Fact::StartIntended {
            task: HR.into(),
            number: 1,
            token: "t".into(),
        },
    ];
    let events = facts.map(|fact| RunEvent { at: model.now, fact });
    send(
        &mut model,
        1,
        Msg::Engine(Box::new(Update::Events(events.into()))),
    );
    assert_eq!(model.configuration.edits.len(), 1);
}

#[test]
fn arguments_are_edited_for_the_next_run() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter");
    press(&mut model, "G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter a");
    type_text(&mut model, "limit");
    press(&mut model, "enter");
    type_text(&mut model, "5");
    press(&mut model, "enter g g d esc");
    let sent = commands(&press(&mut model, "r enter"));
    let [Command::Start(request)] = &sent[..] else {
        panic!("{sent:?}")
    };
    let edited = &request.edits[&TaskId::from("start_pipeline_hr_engineer")];
    assert_eq!(edited.get("source_table"), Some("hr_engineer_v2"));
    assert_eq!(edited.get("limit"), Some("5"));
    assert_eq!(edited.get("business_unit"), None);
    assert_eq!(request.edits.len(), 1);
}

#[test]
fn undone_arguments_are_not_edits_and_invalid_ones_are_rejected() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter d u a");
    type_text(&mut model, "downbeat.token");
    press(&mut model, "enter");
    assert!(model.editor().unwrap().fault.is_some());
    press(&mut model, "esc esc");
    assert!(model.configuration.edits.is_empty() && model.overlays.is_empty());
}
