//! What snapshots cannot show: the styles of what is drawn.

use crate::sample::{self, BARE, COLOUR};
use crate::scene;
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::theme::Meaning;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// The first cell of some words.
fn cell_of<'a>(cells: &'a Buffer, words: &str) -> &'a Cell {
    for y in 0..cells.area.height {
        let row: Vec<_> = (0..cells.area.width).map(|x| cells[(x, y)].symbol()).collect();
        for x in 0..row.len() {
            if row[x..].concat().starts_with(words) {
                return &cells[(u16::try_from(x).unwrap(), y)];
            }
        }
    }
    panic!("'{words}' is not drawn")
}

fn assert_means(cells: &Buffer, look: &Look, words: &str, meaning: Meaning) {
    let (cell, style) = (cell_of(cells, words), look.style(meaning));
    assert_eq!(Some(cell.fg), style.fg.or(Some(Color::Reset)), "{words}");
    assert!(cell.modifier.contains(style.add_modifier), "{words}");
}

#[test]
fn states_and_levels_have_their_colours() {
    let cells = sample::frame(&scene::running(120, 40), &COLOUR);
    for (words, meaning) in [
        ("SANDBOX", Meaning::Sandbox),
        ("✔ success", Meaning::Success),
        ("↻ up_for_retry", Meaning::Warning),
        ("◌ queued", Meaning::Waiting),
        ("INFO  Read", Meaning::Accent),
        ("ERROR BigQuery", Meaning::Danger),
        ("DEBUG Proj", Meaning::Muted),
    ] {
        assert_means(&cells, &COLOUR, words, meaning);
    }
    let cells = sample::frame(&sample::ready(120, 40), &COLOUR);
    assert_means(&cells, &COLOUR, "□ it / platform", Meaning::Muted);
    let cells = sample::frame(&scene::failed(120, 40), &COLOUR);
    assert_means(&cells, &COLOUR, "✖ failed", Meaning::Danger);
    assert_means(&cells, &COLOUR, "⧗ timed_out", Meaning::Danger);
}

#[test]
fn the_selected_line_is_reversed_only_in_the_pane_with_the_focus() {
    let cells = sample::frame(&scene::running(120, 40), &COLOUR);
    assert!(
        cell_of(&cells, "↻ up_for_retry")
            .modifier
            .contains(Modifier::REVERSED)
    );
    assert!(
        !cell_of(&cells, "hr_engineer")
            .modifier
            .contains(Modifier::REVERSED)
    );
    let cells = sample::frame(&sample::ready(120, 40), &COLOUR);
    assert!(
        cell_of(&cells, "hr / engineer")
            .modifier
            .contains(Modifier::REVERSED)
    );
    assert!(
        !cell_of(&cells, "bq_config_max_results")
            .modifier
            .contains(Modifier::REVERSED)
    );
}

#[test]
fn without_colour_no_cell_has_one() {
    type Maker = fn(u16, u16) -> Model;
    let states = [
        (scene::running as Maker, (120, 40), "up_for_retry"),
        (scene::failed, (80, 24), "failed"),
        (scene::degraded, (200, 50), "up_for_retry"),
    ];
    for (make, (width, height), word) in states {
        let cells = sample::frame(&make(width, height), &BARE);
        let has_colour = |cell: &&Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert_eq!(cells.content.iter().filter(has_colour).count(), 0);
        cell_of(&cells, word);
    }
}

#[test]
fn the_default_answer_of_a_question_is_marked() {
    let mut model = scene::running(80, 24);
    sample::press(&mut model, "X");
    let cells = sample::frame(&model, &COLOUR);
    assert!(
        cell_of(&cells, "n let it run")
            .modifier
            .contains(Modifier::REVERSED)
    );
    assert!(
        !cell_of(&cells, "y stop 3 runs")
            .modifier
            .contains(Modifier::REVERSED)
    );
}
