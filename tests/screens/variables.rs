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
        model.variables.working.allow_schemaless_wrangler,
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

/// The line of a variable in the picture.
fn line(model: &Model, name: &str) -> String {
    let shown = picture(model);
    let found = shown.lines().rfind(|line| line.contains(&format!("{name}  ")));
    found.unwrap_or_default().to_owned()
}

#[test]
fn what_is_wrong_stands_beside_the_field_or_whole_below_it() {
    for (name, typed, reason) in [
        ("bq_config_max_results", "x", "! This is not a whole number."),
        ("dag_timeout_minutes", "x", "! This is not a number."),
    ] {
        let mut model = sample::ready(200, 50);
        model.variables.selected = VariableName::from_name(name).unwrap();
        press(&mut model, "1 enter");
        type_text(&mut model, typed);
        let shown = line(&model, name);
        assert!(
            shown.contains(&format!("{typed}  ")) && shown.contains(reason),
            "{shown}"
        );
        let bare = sample::picture(&model, &sample::BARE);
        assert!(bare.contains(reason), "without colours too: {bare}");
    }
    let mut model = sample::ready(160, 50);
    model.variables.selected = VariableName::MaxActivePipelines;
    press(&mut model, "1 enter");
    type_text(&mut model, "000");
    let shown = picture(&model);
    assert!(
        shown.contains("^ This is out of bounds: from 1 to 1000."),
        "{shown}"
    );
    let mut model = sample::ready(44, 24);
    model.variables.selected = VariableName::ProjectId;
    press(&mut model, "1 enter");
    type_text(&mut model, "_UPPER");
    let shown = picture(&model);
    let whole = shown.replace(['│', '█', '\n'], " ");
    let whole: Vec<_> = whole.split_whitespace().collect();
    let reason = "^ This is not allowed: 6 to 30 lower-case letters, digits and -, starting with a letter.";
    assert!(whole.join(" ").contains(reason), "{shown}");
}

#[test]
fn a_wrong_value_says_so_beside_it_and_below_the_list() {
    let mut model = sample::ready(160, 50);
    model.variables.selected = VariableName::BqOutputTable;
    press(&mut model, "1 enter ctrl-u enter");
    let shown = line(&model, "bq_output_table");
    assert!(
        shown.contains("(empty)") && shown.contains("! is empty."),
        "{shown}"
    );
    assert!(
        picture(&model).contains("Set bq_output_table:"),
        "what to do: {}",
        picture(&model)
    );
}

#[test]
fn an_edited_variable_says_what_it_was() {
    for look in [COLOUR, sample::BARE] {
        let mut model = sample::ready(160, 50);
        model.variables.selected = VariableName::MaxActivePipelines;
        press(&mut model, "1 enter");
        type_text(&mut model, "0");
        press(&mut model, "enter");
        let shown = sample::picture(&model, &look);
        let line = shown
            .lines()
            .rfind(|line| line.contains("max_active_pipelines  "))
            .unwrap();
        let (value, was) = (line.find(" 50 ").unwrap(), line.find("was 5 ").unwrap());
        assert!(value < was, "{line}");
        assert!(shown.contains("it was 5 (default)"), "{shown}");
        press(&mut model, "u");
        assert!(
            !sample::picture(&model, &look).contains("was 5"),
            "nothing is different"
        );
    }
    let mut model = sample::ready(160, 50);
    press(&mut model, "1");
    model.variables.saved.cdf_instance = String::new();
    assert!(
        line(&model, "cdf_instance").contains("was empty"),
        "{}",
        line(&model, "cdf_instance")
    );
}
