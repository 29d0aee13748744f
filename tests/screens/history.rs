//! What earlier runs tell: the grid of former runs, two of them compared, and what is usual.

use crate::former::{has_all, picture};
use crate::sample::{self, BARE, COLOUR, START, Scenario, at, press, send};
use crate::scene;
use domain::history::{RunRecord, TaskRecord};
use domain::id::TaskId;
use domain::state::{RunState, TaskState};
use domain::summary::RunSummary;
use domain::task::TaskKind;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::history_window::HistoryForm;
use downbeat::tui::model::opened_run::Purpose;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::{Gesture, Target};
use downbeat::tui::msg::Msg;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub fn task(name: &str, state: TaskState, seconds: u64) -> TaskRecord {
    let kind = if name.starts_with("start_pipeline") {
        TaskKind::Pipeline
    } else {
        TaskKind::Start
    };
    let is_pipeline = kind == TaskKind::Pipeline;
    TaskRecord {
        task: name.into(),
        kind,
        state,
        tries: 1,
        started: Some(START),
        ended: Some(at(seconds)),
        working: Duration::from_secs(seconds),
        last_try: Duration::from_secs(seconds),
        read: is_pipeline.then_some(seconds * 10),
        loaded: (is_pipeline && state == TaskState::Success).then_some(seconds * 10),
        reason: (state == TaskState::Failed).then(|| "Communications link failure.".into()),
        handled: None,
    }
}

/// A run so many hours before the start of all scenes.
pub fn record(hours: u32, tasks: Vec<TaskRecord>) -> RunRecord {
    let is_green = tasks.iter().all(|task| task.state == TaskState::Success);
    let started = START - HOUR * hours;
    let mut counts = std::collections::BTreeMap::new();
    for task in tasks.iter().filter(|task| task.kind == TaskKind::Pipeline) {
        *counts.entry(task.state).or_insert(0) += 1;
    }
    let summary = RunSummary {
        id: format!("run-{hours:03}").as_str().into(),
        profile: "sandbox".into(),
        pipeline: "cdf_mysql_to_bigquery".into(),
        output_table: "downbeat-sandbox.cdf_output.landing".into(),
        started,
        ended: Some(started + Duration::from_secs(60)),
        state: if is_green {
            RunState::Success
        } else {
            RunState::Failed
        },
        total: counts.values().sum(),
        handled: 0,
        counts,
        watched: None,
    };
    RunRecord { summary, tasks }
}

/// Former runs, the newest first: the engineers fail in the newest one, and take longer from run to run.
pub fn records(runs: u32) -> Vec<RunRecord> {
    let of = |hours: u32| {
        let state = if hours == 1 {
            TaskState::Failed
        } else {
            TaskState::Success
        };
        let seconds = 40 + u64::from(runs - hours);
        record(
            hours,
            vec![
                task("start", TaskState::Success, 2),
                task("start_pipeline_hr_engineer", state, seconds),
                task("start_pipeline_sales_orders", TaskState::Success, 100),
            ],
        )
    };
    (1..=runs).map(of).collect()
}

/// The list of these runs is known, and what became of their tasks is read.
pub fn know(model: &mut Model, records: Vec<RunRecord>) {
    model.history = records.iter().map(|record| record.summary.clone()).collect();
    for part in records.chunks(20) {
        send(model, 0, Msg::RecordsRead(part.to_vec()));
    }
    send(model, 0, Msg::RecordsDone);
}

pub fn with_history(width: u16, height: u16) -> Model {
    let mut model = sample::ready(width, height);
    know(&mut model, records(30));
    model
}

/// So many former runs of fifty tasks.
pub fn of_fifty_tasks(width: u16, height: u16, runs: u32) -> Model {
    let mut model = sample::ready(width, height);
    let of = |hours: u32| {
        let task = |n| {
            task(
                &format!("start_pipeline_unit_source_{n:02}"),
                TaskState::Success,
                9,
            )
        };
        record(hours, (0..50).map(task).collect())
    };
    know(&mut model, (1..=runs).map(of).collect());
    model
}

fn cell(model: &Model) -> (String, Option<TaskId>) {
    let window = model.history_window().unwrap();
    (window.run.to_string(), window.task.clone())
}

#[test]
fn records_are_asked_for_after_the_first_frame_and_once() {
    let mut setup = sample::setup();
    setup.history = records(3).into_iter().map(|record| record.summary).collect();
    let mut model = setup.model();
    let effects = downbeat::tui::update::init(&mut model);
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::ReadRecords(runs) => Some(runs.len()),
        _ => None,
    });
    assert_eq!(asked, Some(3));
    send(&mut model, 0, Msg::RecordsRead(records(3)));
    send(&mut model, 0, Msg::RecordsDone);
    let listed = Msg::HistoryRead(Ok(model.history.clone()));
    let effects = send(&mut model, 1, listed);
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::ReadRecords(_)))
    );
    // One that another process has ended since is read again.
    let mut changed = model.history.clone();
    changed[0].ended = changed[0].ended.map(|ended| ended + HOUR);
    let effects = send(&mut model, 2, Msg::HistoryRead(Ok(changed.clone())));
    assert!(effects.contains(&Effect::ReadRecords(vec![changed.remove(0)])));
}

#[test]
fn the_grid_has_tasks_down_and_runs_across_with_the_newest_on_the_right() {
    let mut model = with_history(120, 40);
    press(&mut model, "H");
    let first = picture(&model);
    has_all(
        &first,
        &[
            "Former runs of cdf_mysql_to_bigquery in sandbox: 1 of 30 runs",
            "22 Nov",
            "23 Nov",
            "hr_engineer",
        ],
    );
    let line = |picture: &str, name: &str| {
        let line = picture
            .lines()
            .find(|line| line.contains(&format!("  {name}")) || line.contains(&format!("▌{name}")))
            .unwrap()
            .to_owned();
        line.chars()
            .filter(|letter| "✔✖".contains(*letter))
            .collect::<String>()
    };
    assert_eq!(line(&first, "hr_engineer"), "✔".repeat(29) + "✖");
    assert_eq!(line(&first, "sales_orders"), "✔".repeat(30));
    assert!(first.contains("[✖]"), "the newest run is selected\n{first}");
    has_all(
        &first,
        &["✖ failed  2026-11-23 09:00:00 UTC", "1 success · 1 failed"],
    );
}

#[test]
fn keys_move_in_both_directions() {
    let mut model = with_history(120, 40);
    press(&mut model, "H");
    let engineers = Some(TaskId::from("start_pipeline_hr_engineer"));
    for (keys, run, task) in [
        ("j j", "run-001", engineers.clone()),
        ("h", "run-002", engineers.clone()),
        ("left left", "run-004", engineers.clone()),
        ("l", "run-003", engineers.clone()),
        ("0", "run-030", engineers.clone()),
        ("left", "run-030", engineers.clone()),
        ("$", "run-001", engineers.clone()),
        ("G", "run-001", Some("start_pipeline_sales_orders".into())),
        ("home", "run-001", None),
        ("up", "run-001", None),
    ] {
        press(&mut model, keys);
        assert_eq!(cell(&model), (run.to_owned(), task), "{keys}");
    }
}

#[test]
fn the_selected_cell_is_told_in_words() {
    let mut model = with_history(120, 40);
    press(&mut model, "H j j");
    let words = [
        "start_pipeline_hr_engineer in the run of 2026-11-23 09:00:00 UTC",
        "✖ failed · 1 try · worked 1m 09s · 690 read, none loaded",
        "Communications link failure.",
        "When it succeeds: usually 58 s, rarely over 1m 06s",
    ];
    has_all(&picture(&model), &words);
    let bare = sample::picture(&model, &BARE);
    has_all(&bare, &["[X]", "X failed | 1 try", "hr_engineer"]);
    assert!(bare.is_ascii(), "{bare}");
}

#[test]
fn a_run_without_the_task_and_one_that_is_not_read_are_told_apart() {
    let mut model = sample::ready(120, 40);
    let mut known = records(3);
    known[1].tasks.remove(1);
    let unread = known.remove(2);
    know(&mut model, known);
    model.history.push(unread.summary);
    press(&mut model, "H j j h");
    has_all(&picture(&model), &["This run does not have this task."]);
    press(&mut model, "h");
    has_all(&picture(&model), &["is not read yet, or cannot be."]);
}

#[test]
fn enter_opens_that_run_at_that_task() {
    let mut model = with_history(120, 40);
    press(&mut model, "H j j h");
    let effects = press(&mut model, "enter");
    assert!(effects.contains(&Effect::ReadRun("run-002".into(), Purpose::Show)));
    assert!(model.overlays.is_empty());
    assert_eq!(model.grid.selected, Some("start_pipeline_hr_engineer".into()));
}

#[test]
fn a_click_selects_the_cell_and_a_second_one_opens_it() {
    let mut model = with_history(120, 40);
    press(&mut model, "H");
    let click = || Msg::Mouse(Target::WindowCell(2, 3), Gesture::Click);
    send(&mut model, 1, click());
    let engineers = TaskId::from("start_pipeline_hr_engineer");
    assert_eq!(cell(&model), ("run-004".to_owned(), Some(engineers)));
    let effects = send(&mut model, 1, click());
    assert!(effects.contains(&Effect::ReadRun("run-004".into(), Purpose::Show)));
}

#[test]
fn the_list_is_the_other_form_of_the_same_runs() {
    let mut model = with_history(120, 40);
    press(&mut model, "H h tab");
    let window = model.history_window().unwrap();
    assert_eq!((window.form, window.run.as_str()), (HistoryForm::List, "run-002"));
    has_all(&picture(&model), &["2026-11-23 08:00:00 UTC", "2 success"]);
    press(&mut model, "j j");
    assert_eq!(cell(&model).0, "run-004");
    press(&mut model, "tab");
    assert_eq!(model.history_window().unwrap().form, HistoryForm::Grid);
    assert_eq!(cell(&model).0, "run-004");
}

#[test]
fn runs_of_another_profile_have_a_grid_of_their_own() {
    let mut model = sample::ready(120, 40);
    let mut known = records(4);
    known[1].summary.profile = "prod".into();
    known[2].summary.profile = "prod".into();
    know(&mut model, known);
    press(&mut model, "H");
    has_all(&picture(&model), &["in sandbox: 1 of 2 runs"]);
    press(&mut model, "tab j tab");
    has_all(&picture(&model), &["in prod: 1 of 2 runs"]);
}

#[test]
fn two_marked_runs_are_compared_with_words_and_signs() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = with_history(width, height);
        press(&mut model, "H c");
        has_all(&picture(&model), &["Marked. c on another run compares"]);
        press(&mut model, "h h c");
        let shown = picture(&model);
        has_all(
            &shown,
            &[
                "Two runs compared",
                "before",
                "2026-11-23 07:00:00 UTC",
                "2026-11-23 09:00:00 UTC",
            ],
        );
        let broke = shown.lines().find(|line| line.contains("broke")).unwrap();
        has_all(broke, &["hr_engineer", "✔ → ✖", "1m 07s → 1m 09s", "+2.0 s"]);
        let first = shown.lines().position(|line| line.contains("broke"));
        assert!(
            first < shown.lines().position(|line| line.contains("same")),
            "{shown}"
        );
        has_all(
            &shown,
            &["✖ failed, 1 try, 690 read, none loaded: Communications link"],
        );
        // One step out is the grid, with both runs still marked.
        press(&mut model, "esc");
        assert_eq!(model.history_window().unwrap().marked.len(), 2);
        press(&mut model, "c");
        assert_eq!(model.history_window().unwrap().marked.len(), 1);
    }
}

#[test]
fn the_selection_stays_with_its_run_when_the_list_changes() {
    let mut model = with_history(120, 40);
    press(&mut model, "H j j h");
    let before = cell(&model);
    let newer = record(0, vec![task("start", TaskState::Success, 1)]);
    let mut history = model.history.clone();
    history.insert(0, newer.summary.clone());
    send(&mut model, 1, Msg::HistoryRead(Ok(history)));
    send(&mut model, 1, Msg::RecordsRead(vec![newer]));
    send(&mut model, 1, Msg::RecordsDone);
    assert_eq!(cell(&model), before);
    let gone = model.history.split_off(5);
    send(&mut model, 2, Msg::HistoryRead(Ok(gone)));
    assert_eq!(
        cell(&model).0,
        "run-005",
        "what is selected is always a run of the list"
    );
}

#[test]
fn a_live_run_is_in_the_grid_as_it_goes_on() {
    let mut model = scene::running(120, 40);
    let live = model.history.clone();
    let mut known = records(3);
    model
        .history
        .extend(known.iter().map(|record| record.summary.clone()));
    send(&mut model, 65, Msg::RecordsRead(std::mem::take(&mut known)));
    send(&mut model, 65, Msg::RecordsDone);
    press(&mut model, "H j");
    assert_eq!(cell(&model).0, live[0].id.to_string());
    let state = |model: &Model| {
        let window = model.history_window().unwrap();
        let row = window
            .tasks()
            .iter()
            .position(|task| task.as_str() == "start_pipeline_sales_orders");
        model.history_cell(window, 0, row.unwrap()).unwrap().state
    };
    assert_eq!(state(&model), TaskState::Running);
    let model = Scenario { model, now: 70 }
        .fact(domain::event::Fact::TaskSucceeded {
            task: "start_pipeline_sales_orders".into(),
        })
        .at(71)
        .model;
    assert_eq!(state(&model), TaskState::Success);
}

/// Moving changes the selection and nothing that has the size of the history.

#[test]
fn five_hundred_runs_of_fifty_tasks_are_gathered_once() {
    let mut model = of_fifty_tasks(200, 50, 500);
    press(&mut model, "H");
    let window = model.history_window().unwrap();
    assert_eq!((window.tasks().len(), window.columns().len()), (50, 500));
    let made = (window.tasks().as_ptr(), model.run_history.revision());
    press(&mut model, "0 G k h l pgup ctrl-d $ left left left");
    let window = model.history_window().unwrap();
    assert_eq!((window.tasks().as_ptr(), model.run_history.revision()), made);
    assert_eq!(window.run.as_str(), "run-004");
    sample::frame(&model, &COLOUR);
}

#[test]
fn every_size_shows_the_selected_cell() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut model = with_history(width, height);
        for keys in ["H", "j j", "0", "G"] {
            press(&mut model, keys);
            let shown = picture(&model);
            assert!(
                shown.contains("[✔]") || shown.contains("[✖]"),
                "{width}x{height} {keys}\n{shown}"
            );
        }
    }
}

#[test]
fn without_runs_there_is_no_grid() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "H");
    assert!(!matches!(model.overlays.top(), Some(Overlay::History(_))));
    assert!(model.notice().unwrap().text.contains("No former run yet"));
}

#[test]
fn the_time_above_a_run_says_utc_at_every_size() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut model = with_history(width, height);
        press(&mut model, "H");
        let shown = picture(&model);
        let hour = model.history[0].started.clock();
        let time = hour.get(..5).unwrap();
        let line = shown
            .lines()
            .find(|line| line.contains(&format!(" {time}")) && !line.contains(&hour));
        let line = line.unwrap_or_else(|| panic!("{time} in\n{shown}"));
        let (before, _) = line.split_once(time).unwrap();
        assert!(before.contains("UTC"), "{width}: {line}");
    }
}
