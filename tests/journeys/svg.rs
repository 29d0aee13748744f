//! A terminal's screen as an SVG file: backgrounds as rectangles, words as text, frames as lines.
//! Knows nothing of the program on the screen.

use std::fmt::Write;
use vt100::{Cell, Color, Screen};

/// The size of a character's cell. The width is that of common fixed-width fonts at this height.
const WIDTH: f64 = 8.43;
const HEIGHT: f64 = 17.0;
const FONT: f64 = 14.0;
/// From the top of a cell to the base line.
const BASE: f64 = 13.2;
const MARGIN: f64 = 12.0;
/// The terminal's own colours: ink and ground.
pub struct Ground(&'static str, &'static str);

/// A dark terminal.
pub const DARK: Ground = Ground("#d7dce2", "#12161c");
/// A light one.
pub const LIGHT: Ground = Ground("#20262e", "#fbfaf6");

/// The sixteen colours that a terminal chooses for itself.
const SIXTEEN: [&str; 16] = [
    "#20262e", "#e5575d", "#5fb36b", "#d9a441", "#4f8fe0", "#b877d9", "#3fb0b5", "#c9d1d9", "#6b7682",
    "#ff7b80", "#7ed38a", "#f0c060", "#7fb2f5", "#d3a0ee", "#6fd3d8", "#ffffff",
];

/// How a cell is drawn; cells that agree are drawn together.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    ground: Option<String>,
    weight: &'static str,
    opacity: &'static str,
    underline: bool,
}

/// The whole screen.
pub fn draw(screen: &Screen, terminal: &Ground, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (
        f64::from(columns) * WIDTH + 2.0 * MARGIN,
        f64::from(rows) * HEIGHT + 2.0 * MARGIN,
    );
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1} {height:.1}" width="{width:.0}" height="{height:.0}" role="img">
<title>{}</title>
<rect width="100%" height="100%" rx="8" fill="{}"/>
<g transform="translate({MARGIN} {MARGIN})" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="{FONT}" xml:space="preserve">
"#,
        escape(title),
        terminal.1
    );
    for row in 0..rows {
        grounds(&mut svg, screen, terminal, row, columns);
        inks(&mut svg, screen, terminal, row, columns);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn grounds(svg: &mut String, screen: &Screen, terminal: &Ground, row: u16, columns: u16) {
    let mut column = 0;
    while column < columns {
        let ground = screen
            .cell(row, column)
            .and_then(|cell| look(cell, terminal).ground);
        let same = |at: &u16| screen.cell(row, *at).and_then(|cell| look(cell, terminal).ground) == ground;
        let end = (column..columns).find(|at| !same(at)).unwrap_or(columns);
        if let Some(colour) = ground {
            let (x, y) = place(row, column);
            let width = f64::from(end - column) * WIDTH;
            let _ = writeln!(
                svg,
                r#"<rect x="{x:.2}" y="{y:.1}" width="{width:.2}" height="{HEIGHT}" fill="{colour}"/>"#
            );
        }
        column = end;
    }
}

fn inks(svg: &mut String, screen: &Screen, terminal: &Ground, row: u16, columns: u16) {
    let mut column = 0;
    while column < columns {
        let Some(cell) = screen
            .cell(row, column)
            .filter(|cell| !cell.contents().trim().is_empty())
        else {
            column += 1;
            continue;
        };
        let style = look(cell, terminal);
        if let Some(path) = frame(cell.contents(), row, column) {
            let _ = writeln!(svg, r#"<path d="{path}" stroke="{}" fill="none"/>"#, style.ink);
            column += 1;
            continue;
        }
        let (mut text, mut end) = (String::new(), column);
        while let Some(next) = screen.cell(row, end) {
            let is_one = next.contents().is_ascii() && cell.contents().is_ascii() || end == column;
            if next.contents().trim().is_empty() || look(next, terminal) != style || !is_one {
                break;
            }
            text.push_str(next.contents());
            end += if next.is_wide() { 2 } else { 1 };
        }
        word(svg, &style, &text, row, column..end);
        column = end;
    }
}

fn word(svg: &mut String, style: &Look, text: &str, row: u16, columns: std::ops::Range<u16>) {
    let (x, y) = place(row, columns.start);
    let y = y + BASE;
    let _ = write!(
        svg,
        r#"<text x="{x:.2}" y="{y:.1}" fill="{}"{}{}"#,
        style.ink, style.weight, style.opacity
    );
    if style.underline {
        svg.push_str(r#" text-decoration="underline""#);
    }
    // Whatever font is at hand, the columns stay columns; a symbol keeps its own shape.
    if text.is_ascii() {
        let _ = write!(
            svg,
            r#" textLength="{:.2}" lengthAdjust="spacingAndGlyphs""#,
            f64::from(columns.end - columns.start) * WIDTH
        );
    }
    let _ = writeln!(svg, ">{}</text>", escape(text));
}

fn place(row: u16, column: u16) -> (f64, f64) {
    (f64::from(column) * WIDTH, f64::from(row) * HEIGHT)
}

/// The lines of a frame, which fonts draw with gaps.
fn frame(symbol: &str, row: u16, column: u16) -> Option<String> {
    let (x, y) = place(row, column);
    let (mx, my, rx, by) = (x + WIDTH / 2.0, y + HEIGHT / 2.0, x + WIDTH, y + HEIGHT);
    let (left, right, up, down) = (
        format!("M{x:.2} {my:.1}H{mx:.2}"),
        format!("M{mx:.2} {my:.1}H{rx:.2}"),
        format!("M{mx:.2} {y:.1}V{my:.1}"),
        format!("M{mx:.2} {my:.1}V{by:.1}"),
    );
    Some(match symbol {
        "─" => left + &right,
        "│" => up + &down,
        "┌" => right + &down,
        "┐" => left + &down,
        "└" => right + &up,
        "┘" => left + &up,
        "├" => up + &down + &right,
        "┤" => up + &down + &left,
        "┬" => left + &right + &down,
        "┴" => left + &right + &up,
        "┼" => left + &right + &up + &down,
        "╭" => format!("M{rx:.2} {my:.1}Q{mx:.2} {my:.1} {mx:.2} {by:.1}"),
        "╮" => format!("M{x:.2} {my:.1}Q{mx:.2} {my:.1} {mx:.2} {by:.1}"),
        "╰" => format!("M{rx:.2} {my:.1}Q{mx:.2} {my:.1} {mx:.2} {y:.1}"),
        "╯" => format!("M{x:.2} {my:.1}Q{mx:.2} {my:.1} {mx:.2} {y:.1}"),
        _ => return None,
    })
}

fn look(cell: &Cell, terminal: &Ground) -> Look {
    let (ink, ground) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    let (ink, ground) = if cell.inverse() {
        (
            ground.unwrap_or(terminal.1.into()),
            Some(ink.unwrap_or(terminal.0.into())),
        )
    } else {
        (ink.unwrap_or(terminal.0.into()), ground)
    };
    Look {
        ink,
        ground,
        weight: if cell.bold() { r#" font-weight="bold""# } else { "" },
        opacity: if cell.dim() { r#" opacity="0.6""# } else { "" },
        underline: cell.underline(),
    }
}

/// Nothing for the terminal's own.
fn colour(colour: Color) -> Option<String> {
    Some(match colour {
        Color::Default => return None,
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Idx(index @ 0..16) => SIXTEEN[usize::from(index)].to_owned(),
        Color::Idx(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            let (red, green, blue) = (level(cube / 36), level(cube / 6 % 6), level(cube % 6));
            format!("#{red:02x}{green:02x}{blue:02x}")
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
