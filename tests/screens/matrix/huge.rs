//! The huge worlds of the matrix: five hundred rows and former runs, and a run of ten thousand pipelines.

use super::worlds::{self as w, SIZE};
use crate::history::{know, record, task};
use crate::sample::{self, Scenario, at, lines, log, press, row, send};
use domain::event::{Discovery, Fact, RunEvent};
use domain::failure::Failure;
use domain::history::RunRecord;
use domain::id::{PipelineRunId, StartToken};
use domain::pipeline::PipelineState;
use domain::row::ConfigurationRow;
use domain::run::Run;
use domain::state::TaskState;
use downbeat::engine::Update;
use downbeat::tui::model::Model;
use downbeat::tui::model::driver::Driver;
use downbeat::tui::msg::Msg;
use downbeat::tui::theme::Meaning;
use std::sync::OnceLock;

/// How many rows the configuration of the huge world has.
pub const ROWS: i64 = 500;

/// How many pipelines its run has.
pub const TASKS: i64 = 10_000;

/// How many of them failed for one reason.
pub const ALIKE: i64 = 55;

/// Five hundred rows, as many former runs, presets and profiles, and a row of many arguments.
pub fn huge() -> Model {
    let mut model = sample::empty(SIZE.0, SIZE.1);
    let mut rows = numbered(ROWS);
    for number in 0..300 {
        let value = "0123456789 ".repeat(40);
        rows[0].arguments.insert(format!("argument_{number:03}"), value);
    }
    sample::configuration(&mut model, 0, Ok(w::table(rows)));
    w::connect(&mut model);
    w::deploy(&mut model);
    know(&mut model, many_records());
    for number in 0..200 {
        let edit = w::edit("watermark_from", &number.to_string());
        model.kept.presets.insert(format!("preset {number:03}"), edit);
    }
    model.profiles = (0..60)
        .map(|number| w::profile(&format!("profile-{number:02}")))
        .collect();
    for number in 0..200 {
        model.notify(Meaning::Warning, format!("Notice {number} of very many."));
    }
    model.notices.hide();
    model
}

/// A run of ten thousand pipelines: made once, because it takes longer than all other worlds.
pub fn huge_run() -> Model {
    static RUN: OnceLock<Run> = OnceLock::new();
    let run = RUN.get_or_init(ten_thousand);
    let mut model = sample::empty(SIZE.0, SIZE.1);
    sample::configuration(&mut model, 0, Ok(w::table(numbered(ROWS))));
    w::connect(&mut model);
    (model.run, model.driver) = (Some(run.clone()), Driver::Here);
    let mut model = Scenario { model, now: 90 }.fact(seen(ALIKE + 650)).model;
    press(&mut model, "3");
    model.grid.selected = Some(id(ALIKE + 650).as_str().into());
    send(&mut model, 90, Msg::Ticked);
    log(&mut model, &lines(8_000));
    model
}

/// The same very often.
pub fn after_many_requests() -> Model {
    let mut model = w::ready();
    for number in 0..500 {
        let called = w::call(&format!("starting pipeline {number}"), None);
        send(&mut model, 2, Msg::Engine(Box::new(Update::Called(called))));
    }
    model
}

fn numbered(count: i64) -> Vec<ConfigurationRow> {
    (0..count)
        .map(|n| row("unit", &format!("source_{n:05}"), true, n))
        .collect()
}

fn id(number: i64) -> String {
    format!("start_pipeline_unit_source_{number:05}")
}

fn many_records() -> Vec<RunRecord> {
    static RECORDS: OnceLock<Vec<RunRecord>> = OnceLock::new();
    let made = RECORDS.get_or_init(|| {
        let of = |hours: u32| {
            let tasks = (0..50).map(|n| {
                let state = if n == hours % 50 {
                    TaskState::Failed
                } else {
                    TaskState::Success
                };
                task(&id(i64::from(n)), state, 9)
            });
            record(hours, tasks.collect())
        };
        (1..=500).map(of).collect()
    });
    made.clone()
}

fn seen(number: i64) -> Fact {
    Fact::PipelineSeen {
        task: id(number).as_str().into(),
        cluster_ended: false,
        state: PipelineState::Running,
    }
}

/// The facts go to the run itself: on the screen each would be drawn.
fn ten_thousand() -> Run {
    let scenario = Scenario::new(sample::empty(SIZE.0, SIZE.1)).chain(&w::table(numbered(TASKS)));
    let mut run = scenario.model.run.unwrap();
    let mut apply = |seconds: u64, fact: Fact| {
        run.apply(&RunEvent {
            at: at(seconds),
            fact,
        });
    };
    for number in 0..ALIKE + 700 {
        let task = || id(number).as_str().into();
        apply(
            2,
            Fact::StartIntended {
                task: task(),
                number: 1,
                token: StartToken::new(id(number)),
            },
        );
        let run_id = PipelineRunId::new("0f3c9a1e-c84b-11f0-9d2a-0242ac110002");
        apply(
            3,
            Fact::PipelineStarted {
                task: task(),
                run_id,
                found: Discovery::Answered,
            },
        );
        apply(4, seen(number));
        if number < ALIKE {
            let failure = Failure::permanent("Argument 'failAt' is not defined.")
                .with_remedy("Add the argument to the row.");
            apply(
                60,
                Fact::TaskFailed {
                    task: task(),
                    failure,
                },
            );
        } else if number < ALIKE + 600 {
            apply(70, Fact::TaskSucceeded { task: task() });
        } else if number < ALIKE + 610 {
            let failure = Failure::transient("Communications link failure.");
            apply(
                80,
                Fact::TryFailed {
                    task: task(),
                    failure,
                    retry_at: at(140),
                },
            );
        }
    }
    run
}
