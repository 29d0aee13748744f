//! Keys, hands, pastes, sizes and news in any order and in every look: nothing panics, what is selected stays what it is,
//! and nothing that was typed is lost. `DOWNBEAT_CASES` gives the number of cases of each property.

#[path = "random/news.rs"]
mod news;

use crate::matrix::LOOKS;
use crate::matrix::worlds as w;
use crate::sample::{self, COLOUR, press, send};
use crate::scene;
use domain::id::{DagRunId, TaskId};
use domain::key::RowName;
use domain::summary::RunSummary;
use domain::variable::VariableName;
use downbeat::tui::action::TABLE;
use downbeat::tui::key::{Key, KeySequence};
use downbeat::tui::model::Model;
use downbeat::tui::model::failures::FailureLine;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::{Gesture, Target};
use downbeat::tui::msg::Msg;
use downbeat::tui::view::view;
use news::{News, tell};
use proptest::prelude::*;
use ratatui::buffer::Buffer;

/// The second in which everything happens: behind all that the worlds have seen.
const NOW: u64 = 4_000;

fn cases(usual: u32) -> ProptestConfig {
    let given = std::env::var("DOWNBEAT_CASES").ok();
    let cases = given.and_then(|text| text.parse().ok()).unwrap_or(usual);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Every key of the table, and some that are only letters.
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
    let makers: Vec<fn() -> Model> = vec![
        w::empty,
        w::loading,
        w::ready,
        w::broken,
        w::odd,
        w::running,
        w::beginning,
        w::in_trouble,
        w::failed,
        w::odd_run,
        w::found,
        w::found_driven,
        w::watching,
        w::former,
        w::read_only,
        w::protected,
        w::after_requests,
    ];
    (prop::sample::select(makers), 1_u16..210, 1_u16..60).prop_map(|(make, width, height)| {
        let mut model = make();
        send(&mut model, NOW, Msg::Resized(width, height));
        model
    })
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
            // A filter may hide the row of the task; without it, it is there again.
            let is_hidden = model.history_filter.is_on();
            assert!(window.task.is_none() || window.row().is_some() || is_hidden);
        }
        _ => {}
    }
}

/// An input of a hand that is not quite sure, and of a world that goes on.
#[derive(Clone, Debug)]
enum Input {
    Key(Key),
    /// A gesture at a share of the width and the height, in thousandths.
    Mouse(u16, u16, Gesture),
    Size(u16, u16),
    Paste(String),
    News(News),
    /// The next frame is drawn in this look.
    Look(usize),
}

fn any_input() -> impl Strategy<Value = Input> {
    let gestures = prop_oneof![
        Just(Gesture::Click),
        Just(Gesture::Drag),
        (-24_i32..24).prop_map(Gesture::Wheel)
    ];
    let news = prop_oneof![
        3 => (0_usize..20, 0_u8..5).prop_map(|(place, what)| News::Task(place, what)),
        1 => (0_u8..4).prop_map(News::Run),
        1 => any::<bool>().prop_map(News::Table),
        1 => any::<bool>().prop_map(News::Runs),
        1 => any::<bool>().prop_map(News::Log),
        1 => (0_u8..4).prop_map(News::Terminal),
    ];
    prop_oneof![
        8 => any_key().prop_map(Input::Key),
        4 => (0_u16..1000, 0_u16..1000, gestures).prop_map(|(x, y, gesture)| Input::Mouse(x, y, gesture)),
        1 => (1_u16..210, 1_u16..60).prop_map(|(width, height)| Input::Size(width, height)),
        1 => "(\\PC|[\r\n\t\u{1b}]){0,30}".prop_map(Input::Paste),
        4 => news.prop_map(Input::News),
        2 => (0..LOOKS.len()).prop_map(Input::Look),
    ]
}

/// What is selected, by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selected {
    run: Option<DagRunId>,
    task: Option<TaskId>,
    row: Option<RowName>,
    variable: VariableName,
    cell: Option<(DagRunId, Option<TaskId>)>,
    argument: Option<String>,
    failure: Option<(String, Option<TaskId>)>,
}

fn selected(model: &Model) -> Selected {
    let failure = match model.overlays.top() {
        Some(Overlay::Failures(pane)) => pane.selected(&model.failures.groups),
        _ => None,
    };
    let argument = match model.overlays.top() {
        Some(Overlay::Arguments(form)) => form.lines().get(form.selected).map(|line| line.name.to_owned()),
        _ => None,
    };
    Selected {
        run: model.shown_run().map(|run| run.id.clone()),
        // Who follows has selected nothing.
        task: model.grid.selected.clone(),
        row: model.configuration.row().map(|row| row.name.clone()),
        variable: model.variables.selected,
        cell: model
            .history_window()
            .map(|window| (window.run.clone(), window.task.clone())),
        argument,
        failure: failure.map(|line| match line {
            FailureLine::Group(group) => (group.reason.clone(), None),
            FailureLine::Task(group, task) => (group.reason.clone(), Some(task.clone())),
        }),
    }
}

/// What is being typed: in a field, and in the line at the bottom.
fn typed(model: &Model) -> [Option<String>; 2] {
    let asked = model
        .prompt
        .as_ref()
        .map(|prompt| prompt.editor.text().to_owned());
    [model.editor().map(|editor| editor.text().to_owned()), asked]
}

/// Nothing that comes by itself takes what is selected or typed, as long as it exists.
fn assert_kept(before: (Selected, [Option<String>; 2]), model: &Model, why: &dyn std::fmt::Debug) {
    let (selected_before, typed_before) = before;
    let after = selected(model);
    if after.run == selected_before.run {
        assert_eq!(after.task, selected_before.task, "{why:?}");
    }
    if model.configuration.row().is_some() && selected_before.row.is_some() {
        assert_eq!(after.row, selected_before.row, "{why:?}");
    }
    assert_eq!(after.variable, selected_before.variable, "{why:?}");
    if after.cell.is_some() && selected_before.cell.is_some() {
        assert_eq!(after.cell, selected_before.cell, "{why:?}");
    }
    if after.argument.is_some() && selected_before.argument.is_some() {
        assert_eq!(after.argument, selected_before.argument, "{why:?}");
    }
    let is_there = |failure: &Option<(String, Option<TaskId>)>| {
        failure.as_ref().is_some_and(|(reason, task)| {
            let mut groups = model.failures.groups.iter();
            groups.any(|group| {
                group.reason == *reason && task.as_ref().is_none_or(|task| group.tasks.contains(task))
            })
        })
    };
    if after.failure.is_some() && is_there(&selected_before.failure) {
        assert_eq!(after.failure, selected_before.failure, "{why:?}");
    }
    assert_eq!(typed(model), typed_before, "{why:?}");
}

fn give(model: &mut Model, input: &Input) {
    let before = (selected(model), typed(model));
    match input {
        Input::Key(key) => {
            send(model, NOW, Msg::Key(*key));
        }
        Input::Paste(text) => {
            send(model, NOW, Msg::Pasted(text.clone()));
        }
        Input::Size(width, height) => {
            send(model, NOW, Msg::Resized(*width, *height));
            assert_kept(before, model, input);
        }
        Input::News(news) => {
            tell(model, news);
            assert_kept(before, model, input);
        }
        Input::Look(look) => {
            sample::frame(model, &LOOKS[*look]);
        }
        Input::Mouse(x, y, gesture) => point(model, (*x, *y), *gesture, before.1),
    }
}

fn point(model: &mut Model, (x, y): (u16, u16), gesture: Gesture, before: [Option<String>; 2]) {
    let targets = view(model, &COLOUR, &mut Buffer::empty(model.area));
    let at = |share: u16, of: u16| u16::try_from(u32::from(share) * u32::from(of) / 1000).unwrap();
    let Some(target) = targets.at(at(x, model.area.width), at(y, model.area.height)) else {
        return;
    };
    let is_palette = model.palette_text().is_some();
    send(model, NOW, Msg::Mouse(target, gesture));
    // Only what is pressed by its name may accept or leave a text.
    let is_pressed = matches!(target, Target::Action(_) | Target::Answer(_));
    let is_chosen = is_palette && matches!(target, Target::WindowLine(_));
    if !is_pressed && !is_chosen {
        // A second click may open a field.
        let both = before.into_iter().zip(typed(model));
        for (before, after) in both.filter(|(before, _)| before.is_some()) {
            assert_eq!(after, before, "{target:?} {gesture:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn keys_in_any_order(mut model in any_model(), keys in prop::collection::vec(any_key(), 0..120)) {
        for key in keys {
            send(&mut model, NOW, Msg::Key(key));
            check(&model);
        }
        sample::frame(&model, &COLOUR);
    }

    #[test]
    fn hands_and_news_in_any_order(mut model in any_model(), inputs in prop::collection::vec(any_input(), 0..120)) {
        for input in &inputs {
            give(&mut model, input);
            check(&model);
        }
        for look in &LOOKS {
            sample::frame(&model, look);
        }
    }

    #[test]
    fn any_size(mut model in any_model(), keys in prop::collection::vec(any_key(), 0..6), width in 1_u16..250, height in 1_u16..70) {
        for key in keys {
            send(&mut model, NOW, Msg::Key(key));
        }
        send(&mut model, NOW, Msg::Resized(width, height));
        for look in &LOOKS {
            sample::frame(&model, look);
        }
    }

    #[test]
    fn any_text_in_a_field(mut model in any_model(), text in "\\PC{0,40}") {
        press(&mut model, "esc 1 enter");
        send(&mut model, NOW, Msg::Pasted(text));
        press(&mut model, "enter esc");
        sample::frame(&model, &COLOUR);
        check(&model);
    }
}

#[test]
fn the_smallest_screens() {
    for make in [scene::running as fn(u16, u16) -> Model, scene::odd] {
        let mut model = make(40, 12);
        for (width, height) in (1..=45).flat_map(|width| (1..=14).map(move |height| (width, height))) {
            send(&mut model, 67, Msg::Resized(width, height));
            sample::frame(&model, &COLOUR);
        }
    }
}
