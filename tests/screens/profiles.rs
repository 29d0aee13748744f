//! Going to another profile, and what stands against it.

use crate::sample::{self, BARE, COLOUR, press, type_text};
use crate::scene;
use downbeat::tui::effect::Effect;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::preferences::{Guard, ProfileChoice};
use downbeat::tui::setup::Setup;
use downbeat::tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

fn with_profiles(mut model: Model) -> Model {
    let profile = |name: &str, is_protected| ProfileChoice {
        name: name.into(),
        colour: Some("red".into()),
        project: format!("{name}-project"),
        instance: "main".into(),
        guard: Guard {
            is_read_only: false,
            is_protected,
        },
    };
    model.profiles = vec![
        profile("prod", true),
        profile("sandbox", false),
        profile("test", false),
    ];
    model
}

#[test]
fn another_profile_is_chosen_by_its_letter_with_where_it_leads() {
    let mut model = with_profiles(sample::ready(120, 40));
    press(&mut model, "ctrl-p");
    let picture = sample::picture(&model, &COLOUR);
    for words in [
        "1 prod: prod-project / main, red, protected",
        "2 test: test-project / main, red",
    ] {
        assert!(picture.contains(words), "{words} in\n{picture}");
    }
    assert!(
        !picture.contains("sandbox-project"),
        "one does not go to where one is"
    );
    assert_eq!(press(&mut model, "n"), []);
    press(&mut model, "ctrl-p");
    assert_eq!(press(&mut model, "2"), [Effect::SwitchProfile("test".into())]);
}

#[test]
fn each_profile_stands_in_its_own_colour_and_says_what_it_allows_in_words() {
    let mut model = with_profiles(sample::ready(120, 40));
    model.profiles[2].colour = Some("green".into());
    model.profiles[2].guard.is_read_only = true;
    press(&mut model, "ctrl-p");
    let ground = |look: &Look, name: &str| {
        let mut cells = Buffer::empty(model.area);
        view(&model, look, &mut cells);
        let picture = sample::picture(&model, look);
        let words = format!(" {name}: {name}-project");
        let found = picture.lines().enumerate().find_map(|(row, line)| {
            let byte = line.find(&words)?;
            Some((line[..byte].chars().count() + 1, row))
        });
        let (column, row) = found.unwrap_or_else(|| panic!("{words} in\n{picture}"));
        let place = (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
        (cells[place].bg, cells[place].modifier)
    };
    let theme = |name| COLOUR.theme.band_of(Some(name)).bg.unwrap();
    assert_eq!(ground(&COLOUR, "prod").0, theme("red"));
    assert_eq!(ground(&COLOUR, "test").0, theme("green"));
    assert_ne!(theme("red"), theme("green"));
    assert!(ground(&BARE, "prod").1.contains(Modifier::REVERSED));
    let picture = sample::picture(&model, &BARE);
    assert!(
        picture.contains("main, red, protected") && picture.contains("main, green, read-only"),
        "{picture}"
    );
}

#[test]
fn a_live_run_and_what_is_not_saved_keep_the_profile() {
    let mut model = with_profiles(scene::running(120, 40));
    assert_eq!(press(&mut model, "ctrl-p"), []);
    assert!(model.overlays.is_empty());
    assert!(model.notice().unwrap().text.contains("A run is live"));
    let mut model = with_profiles(sample::ready(120, 40));
    press(&mut model, "1 j enter");
    type_text(&mut model, "x");
    press(&mut model, "enter ctrl-p");
    assert!(model.overlays.is_empty());
    let reason = &model.notice().unwrap().text;
    assert!(reason.contains("Save or undo first"), "{reason}");
    let mut model = sample::ready(120, 40);
    press(&mut model, "ctrl-p");
    assert!(model.notice().unwrap().text.contains("There is no other profile"));
}

#[test]
fn a_start_with_profiles_and_none_chosen_asks_which_one_is_meant() {
    let profiles = with_profiles(sample::ready(120, 40)).profiles;
    let started = || {
        let setup = Setup {
            lacks_choice: true,
            profiles: profiles.clone(),
            ..sample::setup()
        };
        let mut model = setup.model();
        model.area = Rect::new(0, 0, 120, 40);
        model
    };
    for look in [&COLOUR, &BARE] {
        let picture = sample::picture(&started(), look);
        for words in [
            "Which profile?",
            "none is chosen",
            "downbeat profile use NAME",
            "1 prod: prod-project / main, red, protected",
            "2 test: test-project / main, red",
            "n stay on the sandbox",
        ] {
            assert!(picture.contains(words), "{words} in\n{picture}");
        }
    }
    assert_eq!(press(&mut started(), "1"), [Effect::SwitchProfile("prod".into())]);
    let mut model = started();
    press(&mut model, "n");
    assert!(model.overlays.is_empty());
}

#[test]
fn more_profiles_than_fit_scroll_and_the_text_is_whole() {
    for (columns, rows) in [(80, 24), (40, 12)] {
        let mut model = with_profiles(sample::ready(columns, rows));
        let like = model.profiles[0].clone();
        model.profiles.extend((0..40).map(|number| ProfileChoice {
            name: format!("team-{number:02}"),
            ..like.clone()
        }));
        press(&mut model, "ctrl-p");
        let words = |model: &Model| {
            let picture = sample::picture(model, &COLOUR);
            let inner = picture
                .lines()
                .map(|line| line.trim_matches(|mark| "│ ".contains(mark)));
            inner.collect::<Vec<_>>().join(" ")
        };
        let first = words(&model);
        assert!(first.contains("12 more are opened with"), "{first}");
        assert!(first.contains("1 prod:"), "{first}");
        assert!(!first.contains("z team-27"), "{first}");
        for _ in 0..29 {
            assert_eq!(press(&mut model, "j"), [], "j moves, whatever the profiles are");
        }
        let last = words(&model);
        assert!(last.contains("z team-27:"), "{last}");
    }
}
