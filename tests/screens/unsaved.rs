//! Nothing typed is lost: leaving asks, a wrong text stays, and what was not saved is offered again.

use crate::forms::{HR, edited, picture};
use crate::keys::event;
use crate::sample::{self, press, send, type_text};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::draft::{ArgumentEdit, Draft, KeptChange, NameOf, TypedName};
use domain::event::Fact;
use domain::failure::Failure;
use domain::id::TaskId;
use domain::state::RunState;
use domain::variable::VariableName;
use downbeat::tui::effect::Effect;
use downbeat::tui::msg::Msg;
use std::collections::BTreeMap;

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
fn edits_that_were_not_saved_are_offered_at_the_next_start() {
    let edit = ArgumentEdit {
        set: RuntimeArguments::from_iter([("limit", "5")]),
        ..ArgumentEdit::default()
    };
    let draft = Draft {
        at: sample::at(0),
        variables: BTreeMap::from([(VariableName::BqConfigMaxResults, "105".into())]),
        arguments: BTreeMap::from([(TaskId::from(HR), edit)]),
        typed: None,
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
fn a_text_that_was_left_while_it_was_wrong_is_typed_on_at_the_next_start() {
    let mut setup = sample::setup();
    setup.kept.draft = Some(Draft {
        at: sample::at(0),
        variables: BTreeMap::from([(VariableName::BqConfigMaxResults, "10x".into())]),
        ..Draft::default()
    });
    let mut model = setup.model();
    downbeat::tui::update::init(&mut model);
    send(&mut model, 0, Msg::Resized(120, 40));
    press(&mut model, "y");
    let editor = model.editor().unwrap();
    assert_eq!((editor.text(), editor.is_changed()), ("10x", true));
    assert!(
        picture(&model).contains("This is not a whole number."),
        "{}",
        picture(&model)
    );
    press(&mut model, "backspace 7 enter");
    let change = (VariableName::BqConfigMaxResults, "107".to_owned());
    assert_eq!(model.variables.changes(), [change]);
}

#[test]
fn a_name_that_was_being_typed_is_typed_on_in_the_same_form_at_the_next_start() {
    for of in [NameOf::Argument, NameOf::Preset] {
        let mut setup = sample::setup();
        setup.kept.draft = Some(Draft {
            at: sample::at(0),
            arguments: BTreeMap::from([(
                TaskId::from(HR),
                ArgumentEdit {
                    set: RuntimeArguments::from_iter([("limit", "5")]),
                    ..ArgumentEdit::default()
                },
            )]),
            typed: Some(TypedName {
                task: HR.into(),
                of,
                text: "half_a_na".into(),
            }),
            ..Draft::default()
        });
        // The answer comes before or after the table.
        for is_read_first in [true, false] {
            let mut model = setup.model();
            downbeat::tui::update::init(&mut model);
            send(&mut model, 0, Msg::Resized(120, 40));
            if is_read_first {
                sample::configuration(&mut model, 1, Ok(sample::table()));
            }
            let shown = picture(&model);
            assert!(shown.contains("half_a_na"), "{shown}");
            press(&mut model, "y");
            if !is_read_first {
                assert!(model.editor().is_none(), "its row is not known yet");
                sample::configuration(&mut model, 1, Ok(sample::table()));
            }
            type_text(&mut model, "me");
            let text = model.editor().map(|editor| editor.text().to_owned());
            assert_eq!(text.as_deref(), Some("half_a_name"), "{of:?} {is_read_first}");
            let shown = picture(&model);
            assert!(shown.contains(HR), "{shown}");
            let effects = press(&mut model, "enter");
            match of {
                NameOf::Argument => {
                    type_text(&mut model, "7");
                    press(&mut model, "enter");
                    let edits = &model.configuration.edits[&TaskId::from(HR)];
                    assert_eq!(
                        (edits.get("half_a_name"), edits.get("limit")),
                        (Some("7"), Some("5"))
                    );
                }
                NameOf::Preset => assert!(
                    matches!(effects.as_slice(), [Effect::KeepEdits(KeptChange::Save(name, _))] if name == "half_a_name"),
                    "{effects:?}"
                ),
            }
        }
    }
}

#[test]
fn a_name_that_cannot_be_typed_on_yet_is_kept_and_takes_no_other_form_away() {
    let mut setup = sample::setup();
    let typed = TypedName {
        task: HR.into(),
        of: NameOf::Argument,
        text: "half".into(),
    };
    setup.kept.draft = Some(Draft {
        typed: Some(typed.clone()),
        ..Draft::default()
    });
    let mut model = setup.model();
    downbeat::tui::update::init(&mut model);
    send(&mut model, 0, Msg::Resized(120, 40));
    press(&mut model, "y ?");
    sample::configuration(&mut model, 1, Ok(sample::table()));
    assert!(model.editor().is_none(), "the help stays");
    assert_eq!(model.configuration.awaited_name, Some(typed));
}
