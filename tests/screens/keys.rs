//! Keys, and what they do to the model and outside of it.

use crate::sample::{self, press, send, type_text};
use crate::scene;
use domain::command::RunCommand;
use domain::event::{Fact, RunEvent};
use domain::failure::Failure;
use domain::id::TaskId;
use domain::state::RunState;
use downbeat::engine::{Command, Update};
use downbeat::tui::context::Context;
use downbeat::tui::context::Pane;
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use std::time::Duration;

pub const RECRUITER: &str = "start_pipeline_hr_recruiter";

/// The commands among effects, without the focus, which is not a decision of the user.
pub fn commands(effects: &[Effect]) -> Vec<Command> {
    let commands = effects.iter().filter_map(|effect| match effect {
        Effect::Send(Command::Focus(_)) => None,
        Effect::Send(command) => Some(command.clone()),
        _ => None,
    });
    commands.collect()
}

pub fn event(model: &mut Model, fact: Fact) -> Vec<Effect> {
    let event = RunEvent { at: model.now, fact };
    send(model, 70, Msg::Engine(Box::new(Update::Events(vec![event]))))
}

#[test]
fn the_configuration_is_asked_for_after_the_first_frame() {
    let mut model = sample::setup().model();
    let effects = downbeat::tui::update::init(&mut model);
    assert!(matches!(
        commands(&effects)[..],
        [Command::ReadConfiguration(_), Command::Examine { .. }]
    ));
}

#[test]
fn panes_are_reached_by_number_tab_and_arrows() {
    for (keys, pane) in [
        ("1", Pane::Variables),
        ("2", Pane::Configuration),
        ("3", Pane::Grid),
        ("4", Pane::Logs),
        ("1 tab", Pane::Configuration),
        ("1 shift-tab", Pane::Logs),
        ("4 tab", Pane::Variables),
        ("1 l", Pane::Configuration),
        ("3 left", Pane::Configuration),
        ("3 enter", Pane::Logs),
        ("4 esc", Pane::Grid),
    ] {
        let mut model = scene::running(120, 40);
        press(&mut model, keys);
        assert_eq!(model.focus, pane, "{keys}");
    }
}

#[test]
fn a_run_starts_only_from_its_plan() {
    let mut model = sample::ready(80, 24);
    assert_eq!(commands(&press(&mut model, "r")), []);
    assert_eq!(model.context(), Context::Plan);
    assert_eq!(commands(&press(&mut model, "esc 3 enter")), []);
    let sent = commands(&press(&mut model, "r enter"));
    let [Command::Start(request)] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert_eq!(request.variables, sample::variables());
    assert!(request.edits.is_empty());
}

#[test]
fn a_plan_with_an_error_does_not_start() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "1");
    for _ in 0..4 {
        press(&mut model, "j");
    }
    press(&mut model, "enter ctrl-u enter");
    assert_eq!(model.variables.working.bq_output_table, "");
    assert_eq!(commands(&press(&mut model, "r enter")), []);
    assert!(model.notice().unwrap().text.contains("see the errors"));
    assert!(sample::picture(&model, &sample::COLOUR).contains("bq_output_table is empty"));
}

#[test]
fn a_stop_asks_first_and_no_is_the_default() {
    let stop_task = Command::Run(RunCommand::StopTask(TaskId::from(RECRUITER)));
    for (keys, expected) in [
        ("X enter", vec![]),
        ("X esc", vec![]),
        ("X n", vec![]),
        ("X y", vec![Command::Run(RunCommand::Stop)]),
        ("X tab enter", vec![Command::Run(RunCommand::Stop)]),
        ("X tab tab enter", vec![]),
        ("x enter", vec![]),
        ("x y", vec![stop_task]),
    ] {
        let mut model = scene::running(80, 24);
        assert_eq!(commands(&press(&mut model, keys)), expected, "{keys}");
        assert!(model.overlays.is_empty(), "{keys}");
    }
}

#[test]
fn a_stop_names_the_tasks_and_their_number() {
    let mut model = scene::running(80, 24);
    press(&mut model, "X");
    let picture = sample::picture(&model, &sample::COLOUR);
    for words in [
        "3 live pipeline runs",
        "start_pipeline_sales_orders",
        "stop 3 runs",
    ] {
        assert!(picture.contains(words), "{words} in\n{picture}");
    }
}

#[test]
fn a_retry_asks_first() {
    let mut model = scene::failed(80, 24);
    let retry = |task: &str| {
        Command::Run(RunCommand::Retry {
            task: TaskId::from(task),
            arguments: None,
        })
    };
    assert_eq!(commands(&press(&mut model, "R enter")), []);
    assert_eq!(
        commands(&press(&mut model, "R y")),
        [retry("start_pipeline_hr_engineer")]
    );
    assert_eq!(commands(&press(&mut model, "j R enter")), []);
    assert_eq!(commands(&press(&mut model, "R y")), [retry(RECRUITER)]);
    assert_eq!(commands(&press(&mut model, "g g R")), []);
    assert!(model.notice().unwrap().text.contains("This task succeeded"));
}

#[test]
fn leaving_asks_only_while_a_run_is_live() {
    for (make, keys, leaves, stops) in [
        (sample::ready as fn(u16, u16) -> Model, "q", true, false),
        (scene::failed, "q", true, false),
        (scene::running, "q", false, false),
        (scene::running, "q enter", false, false),
        (scene::running, "q y", true, false),
        (scene::running, "q s", false, true),
        (scene::running, "q s q", true, true),
        (sample::ready, "ctrl-c", false, false),
        (scene::running, "ctrl-c ctrl-c", true, false),
        (sample::ready, "1 enter ctrl-c ctrl-c", true, false),
    ] {
        let mut model = make(80, 24);
        let effects = press(&mut model, keys);
        assert_eq!(effects.contains(&Effect::Leave), leaves, "{keys}");
        let has_stopped = commands(&effects).contains(&Command::Run(RunCommand::Stop));
        assert_eq!(has_stopped, stops, "{keys}");
    }
}

#[test]
fn after_stop_and_leave_the_end_of_the_run_leaves() {
    let mut model = scene::running(80, 24);
    press(&mut model, "q s");
    let ended = Fact::RunEnded {
        state: RunState::Stopped,
    };
    assert!(event(&mut model, ended).contains(&Effect::Leave));
}

#[test]
fn a_secret_is_never_drawn() {
    let mut model = sample::ready(200, 50);
    press(&mut model, "2 enter j j enter");
    type_text(&mut model, "topsecret");
    let mut pictures = sample::picture(&model, &sample::COLOUR);
    press(&mut model, "enter");
    pictures += &sample::picture(&model, &sample::COLOUR);
    press(&mut model, "esc r");
    pictures += &sample::picture(&model, &sample::COLOUR);
    assert!(
        !pictures.contains("topsecret") && !pictures.contains("hunter2"),
        "{pictures}"
    );
    assert!(pictures.contains("edited: db_password = ***"));
}

#[test]
fn a_disabled_action_says_why_and_the_next_key_takes_it_away() {
    let mut model = scene::running(80, 24);
    press(&mut model, "r");
    assert!(model.notice().unwrap().text.contains("A run is live"));
    press(&mut model, "j");
    assert!(model.notice().is_none());
}

#[test]
fn keys_that_are_shown_work_where_they_are_shown() {
    for (keys, has_help) in [
        ("4", true),
        ("?", true),
        ("@", true),
        ("r", true),
        ("X", false),
        ("1 enter", false),
    ] {
        let mut model = sample::ready(120, 40);
        if keys == "X" {
            model = scene::running(120, 40);
        }
        press(&mut model, keys);
        let picture = sample::picture(&model, &sample::COLOUR);
        assert_eq!(picture.contains("? help"), has_help, "{keys}");
        assert_eq!(picture.contains("? all keys"), has_help, "{keys}");
    }
}

#[test]
fn what_the_engine_refuses_stays_until_esc() {
    let mut model = sample::ready(80, 24);
    let refused = Update::Refused(Failure::permanent("another run is going on"));
    send(&mut model, 1, Msg::Engine(Box::new(refused)));
    press(&mut model, "j k 1 2 3");
    assert!(model.notice().unwrap().text.contains("another run"));
    press(&mut model, "esc");
    assert!(model.notice().is_none());
    press(&mut model, "@");
    assert!(sample::picture(&model, &sample::COLOUR).contains("another run"));
}

#[test]
fn the_selection_stays_with_its_task() {
    let mut model = scene::running(80, 24);
    let before = model.selected_task().unwrap().id.clone();
    let planned = model.run.as_ref().unwrap().tasks.len();
    event(
        &mut model,
        Fact::TaskSucceeded {
            task: "start_pipeline_sales_orders".into(),
        },
    );
    assert_eq!(model.selected_task().unwrap().id, before);
    assert_eq!(model.run.as_ref().unwrap().tasks.len(), planned);
    let mut table = sample::table();
    model.configuration.selected = 3;
    table.rows.rotate_left(2);
    sample::configuration(&mut model, 71, Ok(table));
    assert_eq!(
        model.configuration.row().unwrap().name.values().last(),
        Some("orders")
    );
}

#[test]
fn on_a_screen_too_small_only_keys_that_leave_work() {
    let mut model = scene::running(30, 8);
    assert_eq!(commands(&press(&mut model, "X x r R 1 j")), []);
    assert!(model.overlays.is_empty());
    assert!(press(&mut model, "ctrl-c ctrl-c").contains(&Effect::Leave));
}

#[test]
fn two_keys_are_one_command_and_esc_leaves_between_them() {
    let mut model = scene::running(120, 40);
    press(&mut model, "G");
    let last = model.selected_task().unwrap().id.clone();
    press(&mut model, "g esc");
    assert_eq!(model.selected_task().unwrap().id, last, "esc takes one step out");
    assert!(model.pending.is_none());
    assert_eq!(commands(&press(&mut model, "g x")), [], "x is not x after g");
    assert!(model.overlays.is_empty());
    assert!(model.notice().unwrap().text.starts_with("g x does nothing here"));
    press(&mut model, "g g");
    assert_eq!(model.selected_task().unwrap().id, "start".into());
    press(&mut model, "g v");
    assert_eq!(model.focus, Pane::Variables);
}

#[test]
fn what_can_follow_is_shown_to_who_waits_and_to_nobody_else() {
    for (width, height) in [(200, 50), (80, 24), (40, 12)] {
        let mut model = scene::running(width, height);
        press(&mut model, "g");
        assert!(!sample::picture(&model, &sample::COLOUR).contains("To the beginning."));
        model.now = model.now + Duration::from_millis(400);
        let picture = sample::picture(&model, &sample::COLOUR);
        assert!(picture.contains("To the beginning."), "{picture}");
        assert!(picture.contains("Go to the logs."), "{picture}");
        press(&mut model, "esc");
        assert!(!sample::picture(&model, &sample::COLOUR).contains("To the beginning."));
    }
}
