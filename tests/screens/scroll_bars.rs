//! Every list and text that does not fit says so by a bar, and the mouse moves along it.

use crate::history::{of_fifty_tasks, with_history};
use crate::keys::event;
use crate::sample::{self, BARE, COLOUR, press, send};
use crate::scene;
use domain::arguments::RuntimeArguments;
use domain::draft::ArgumentEdit;
use domain::event::Fact;
use domain::failure::Failure;
use downbeat::tui::context::{Context, Pane};
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::mouse::{Gesture, Target, Targets};
use downbeat::tui::msg::Msg;
use downbeat::tui::preferences::{Guard, ProfileChoice};
use downbeat::tui::theme::Meaning;
use downbeat::tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZES: [(u16, u16); 3] = [(40, 12), (80, 24), (120, 40)];

fn many_arguments(model: &mut Model) {
    let mut table = sample::table();
    for n in 0..60 {
        table.rows[0]
            .arguments
            .insert(format!("argument_{n:02}").as_str(), "1");
    }
    sample::configuration(model, 5, Ok(table));
}

fn all_failed(width: u16, height: u16) -> Model {
    let mut model = scene::huge(width, height);
    for n in 300..500 {
        let failure = Failure::permanent(format!("Reason {n}."));
        let task = format!("start_pipeline_unit_source_{n}").as_str().into();
        event(&mut model, Fact::TaskFailed { task, failure });
    }
    model
}

fn other_profiles(model: &mut Model) {
    let profile = |n| ProfileChoice {
        name: format!("profile-{n:02}"),
        colour: None,
        project: "project".into(),
        instance: "main".into(),
        guard: Guard::default(),
    };
    model.profiles = (0..60).map(profile).collect();
}

/// Every list and text of the screen with more than it can show.
pub fn all(width: u16, height: u16) -> Vec<(&'static str, Model)> {
    let after = |mut model: Model, keys: &str| {
        press(&mut model, keys);
        model
    };
    let ready = || sample::ready(width, height);
    let mut arguments = ready();
    many_arguments(&mut arguments);
    let mut presets = after(arguments_of(ready()), "2 home enter");
    for n in 0..60 {
        let set = RuntimeArguments::from_iter([("limit", "5")]);
        let edit = ArgumentEdit {
            set,
            ..ArgumentEdit::default()
        };
        presets.kept.presets.insert(format!("preset {n:02}"), edit);
    }
    let mut notices = ready();
    (0..60).for_each(|n| notices.notify(Meaning::Warning, format!("Notice {n}.")));
    let mut profiles = ready();
    other_profiles(&mut profiles);
    let mut all = vec![
        ("configuration", after(scene::huge(width, height), "2")),
        ("tasks", after(scene::huge(width, height), "3")),
        ("arguments", after(arguments, "2 home enter")),
        ("presets", after(presets, "p")),
        ("history list", after(of_fifty_tasks(width, height, 60), "H tab")),
        ("history grid", after(of_fifty_tasks(width, height, 60), "H")),
        (
            "comparison",
            after(of_fifty_tasks(width, height, 60), "H c left c"),
        ),
        ("failures", after(all_failed(width, height), "F")),
        ("time axis", after(scene::huge(width, height), "T")),
        ("plan", after(scene::huge(width, height), "r")),
        ("help", after(ready(), "?")),
        ("notices", after(notices, "@")),
        ("palette", after(ready(), ":")),
        ("profiles", after(profiles, "ctrl-p")),
    ];
    // A question has no more answers than there are letters.
    all.retain(|(name, _)| height < 30 || *name != "profiles");
    all
}

fn arguments_of(mut model: Model) -> Model {
    many_arguments(&mut model);
    model
}

/// The bar of what gets the keys: its rows from top to bottom, with the glyph in each.
fn bar(model: &Model, look: &Look) -> Vec<(Target, String)> {
    let mut cells = Buffer::empty(model.area);
    let targets = view(model, look, &mut cells);
    let is_top = |target: &Target| match target {
        Target::Bar(pane, _) => Context::from(*pane) == model.context(),
        Target::WindowBar(_) => true,
        _ => false,
    };
    let rows = targets.iter().filter(|(_, target)| is_top(target));
    rows.map(|(area, target)| (*target, cells[(area.x, area.y)].symbol().to_owned()))
        .collect()
}

fn mouse(model: &mut Model, target: Target, gesture: Gesture) {
    send(model, 0, Msg::Mouse(target, gesture));
}

#[test]
fn every_list_that_does_not_fit_has_a_bar_that_is_clicked_and_dragged() {
    for (width, height) in SIZES {
        for (name, mut model) in all(width, height) {
            for look in [COLOUR, BARE] {
                let thumb = look.symbols.thumb;
                let at = format!(
                    "{name} at {width}x{height} in\n{}",
                    sample::picture(&model, &look)
                );
                let first = bar(&model, &look);
                assert!(first.len() > 1, "no bar: {at}");
                assert!(first.iter().any(|(_, glyph)| glyph == thumb), "no thumb: {at}");
                // Down to the end, and up again.
                mouse(&mut model, first[first.len() - 1].0, Gesture::Click);
                let end = bar(&model, &look);
                assert_eq!(end.last().map(|(_, glyph)| glyph.as_str()), Some(thumb), "{at}");
                assert_ne!(end[0].1, thumb, "{at}");
                mouse(&mut model, end[end.len() / 2].0, Gesture::Drag);
                mouse(&mut model, end[0].0, Gesture::Drag);
                let again = bar(&model, &look);
                assert_eq!(again[0].1, thumb, "{at}");
                assert!(
                    model.notice().is_none_or(|notice| !notice.text.contains("shift")),
                    "{at}"
                );
            }
        }
    }
}

#[test]
fn the_variables_have_a_bar_where_they_do_not_fit_and_typing_keeps_its_line() {
    let mut model = sample::ready(80, 24);
    press(&mut model, "1");
    let rows = bar(&model, &COLOUR);
    assert!(!rows.is_empty());
    mouse(&mut model, rows[rows.len() - 1].0, Gesture::Click);
    let last = model.variables.selected;
    assert_eq!(Some(&last), domain::variable::VariableName::ALL.last());
    press(&mut model, "k enter 7");
    let selected = model.variables.selected;
    for gesture in [Gesture::Click, Gesture::Drag, Gesture::Wheel(3)] {
        mouse(&mut model, Target::Bar(Pane::Variables, 0), gesture);
        assert_eq!(model.variables.selected, selected);
    }
    assert!(model.editor().is_some());
}

#[test]
fn two_clicks_on_a_bar_enter_nothing() {
    let mut model = scene::huge(80, 24);
    press(&mut model, "3");
    for _ in 0..2 {
        mouse(&mut model, Target::Bar(Pane::Grid, 7), Gesture::Click);
    }
    assert_eq!(model.focus, Pane::Grid);
}

#[test]
fn a_list_that_fits_has_no_bar() {
    let mut model = with_history(120, 40);
    press(&mut model, "H");
    assert_eq!(bar(&model, &COLOUR), []);
}

#[test]
fn the_help_in_the_header_is_a_target() {
    for (width, height) in SIZES {
        let mut model = sample::ready(width, height);
        let targets: Targets = view(&model, &COLOUR, &mut Buffer::empty(model.area));
        let area = Rect::new(0, 0, width, 1);
        let help = (0..area.width).rev().find_map(|column| targets.at(column, 0));
        let Some(target @ Target::Action(_)) = help else {
            panic!("{help:?} at {width}x{height}");
        };
        mouse(&mut model, target, Gesture::Click);
        assert!(matches!(model.overlays.top(), Some(Overlay::Help(_))));
    }
}
