//! Failures by reason, the time axis and the stages of a run: what they show, and what keys do there.

use crate::keys::event;
use crate::sample::{BARE, COLOUR, Scenario, picture, press, ready, row, send};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::deployed::DeployedPipeline;
use domain::event::Fact;
use domain::failure::Failure;
use domain::id::TaskId;
use domain::pipeline::{PipelineState, StageCounts};
use domain::row::Configuration;
use domain::state::RunState;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::msg::Msg;
use serde_json::json;
use std::collections::BTreeMap;

const TASKS: [&str; 4] = ["hr_engineer", "hr_payroll", "sales_orders", "sales_refunds"];

fn table() -> Configuration {
    let rows = TASKS.map(|name| {
        let (unit, source) = name.split_once('_').unwrap();
        row(unit, source, true, 10)
    });
    Configuration {
        total_rows: 4,
        rows: rows.into(),
        findings: Vec::new(),
    }
}

fn id(name: &str) -> TaskId {
    TaskId::new(format!("start_pipeline_{name}"))
}

/// Three tasks failed alike but for their names and numbers, one otherwise.
fn failed(width: u16, height: u16) -> Model {
    let mut scenario = Scenario::new(ready(width, height)).chain(&table());
    for (place, name) in TASKS.iter().enumerate() {
        let task = id(name);
        let reason = match *name {
            "sales_orders" => "Quota exceeded.".to_owned(),
            other => format!("gs://b/{other}.csv: line {place} has no such field."),
        };
        scenario = scenario
            .started(task.as_str(), 1)
            .seen(task.as_str(), PipelineState::Failed)
            .at(20 + place as u64)
            .fact(Fact::TaskFailed {
                task,
                failure: Failure::permanent(reason).with_remedy("Add the column."),
            });
    }
    let scenario = scenario
        .fact(Fact::UpstreamFailed { task: "end".into() })
        .fact(Fact::RunEnded {
            state: RunState::Failed,
        });
    scenario.model
}

fn commands(effects: Vec<Effect>) -> Vec<Command> {
    let sent = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send(Command::Focus(_)) => None,
        Effect::Send(command) => Some(command),
        _ => None,
    });
    sent.collect()
}

#[test]
fn failures_are_grouped_by_reason_and_unfold_to_their_tasks() {
    let mut model = failed(120, 40);
    press(&mut model, "F");
    let shown = picture(&model, &COLOUR);
    assert!(
        shown.contains("3 × gs://b/hr_engineer.csv: line 0 has no such field."),
        "{shown}"
    );
    assert!(shown.contains("1 × Quota exceeded."), "{shown}");
    assert!(shown.contains("Add the column."), "what to do is below: {shown}");
    press(&mut model, "enter");
    let shown = picture(&model, &COLOUR);
    for name in ["hr_engineer", "hr_payroll", "sales_refunds"] {
        assert!(shown.contains(id(name).as_str()), "{name} in {shown}");
    }
    press(&mut model, "j");
    press(&mut model, "j");
    press(&mut model, "enter");
    assert!(model.overlays.is_empty());
    assert_eq!(model.grid.selected, Some(id("hr_payroll")));
    let plain = picture(&failed(120, 40), &BARE);
    assert!(plain.is_ascii(), "{plain}");
}

#[test]
fn a_group_is_tried_again_as_a_whole_and_no_other_task_with_it() {
    let mut model = failed(120, 40);
    press(&mut model, "F");
    press(&mut model, "R");
    let Some(Overlay::Dialog(question)) = model.overlays.top() else {
        panic!("no question");
    };
    assert!(question.title.contains("3 tasks"), "{question:?}");
    let sent = commands(press(&mut model, "y"));
    let [Command::Run(RunCommand::Several(retries))] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let mut tried: Vec<_> = retries
        .iter()
        .map(|command| match command {
            RunCommand::Retry { task, .. } => task.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    tried.sort();
    assert_eq!(tried, ["hr_engineer", "hr_payroll", "sales_refunds"].map(id));
}

#[test]
fn groups_follow_what_happens_and_the_key_says_why_it_does_nothing() {
    let mut model = scene::idle(120, 40);
    press(&mut model, "F");
    assert!(model.overlays.is_empty());
    assert!(
        model
            .notice()
            .unwrap()
            .text
            .contains("No task of this run has failed.")
    );
    let mut model = failed(120, 40);
    press(&mut model, "F");
    event(
        &mut model,
        Fact::RetryAsked {
            task: id("sales_orders"),
            arguments: None,
            changed: [].into(),
        },
    );
    assert_eq!(model.failures.groups.len(), 1);
    let shown = picture(&model, &COLOUR);
    assert!(!shown.contains("Quota exceeded."), "{shown}");
}

#[test]
fn the_free_place_below_the_tasks_of_a_failed_run_groups_the_failures() {
    for (width, height) in [(80, 40), (120, 50), (200, 50)] {
        let mut model = failed(width, height);
        press(&mut model, "3 z");
        for (look, group) in [(&COLOUR, "3 × "), (&BARE, "3 x ")] {
            let shown = picture(&model, look);
            let heading = shown
                .lines()
                .position(|line| line.contains("Failures by reason: F opens them"));
            let group = shown.lines().position(|line| line.contains(group));
            assert!(
                heading.is_some() && heading.map(|row| row + 1) == group,
                "{shown}"
            );
        }
    }
    let shown = picture(&scene::running(200, 50), &COLOUR);
    assert!(
        !shown.contains("Failures by reason"),
        "a live run is not summed up: {shown}"
    );
    // Tasks and details keep their rows on a low screen.
    let low = picture(&failed(120, 16), &COLOUR);
    assert!(!low.contains("Failures by reason"), "{low}");
}

#[test]
fn the_header_of_a_live_run_has_a_bar_and_never_for_its_counts() {
    for width in (40..=200).step_by(5) {
        let mut model = scene::running(width, 24);
        send(&mut model, 70, Msg::Ticked);
        for (look, done) in [(&COLOUR, '█'), (&BARE, '#')] {
            let shown = picture(&model, look);
            let first = shown.lines().next().unwrap();
            assert!(first.contains("help"), "{first}");
            if let Some(at) = first.find(" %") {
                let percent: usize = first[..at].rsplit(' ').next().unwrap().parse().unwrap();
                let bar = first.rsplit("ACTIVE").next().unwrap();
                let bar = bar
                    .chars()
                    .filter(|letter| [done, '░', '.'].contains(letter))
                    .count();
                let full = first.chars().filter(|letter| *letter == done).count();
                assert!(
                    (1..=99).contains(&percent) && (bar >= 8 || width < 100) && full * 100 <= percent * bar,
                    "{first}"
                );
            } else {
                assert!(width < 80, "{width}: {first}");
            }
        }
        let without = picture(&scene::failed(width, 24), &COLOUR);
        assert!(!without.lines().next().unwrap().contains('%'), "{without}");
    }
}

#[test]
fn the_time_axis_shows_phases_tries_and_what_is_to_come() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut model = scene::running(width, height);
        press(&mut model, "T");
        assert!(matches!(model.overlays.top(), Some(Overlay::Timeline)));
        let shown = picture(&model, &COLOUR);
        assert!(shown.contains("Time axis, UTC"), "{shown}");
        assert!(shown.contains("10:00"), "a label: {shown}");
        let plain = picture(&model, &BARE);
        assert!(plain.is_ascii(), "{plain}");
        // The failed try ends with its mark, and the next one is marked where it begins.
        let has = |text: &str, marks: &[char]| {
            let is_it =
                |line: &str| line.contains("recruiter") && marks.iter().all(|mark| line.contains(*mark));
            text.lines().any(is_it)
        };
        if width >= 80 {
            assert!(has(&shown, &['✖', '╌', '┊']), "{shown}");
            assert!(has(&plain, &['X', '-', '!']), "{plain}");
        }
    }
    let mut model = scene::running(200, 50);
    press(&mut model, "T");
    let before = model.grid.selected.clone();
    press(&mut model, "j");
    assert_ne!(model.grid.selected, before, "the selection is that of the tasks");
    press(&mut model, "enter");
    assert!(model.overlays.is_empty());
}

#[test]
fn the_axis_of_a_former_run_ends_with_it() {
    let mut model = failed(120, 40);
    press(&mut model, "T");
    let shown = picture(&model, &COLOUR);
    send(&mut model, 5_000, Msg::Ticked);
    assert_eq!(
        picture(&model, &COLOUR),
        shown,
        "time does not move a run that is over"
    );
    assert!(shown.contains('✖'), "{shown}");
}

/// Two sources that are joined and go to two sinks.
fn branches(model: &mut Model) {
    let stage = |name: &str, kind: &str| json!({"name": name, "plugin": {"name": name, "type": kind, "properties": {}}});
    let configuration = json!({
        "stages": [stage("Orders", "batchsource"), stage("Rates", "batchsource"), stage("Join", "batchjoiner"), stage("Table", "batchsink"), stage("Bucket", "batchsink")],
        "connections": [{"from": "Orders", "to": "Join"}, {"from": "Rates", "to": "Join"}, {"from": "Join", "to": "Table"}, {"from": "Join", "to": "Bucket"}],
    });
    let pipeline = DeployedPipeline::read(&configuration, &BTreeMap::new(), RuntimeArguments::default());
    let of = Box::new(model.variables.working.clone());
    let update = Update::Deployed {
        of,
        pipeline: Some(pipeline),
    };
    send(model, 65, Msg::Engine(Box::new(update)));
}

fn count(model: &mut Model, stages: &[(&str, u64, u64, u64)]) {
    let counts = stages.iter().map(|(stage, read, written, errors)| StageCounts {
        stage: (*stage).to_owned(),
        read: *read,
        written: *written,
        errors: *errors,
        loaded: None,
    });
    let task = model.selected_task().unwrap().id.clone();
    event(
        model,
        Fact::RecordsCounted {
            task,
            counts: counts.collect(),
        },
    );
}

#[test]
fn stages_are_a_graph_with_live_counts() {
    let mut model = scene::running(120, 40);
    model.grid.selected = Some("start_pipeline_sales_orders".into());
    branches(&mut model);
    count(
        &mut model,
        &[
            ("Orders", 0, 1_200, 0),
            ("Rates", 0, 30, 0),
            ("Join", 1_230, 1_190, 10),
        ],
    );
    press(&mut model, "p");
    let shown = picture(&model, &COLOUR);
    for (line, number) in [
        ("●", "1,200"),
        ("│ ●", "30"),
        ("├─╯", ""),
        ("●", "1,190"),
        ("├─╮", ""),
    ] {
        let found = shown
            .lines()
            .any(|row| row.contains(line) && row.contains(number));
        assert!(found, "{line} {number} in {shown}");
    }
    let plain = picture(&model, &BARE);
    assert!(plain.is_ascii() && plain.contains("+-+"), "{plain}");
    count(
        &mut model,
        &[
            ("Orders", 0, 9_999, 0),
            ("Rates", 0, 30, 0),
            ("Join", 1_230, 1_190, 10),
        ],
    );
    assert!(picture(&model, &COLOUR).contains("9,999"), "it is live");
}

#[test]
fn stages_of_another_pipeline_have_no_connections_that_nobody_knows() {
    let mut model = scene::running(120, 40);
    model.grid.selected = Some("start_pipeline_sales_orders".into());
    branches(&mut model);
    count(&mut model, &[("Read", 0, 7, 0), ("Write", 7, 7, 0)]);
    press(&mut model, "p");
    let shown = picture(&model, &COLOUR);
    assert!(
        shown.contains("is not known") && !shown.contains('●') || shown.contains("Read"),
        "{shown}"
    );
    assert!(!shown.contains("Orders"), "{shown}");
}

#[test]
fn on_a_wide_screen_the_axis_and_the_stages_are_beside_the_tasks() {
    let mut model = scene::running(200, 50);
    model.grid.selected = Some("start_pipeline_sales_orders".into());
    let shown = picture(&model, &COLOUR);
    let has = |words: &[&str]| {
        shown
            .lines()
            .any(|line| words.iter().all(|word| line.contains(word)))
    };
    assert!(has(&["hr_recruiter", "╌", "┊"]), "{shown}");
    assert!(has(&["sales_orders", "███"]), "{shown}");
    assert!(has(&["task", "note", "10:00:"]), "the axis has labels: {shown}");
    assert!(has(&["Read MySQL 250,311, BigQuery 250,311"]), "{shown}");
    assert!(has(&["1,204 rows loaded"]), "{shown}");
    let narrow = picture(&scene::running(100, 40), &COLOUR);
    assert!(!narrow.contains("┊"), "it is behind a key there: {narrow}");
}

#[test]
fn the_details_of_a_failed_task_name_the_others_that_failed_alike() {
    let mut model = failed(120, 40);
    model.grid.selected = Some(id("hr_payroll"));
    let shown = picture(&model, &COLOUR);
    assert!(
        shown.contains("3 tasks did not succeed for this reason: F groups them"),
        "{shown}"
    );
    model.grid.selected = Some(id("sales_orders"));
    let shown = picture(&model, &COLOUR);
    assert!(!shown.contains("did not succeed for this reason"), "{shown}");
}
