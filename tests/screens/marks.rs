//! Marks: how they are made and kept, and what is done with marked rows and tasks.

use crate::former::{commands, has_all, picture};
use crate::sample::{self, press, send};
use crate::scene;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::id::TaskId;
use domain::key::RowName;
use downbeat::engine::{Command, Update};
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

fn marked_rows(model: &Model) -> Vec<String> {
    model.marked_rows().map(|row| row.name.to_string()).collect()
}

fn marked_tasks(model: &Model) -> Vec<String> {
    model.marked_tasks().iter().map(TaskId::to_string).collect()
}

fn happens(model: &mut Model, fact: Fact) {
    let event = RunEvent { at: model.now, fact };
    send(model, 70, Msg::Engine(Box::new(Update::Events(vec![event]))));
}

#[test]
fn lines_are_marked_one_by_one_in_a_range_and_by_inversion() {
    for (keys, expected) in [
        ("2 home space", vec!["hr/engineer"]),
        ("2 home space space", vec!["hr/engineer", "hr/recruiter"]),
        ("2 home space k space", vec![]),
        (
            "2 home j v j j",
            vec!["hr/recruiter", "finance/ledger", "sales/orders"],
        ),
        (
            "2 home j j j v k k v home",
            vec!["hr/recruiter", "finance/ledger", "sales/orders"],
        ),
        ("2 home v j esc", vec![]),
        ("2 home space v j esc", vec!["hr/engineer"]),
        ("2 home space v j esc esc", vec![]),
        (
            "2 home v j j j j space *",
            vec!["it/assets", "it/platform", "legal/contracts"],
        ),
    ] {
        let mut model = sample::ready(120, 40);
        press(&mut model, keys);
        assert_eq!(marked_rows(&model), expected, "{keys}");
    }
}

#[test]
fn a_run_of_marked_rows_is_planned_and_started_and_empties_nothing() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home space j space r");
    has_all(
        &picture(&model),
        &[
            "2 marked",
            "truncate_table: left out, because only some rows run",
            "filter_arguments: keeps only finance/ledger, hr/engineer",
            "2 runs of",
        ],
    );
    let sent = commands(&press(&mut model, "enter"));
    let [Command::Start(request)] = &sent[..] else {
        panic!("{sent:?}")
    };
    let only: Vec<_> = request.only.iter().map(RowName::to_string).collect();
    assert_eq!(only, ["finance/ledger", "hr/engineer"]);
    assert!(!request.empties_output());
    assert!(model.row_marks.is_empty(), "the next run is a whole one again");
}

#[test]
fn an_inactive_row_among_the_marked_ones_stands_against_the_run() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 G space r");
    has_all(
        &picture(&model),
        &["legal/contracts was asked for, and it is inactive"],
    );
    assert_eq!(commands(&press(&mut model, "enter")), []);
}

#[test]
fn marks_stay_with_their_rows_when_the_table_changes() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 home space space");
    let mut table = sample::table();
    table.rows.remove(0);
    table.rows.reverse();
    sample::configuration(&mut model, 1, Ok(table));
    assert_eq!(marked_rows(&model), ["hr/recruiter"]);
}

#[test]
fn a_mark_is_seen_without_colour_and_beside_the_selection() {
    for (look, mark, both) in [(&sample::COLOUR, "◆", "◈"), (&sample::BARE, "*", "#")] {
        let mut model = sample::ready(120, 40);
        press(&mut model, "2 home space");
        let marked = |model: &Model, glyph: &str| {
            let shown = sample::picture(model, look);
            let line = shown.lines().find(|line| line.contains("hr / engineer"));
            line.unwrap().contains(glyph) && shown.contains("1 marked")
        };
        assert!(marked(&model, mark));
        press(&mut model, "k");
        assert!(marked(&model, both));
    }
}

#[test]
fn marked_tasks_are_stopped_together_after_one_question() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3 home v G v x");
    has_all(
        &picture(&model),
        &[
            "Stop 5 tasks?",
            "3 live pipeline runs",
            "6 marked tasks left alone",
        ],
    );
    happens(
        &mut model,
        Fact::TaskSucceeded {
            task: "start_pipeline_sales_orders".into(),
        },
    );
    has_all(&picture(&model), &["Stop 4 tasks?", "2 live pipeline runs"]);
    let sent = commands(&press(&mut model, "y"));
    let [Command::Run(RunCommand::Several(stops))] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(stops.len(), 4);
    assert!(stops.iter().all(|stop| matches!(stop, RunCommand::StopTask(_))));
    assert!(marked_tasks(&model).is_empty());
}

#[test]
fn marked_tasks_are_tried_again_together_and_no_others() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 home");
    for _ in 0..model.run.as_ref().unwrap().tasks.len() {
        let task = model.selected_task().unwrap().id.to_string();
        let is_wanted = ["hr_engineer", "finance_ledger"]
            .iter()
            .any(|name| task.ends_with(name));
        press(&mut model, if is_wanted { "space" } else { "j" });
    }
    press(&mut model, "R");
    has_all(&picture(&model), &["Try 2 tasks again?"]);
    assert_eq!(commands(&press(&mut model, "enter")), []);
    let sent = commands(&press(&mut model, "R y"));
    let retry = |task: &str| RunCommand::Retry {
        task: task.into(),
        arguments: None,
    };
    let retries = ["start_pipeline_hr_engineer", "start_pipeline_finance_ledger"].map(retry);
    assert_eq!(sent, [Command::Run(RunCommand::Several(retries.into()))]);
}

#[test]
fn marks_are_those_of_the_shown_run() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 home space");
    assert_eq!(marked_tasks(&model), ["start"]);
    model.former_run = model.run.clone().map(|mut run| {
        run.id = "another".into();
        run
    });
    assert!(marked_tasks(&model).is_empty());
}
