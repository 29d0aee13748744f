//! Keys in any order and sizes of any shape: nothing panics, and what is selected exists.

use crate::sample::{self, BARE, COLOUR};
use crate::scene;
use domain::id::TaskId;
use domain::summary::RunSummary;
use domain::variable::VariableName;
use downbeat::tui::action::TABLE;
use downbeat::tui::key::{Key, KeySequence};
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::{Gesture, Target};
use downbeat::tui::msg::Msg;
use downbeat::tui::view::view;
use proptest::prelude::*;
use ratatui::buffer::Buffer;

fn any_key() -> impl Strategy<Value = Key> {
    let mut names: Vec<&str> = TABLE.iter().flat_map(|entry| entry.keys).copied().collect();
    names.extend([
        "a",
        "5",
        ".",
        "é",
        "y",
        "n",
        "l",
        "backspace",
        "home",
        "del",
        "ctrl-w",
    ]);
    let sequences = names.into_iter().filter_map(KeySequence::parse);
    let keys: Vec<_> = sequences
        .flat_map(|keys| [Some(keys.first), keys.then])
        .flatten()
        .collect();
    prop::sample::select(keys)
}

fn any_model() -> impl Strategy<Value = Model> {
    let makers: Vec<fn(u16, u16) -> Model> = vec![
        sample::empty,
        sample::ready,
        scene::running,
        scene::failed,
        scene::degraded,
        scene::odd,
    ];
    (prop::sample::select(makers), 1_u16..210, 1_u16..60)
        .prop_map(|(make, width, height)| make(width, height))
}

fn check(model: &Model) {
    if let Some(run) = model.shown_run() {
        assert!(model.grid.index(run) < run.tasks.len());
    }
    assert!(model.configuration.selected < model.configuration.rows().len().max(1));
    assert!(VariableName::ALL.contains(&model.variables.selected));
    assert!(model.logs.top.0 <= model.logs.window.total);
    match model.overlays.top() {
        Some(Overlay::Arguments(form)) => assert!(form.selected < form.lines().len().max(1)),
        Some(Overlay::Dialog(dialog)) => assert!(dialog.selected < dialog.choices.len()),
        Some(Overlay::Presets { selected }) => {
            assert!(*selected < model.kept.presets.len().max(1));
        }
        Some(Overlay::History(window)) => {
            let is_selected = |run: &RunSummary| run.id == window.run;
            assert!(model.history.iter().any(is_selected));
            assert!(window.task.is_none() || window.row().is_some());
        }
        _ => {}
    }
}

/// An input of a hand that is not quite sure.
#[derive(Clone, Debug)]
enum Input {
    Key(Key),
    /// A gesture at a share of the width and the height, in thousandths.
    Mouse(u16, u16, Gesture),
    Size(u16, u16),
}

fn any_input() -> impl Strategy<Value = Input> {
    let gestures = prop_oneof![
        Just(Gesture::Click),
        Just(Gesture::Drag),
        (-24_i32..24).prop_map(Gesture::Wheel)
    ];
    prop_oneof![
        4 => any_key().prop_map(Input::Key),
        3 => (0_u16..1000, 0_u16..1000, gestures).prop_map(|(x, y, gesture)| Input::Mouse(x, y, gesture)),
        1 => (1_u16..210, 1_u16..60).prop_map(|(width, height)| Input::Size(width, height)),
    ]
}

/// What must not be lost by looking around.
fn kept(model: &Model) -> (Option<TaskId>, Option<String>, Option<String>) {
    let typed = model.editor().map(|editor| editor.text().to_owned());
    let asked = model
        .prompt
        .as_ref()
        .map(|prompt| prompt.editor.text().to_owned());
    let task = model.selected_task().map(|task| task.id.clone());
    (task, typed, asked)
}

fn give(model: &mut Model, input: &Input) {
    let before = kept(model);
    match input {
        Input::Key(key) => {
            sample::send(model, 67, Msg::Key(*key));
        }
        Input::Size(width, height) => {
            sample::send(model, 67, Msg::Resized(*width, *height));
            assert_eq!(kept(model), before, "a new size takes nothing away");
        }
        Input::Mouse(x, y, gesture) => {
            let targets = view(model, &COLOUR, &mut Buffer::empty(model.area));
            let at = |share: u16, of: u16| u16::try_from(u32::from(share) * u32::from(of) / 1000).unwrap();
            let Some(target) = targets.at(at(*x, model.area.width), at(*y, model.area.height)) else {
                return;
            };
            let is_palette = model.palette_text().is_some();
            sample::send(model, 67, Msg::Mouse(target, *gesture));
            // Only what is pressed by its name may accept or leave a text.
            let is_pressed = matches!(target, Target::Action(_) | Target::Answer(_));
            let is_chosen = is_palette && matches!(target, Target::WindowLine(_));
            if !is_pressed && !is_chosen {
                let after = kept(model);
                let typed = [(before.1, after.1), (before.2, after.2)];
                // A second click may open a field.
                for (before, after) in typed.into_iter().filter(|(before, _)| before.is_some()) {
                    assert_eq!(after, before, "{target:?} {gesture:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn keys_in_any_order(mut model in any_model(), keys in prop::collection::vec(any_key(), 0..120)) {
        for key in keys {
            sample::send(&mut model, 67, Msg::Key(key));
            check(&model);
        }
        sample::frame(&model, &COLOUR);
    }

    #[test]
    fn hands_keys_and_sizes_in_any_order(mut model in any_model(), inputs in prop::collection::vec(any_input(), 0..80)) {
        for input in &inputs {
            give(&mut model, input);
            check(&model);
        }
        sample::frame(&model, &BARE);
    }

    #[test]
    fn any_size(mut model in any_model(), keys in prop::collection::vec(any_key(), 0..6), width in 1_u16..250, height in 1_u16..70) {
        for key in keys {
            sample::send(&mut model, 67, Msg::Key(key));
        }
        sample::send(&mut model, 68, Msg::Resized(width, height));
        sample::frame(&model, &COLOUR);
        sample::frame(&model, &BARE);
    }

    #[test]
    fn any_text_in_a_field(mut model in any_model(), text in "\\PC{0,40}") {
        sample::press(&mut model, "esc 1 enter");
        sample::send(&mut model, 67, Msg::Pasted(text));
        sample::press(&mut model, "enter esc");
        sample::frame(&model, &COLOUR);
        check(&model);
    }
}

#[test]
fn the_smallest_screens() {
    for make in [scene::running as fn(u16, u16) -> Model, scene::odd] {
        for (width, height) in (1..=45).flat_map(|width| (1..=14).map(move |height| (width, height))) {
            let model = make(width, height);
            sample::frame(&model, &COLOUR);
        }
    }
}
