//! A question whose premise is gone while it is open closes, or becomes true again, by itself.

use crate::former::{self, commands, has_all, picture};
use crate::sample::{self, press, send};
use crate::scene;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::state::RunState;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::model::opened_run::Purpose;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::msg::Msg;

const RECRUITER: &str = "start_pipeline_hr_recruiter";
const LEDGER: &str = "start_pipeline_finance_ledger";

fn happens(model: &mut Model, fact: Fact) -> Vec<Effect> {
    let event = RunEvent { at: model.now, fact };
    send(model, 70, Msg::Engine(Box::new(Update::Events(vec![event]))))
}

fn end(model: &mut Model) -> Vec<Effect> {
    let state = RunState::Success;
    happens(model, Fact::RunEnded { state })
}

#[test]
fn a_question_to_leave_a_live_run_knows_that_the_run_has_ended() {
    for keys in ["q", "ctrl-c", "q tab tab"] {
        for is_sandbox in [true, false] {
            let mut model = scene::running(80, 24);
            model.is_sandbox = is_sandbox;
            press(&mut model, keys);
            has_all(
                &picture(&model),
                &["Leave while a run is live?", "3 tasks at work"],
            );
            assert!(!end(&mut model).contains(&Effect::Leave));
            let shown = picture(&model);
            has_all(
                &shown,
                &["Leave Downbeat?", "has ended: success.", "n stay", "y leave"],
            );
            for gone in ["is live", "at work", "offers to resume", "s stop them"] {
                assert!(!shown.contains(gone), "{gone} in\n{shown}");
            }
            // What stopped the run stops nothing, and leaves nothing.
            assert_eq!(press(&mut model, "s"), []);
            assert!(press(&mut model, "y").contains(&Effect::Leave));
        }
    }
}

#[test]
fn a_question_to_leave_counts_the_tasks_that_are_at_work_by_now() {
    let mut model = scene::running(80, 24);
    press(&mut model, "q tab");
    happens(&mut model, Fact::TaskSucceeded { task: LEDGER.into() });
    let shown = picture(&model);
    has_all(&shown, &["Leave while a run is live?", "2 tasks at work"]);
    let Some(Overlay::Dialog(dialog)) = model.overlays.top() else {
        panic!("{shown}")
    };
    assert_eq!(
        dialog.choices[dialog.selected].key, 'y',
        "the selected answer stays"
    );
}

#[test]
fn a_question_to_stop_closes_when_there_is_nothing_to_stop() {
    for (keys, title) in [
        ("X", "Stop the whole run?"),
        ("x", "Stop start_pipeline_hr_recruiter?"),
    ] {
        let mut model = scene::running(80, 24);
        press(&mut model, keys);
        has_all(&picture(&model), &[title]);
        happens(&mut model, Fact::TaskSucceeded { task: LEDGER.into() });
        has_all(&picture(&model), &[title]);
        end(&mut model);
        assert!(model.overlays.is_empty(), "{title}");
        let told = &model.notice().unwrap().text;
        assert!(told.contains(title) && told.contains("closed"), "{told}");
        assert_eq!(commands(&press(&mut model, "y enter")), []);
    }
}

#[test]
fn a_question_to_stop_a_task_is_about_that_task() {
    let mut model = scene::running(80, 24);
    press(&mut model, "x");
    happens(
        &mut model,
        Fact::TaskSucceeded {
            task: RECRUITER.into(),
        },
    );
    assert!(model.overlays.is_empty(), "{}", picture(&model));
}

#[test]
fn a_question_to_try_again_what_cannot_be_seen_closes_when_it_is_seen() {
    let mut model = scene::running(80, 24);
    let reason = Failure::transient("the run is in no list");
    let task = || RECRUITER.into();
    happens(&mut model, Fact::TryStarted { task: task() });
    happens(&mut model, Fact::TaskLostSight { task: task(), reason });
    press(&mut model, "R");
    has_all(&picture(&model), &["Start again although it may be live?"]);
    happens(&mut model, Fact::TaskSucceeded { task: LEDGER.into() });
    has_all(&picture(&model), &["Start again although it may be live?"]);
    happens(&mut model, Fact::TaskSucceeded { task: task() });
    assert!(model.overlays.is_empty(), "{}", picture(&model));
}

#[test]
fn a_question_to_try_all_again_closes_when_they_are_tried() {
    let mut model = scene::failed(80, 24);
    press(&mut model, "A");
    has_all(&picture(&model), &["did not succeed"]);
    let retryable: Vec<_> = model
        .run
        .as_ref()
        .unwrap()
        .retryable()
        .map(|task| task.id.clone())
        .collect();
    assert!(!retryable.is_empty());
    for task in retryable {
        assert!(!model.overlays.is_empty());
        let by_hand = Fact::RetryAsked {
            task,
            arguments: None,
            changed: [].into(),
        };
        happens(&mut model, by_hand);
    }
    assert!(model.overlays.is_empty(), "{}", picture(&model));
}

#[test]
fn a_question_about_a_former_run_closes_when_another_process_has_taken_it() {
    let mut model = former::opened_on(former::unwatched(), false, 120, 40);
    has_all(&picture(&model), &["Resume the unfinished run?"]);
    let summaries = |opened| vec![former::summary(&opened)];
    send(
        &mut model,
        3601,
        Msg::HistoryRead(Ok(summaries(former::unwatched()))),
    );
    has_all(&picture(&model), &["Resume the unfinished run?"]);
    send(
        &mut model,
        3602,
        Msg::HistoryRead(Ok(summaries(former::driven()))),
    );
    assert!(model.overlays.is_empty(), "{}", picture(&model));

    // A question that is asked right now is about what was read right now.
    press(&mut model, "H");
    let opened = Box::new(former::unwatched());
    let id = opened.run.id.clone();
    send(
        &mut model,
        3603,
        Msg::RunRead(id.clone(), Purpose::CarryOn, Ok(opened)),
    );
    has_all(&picture(&model), &["Resume the unfinished run?"]);
    assert_eq!(commands(&press(&mut model, "y")), [Command::Resume(id)]);
}

#[test]
fn keys_answer_what_was_on_the_screen() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "ctrl-c");
    has_all(&picture(&model), &["Leave Downbeat?", "y leave"]);
    let mut model = scene::running(80, 24);
    let sent = commands(&press(&mut model, "X y"));
    assert_eq!(sent, [Command::Run(RunCommand::Stop)]);
}
