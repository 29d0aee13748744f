//! Every meaning can be read on every usual ground, and without colour.

use super::contrast::{Rgb, ratio, rgb};
use super::*;

/// Black, and the grounds of usual dark themes.
const DARK: [Rgb; 7] = [
    [0x00, 0x00, 0x00],
    [0x1e, 0x1e, 0x1e],
    [0x28, 0x2c, 0x34],
    [0x00, 0x2b, 0x36],
    [0x28, 0x2a, 0x36],
    [0x1d, 0x20, 0x21],
    [0x2e, 0x34, 0x40],
];

/// White, and the grounds of usual light themes.
const LIGHT: [Rgb; 4] = [
    [0xff, 0xff, 0xff],
    [0xfd, 0xf6, 0xe3],
    [0xfa, 0xfa, 0xfa],
    [0xfb, 0xf1, 0xc7],
];

/// What text must have at least.
const LEAST: f64 = 4.5;

const fn theme(palette: Palette, ground: Ground) -> Theme {
    Theme {
        palette,
        ground,
        band: None,
    }
}

fn assert_reads(theme: Theme, grounds: &[Rgb]) {
    for meaning in Meaning::ALL {
        let style = theme.style(meaning);
        // Without a colour of its own it is the terminal's text, reversed or not.
        let Some(text) = style.fg.and_then(rgb) else {
            continue;
        };
        let own = style.bg.and_then(rgb);
        for ground in own.as_ref().map_or(grounds, std::slice::from_ref) {
            let found = ratio(text, *ground);
            assert!(found >= LEAST, "{theme:?} {meaning:?} on {ground:x?}: {found:.2}");
        }
    }
}

#[test]
fn every_meaning_can_be_read_on_every_usual_ground() {
    assert_reads(theme(Palette::Full, Ground::Dark), &DARK);
    assert_reads(theme(Palette::Full, Ground::Light), &LIGHT);
    // The sixteen are the terminal's own; with xterm's on black and on white.
    assert_reads(theme(Palette::Sixteen, Ground::Dark), &DARK[..1]);
    assert_reads(theme(Palette::Sixteen, Ground::Light), &LIGHT[..1]);
}

#[test]
fn a_band_can_be_read_in_every_colour() {
    let names = [
        "red",
        "yellow",
        "green",
        "blue",
        "magenta",
        "cyan",
        "white",
        "black",
        "lightblue",
        "darkgray",
    ];
    let own = names.map(|text| text.parse::<Color>().unwrap());
    let indexed = (0..=255).map(Color::Indexed);
    let other = [Color::Rgb(0x77, 0x77, 0x77), Color::Rgb(1, 2, 3)];
    for band in own.into_iter().chain(indexed).chain(other) {
        for palette in [Palette::Full, Palette::Sixteen] {
            for ground in [Ground::Dark, Ground::Light] {
                let theme = Theme {
                    palette,
                    ground,
                    band: Some(band),
                };
                let style = theme.style(Meaning::Band);
                let (text, on) = (rgb(style.fg.unwrap()).unwrap(), rgb(style.bg.unwrap()).unwrap());
                assert!(ratio(text, on) >= LEAST, "{band:?}: {:.2}", ratio(text, on));
            }
        }
    }
}

#[test]
fn good_and_bad_are_not_red_and_green_alone() {
    for ground in [Ground::Dark, Ground::Light] {
        for palette in [Palette::Full, Palette::Sixteen] {
            let theme = theme(palette, ground);
            let [red, _, blue] = theme.style(Meaning::Success).fg.and_then(rgb).unwrap();
            assert!(blue > red, "what worked is bluish");
            let [red, _, blue] = theme.style(Meaning::Danger).fg.and_then(rgb).unwrap();
            assert!(red > blue, "what failed is reddish");
        }
    }
}

#[test]
fn without_colour_there_is_none() {
    let theme = Theme {
        band: Some(Color::Red),
        ..theme(Palette::None, Ground::Light)
    };
    for meaning in Meaning::ALL {
        let style = theme.style(meaning);
        assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
    }
}

#[test]
fn danger_and_selection_survive_any_palette() {
    for palette in [Palette::Full, Palette::Sixteen, Palette::None] {
        let theme = theme(palette, Ground::Dark);
        for meaning in [Meaning::Danger, Meaning::Selected] {
            assert!(theme.style(meaning).add_modifier.contains(Modifier::REVERSED));
        }
    }
    let band = theme(Palette::None, Ground::Dark).style(Meaning::Band);
    assert!(band.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn the_environment_is_asked() {
    for (no_color, term, colorterm, palette) in [
        (Some("1"), "xterm-256color", "truecolor", Palette::None),
        (Some(""), "xterm-256color", "", Palette::Full),
        (None, "linux", "", Palette::Sixteen),
        (None, "xterm", "truecolor", Palette::Full),
        (None, "dumb", "", Palette::None),
    ] {
        assert_eq!(Palette::from_environment(no_color, term, colorterm), palette);
    }
}

#[test]
fn colorfgbg_is_a_hint() {
    for (text, ground) in [
        ("15;0", Some(Ground::Dark)),
        ("0;15", Some(Ground::Light)),
        ("0;default;15", Some(Ground::Light)),
        ("12;8", Some(Ground::Dark)),
        ("default;default", None),
        ("", None),
        ("1;99", None),
    ] {
        assert_eq!(Ground::from_colorfgbg(text), ground, "{text}");
    }
}
