//! Every pane and every window in every state, size and look: as snapshots, and what must be true of all of them.

#[path = "matrix/cells.rs"]
mod cells;
#[path = "matrix/checks.rs"]
mod checks;
#[path = "matrix/huge.rs"]
mod huge;
#[path = "matrix/sheet.rs"]
mod sheet;
#[path = "matrix/twins.rs"]
mod twins;
#[path = "matrix/worlds.rs"]
pub mod worlds;

use crate::sample::{self, COLOUR, press};
use cells::{Cell, State, View, views};
use downbeat::tui::model::Model;
use downbeat::tui::msg::Msg;
use ratatui::style::Color;
pub use sheet::LOOKS;
use sheet::{Frames, Legend};
pub use worlds::LogLines;

const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 50)];

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The sheet of a model, after what must be true of each of its frames.
fn sheet(name: &str, model: &mut Model, band: Option<Color>, faults: &mut Vec<String>) -> String {
    let (mut text, mut legend) = (String::new(), Legend::default());
    let seconds = model.now.since(sample::START).as_secs();
    for (width, height) in SIZES {
        sample::send(model, seconds, Msg::Resized(width, height));
        let frames = Frames::new(model, band);
        let found = checks::all(model, &frames).into_iter();
        faults.extend(found.map(|fault| format!("{name} at {width}x{height}: {fault}")));
        text.push_str(&sheet::part(&frames, &mut legend));
    }
    text + &legend.text()
}

/// What the words of the screen are, whatever the rows they are broken into.
fn words(picture: &str) -> String {
    let plain: String = picture
        .chars()
        .map(|letter| if "│█▌".contains(letter) { ' ' } else { letter })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check(view: &View, state: State, cell: Cell, faults: &mut Vec<String>) {
    let name = format!("{}_{}", view.name, state.word());
    match cell {
        Cell::Not(why) => assert!(why.len() > 10, "{name} is left out without a reason"),
        Cell::Refused(make, action, reason) => {
            let model = make();
            let entry = downbeat::tui::action::entry(action).unwrap();
            let why = entry.why_not(&model);
            if why.as_deref() != Some(reason) {
                faults.push(format!("{name}: {why:?} and not '{reason}'"));
            }
        }
        Cell::At(make, keys, said) => {
            let mut model = make();
            press(&mut model, keys);
            let seconds = model.now.since(sample::START).as_secs();
            sample::send(&mut model, seconds, Msg::Resized(80, 24));
            let picture = sample::picture(&model, &COLOUR);
            for said in said.iter().filter(|said| !words(&picture).contains(**said)) {
                faults.push(format!("{name}: '{said}' is not in\n{picture}"));
            }
            let text = sheet(&name, &mut model, None, faults);
            snapshot(&name, &text);
        }
    }
}

/// All views whose places in the table leave this rest; the parts run beside each other.
fn part(rest: usize) {
    let mut faults = Vec::new();
    for view in views().iter().skip(rest).step_by(4) {
        for (state, cell) in State::ALL.into_iter().zip(view.cells) {
            check(view, state, cell, &mut faults);
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn every_view_in_every_state_1() {
    part(0);
}

#[test]
fn every_view_in_every_state_2() {
    part(1);
}

#[test]
fn every_view_in_every_state_3() {
    part(2);
}

#[test]
fn every_view_in_every_state_4() {
    part(3);
}

#[test]
fn the_band_of_a_profile() {
    let (mut model, look) = worlds::banded();
    let mut faults = Vec::new();
    let text = sheet("band", &mut model, look.theme.band, &mut faults);
    assert_eq!(faults, Vec::<String>::new());
    for words in ["prod", "protected"] {
        assert!(text.contains(words), "{words}");
    }
    snapshot("band", &text);
}
