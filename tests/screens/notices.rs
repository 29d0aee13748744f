//! A notice is read whole: in as many rows as it needs where there is room, else behind a key.

use crate::sample::{self, COLOUR, press, send};
use crate::scene;
use domain::failure::{Failure, FailureKind};
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
