//! Filters of lists: what is shown, where the selection is, and what is done with what is hidden.

use crate::former::{commands, has_all, picture};
use crate::sample::{self, press, type_text};
use crate::scene;
use domain::command::RunCommand;
use domain::variable::VariableName;
use downbeat::engine::Command;
use downbeat::tui::context::Context;
use downbeat::tui::model::Model;
use ratatui::style::Modifier;

fn filter(model: &mut Model, text: &str) {
    press(model, "/");
    type_text(model, text);
}

fn row(model: &Model) -> Option<String> {
    model.configuration.row().map(|row| row.name.to_string())
}

#[test]
fn a_list_shows_what_fits_while_the_filter_is_typed() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home");
    filter(&mut model, "active:no");
    assert_eq!(model.context(), Context::Prompt);
    let shown = picture(&model);
    has_all(
        &shown,
        &["it / platform", "legal / contracts", "/active:no 2 of 8"],
    );
    assert!(!shown.contains("hr / engineer"), "{shown}");
    assert_eq!(
        row(&model).as_deref(),
        Some("it/platform"),
        "the selection is on a shown line"
    );
    press(&mut model, "enter j");
    assert_eq!(row(&model).as_deref(), Some("legal/contracts"));
    press(&mut model, "j j home");
    assert_eq!(row(&model).as_deref(), Some("it/platform"));
    press(&mut model, "esc");
    has_all(&picture(&model), &["hr / engineer", "6 of 8 rows active"]);
    assert_eq!(row(&model).as_deref(), Some("it/platform"), "the selection stays");
}

#[test]
fn leaving_a_filter_gives_the_selection_back() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home j");
    filter(&mut model, "contracts");
    assert_eq!(row(&model).as_deref(), Some("legal/contracts"));
    press(&mut model, "esc");
    assert_eq!(row(&model).as_deref(), Some("hr/recruiter"));
    assert!(!model.configuration.filter.is_on());
    // What is typed on the way moves nothing that fits in the end.
    filter(&mut model, "source:rec");
    assert_eq!(row(&model).as_deref(), Some("hr/recruiter"));
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    model.grid.selected = None;
    filter(&mut model, "ledger");
    assert!(model.grid.selected.is_some());
    press(&mut model, "esc");
    assert_eq!(model.grid.selected, None, "the selection follows the run again");
}

#[test]
fn an_unknown_field_is_said_and_not_accepted() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home");
    filter(&mut model, "hr colour:red");
    has_all(&picture(&model), &["No field colour here"]);
    press(&mut model, "enter");
    assert_eq!(model.context(), Context::Prompt);
}

#[test]
fn what_fits_nothing_selects_nothing() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home");
    filter(&mut model, "zzzz");
    press(&mut model, "enter");
    has_all(&picture(&model), &["Nothing fits the filter"]);
    assert_eq!(row(&model), None);
    press(&mut model, "enter");
    assert!(model.overlays.is_empty(), "no form of a hidden row");
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    filter(&mut model, "zzzz");
    assert_eq!(commands(&press(&mut model, "enter x")), []);
    assert!(model.overlays.is_empty() && model.selected_task().is_none());
}

#[test]
fn tab_completes_fields_and_values() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    filter(&mut model, "st");
    press(&mut model, "tab");
    type_text(&mut model, "run");
    press(&mut model, "tab enter");
    assert_eq!(model.grid.filter.text(), "state:running");
    has_all(&picture(&model), &["/state:running 2 of 11"]);
}

#[test]
fn the_tasks_that_fit_change_with_the_run() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    filter(&mut model, "state:success");
    press(&mut model, "enter");
    has_all(&picture(&model), &["5 of 11"]);
    let ended = domain::event::Fact::TaskSucceeded {
        task: "start_pipeline_sales_orders".into(),
    };
    crate::keys::event(&mut model, ended);
    has_all(&picture(&model), &["6 of 11", "sales_orders"]);
}

#[test]
fn what_is_hidden_is_neither_marked_nor_acted_on() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3 home *");
    filter(&mut model, "sales");
    press(&mut model, "enter x");
    has_all(
        &picture(&model),
        &["Stop 2 tasks?", "9 marked lines hidden by the filter"],
    );
    let sent = commands(&press(&mut model, "y"));
    let [Command::Run(RunCommand::Several(stops))] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(stops.len(), 2);

    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home");
    filter(&mut model, "source:orders,ledger");
    press(&mut model, "enter * esc");
    let marked = model.marked_rows().count();
    assert_eq!(marked, 2);
    press(&mut model, "esc");
    assert_eq!(
        model.marked_rows().count(),
        0,
        "esc shows all first, then unmarks"
    );
}

#[test]
fn former_runs_are_filtered_in_their_list() {
    let mut model = scene::failed(120, 40);
    let mut other = model.history[0].clone();
    other.id = "another".into();
    other.state = domain::state::RunState::Success;
    model.history.push(other);
    press(&mut model, "H");
    model.overlays.clear();
    press(&mut model, "H tab");
    filter(&mut model, "state:success");
    press(&mut model, "enter");
    has_all(&picture(&model), &["/state:success 1 of 2"]);
    assert_eq!(model.selected_former().unwrap().id.as_str(), "another");
    press(&mut model, "esc");
    assert_eq!(model.context(), Context::History, "esc shows all runs first");
    assert!(!model.history_filter.is_on());
    filter(&mut model, "state:timed_out");
    press(&mut model, "enter");
    assert!(model.selected_former().is_none());
}

#[test]
fn found_letters_are_underlined() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home");
    filter(&mut model, "enginr");
    let cells = sample::frame(&model, &sample::BARE);
    let underlined = cells
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    let letters: String = underlined.map(ratatui::buffer::Cell::symbol).collect();
    assert!(letters.contains("enginr"), "{letters}");
}

#[test]
fn variables_are_filtered_by_name_and_by_what_was_edited() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 home");
    filter(&mut model, "pipelinename");
    press(&mut model, "enter");
    assert_eq!(model.variables.selected, VariableName::CdfPipelineName);
    press(&mut model, "esc");
    filter(&mut model, "edited:yes");
    has_all(&picture(&model), &["Nothing fits the filter"]);
}
