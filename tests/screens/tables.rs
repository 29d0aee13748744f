//! Tables of other people on the screen: what names a row is seen, filtered and marked by its own columns, and a plan without
//! an output table says so.

use super::former::has_all;
use super::sample::{self, COLOUR, press, send, type_text};
use domain::row::{Configuration, ConfigurationRow};
use domain::variable::Variables;
use downbeat::engine::Command;
use downbeat::tui::Setup;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::update::init;

fn variables(more: &[(&str, &str)]) -> Variables {
    let mut variables = sample::variables();
    let keys = [
        ("key_columns", "region, table_name, part"),
        ("active_column", "is_enabled"),
    ];
    for (name, text) in keys.iter().chain(more) {
        variables.set_by_name(name, text).unwrap();
    }
    variables
}

fn row(variables: &Variables, keys: [&str; 3], active: bool) -> ConfigurationRow {
    let name = variables.key_columns.name(keys);
    ConfigurationRow {
        task: name.task(),
        active,
        arguments: variables.key_columns.iter().zip(keys).collect(),
        name,
        ..sample::row("x", "y", active, 1)
    }
}

fn ready(more: &[(&str, &str)], width: u16, height: u16) -> Model {
    let variables = variables(more);
    let rows = vec![
        row(&variables, ["eu-west", "order lines", "7"], true),
        row(&variables, ["us", "orders", "8"], true),
        row(&variables, ["us", "idle", "9"], false),
    ];
    let setup = Setup {
        variables,
        ..sample::setup()
    };
    let mut model = setup.model();
    init(&mut model);
    send(&mut model, 0, Msg::Resized(width, height));
    let table = Configuration {
        total_rows: 3,
        rows,
        findings: Vec::new(),
    };
    sample::configuration(&mut model, 0, Ok(table));
    model
}

fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

#[test]
fn rows_are_named_by_their_own_columns() {
    let mut model = ready(&[], 160, 40);
    has_all(
        &picture(&model),
        &[
            "region /…able_name / part",
            "eu-west / order lines / 7",
            "us / idle / 9",
        ],
    );
    press(&mut model, "G");
    has_all(&picture(&model), &["us / idle / 9: off (is_enabled is not true)"]);
    press(&mut model, "home r");
    has_all(
        &picture(&model),
        &[
            "start_pipeline_eu-west_order_lines_7",
            "Left out: 1 row not active",
            "us / idle / 9",
        ],
    );
}

#[test]
fn a_filter_takes_the_first_and_the_last_column_and_a_marked_row_runs_alone() {
    let mut model = ready(&[], 160, 40);
    press(&mut model, "2 /");
    type_text(&mut model, "unit:us source:8");
    press(&mut model, "enter");
    let shown = picture(&model);
    assert!(
        shown.contains("us / orders / 8") && !shown.contains("us / idle"),
        "{shown}"
    );
    press(&mut model, "space r");
    has_all(&picture(&model), &["filter_arguments: keeps only us/orders/8"]);
    let effects = press(&mut model, "enter");
    let names = effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::Start(request)) => Some(request.only.iter().map(ToString::to_string).collect()),
        _ => None,
    });
    assert_eq!(names, Some(vec!["us/orders/8".to_owned()]));
}

#[test]
fn the_plan_says_that_no_table_is_named_and_which_rows_are_read() {
    let settings = [
        ("bq_output_table", ""),
        ("bq_truncate", "false"),
        ("bq_config_filter", "env = 'prod'"),
        ("bq_project_id", "my-data-1"),
    ];
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = ready(&settings, width, height);
        press(&mut model, "r");
        has_all(
            &picture(&model),
            &[
                "No output table is named, and none is emptied.",
                "truncate_table: left out, because no output table is named",
                "reads my-data-1.cdf_output.configuration, only rows",
            ],
        );
        let effects = press(&mut model, "enter");
        assert!(
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::Send(Command::Start(_))))
        );
    }
}
