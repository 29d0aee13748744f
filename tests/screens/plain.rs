//! Without colours and without Unicode the text alone tells what is selected, changed, failed or cannot be done.

use crate::sample::{self, BARE, press, type_text};
use crate::scene;
use downbeat::tui::model::Model;

/// The picture, which is nothing but ASCII.
fn picture(model: &Model) -> String {
    let picture = sample::picture(model, &BARE);
    assert!(picture.is_ascii(), "{picture}");
    picture
}

/// The line in which these words stand.
fn line(picture: &str, words: &str) -> String {
    let found = picture.lines().find(|line| line.contains(words));
    found
        .unwrap_or_else(|| panic!("no '{words}' in\n{picture}"))
        .to_owned()
}

/// The line of an argument; the rows of the table lie behind the form.
fn line_of_form(model: &Model) -> String {
    let picture = picture(model);
    let found = picture
        .lines()
        .find(|line| line.contains("source_table") && !line.contains("db_password"));
    found.unwrap_or_else(|| panic!("{picture}")).to_owned()
}

#[test]
fn a_changed_argument_differs_from_one_that_is_not() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = sample::ready(width, height);
        press(&mut model, "2 enter j j j");
        // The rows of the table lie behind the form.
        let shown = |model: &Model| {
            picture(model)
                .replace("=***", " ")
                .replace("db_password source_table", "")
        };
        let before = line(&shown(&model), "source_table");
        assert!(!before.contains("~ source_table"), "{before}");
        press(&mut model, "enter");
        // A value so long that nothing behind it has room.
        type_text(&mut model, &"x".repeat(200));
        press(&mut model, "enter k");
        let after = line_of_form(&model);
        assert!(after.contains("~ source_table"), "{after}");
    }
}

#[test]
fn a_changed_variable_differs_from_one_that_is_not() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "1 j");
    let mark = format!("*{}", model.variables.selected.as_str());
    assert!(!picture(&model).contains(&mark));
    press(&mut model, "enter");
    type_text(&mut model, "x");
    press(&mut model, "enter j");
    assert!(picture(&model).contains(&mark), "{}", picture(&model));
}

#[test]
fn a_row_with_edits_and_one_that_is_inactive_say_so() {
    let mut model = sample::ready(120, 40);
    press(&mut model, "2 enter j j j enter x enter esc");
    let picture = picture(&model);
    assert!(line(&picture, "hr / engineer").contains("1 edit"));
    assert!(line(&picture, "it / platform").contains("_ it / platform     off"));
}

#[test]
fn the_selected_line_and_the_selected_answer_are_marked() {
    let mut model = scene::running(120, 40);
    let selected = line(&picture(&model), "hr_recruiter");
    assert!(selected.contains('>'), "{selected}");
    press(&mut model, "X");
    let before = line(&picture(&model), "let it run");
    assert!(
        before.contains(">n let it run") && before.contains(" y stop"),
        "{before}"
    );
    press(&mut model, "l");
    let after = line(&picture(&model), "let it run");
    assert!(
        after.contains(" n let it run") && after.contains(">y stop"),
        "{after}"
    );
}

#[test]
fn the_pane_with_the_focus_is_marked() {
    let mut model = scene::running(120, 40);
    for (key, title) in [
        ("1", "[1 Variables]"),
        ("2", "[2 Configuration]"),
        ("3", "[3 Tasks]"),
        ("4", "[4 Logs]"),
    ] {
        press(&mut model, key);
        let picture = picture(&model);
        assert!(picture.contains(title), "{picture}");
    }
}

#[test]
fn what_cannot_be_done_now_stands_in_brackets() {
    let mut model = scene::failed(200, 50);
    press(&mut model, "3");
    let footer = picture(&model).lines().last().unwrap().to_owned();
    assert!(footer.contains("(x stop task)"), "{footer}");
    let model = scene::running(200, 50);
    let footer = picture(&model).lines().last().unwrap().to_owned();
    assert!(
        footer.contains("x stop task") && !footer.contains("(x"),
        "{footer}"
    );
}

#[test]
fn every_state_has_its_word_in_the_list() {
    let picture = picture(&scene::failed(200, 50));
    for word in ["X failed", "T timed_out", "+ success"] {
        assert!(picture.contains(word), "{word} in\n{picture}");
    }
}
