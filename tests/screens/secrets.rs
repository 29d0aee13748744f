//! Secrets on the screen: what a task asks for, and what is typed, is drawn nowhere.

use crate::sample::{self, press, send, type_text};
use crate::scene;
use domain::arguments::{MASK, RuntimeArguments};
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::remedy::Remedy;
use domain::secret::SecretNames;
use downbeat::engine::{Command, Update};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

const RECRUITER: &str = "start_pipeline_hr_recruiter";

fn picture(model: &Model) -> String {
    sample::picture(model, &sample::COLOUR)
}

/// A run with a task that needs two values again; the task is selected.
fn asking() -> Model {
    let mut model = scene::running(120, 40);
    let task = TaskId::from(RECRUITER);
    let names = vec!["db_password".to_owned(), "db_word".to_owned()];
    let remedy = Remedy::GiveArguments {
        task: task.clone(),
        names,
    };
    let failure = Failure::permanent("db_password is not kept on disk.").with_remedy(remedy);
    let run = model.run.as_mut().unwrap();
    let place = run.tasks.iter().position(|other| other.id == task).unwrap();
    run.tasks[place].arguments.insert("db_password", MASK);
    run.tasks[place].arguments.insert("db_word", MASK);
    let event = RunEvent {
        at: model.now,
        fact: Fact::TaskFailed { task, failure },
    };
    send(&mut model, 70, Msg::Engine(Box::new(Update::Events(vec![event]))));
    press(&mut model, "3 g g");
    for _ in 0..place {
        press(&mut model, "j");
    }
    assert_eq!(model.selected_task().unwrap().id.as_str(), RECRUITER);
    model
}

#[test]
fn a_task_asks_for_each_value_and_is_tried_again_with_all_of_them() {
    let mut model = asking();
    assert!(
        picture(&model).contains("asks for db_password, db_word"),
        "{}",
        picture(&model)
    );
    press(&mut model, "R");
    let mut pictures = picture(&model);
    assert!(
        pictures.contains("for the next try") && pictures.contains("type it again"),
        "{pictures}"
    );
    type_text(&mut model, "topsecret");
    pictures += &picture(&model);
    assert_eq!(press(&mut model, "enter"), [], "one is left");
    type_text(&mut model, "sesame");
    pictures += &picture(&model);
    let effects = press(&mut model, "enter");
    pictures += &picture(&model);
    let given = RunCommand::GiveArguments {
        task: RECRUITER.into(),
        arguments: RuntimeArguments::from_iter([("db_password", "topsecret"), ("db_word", "sesame")]),
    };
    assert_eq!(effects, [Effect::Send(Command::Run(given))]);
    assert!(model.overlays.is_empty());
    assert!(
        !pictures.contains("topsecret") && !pictures.contains("sesame"),
        "{pictures}"
    );
    assert!(!format!("{model:?}{effects:?}").contains("topsecret"));
}

#[test]
fn who_does_not_answer_starts_nothing() {
    let mut model = asking();
    press(&mut model, "R");
    type_text(&mut model, "topsecret");
    assert_eq!(press(&mut model, "esc"), []);
    assert!(model.overlays.is_empty() && model.configuration.edits.is_empty());
}

#[test]
fn a_mask_is_not_a_value() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter j j enter");
    type_text(&mut model, "a***");
    press(&mut model, "enter");
    let fault = model.editor().and_then(|editor| editor.fault.clone());
    assert!(fault.unwrap_or_default().contains("whole value"));
}

#[test]
fn what_the_pipeline_uses_as_a_password_is_masked_where_it_is_added() {
    let mut model = sample::ready(200, 50);
    let mut names = SecretNames::default();
    names.extend(["db_word".to_owned()]);
    send(&mut model, 1, Msg::Engine(Box::new(Update::SecretNames(names))));
    press(&mut model, "2 enter a");
    type_text(&mut model, "db_word");
    press(&mut model, "enter");
    type_text(&mut model, "topsecret");
    let mut pictures = picture(&model);
    press(&mut model, "enter");
    pictures += &picture(&model);
    press(&mut model, "esc");
    pictures += &picture(&model);
    press(&mut model, "r");
    pictures += &picture(&model);
    assert!(!pictures.contains("topsecret"), "{pictures}");
    assert!(pictures.contains("edited: + db_word = ***"), "{pictures}");
    // The engine gets what was typed.
    let edits = model.request().edits;
    let typed = edits.values().next().and_then(|edited| edited.get("db_word"));
    assert_eq!(typed, Some("topsecret"));
}
