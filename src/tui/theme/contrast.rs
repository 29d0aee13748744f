//! How bright colours are, and how well one can be read on another, as WCAG 2 measures it.

use ratatui::style::Color;

/// Red, green and blue, from 0 to 255.
pub type Rgb = [u8; 3];

/// What xterm shows for the sixteen colours; other terminals differ a little.
const SIXTEEN: [Rgb; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// What a colour looks like; nothing for the terminal's own.
pub fn rgb(colour: Color) -> Option<Rgb> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some([red, green, blue]),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(indexed(index))
}

/// One of the 256: the sixteen, a cube of six steps each, and greys.
fn indexed(index: u8) -> Rgb {
    let step = |number: u8| if number == 0 { 0 } else { 55 + 40 * number };
    match index {
        0..=15 => SIXTEEN[usize::from(index)],
        16..=231 => {
            let place = index - 16;
            [step(place / 36), step(place / 6 % 6), step(place % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// The relative luminance, from 0 (black) to 1 (white).
pub fn luminance(colour: Rgb) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let [red, green, blue] = colour.map(linear);
    0.212_6 * red + 0.715_2 * green + 0.072_2 * blue
}

/// The contrast of two colours, from 1 to 21. Text needs 4.5.
pub fn ratio(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

/// Whether black reads better on this colour than white.
pub fn is_light(colour: Rgb) -> bool {
    ratio(colour, [0, 0, 0]) >= ratio(colour, [255, 255, 255])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_contrasts() {
        let grey = [0x76; 3];
        assert!((ratio([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        assert!(
            (ratio(grey, [255; 3]) - 4.54).abs() < 0.01,
            "the grey of the standard's example"
        );
        assert_eq!(rgb(Color::Indexed(196)), Some([255, 0, 0]));
        assert_eq!(rgb(Color::Indexed(244)), Some([128; 3]));
        assert_eq!(rgb(Color::Reset), None);
    }
}
