//! What the deployed pipeline adds to the plan on the screen, and to the form of a row's arguments.

use super::sample::{self, COLOUR, press, send};
use domain::arguments::RuntimeArguments;
use domain::deployed::DeployedPipeline;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use serde_json::json;
use std::collections::BTreeMap;

/// A model that has read a pipeline with one sink, whose table is this.
fn with_sink(table: &str) -> Model {
    let sink = json!({"name": "Out", "plugin": {"name": "BigQueryTable", "type": "batchsink",
        "properties": {"dataset": "${bq_dataset_id}", "table": table}}});
    let configuration = json!({"stages": [sink]});
    let deployed = DeployedPipeline::read(&configuration, &BTreeMap::new(), RuntimeArguments::default());
    let mut model = sample::ready(100, 30);
    send(
        &mut model,
        0,
        Msg::Engine(Box::new(Update::Deployed {
            of: Box::new(sample::variables()),
            pipeline: Some(deployed),
        })),
    );
    model
}

fn started(effects: &[Effect]) -> bool {
    let is_start = |effect: &Effect| matches!(effect, Effect::Send(Command::Start(_)));
    effects.iter().any(is_start)
}

#[test]
fn the_plan_shows_the_variables_that_go_along() {
    let mut model = with_sink("${bq_output_table}");
    press(&mut model, "r");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("variables for each, unless its row has them: bq_dataset_id")
            && picture.contains("bq_output_table = landing"),
        "{picture}"
    );
    assert!(started(&press(&mut model, "enter")));
}

#[test]
fn a_sink_elsewhere_prevents_the_start() {
    let mut model = with_sink("customers");
    press(&mut model, "r");
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("the stage Out fills"), "{picture}");
    assert!(!started(&press(&mut model, "enter")));
}

#[test]
fn a_sink_that_cannot_be_known_is_shown_and_started_by_a_person() {
    let mut model = with_sink("${secure(target)}");
    press(&mut model, "r");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("Which table the stage Out fills is not known"),
        "{picture}"
    );
    let effects = press(&mut model, "enter");
    assert!(accepted(&effects), "{effects:?}");
}

fn accepted(effects: &[Effect]) -> bool {
    let is_accepted = |effect: &Effect| matches!(effect, Effect::Send(Command::Start(request)) if request.allow_unresolved_sink);
    effects.iter().any(is_accepted)
}

#[test]
fn what_the_plan_did_not_show_is_not_accepted() {
    let mut model = with_sink("${secure(target)}");
    model.deployed = None;
    let effects = press(&mut model, "r enter");
    assert!(started(&effects) && !accepted(&effects), "{effects:?}");
}

#[test]
fn another_pipeline_is_read_when_its_name_changes() {
    let mut model = with_sink("customers");
    let name = model.variables.working.cdf_pipeline_name.clone();
    press(&mut model, "1");
    while model.variables.selected.as_str() != "cdf_pipeline_name" {
        press(&mut model, "j");
    }
    press(&mut model, "e");
    sample::type_text(&mut model, "2");
    let effects = press(&mut model, "enter");
    assert_ne!(model.variables.working.cdf_pipeline_name, name);
    let is_read = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Send(Command::ReadConfiguration(_))));
    assert!(
        is_read && model.deployed.is_none(),
        "what was read is of another pipeline"
    );
}

#[test]
fn the_form_shows_a_variable_and_an_edit_wins() {
    let mut model = with_sink("${bq_output_table}");
    press(&mut model, "2 enter");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("landing") && picture.contains(" variable "),
        "{picture}"
    );
    let form = |model: &Model| match model.overlays.top() {
        Some(downbeat::tui::model::overlay::Overlay::Arguments(form)) => form.name(),
        _ => None,
    };
    while form(&model).as_deref() != Some("bq_output_table") {
        press(&mut model, "j");
    }
    press(&mut model, "e");
    sample::type_text(&mut model, "2");
    press(&mut model, "enter esc r");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("edited: + bq_output_table = landing2"),
        "{picture}"
    );
    assert!(
        picture.contains("fills"),
        "the row's sink is another table now: {picture}"
    );
}
