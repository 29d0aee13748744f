//! A notice is read whole: in as many rows as it needs where there is room, else behind a key.

use crate::sample::{self, COLOUR, press, send};
use crate::scene;
use domain::failure::{Failure, FailureKind};
use domain::release::Release;
use domain::remedy::Remedy;
use downbeat::engine::Update;
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;

/// What a start is refused with while its table has an unfinished run: a long sentence with its remedies at the end.
fn refused(width: u16, height: u16) -> Model {
    let reason = "downbeat-sandbox.cdf_output.landing has an unfinished run, 019ab3c4-5d6e-7f80-9102-a3b4c5d6e7f8, not \
                  watched since 2026-11-23T10:01:05Z. A new run would empty what that run has loaded.";
    let failure = Failure::new(FailureKind::Held, reason).with_remedies([
        "Resume it or close it first.".into(),
        Remedy::ResumeRun("019ab3c4-5d6e-7f80-9102-a3b4c5d6e7f8".into()),
    ]);
    let mut model = scene::failed(width, height);
    // How the run ended was read.
    model.notices.read_all();
    send(&mut model, 70, Msg::Engine(Box::new(Update::Refused(failure))));
    model
}

/// The words of a picture, without the line breaks between rows.
fn words(picture: &str) -> String {
    picture.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_notice_is_shown_whole_with_its_remedies() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let model = refused(width, height);
        let text = model.notice().unwrap().text.clone();
        assert!(text.contains("H lists it."), "{text}");
        let picture = sample::picture(&model, &COLOUR);
        // The keys stand at the right of the last row, behind the text.
        assert!(
            words(&picture).contains(&format!("{text} esc hides")),
            "{text} in\n{picture}"
        );
    }
}

#[test]
fn a_notice_without_room_says_which_key_shows_all_of_it() {
    let mut model = refused(40, 12);
    let text = model.notice().unwrap().text.clone();
    let picture = sample::picture(&model, &COLOUR);
    assert!(picture.contains("@ shows all, esc hides"), "{picture}");
    assert!(!words(&picture).contains("H lists it."), "{picture}");
    press(&mut model, "@ g g");
    let mut shown = String::new();
    for _ in 0..40 {
        shown.push_str(&sample::picture(&model, &COLOUR));
        press(&mut model, "j");
    }
    let last = text.rsplit(' ').next().unwrap();
    assert!(shown.contains(last), "{last} in\n{shown}");
}

#[test]
fn a_short_notice_takes_one_row() {
    let mut model = scene::running(80, 24);
    let rows = |model: &Model| sample::picture(model, &COLOUR).lines().count();
    let before = rows(&model);
    press(&mut model, "r");
    let picture = sample::picture(&model, &COLOUR);
    assert_eq!(rows(&model), before);
    let row = picture
        .lines()
        .find(|row| row.contains("A run is live. X stops it"))
        .unwrap();
    assert!(row.contains("esc hides"), "{picture}");
}

#[test]
fn notices_are_read_one_after_the_other() {
    let mut model = scene::running(120, 40);
    for number in 1..=3 {
        let failure = Failure::permanent(format!("number {number}"));
        send(&mut model, 70, Msg::Engine(Box::new(Update::Refused(failure))));
    }
    let picture = |model: &Model| sample::picture(model, &COLOUR);
    assert!(picture(&model).contains("number 3") && picture(&model).contains("@ 2 more, esc hides"));
    press(&mut model, "esc");
    assert!(picture(&model).contains("number 2") && picture(&model).contains("@ 1 more, esc hides"));
    // The list shows all, and what is in it counts as read.
    press(&mut model, "@");
    assert!(picture(&model).contains("number 1") && picture(&model).contains("2026-11-23 (UTC)"));
    press(&mut model, "esc");
    assert_eq!(model.notice(), None);
}

#[test]
fn the_list_has_levels_and_says_what_it_hides() {
    let mut model = scene::failed(120, 40);
    send(
        &mut model,
        70,
        Msg::Engine(Box::new(Update::Undone("it was not undone".into()))),
    );
    press(&mut model, "@");
    let picture = |model: &Model| sample::picture(model, &COLOUR);
    assert!(
        picture(&model).contains("10:01:10 warning"),
        "{}",
        picture(&model)
    );
    assert!(picture(&model).contains("10:01:00 error"), "{}", picture(&model));
    press(&mut model, "L L");
    let errors = picture(&model);
    assert!(
        !errors.contains("it was not undone") && errors.contains("error"),
        "{errors}"
    );
    assert!(errors.contains("1 below the level error hidden"), "{errors}");
    press(&mut model, "L");
    assert!(picture(&model).contains("it was not undone"));
}

#[test]
fn the_end_of_a_run_stays_until_it_is_hidden_and_is_summed_up() {
    let mut model = scene::failed(120, 40);
    let notice = model.notice().unwrap().text.clone();
    assert!(
        notice.starts_with("The run ended: failed in 1m 00s: 1 failed, 1 timed_out"),
        "{notice}"
    );
    press(&mut model, "j k");
    assert_eq!(
        model.notice().map(|notice| &notice.text),
        Some(&notice),
        "a key does not hide it"
    );
    press(&mut model, "S");
    let picture = sample::picture(&model, &COLOUR);
    for words in [
        "2026-11-23T10-00-00-4f2a, began",
        "downbeat-sandbox.cdf_output.landing",
        "no such field 'salary' in table landing",
        "Add the column to the table",
        "start_pipeline_hr_engineer",
        "r shows what a new run would do.",
    ] {
        assert!(picture.contains(words), "{words} in\n{picture}");
    }
    press(&mut model, "esc esc");
    assert_eq!(model.notice(), None);
}

#[test]
fn a_newer_version_is_one_quiet_notice_behind_all_others() {
    let release = || Release {
        version: "0.12.0".parse().unwrap(),
        page: "https://github.com/acme/downbeat/releases/tag/v0.12.0".into(),
    };
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = scene::idle(width, height);
        model.notices.read_all();
        send(&mut model, 1, Msg::Released(release(), "0.9.0".parse().unwrap()));
        let picture = sample::picture(&model, &COLOUR);
        for part in [
            "Downbeat 0.12.0 is out, and this is 0.9.0:",
            "https://github.com/acme/downbeat/releases/tag/v0.12.0",
            "update_check = false",
        ] {
            assert!(words(&picture).contains(part), "{part} in\n{picture}");
        }
        press(&mut model, "esc");
        assert_eq!(model.notice(), None);
    }
    let mut model = refused(120, 40);
    let text = model.notice().unwrap().text.clone();
    send(&mut model, 71, Msg::Released(release(), "0.9.0".parse().unwrap()));
    assert_eq!(model.notice().unwrap().text, text);
    press(&mut model, "esc");
    assert!(model.notice().unwrap().text.contains("0.12.0 is out"));
}
