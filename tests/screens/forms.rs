//! Forms: nothing typed is lost, an edit is for one run, and each value says where it comes from.

use crate::keys::event;
use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::draft::{ArgumentEdit, Draft, KeptChange, KeptEdits};
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::request::RunRequest;
use domain::state::RunState;
use domain::variable::VariableName;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::collections::BTreeMap;

const HR: &str = "start_pipeline_hr_engineer";

fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

/// A model whose first row has an edited argument, and the form is closed.
fn edited(width: u16, height: u16) -> Model {
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
fn the_list_that_a_run_wrote_back_is_shown_at_once() {
    let mut model = sample::ready(200, 50);
    let text = r#"[{"business_unit":"hr"},{"business_unit":"it"}]"#;
    for (profile, lists) in [("other", 0), ("sandbox", 2)] {
        let saved = Update::ArgumentsSaved {
            profile: profile.into(),
            text: text.into(),
        };
        send(&mut model, 9, Msg::Engine(Box::new(saved)));
        assert_eq!(model.variables.working.cdf_pipeline_run_arguments.0.len(), lists);
    }
    assert!(model.variables.changes().is_empty());
    assert_eq!(
        model.variables.origin(VariableName::CdfPipelineRunArguments),
        "profile"
    );
    model.variables.selected = VariableName::CdfPipelineRunArguments;
    press(&mut model, "1");
    assert!(
        picture(&model).contains("2 lists, enter reads them"),
        "{}",
        picture(&model)
    );
    press(&mut model, "enter");
    let shown = picture(&model);
    assert!(shown.contains("    \"business_unit\": \"it\""), "{shown}");
    press(&mut model, "enter");
    assert!(model.variables.changes().is_empty(), "reading changes nothing");
}

#[test]
fn leaving_asks_about_variables_arguments_and_open_fields() {
    let mut model = edited(120, 40);
    assert_eq!(press(&mut model, "q"), []);
    let shown = picture(&model);
    assert!(
        shown.contains("Arguments edited") && shown.contains(HR),
        "{shown}"
    );
    assert_eq!(press(&mut model, "n"), []);
    assert!(press(&mut model, "q y").contains(&Effect::Leave));
    assert!(model.discards_edits);

    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter G enter");
    type_text(&mut model, "_v2");
    assert_eq!(press(&mut model, "ctrl-c"), []);
    assert!(picture(&model).contains("source_table"), "{}", picture(&model));
    press(&mut model, "n x");
    assert_eq!(
        model.editor().map(|editor| editor.text().to_owned()).as_deref(),
        Some("hr_engineer_v2x"),
        "who stays is where he was"
    );
}

#[test]
fn save_and_leave_accepts_the_open_field_and_saves_the_variables() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter 5");
    let effects = press(&mut model, "ctrl-c w");
    let change = (VariableName::BqConfigMaxResults, "105".to_owned());
    assert!(
        effects.contains(&Effect::SaveVariables(vec![change])),
        "{effects:?}"
    );
    assert!(!effects.contains(&Effect::Leave), "not before it is saved");
    let failed = Msg::Saved(Err(Failure::permanent("the disk is full")));
    assert!(!send(&mut model, 1, failed).contains(&Effect::Leave));
    press(&mut model, "esc q w");
    assert!(send(&mut model, 1, Msg::Saved(Ok(BTreeMap::new()))).contains(&Effect::Leave));

    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter x");
    assert_eq!(press(&mut model, "ctrl-c w"), []);
    assert!(
        model.editor().is_some(),
        "a wrong text is not saved, and not lost"
    );
}

#[test]
fn below_the_least_size_no_key_reaches_a_hidden_field() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter G enter");
    type_text(&mut model, "_v2");
    send(&mut model, 1, Msg::Resized(39, 9));
    assert_eq!(press(&mut model, "x j q enter esc backspace"), []);
    send(&mut model, 1, Msg::Pasted("more".into()));
    send(&mut model, 1, Msg::Resized(120, 40));
    let text = model.editor().map(|editor| editor.text().to_owned());
    assert_eq!(text.as_deref(), Some("hr_engineer_v2"));
}

#[test]
fn the_world_does_not_close_a_form() {
    let mut model = scene::running(120, 40);
    press(&mut model, "2 home enter G enter");
    type_text(&mut model, "_v2");
    sample::configuration(&mut model, 70, Ok(sample::table()));
    event(
        &mut model,
        Fact::RunEnded {
            state: RunState::Success,
        },
    );
    send(&mut model, 71, Msg::EngineEnded);
    send(&mut model, 71, Msg::Resized(80, 24));
    press(&mut model, "F1 esc");
    let text = model.editor().map(|editor| editor.text().to_owned());
    assert_eq!(text.as_deref(), Some("hr_engineer_v2"));
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
fn edits_that_were_not_saved_are_offered_at_the_next_start() {
    let edit = ArgumentEdit {
        set: RuntimeArguments::from_iter([("limit", "5")]),
        ..ArgumentEdit::default()
    };
    let draft = Draft {
        at: sample::at(0),
        variables: BTreeMap::from([(VariableName::BqConfigMaxResults, "105".into())]),
        arguments: BTreeMap::from([(TaskId::from(HR), edit)]),
    };
    let make = || {
        let mut setup = sample::setup();
        setup.kept.draft = Some(draft.clone());
        let mut model = setup.model();
        downbeat::tui::update::init(&mut model);
        send(&mut model, 0, Msg::Resized(120, 40));
        model
    };
    let mut model = make();
    let shown = picture(&model);
    assert!(
        shown.contains("bq_config_max_results") && shown.contains(HR),
        "{shown}"
    );
    press(&mut model, "y");
    assert_eq!(model.variables.changes().len(), 1);
    sample::configuration(&mut model, 1, Ok(sample::table()));
    assert_eq!(
        model.configuration.edits[&TaskId::from(HR)].get("limit"),
        Some("5")
    );
    let mut model = make();
    assert_eq!(
        press(&mut model, "d"),
        [Effect::KeepEdits(KeptChange::Draft(None))]
    );
    sample::configuration(&mut model, 1, Ok(sample::table()));
    assert!(model.configuration.edits.is_empty() && model.variables.changes().is_empty());
}

#[test]
fn what_is_wrong_with_a_variable_is_said_without_its_text() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter x");
    let fault = model.editor().and_then(|editor| editor.fault.clone());
    assert_eq!(fault.as_deref(), Some("This is not a whole number."));
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
