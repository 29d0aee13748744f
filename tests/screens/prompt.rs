//! The text field in the row of the footer: typing, accepting, leaving, earlier texts.

use crate::sample::{self, BARE, COLOUR, picture, press};
use crate::scene;
use downbeat::tui::context::Context;
use downbeat::tui::model::Model;
use downbeat::tui::model::logs::pattern::Pattern;
use ratatui::buffer::Cell;
use ratatui::style::Modifier;

fn type_text(model: &mut Model, text: &str) {
    for letter in text.chars() {
        let name = if letter == ' ' {
            "space".to_owned()
        } else {
            letter.to_string()
        };
        press(model, &name);
    }
}

fn pattern(model: &Model) -> Option<&str> {
    model.logs.find.as_ref().map(Pattern::text)
}

#[test]
fn letters_are_text_enter_keeps_and_esc_restores() {
    let mut model = scene::running(80, 24);
    press(&mut model, "4 /");
    type_text(&mut model, "qx1?");
    assert_eq!(
        (model.context(), pattern(&model)),
        (Context::Prompt, Some("qx1?"))
    );
    assert!(
        picture(&model, &COLOUR)
            .lines()
            .last()
            .unwrap()
            .starts_with(" /qx1?")
    );
    press(&mut model, "enter");
    assert_eq!((model.context(), pattern(&model)), (Context::Logs, Some("qx1?")));
    press(&mut model, "/");
    type_text(&mut model, "other");
    press(&mut model, "esc");
    assert_eq!(pattern(&model), Some("qx1?"), "what was in force before");
    press(&mut model, "/ enter");
    assert_eq!(pattern(&model), None, "an empty text ends the search");
}

#[test]
fn earlier_texts_are_offered_again() {
    let mut model = scene::running(80, 24);
    press(&mut model, "4 / a enter / b enter / up");
    assert_eq!(pattern(&model), Some("b"));
    press(&mut model, "up up down");
    assert_eq!(pattern(&model), Some("b"));
    press(&mut model, "up enter");
    assert_eq!(pattern(&model), Some("a"));
}

#[test]
fn what_cannot_be_seen_is_not_typed() {
    let mut model = scene::running(80, 24);
    press(&mut model, "4 / a");
    sample::send(&mut model, 66, downbeat::tui::msg::Msg::Resized(39, 9));
    press(&mut model, "b");
    assert_eq!(pattern(&model), Some("a"));
}

#[test]
fn what_was_found_is_marked_without_colours_too() {
    let mut model = scene::running(120, 40);
    press(&mut model, "4 /");
    type_text(&mut model, "projection");
    assert!(picture(&model, &BARE).lines().last().unwrap().contains("as text"));
    let cells = sample::frame(&model, &BARE);
    let marked: String = cells
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(Cell::symbol)
        .collect();
    let text = marked.replace("Projection", "+");
    assert!(
        text.starts_with('+') && text.chars().all(|letter| letter == '+'),
        "{marked}"
    );
}
