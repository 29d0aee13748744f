//! The palette and the help: everything is found by name, words or key, and done where it works.

use crate::sample::{self, COLOUR, press, type_text};
use crate::scene;
use domain::command::RunCommand;
use domain::log::Level;
use downbeat::engine::Command;
use downbeat::tui::context::{Context, Pane};
use downbeat::tui::effect::Effect;
use downbeat::tui::look::ThemeChoice;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::stamp::StampMode;
use downbeat::tui::model::overlay::Overlay;
use downbeat::tui::palette::{Reach, choices};
use downbeat::tui::preferences::{Guard, ProfileChoice};
use proptest::prelude::*;

fn open(model: &mut Model, text: &str) {
    press(model, ":");
    type_text(model, text);
}

fn first(model: &Model, text: &str) -> String {
    let found = choices(model, text);
    found
        .first()
        .map(|choice| choice.words.clone())
        .unwrap_or_default()
}

#[test]
fn what_is_typed_is_found_by_letters_words_and_keys() {
    let model = scene::running(120, 40);
    for (text, words) in [
        ("stop task", "stop task"),
        ("stptsk", "stop task"),
        ("stop_run", "stop run"),
        ("x", "stop task"),
        ("g g", "top"),
        ("former runs", "history"),
        ("help", "help"),
    ] {
        assert_eq!(first(&model, text), words, "{text}");
    }
    assert!(choices(&model, "qqqq").is_empty());
}

#[test]
fn what_can_be_done_here_comes_first_then_why_not_then_where() {
    let mut model = scene::running(120, 40);
    press(&mut model, "3");
    let all = choices(&model, "");
    let reaches: Vec<_> = all.iter().map(|choice| choice.reach).collect();
    assert!(reaches.is_sorted(), "{reaches:?}");
    for choice in &all {
        assert_eq!(
            choice.remark.is_none(),
            choice.reach == Reach::Now,
            "{}",
            choice.words
        );
    }
    let run = all.iter().find(|choice| choice.words == "run").unwrap();
    assert!(run.remark.as_deref().unwrap().contains("A run is live"));
    let wrap = all.iter().find(|choice| choice.words == "wrap").unwrap();
    assert_eq!(wrap.remark.as_deref(), Some("works in the log"));
}

#[test]
fn the_palette_does_what_is_chosen_here_or_in_its_pane() {
    let mut model = scene::running(120, 40);
    open(&mut model, "stop run");
    press(&mut model, "enter");
    assert_eq!(model.context(), Context::Dialog);
    let effects = press(&mut model, "y");
    assert!(effects.contains(&Effect::Send(Command::Run(RunCommand::Stop))));
    press(&mut model, "3");
    let wraps = model.logs.wraps;
    open(&mut model, "wrap");
    press(&mut model, "enter");
    assert_eq!(model.focus, Pane::Logs);
    assert_ne!(model.logs.wraps, wraps);
    // It comes back to the window from which it was opened.
    press(&mut model, "3 H");
    open(&mut model, "notices");
    press(&mut model, "esc");
    assert_eq!(model.context(), Context::History);
}

#[test]
fn what_cannot_be_done_says_why_in_place_and_stays_open() {
    for (width, height) in [(200, 50), (80, 24)] {
        let mut model = scene::running(width, height);
        open(&mut model, "run");
        let effects = press(&mut model, "enter");
        assert!(effects.is_empty() && model.overlays.is_empty());
        assert_eq!(model.context(), Context::Prompt);
        let picture = sample::picture(&model, &COLOUR);
        assert!(picture.contains("A run is live"), "{picture}");
        type_text(&mut model, "x");
        assert!(model.prompt.as_ref().unwrap().editor.fault.is_none());
    }
}

#[test]
fn orders_take_a_word_and_tab_completes() {
    let mut model = scene::running(120, 40);
    open(&mut model, "pane ");
    type_text(&mut model, "conf");
    press(&mut model, "enter");
    assert_eq!(model.focus, Pane::Configuration);
    open(&mut model, "tas");
    press(&mut model, "tab");
    let typed = model.palette_text().unwrap().to_owned();
    assert!(typed.starts_with("task"), "{typed}");
    press(&mut model, "ctrl-u");
    type_text(&mut model, "task ledger");
    press(&mut model, "tab");
    assert_eq!(model.palette_text(), Some("task start_pipeline_finance_ledger"));
    press(&mut model, "enter");
    assert_eq!(
        model.selected_task().unwrap().id,
        "start_pipeline_finance_ledger".into()
    );
    open(&mut model, "row orders");
    press(&mut model, "enter");
    assert_eq!(
        model.configuration.row().unwrap().name.values().last(),
        Some("orders")
    );
    open(&mut model, "variable bq_truncate");
    press(&mut model, "enter");
    assert_eq!(model.variables.selected.as_str(), "bq_truncate");
}

#[test]
fn what_has_values_takes_one_and_tab_completes_it() {
    let mut model = scene::running(120, 40);
    open(&mut model, "theme li");
    press(&mut model, "tab");
    assert_eq!(model.palette_text(), Some("theme light"));
    press(&mut model, "enter");
    assert_eq!(model.preferences.theme, ThemeChoice::Light);
    open(&mut model, "level warn");
    press(&mut model, "enter");
    assert_eq!(model.logs.filter.level, Some(Level::Warn));
    open(&mut model, "context 3");
    press(&mut model, "enter");
    assert_eq!(model.logs.filter.context, 3);
    open(&mut model, "level all");
    press(&mut model, "enter");
    assert_eq!(model.logs.filter.level, None);
    open(&mut model, "times rel");
    press(&mut model, "enter");
    assert_eq!(model.logs.stamps.mode, StampMode::Relative);
    // Each value is offered, and none that there is not.
    open(&mut model, "theme ");
    let shown = sample::picture(&model, &COLOUR);
    for choice in ThemeChoice::ALL {
        assert!(shown.contains(&format!("theme {}", choice.word())), "{shown}");
    }
    type_text(&mut model, "pink");
    press(&mut model, "enter");
    let fault = model.prompt.as_ref().unwrap().editor.fault.clone();
    assert_eq!(fault.as_deref(), Some("Nothing is called that."));
}

fn prod() -> Vec<ProfileChoice> {
    vec![ProfileChoice {
        name: "prod".into(),
        colour: None,
        project: String::new(),
        instance: String::new(),
        guard: Guard::default(),
    }]
}

#[test]
fn a_value_is_refused_for_the_reason_of_its_key() {
    let mut model = scene::running(120, 40);
    model.profiles = prod();
    open(&mut model, "profile prod");
    press(&mut model, "enter");
    let fault = model.prompt.as_ref().unwrap().editor.fault.clone();
    assert!(fault.is_some_and(|fault| fault.contains("A run is live")));
    let mut model = scene::failed(120, 40);
    model.profiles = prod();
    open(&mut model, "profile prod");
    press(&mut model, "enter");
    assert!(
        matches!(model.overlays.top(), Some(Overlay::Dialog(_))),
        "it asks first"
    );
}

#[test]
fn what_was_done_before_comes_back_with_up() {
    let mut model = scene::running(120, 40);
    open(&mut model, "hist");
    press(&mut model, "enter esc");
    open(&mut model, "");
    press(&mut model, "down up up");
    assert_eq!(model.palette_text(), Some("history"));
    press(&mut model, "enter");
    assert_eq!(model.context(), Context::History);
}

#[test]
fn the_help_tells_what_a_key_does_and_does_it() {
    let mut model = scene::running(120, 40);
    press(&mut model, "2 ? / X enter");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("The key X") && picture.contains("Stop the whole run"),
        "{picture}"
    );
    press(&mut model, "enter");
    assert_eq!(model.context(), Context::Dialog);
    press(&mut model, "n");
    assert_eq!(
        model.focus,
        Pane::Configuration,
        "the help is closed, and all is as it was"
    );
}

#[test]
fn the_filter_of_the_help_can_be_left() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "? /");
    type_text(&mut model, "wrap");
    let picture = sample::picture(&model, &COLOUR);
    assert!(
        picture.contains("Wrap long lines") && !picture.contains("Save the edited"),
        "{picture}"
    );
    press(&mut model, "esc");
    assert!(sample::picture(&model, &COLOUR).contains("In every pane"));
    press(&mut model, "esc");
    assert!(model.overlays.is_empty());
    press(&mut model, "? /");
    type_text(&mut model, "cannot be seen");
    assert!(
        sample::picture(&model, &COLOUR).contains("unknown"),
        "the signs are found too"
    );
    press(&mut model, "enter enter");
    assert!(
        matches!(model.overlays.top(), Some(Overlay::Help(_))),
        "a sign does nothing"
    );
}

#[test]
fn the_palette_is_whole_on_every_screen() {
    for (width, height) in [(200, 50), (120, 40), (80, 24), (40, 12)] {
        let mut model = scene::running(width, height);
        open(&mut model, "retry");
        let picture = sample::picture(&model, &COLOUR);
        assert!(picture.contains("retry all"), "{picture}");
        assert!(picture.contains(":retry"), "{picture}");
        sample::frame(&model, &sample::BARE);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_finds_or_does_not(text in "\\PC{0,12}") {
        let model = scene::odd(80, 24);
        let reaches: Vec<_> = choices(&model, &text).iter().map(|choice| choice.reach).collect();
        prop_assert!(reaches.len() < 400);
    }
}
