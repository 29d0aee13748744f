//! Retries: of any ended run in any session, of one task or of all, with the arguments as they were or as the form has
//! them.

use crate::former::{self, commands, has_all, picture, read, taken_up};
use crate::sample::{self, press, send, type_text};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::command::RunCommand;
use domain::failure::Failure;
use domain::id::TaskId;
use domain::state::{RunState, TaskState};
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::driver::Driver;
use downbeat::tui::model::opened_run::{OpenedRun, Purpose};
use downbeat::tui::msg::Msg;

const HR: &str = "start_pipeline_hr_engineer";
const RECRUITER: &str = "start_pipeline_hr_recruiter";
const LEDGER: &str = "start_pipeline_finance_ledger";
const PAST: &str = "2026-11-22T10-00-00-11aa";

fn retry(task: &str, arguments: Option<RuntimeArguments>) -> Command {
    Command::Run(RunCommand::Retry {
        task: task.into(),
        arguments,
    })
}

/// A failed run, and the form changes a plain and a secret argument of a task that failed.
pub fn with_an_edit(width: u16, height: u16) -> Model {
    let mut model = scene::failed(width, height);
    press(&mut model, "2 g g enter G enter");
    type_text(&mut model, "_v2");
    press(&mut model, "enter a");
    type_text(&mut model, "limit");
    press(&mut model, "enter");
    type_text(&mut model, "5");
    press(&mut model, "enter g g d j j enter");
    type_text(&mut model, "topsecret");
    press(&mut model, "enter esc 3");
    model
}

/// The model on another day: the run was read from the journal, and no engine has it.
fn of_another_session(mut model: Model) -> Model {
    model.driver = Driver::Nobody;
    let run = model.run.as_mut().unwrap();
    run.id = PAST.into();
    model
}

#[test]
fn a_retry_starts_something_and_asks_first() {
    let mut model = scene::failed(120, 40);
    assert_eq!(commands(&press(&mut model, "R")), []);
    has_all(&picture(&model), &["Try 1 task again?", HR]);
    assert_eq!(commands(&press(&mut model, "y")), [retry(HR, None)]);
}

#[test]
fn a_retry_takes_the_forms_arguments_and_names_what_changed() {
    let mut model = with_an_edit(120, 40);
    assert_eq!(commands(&press(&mut model, "R")), []);
    let shown = picture(&model);
    has_all(
        &shown,
        &[
            "the form changes db_password,",
            "source_table, adds limit, leaves out business_unit.",
        ],
    );
    assert!(!shown.contains("topsecret"), "{shown}");
    let sent = commands(&press(&mut model, "y"));
    let [
        Command::Run(RunCommand::Retry {
            task,
            arguments: Some(given),
        }),
    ] = &sent[..]
    else {
        panic!("{sent:?}")
    };
    assert_eq!(task.as_str(), HR);
    let expected = [
        ("data_source", "engineer"),
        ("db_password", "topsecret"),
        ("limit", "5"),
        ("source_table", "hr_engineer_v2"),
    ];
    assert_eq!(*given, expected.into_iter().collect());

    let mut model = with_an_edit(120, 40);
    assert_eq!(commands(&press(&mut model, "R o")), [retry(HR, None)]);
    assert_eq!(
        commands(&press(&mut model, "R enter")),
        [],
        "nothing is the default"
    );
}

#[test]
fn a_row_that_was_changed_since_is_offered_too() {
    let mut model = scene::failed(120, 40);
    let mut table = sample::table();
    table.rows[0].arguments.insert("source_table", "hr_people");
    sample::configuration(&mut model, 70, Ok(table));
    press(&mut model, "R");
    has_all(&picture(&model), &["the form changes source_table"]);
}

#[test]
fn all_tasks_that_did_not_succeed_are_tried_again_after_a_question() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "A");
    has_all(
        &picture(&model),
        &[
            "3 tasks did not succeed",
            HR,
            RECRUITER,
            LEDGER,
            "may still be live",
        ],
    );
    assert_eq!(commands(&press(&mut model, "enter")), []);
    let sent = commands(&press(&mut model, "A y"));
    assert_eq!(sent, [Command::Run(RunCommand::RetryAll)]);

    let mut model = with_an_edit(120, 40);
    let sent = commands(&press(&mut model, "A y"));
    let [Command::Run(RunCommand::Several(together))] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(
        matches!(&together[..], [RunCommand::Retry { task, arguments: Some(_) }, RunCommand::RetryAll] if task.as_str() == HR),
        "{together:?}"
    );
    // The edit went with the retry; another one asks again.
    let mut model = with_an_edit(120, 40);
    let sent = commands(&press(&mut model, "A o"));
    assert_eq!(sent, [Command::Run(RunCommand::RetryAll)]);
}

#[test]
fn skipped_and_stopped_tasks_are_tried_again() {
    for state in [TaskState::Skipped, TaskState::Stopped, TaskState::TimedOut] {
        let mut model = scene::failed(120, 40);
        let run = model.run.as_mut().unwrap();
        run.state = RunState::Stopped;
        let task = run.tasks.iter_mut().find(|task| task.id.as_str() == HR).unwrap();
        task.state = state;
        assert_eq!(
            commands(&press(&mut model, "R y")),
            [retry(HR, None)],
            "{state:?}"
        );
    }
}

#[test]
fn a_run_of_another_session_is_taken_up_and_then_its_task_is_tried_again() {
    let mut model = of_another_session(scene::failed(120, 40));
    let asked = press(&mut model, "R");
    let purpose = Purpose::Retry(TaskId::from(HR));
    assert!(
        asked.contains(&Effect::ReadRun(PAST.into(), purpose.clone())),
        "{asked:?}"
    );
    let run = model.run.clone().unwrap();
    read(&mut model, purpose, run.clone());
    has_all(
        &picture(&model),
        &["Try 1 task again?", "A former run, 23 Nov 10:00 UTC", HR],
    );
    assert_eq!(commands(&press(&mut model, "enter")), []);

    let asked = press(&mut model, "A");
    assert!(
        asked.contains(&Effect::ReadRun(PAST.into(), Purpose::RetryAll)),
        "{asked:?}"
    );
    read(&mut model, Purpose::RetryAll, run);
    assert_eq!(commands(&press(&mut model, "y")), [Command::Resume(PAST.into())]);
    let sent = commands(&taken_up(&mut model, PAST, Vec::new()));
    assert_eq!(sent, [Command::Run(RunCommand::RetryAll)]);
}

#[test]
fn a_retry_in_a_run_that_is_refused_reaches_no_other_run() {
    let mut model = of_another_session(scene::failed(120, 40));
    let run = model.run.clone().unwrap();
    read(&mut model, Purpose::Retry(TaskId::from(HR)), run);
    assert_eq!(commands(&press(&mut model, "y")), [Command::Resume(PAST.into())]);
    let refused = Update::Refused(Failure::permanent("process 4711 drives it"));
    send(&mut model, 91, Msg::Engine(Box::new(refused)));
    assert_eq!(commands(&taken_up(&mut model, PAST, Vec::new())), []);
}

#[test]
fn a_run_that_goes_on_by_now_is_not_retried() {
    let mut model = of_another_session(scene::failed(120, 40));
    let mut run = model.run.clone().unwrap();
    run.state = RunState::Running;
    read(&mut model, Purpose::RetryAll, run);
    assert!(model.overlays.is_empty());
    assert!(model.notice().unwrap().text.contains("goes on by now"));
}

#[test]
fn a_retry_in_a_run_that_a_later_one_has_overtaken_says_what_happens() {
    let mut model = of_another_session(scene::failed(120, 40));
    let run = model.run.clone().unwrap();
    let opened = OpenedRun {
        run,
        watched: None,
        overtaken_by: former::overtaken().overtaken_by,
    };
    let msg = Msg::RunRead(PAST.into(), Purpose::RetryAll, Ok(Box::new(opened)));
    send(&mut model, 90, msg);
    has_all(&picture(&model), &["the watermark goes back", "r a new run"]);
}

#[test]
fn what_stands_against_a_retry_is_said_in_the_words_of_the_domain() {
    let mut model = scene::idle(120, 40);
    for key in ["R", "A"] {
        assert_eq!(press(&mut model, key), [], "{key}");
        let reply = &model.notice().unwrap().text;
        assert!(reply.contains("only a new run looks again"), "{key}: {reply}");
    }
    let mut model = scene::truncate_pending(120, 40);
    assert_eq!(press(&mut model, "A"), []);
    let reply = &model.notice().unwrap().text;
    assert!(reply.contains("No task is over that did not succeed"), "{reply}");
}

#[test]
fn a_run_of_another_profile_is_retried_there() {
    let mut model = of_another_session(scene::failed(120, 40));
    model.run.as_mut().unwrap().request.profile = "prod".into();
    assert_eq!(commands(&press(&mut model, "R")), []);
    assert!(model.notice().unwrap().text.contains("`downbeat --profile prod`"));
}
