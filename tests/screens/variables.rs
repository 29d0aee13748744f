//! The form of the variables: typing, what is wrong beside the field, what an edited value was.

use crate::forms::picture;
use crate::keys::commands;
use crate::sample::{self, COLOUR, press, send, type_text};
use domain::failure::Failure;
use domain::variable::VariableName;
use downbeat::engine::{Command, Update};
use downbeat::tui::context::Context;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::collections::BTreeMap;

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
fn what_is_wrong_with_a_variable_is_said_without_its_text() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter x");
    let fault = model.editor().and_then(|editor| editor.fault.clone());
    assert_eq!(fault.as_deref(), Some("This is not a whole number."));
}

#[test]
fn a_variable_is_typed_validated_and_accepted() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter");
    type_text(&mut model, "q?");
    assert_eq!(model.context(), Context::Field, "letters are text in a field");
    assert!(model.editor().unwrap().fault.is_some());
    press(&mut model, "enter");
    assert!(model.editor().is_some(), "an invalid text is not accepted");
    press(&mut model, "backspace backspace 5");
    let effects = press(&mut model, "enter");
    assert_eq!(model.variables.working.bq_config_max_results, 105);
    assert!(matches!(commands(&effects)[..], [Command::ReadConfiguration(_)]));
    let effects = press(&mut model, "s");
    let change = (VariableName::BqConfigMaxResults, "105".to_owned());
    assert!(effects.contains(&Effect::SaveVariables(vec![change])));
    send(&mut model, 1, Msg::Saved(Ok(BTreeMap::new())));
    assert!(model.variables.changes().is_empty());
}

#[test]
fn an_edit_is_undone_and_esc_cancels() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 enter 7 esc");
    assert!(model.variables.changes().is_empty());
    press(&mut model, "enter 7 enter u");
    assert!(model.variables.changes().is_empty());
    press(&mut model, "G enter");
    assert!(
        !model.variables.working.bq_truncate,
        "true and false change at once"
    );
    send(
        &mut model,
        1,
        Msg::Saved(Err(Failure::permanent("the disk is full"))),
    );
    assert!(model.notice().unwrap().text.contains("the disk is full"));
    assert_eq!(model.variables.changes().len(), 1);
}
