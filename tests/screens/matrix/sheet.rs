//! A snapshot of the matrix: for each size the picture, where it is styled how, and what a screen without colours or
//! without Unicode draws otherwise.
//!
//! ```text
//! == 80x24
//! the picture
//! -- styles: the letters of the legend in runs, row by row; the rest is plain text
//! -- no colour: rows whose text differs
//! -- ASCII: rows that are not the picture without colours, letter by letter of the table of symbols
//! == legend: letter: dark | light | no colour
//! ```

use super::twins::is_twin;
use crate::sample::{self, BARE, COLOUR};
use downbeat::tui::look::Look;
use downbeat::tui::model::Model;
use downbeat::tui::mouse::Targets;
use downbeat::tui::symbol::Symbols;
use downbeat::tui::theme::{Ground, Palette, Theme};
use downbeat::tui::view::view;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// The looks: dark, light, without colours, and without colours and Unicode.
pub const LOOKS: [Look; 4] = [
    COLOUR,
    Look {
        theme: Theme {
            ground: Ground::Light,
            ..COLOUR.theme
        },
        ..COLOUR
    },
    Look {
        theme: Theme {
            palette: Palette::None,
            ..COLOUR.theme
        },
        symbols: Symbols::UNICODE,
    },
    BARE,
];

/// A frame in each look, with what the mouse can point at.
pub struct Frames {
    pub cells: [Buffer; 4],
    pub targets: [Targets; 4],
}

impl Frames {
    pub fn new(model: &Model, band: Option<Color>) -> Self {
        let drawn = LOOKS.map(|mut look| {
            look.theme.band = band;
            let mut cells = Buffer::empty(Rect::new(0, 0, model.area.width, model.area.height));
            let targets = view(model, &look, &mut cells);
            (cells, targets)
        });
        let [a, b, c, d] = drawn;
        Self {
            cells: [a.0, b.0, c.0, d.0],
            targets: [a.1, b.1, c.1, d.1],
        }
    }

    fn texts(&self) -> [Vec<String>; 4] {
        self.cells
            .each_ref()
            .map(|cells| sample::text(cells).lines().map(str::to_owned).collect())
    }
}

type Style = (Color, Color, Modifier);

fn style(cell: &Cell) -> Style {
    (cell.fg, cell.bg, cell.modifier)
}

/// The letters of the styles, in the order in which they were met.
#[derive(Default)]
pub struct Legend(Vec<[Style; 3]>);

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const PLAIN: Style = (Color::Reset, Color::Reset, Modifier::empty());

impl Legend {
    /// Nothing for plain text.
    fn letter(&mut self, styles: [Style; 3]) -> Option<char> {
        if styles == [PLAIN; 3] {
            return None;
        }
        let known = self.0.iter().position(|known| *known == styles);
        let place = known.unwrap_or_else(|| {
            self.0.push(styles);
            self.0.len() - 1
        });
        Some(char::from(LETTERS[place]))
    }

    pub fn text(&self) -> String {
        let mut text = String::from("== legend: dark | light | no colour\n");
        for (letter, styles) in LETTERS.iter().zip(&self.0) {
            let [dark, light, none] = styles.map(in_words);
            let _ = writeln!(text, "{}: {dark} | {light} | {none}", char::from(*letter));
        }
        text
    }
}

fn in_words((text, ground, modifier): Style) -> String {
    let colour = |colour: Color| match colour {
        Color::Reset => None,
        other => Some(other.to_string()),
    };
    let mut words: Vec<String> = colour(text).into_iter().collect();
    words.extend(colour(ground).map(|name| format!("on {name}")));
    words.extend(modifier.iter_names().map(|(name, _)| name.to_lowercase()));
    if words.is_empty() {
        "plain".into()
    } else {
        words.join(" ")
    }
}

/// The part of one size.
pub fn part(frames: &Frames, legend: &mut Legend) -> String {
    let area = frames.cells[0].area;
    let [dark, _, none, ascii] = frames.texts();
    let mut text = format!("== {}x{}\n", area.width, area.height);
    for line in &dark {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("-- styles\n");
    let rows: Vec<String> = (0..area.height).map(|y| styles(frames, y, legend)).collect();
    let mut from = 0;
    while from < rows.len() {
        let alike = rows[from..].iter().take_while(|row| **row == rows[from]).count();
        if !rows[from].is_empty() {
            let place = if alike > 1 {
                format!("{from}-{}", from + alike - 1)
            } else {
                from.to_string()
            };
            let _ = writeln!(text, "{place}: {}", rows[from]);
        }
        from += alike;
    }
    others("no colour", &dark, &none, |y| dark[y] == none[y], &mut text);
    others("ASCII", &none, &ascii, |y| is_twin_row(frames, y), &mut text);
    text
}

fn others(
    name: &str,
    before: &[String],
    rows: &[String],
    is_same: impl Fn(usize) -> bool,
    text: &mut String,
) {
    let differs: Vec<_> = (0..before.len()).filter(|y| !is_same(*y)).collect();
    if !differs.is_empty() {
        let _ = writeln!(text, "-- {name}");
    }
    for y in differs {
        let _ = writeln!(text, "{y}: {}", rows[y]);
    }
}

/// Whether a row without Unicode is the one with it, letter by letter.
fn is_twin_row(frames: &Frames, y: usize) -> bool {
    let y = u16::try_from(y).unwrap();
    let [_, _, none, ascii] = &frames.cells;
    (0..none.area.width).all(|x| is_twin(none[(x, y)].symbol(), ascii[(x, y)].symbol()))
}

/// The letters of a row in runs: `3a12.b` is three of a, twelve plain ones, one of b.
fn styles(frames: &Frames, y: u16, legend: &mut Legend) -> String {
    let [dark, light, none, _] = &frames.cells;
    let letters = (0..dark.area.width).map(|x| {
        let styles = [dark, light, none].map(|cells| style(&cells[(x, y)]));
        legend.letter(styles).unwrap_or('.')
    });
    let mut runs: Vec<(char, usize)> = Vec::new();
    for letter in letters {
        match runs.last_mut() {
            Some((last, count)) if *last == letter => *count += 1,
            _ => runs.push((letter, 1)),
        }
    }
    if runs.last().is_some_and(|(letter, _)| *letter == '.') {
        runs.pop();
    }
    runs.iter()
        .map(|(letter, count)| {
            if *count == 1 {
                letter.to_string()
            } else {
                format!("{count}{letter}")
            }
        })
        .collect()
}
