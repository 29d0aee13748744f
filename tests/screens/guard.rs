//! What stands before something is started or stopped: a read-only profile, a name to be typed, seconds to take it back.

use crate::sample::{self, COLOUR, press, send, type_text};
use crate::scene;
use domain::command::RunCommand;
use domain::id::TaskId;
use downbeat::engine::Command;
use downbeat::tui::action::{Danger, TABLE};
use downbeat::tui::effect::Effect;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use downbeat::tui::preferences::Guard;
use std::time::Duration;

const STOP: Effect = Effect::Send(Command::Run(RunCommand::Stop));

fn is_change(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Send(
            Command::Start(_)
                | Command::Resume(_)
                | Command::CloseRun(_)
                | Command::Run(_)
                | Command::Mark { .. }
        ) | Effect::SaveVariables(_)
    )
}

fn guarded(mut model: Model, is_read_only: bool) -> Model {
    model.preferences.guard = Guard {
        is_read_only,
        is_protected: !is_read_only,
    };
    model
}

fn with_grace() -> Model {
    let mut model = scene::running(120, 40);
    model.preferences.stop_grace = Duration::from_secs(5);
    model
}

/// What a person may look at while pressing keys.
const STATES: [fn(u16, u16) -> Model; 3] = [sample::ready, scene::running, scene::failed];

fn picture(model: &Model) -> String {
    sample::picture(model, &COLOUR)
}

#[test]
fn a_read_only_profile_refuses_every_dangerous_action_with_its_reason() {
    for make in STATES {
        let model = guarded(make(120, 40), true);
        for entry in TABLE.iter().filter(|entry| entry.danger != Danger::Harmless) {
            let reason = entry.why_not(&model).unwrap();
            assert!(
                reason.contains("sandbox is read-only"),
                "{:?}: {reason}",
                entry.action
            );
        }
        assert!(picture(&model).contains("read-only"), "the header says so");
    }
}

#[test]
fn no_key_changes_anything_in_a_read_only_profile() {
    for keys in [
        "r enter",
        "1 enter",
        "1 j j j j j enter s",
        "X y",
        "x y",
        "R",
        "A y",
        "q s",
    ] {
        for make in STATES {
            let mut model = guarded(make(120, 40), true);
            let effects = press(&mut model, keys);
            assert!(!effects.iter().any(is_change), "{keys}: {effects:?}");
        }
    }
    // Its plan can be read.
    let mut model = guarded(sample::ready(120, 40), true);
    press(&mut model, "r");
    assert!(picture(&model).contains("What this run will do"));
}

#[test]
fn a_protected_profile_starts_only_after_the_tables_name() {
    let mut model = guarded(sample::ready(120, 40), false);
    assert!(picture(&model).contains("protected"));
    let effects = press(&mut model, "r enter");
    assert!(!effects.iter().any(is_change), "{effects:?}");
    let shown = picture(&model);
    assert!(
        shown.contains("Type landing, the name of the output table"),
        "{shown}"
    );
    assert!(
        shown.contains("empties downbeat-sandbox.cdf_output.landing"),
        "{shown}"
    );
    type_text(&mut model, "landin");
    assert_eq!(press(&mut model, "enter"), []);
    assert!(picture(&model).contains("^ This is not landing."));
    type_text(&mut model, "g");
    let effects = press(&mut model, "enter");
    assert!(
        matches!(effects[..], [Effect::Send(Command::Start(_))]),
        "{effects:?}"
    );
    assert!(!picture(&model).contains("Type landing"));
}

#[test]
fn without_the_name_nothing_is_done() {
    let mut model = guarded(scene::running(120, 40), false);
    let effects = press(&mut model, "X y");
    assert_eq!(effects, []);
    assert!(picture(&model).contains("Type sandbox, the name of the profile"));
    assert_eq!(press(&mut model, "esc"), []);
    assert!(picture(&model).contains("Nothing was done."));
    press(&mut model, "X y");
    type_text(&mut model, "sandbox");
    assert_eq!(press(&mut model, "enter"), [STOP]);
}

#[test]
fn stopping_and_leaving_is_undone_with_its_stop() {
    let mut model = guarded(scene::running(120, 40), false);
    press(&mut model, "q s");
    assert!(picture(&model).contains("the name of the profile"));
    press(&mut model, "esc");
    assert!(!model.is_leaving, "the run goes on, and so does the program");
}

#[test]
fn a_stop_waits_and_esc_takes_it_back() {
    let mut model = with_grace();
    assert_eq!(press(&mut model, "X y"), []);
    let shown = picture(&model);
    assert!(
        shown.contains("Stopping the whole run in 5 s: esc keeps it, X stops it at once."),
        "{shown}"
    );
    assert_eq!(press(&mut model, "esc"), []);
    assert!(picture(&model).contains("the whole run goes on"));
    assert_eq!(send(&mut model, 90, Msg::Ticked), []);
}

#[test]
fn a_stop_leaves_when_its_time_is_over() {
    let mut model = with_grace();
    let now = model.now.since(sample::START).as_secs();
    press(&mut model, "X y");
    assert_eq!(send(&mut model, now + 2, Msg::Ticked), []);
    assert!(picture(&model).contains("in 3 s"));
    assert_eq!(send(&mut model, now + 5, Msg::Ticked), [STOP]);
    assert_eq!(send(&mut model, now + 6, Msg::Ticked), []);
}

#[test]
fn a_clock_that_stands_still_does_not_keep_a_stop() {
    let mut model = with_grace();
    let now = model.now.since(sample::START).as_secs();
    press(&mut model, "X y");
    let sent: Vec<_> = (0..5).flat_map(|_| send(&mut model, now, Msg::Ticked)).collect();
    assert_eq!(sent, [STOP]);
}

#[test]
fn the_same_key_again_stops_at_once_and_another_stop_joins() {
    let mut model = with_grace();
    press(&mut model, "X y");
    assert_eq!(press(&mut model, "X"), [STOP]);
    let mut model = with_grace();
    press(&mut model, "x y");
    let recruiter = RunCommand::StopTask(TaskId::from("start_pipeline_hr_recruiter"));
    assert!(picture(&model).contains("Stopping start_pipeline_hr_recruiter in 5 s"));
    press(&mut model, "j x y");
    assert!(picture(&model).contains("Stopping 2 tasks in 5 s"));
    let effects = press(&mut model, "x");
    let stops = effects.iter().find_map(|effect| match effect {
        Effect::Send(Command::Run(command)) => Some(command.parts().to_vec()),
        _ => None,
    });
    let stops = stops.unwrap();
    assert!(stops.len() == 2 && stops.contains(&recruiter), "{stops:?}");
}

#[test]
fn a_run_that_ends_meanwhile_is_not_stopped() {
    let mut model = with_grace();
    press(&mut model, "X y");
    let scenario = sample::Scenario { model, now: 66 }.fact(domain::event::Fact::RunEnded {
        state: domain::state::RunState::Success,
    });
    assert_eq!(scenario.model.grace, None);
}
