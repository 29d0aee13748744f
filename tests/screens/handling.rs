//! What a person says of tasks that did not succeed: it is asked, shown everywhere, taken back, and changes no state.

use crate::former::{commands, has_all};
use crate::sample::{self, BARE, COLOUR, at, press, send, type_text};
use crate::scene;
use domain::command::RunCommand;
use domain::event::RunEvent;
use domain::handling::Handling;
use domain::id::TaskId;
use domain::run::Run;
use domain::state::{RunState, TaskState};
use downbeat::engine::{Command, Update};
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::preferences::Guard;

const HR: &str = "start_pipeline_hr_engineer";
const RECRUITER: &str = "start_pipeline_hr_recruiter";
const LEDGER: &str = "start_pipeline_finance_ledger";

/// The screen in lines without its frames: a sentence may be wrapped anywhere.
fn picture(model: &Model) -> String {
    let shown = sample::picture(model, &COLOUR);
    let is_frame = |letter: char| "│╭╮╰╯─".contains(letter);
    let words = shown.split(|letter: char| letter.is_whitespace() || is_frame(letter));
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn done(note: &str) -> Handling {
    Handling::done(note)
}

/// The engine does what it was asked for.
fn answer(model: &mut Model, command: &Command) {
    let Command::Mark { run, tasks, handling } = command else {
        panic!("{command:?}");
    };
    let shown = [model.former_run.as_ref(), model.run.as_ref()];
    let marked = shown
        .into_iter()
        .flatten()
        .find(|shown| shown.id == *run)
        .unwrap();
    let facts = marked.mark(tasks, handling).into_iter();
    let events = facts.map(|fact| RunEvent { at: at(90), fact }).collect();
    let run = run.clone();
    send(model, 90, Msg::Engine(Box::new(Update::Marked { run, events })));
}

/// Keys that end in one command, which is carried out.
fn ask(model: &mut Model, keys: &str) -> Command {
    let sent = commands(&press(model, keys));
    let [command] = sent.as_slice() else {
        panic!("{keys}: {sent:?}\n{}", picture(model));
    };
    answer(model, command);
    command.clone()
}

fn states(run: &Run) -> (RunState, Vec<TaskState>) {
    (run.state, run.tasks.iter().map(|task| task.state).collect())
}

fn mark(model: &Model, tasks: &[&str], handling: Handling) -> Command {
    Command::Mark {
        run: model.shown_run().unwrap().id.clone(),
        tasks: tasks.iter().copied().map(TaskId::from).collect(),
        handling,
    }
}

/// A failed run, of which one task was handled.
pub fn handled(width: u16, height: u16) -> Model {
    let mut model = scene::failed(width, height);
    ask_note(&mut model, "loaded by hand, OPS-17");
    model
}

fn ask_note(model: &mut Model, note: &str) -> Command {
    assert_eq!(commands(&press(model, "m w")), []);
    type_text(model, note);
    ask(model, "enter")
}

#[test]
fn a_task_is_marked_after_a_question_and_keeps_its_state() {
    let mut model = scene::failed(120, 40);
    let before = states(model.shown_run().unwrap());
    assert_eq!(commands(&press(&mut model, "m")), []);
    has_all(
        &picture(&model),
        &[
            "Was start_pipeline_hr_engineer handled?",
            "is failed",
            "No state changes by it;",
        ],
    );
    let expected = mark(&model, &[HR], done(""));
    assert_eq!(ask(&mut model, "h"), expected);
    assert_eq!(states(model.shown_run().unwrap()), before);
    let shown = picture(&model);
    has_all(
        &shown,
        &[
            "⚑ hr_engineer",
            "✖ failed",
            "1 handled by a person",
            "At 10:01:30 handled by a person.",
        ],
    );
}

#[test]
fn a_reason_can_be_said_and_is_in_the_list_the_details_and_the_summary() {
    let mut model = scene::failed(160, 50);
    let sent = ask_note(&mut model, "  loaded by hand, OPS-17 ");
    assert_eq!(sent, mark(&model, &[HR], done("loaded by hand, OPS-17")));
    let shown = picture(&model);
    has_all(
        &shown,
        &[
            "handled by a person: loaded by hand, OPS-17",
            "BigQuery load failed",
        ],
    );
    press(&mut model, "S");
    has_all(
        &picture(&model),
        &["failed in", "1 handled by a person", "no such field 'salary'"],
    );
    press(&mut model, "esc @ tab");
    has_all(
        &picture(&model),
        &[
            "Mark start_pipeline_hr_engineer of the run",
            "as handled:",
            "downbeat mark 2026-11-23T10-00-00-4f2a start_pipeline_hr_engineer --note 'loaded",
        ],
    );
}

#[test]
fn leaving_the_line_says_nothing() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "m w");
    type_text(&mut model, "no");
    assert_eq!(commands(&press(&mut model, "esc")), []);
    assert!(model.shown_run().unwrap().handled().next().is_none());
}

#[test]
fn it_can_be_taken_back() {
    let mut model = handled(120, 40);
    press(&mut model, "m");
    has_all(
        &picture(&model),
        &["handled by a person: loaded by hand, OPS-17.", "not handled"],
    );
    let expected = mark(&model, &[HR], Handling::TakenBack);
    assert_eq!(ask(&mut model, "b"), expected);
    assert!(!picture(&model).contains("⚑"));
    press(&mut model, "@ tab");
    has_all(
        &picture(&model),
        &["downbeat mark 2026-11-23T10-00-00-4f2a start_pipeline_hr_engineer --not-handled"],
    );
}

#[test]
fn marked_tasks_are_marked_together_and_the_others_are_left_alone() {
    let mut model = scene::failed(120, 40);
    press(&mut model, "3 g g *");
    press(&mut model, "m");
    has_all(
        &picture(&model),
        &[
            "Were 3 tasks handled?",
            HR,
            RECRUITER,
            LEDGER,
            "left alone: not over, or succeeded.",
        ],
    );
    let expected = mark(&model, &[HR, RECRUITER, LEDGER], done(""));
    assert_eq!(ask(&mut model, "h"), expected);
    assert!(model.marked_tasks().is_empty());
    has_all(&picture(&model), &["3 handled by a person"]);
}

#[test]
fn a_retry_of_everything_leaves_them_alone_and_says_so() {
    let mut model = handled(120, 40);
    press(&mut model, "A");
    let shown = picture(&model);
    has_all(
        &shown,
        &[
            "retry 2 tasks",
            "1 handled by a person is left alone: start_pipeline_hr_engineer.",
        ],
    );
    assert!(!shown.contains("- start_pipeline_hr_engineer"));
    assert_eq!(
        commands(&press(&mut model, "y")),
        [Command::Run(RunCommand::RetryAll)]
    );
    for name in [RECRUITER, LEDGER] {
        let command = mark(&model, &[name], done(""));
        answer(&mut model, &command);
    }
    assert_eq!(commands(&press(&mut model, "A")), []);
    has_all(
        &picture(&model),
        &[
            "3 handled by a person are left alone",
            "R tries a selected one again.",
        ],
    );
    // By its name it is tried again, after a warning.
    press(&mut model, "R");
    has_all(
        &picture(&model),
        &["Try 1 task again?", "handled by a person: what"],
    );
}

#[test]
fn what_succeeded_or_goes_on_cannot_be_marked_and_the_reason_is_said() {
    for (make, task, why) in [
        (
            scene::failed as fn(u16, u16) -> Model,
            "start",
            "This task succeeded.",
        ),
        (scene::failed, "end", "It follows from the tasks before it"),
        (
            scene::running,
            "start_pipeline_sales_orders",
            "This task is not over.",
        ),
    ] {
        let mut model = make(120, 40);
        model.grid.selected = Some(task.into());
        assert_eq!(commands(&press(&mut model, "m")), []);
        assert!(model.overlays.is_empty(), "{task}");
        has_all(&picture(&model), &[why]);
    }
}

#[test]
fn a_protected_profile_asks_for_its_name_and_a_read_only_one_refuses() {
    let guard = |is_read_only| Guard {
        is_read_only,
        is_protected: !is_read_only,
    };
    let mut model = scene::failed(120, 40);
    model.preferences.guard = guard(false);
    assert_eq!(commands(&press(&mut model, "m h")), []);
    has_all(
        &picture(&model),
        &[
            "Marks start_pipeline_hr_engineer as handled by a person.",
            "Type sandbox",
        ],
    );
    type_text(&mut model, "sandbox");
    let expected = mark(&model, &[HR], done(""));
    assert_eq!(commands(&press(&mut model, "enter")), [expected]);
    let mut model = scene::failed(120, 40);
    model.preferences.guard = guard(true);
    press(&mut model, "m");
    assert!(model.overlays.is_empty());
    has_all(&picture(&model), &["read-only"]);
}

#[test]
fn a_former_run_is_marked_while_another_one_is_live() {
    let mut model = scene::running(120, 40);
    let mut past = scene::failed(120, 40).run.unwrap();
    past.id = "2026-11-22T10-00-00-11aa".into();
    model.former_run = Some(past);
    model.grid.selected = Some(HR.into());
    let expected = mark(&model, &[HR], done(""));
    assert_eq!(ask(&mut model, "3 m h"), expected);
    let handled = |run: &Option<Run>| run.as_ref().unwrap().handled().count();
    assert_eq!((handled(&model.former_run), handled(&model.run)), (1, 0));
}

#[test]
fn the_filter_knows_it() {
    let mut model = handled(120, 40);
    press(&mut model, "3 /");
    type_text(&mut model, "state:failed,timed_out handled:no");
    press(&mut model, "enter");
    let shown = picture(&model);
    assert!(
        shown.contains("finance_ledger") && !shown.contains("⚑ hr_engineer"),
        "{shown}"
    );
}

#[test]
fn every_look_and_width_has_flag_word_and_state() {
    for width in [40, 60, 80, 100, 120, 160, 200] {
        for (look, flag, state) in [(&COLOUR, "⚑ hr", "✖ failed"), (&BARE, "H hr", "X failed")] {
            let shown = sample::picture(&handled(width, 24), look);
            let line = shown.lines().find(|line| line.contains(flag));
            assert!(line.is_some_and(|line| line.contains(state)), "{width}\n{shown}");
        }
    }
}
