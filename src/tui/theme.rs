//! Meanings and their styles. Widgets name a meaning, never a colour.
//!
//! Blue and orange carry good and bad, because red and green look alike to one man in twelve; failures
//! are bold and reversed besides. There is one set of tones for dark and one for light ground: text has a contrast of
//! at least 4.5 to 1 on both.

pub mod contrast;

use ratatui::style::{Color, Modifier, Style};

/// What something drawn means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Ordinary text.
    Text,
    /// Less important than the rest.
    Muted,
    /// A heading, a key, the pane that has the focus.
    Accent,
    /// It worked.
    Success,
    /// It is at work.
    Running,
    /// It waits.
    Waiting,
    /// Look at this.
    Warning,
    /// It failed, or what this does cannot be undone.
    Danger,
    /// The frame of a pane without the focus.
    Border,
    /// The selected line.
    Selected,
    /// The name of the environment.
    Band,
    /// The name of the environment, if it is the sandbox.
    Sandbox,
}

impl Meaning {
    /// Every meaning.
    pub const ALL: [Self; 12] = [
        Self::Text,
        Self::Muted,
        Self::Accent,
        Self::Success,
        Self::Running,
        Self::Waiting,
        Self::Warning,
        Self::Danger,
        Self::Border,
        Self::Selected,
        Self::Band,
        Self::Sandbox,
    ];
}

/// How many colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// 256 colours.
    Full,
    /// The terminal's own sixteen.
    Sixteen,
    /// None (`NO_COLOR`): bold and reversed text alone.
    None,
}

/// What the terminal's background is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Light text stands on it. What is taken while the terminal has not said otherwise.
    #[default]
    Dark,
    /// Dark text stands on it.
    Light,
}

/// Turns meanings into styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The colours of the terminal.
    pub palette: Palette,
    /// What they stand on.
    pub ground: Ground,
    /// The profile's own colour for the name of the environment.
    pub band: Option<Color>,
}

impl Theme {
    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        if let (Meaning::Band | Meaning::Sandbox, Some(colour)) = (meaning, self.band_colour(meaning)) {
            return Style::new().bg(colour).fg(self.text_on(colour));
        }
        let plain = Style::new();
        let weight = match meaning {
            Meaning::Accent | Meaning::Success | Meaning::Running => plain.add_modifier(Modifier::BOLD),
            Meaning::Danger => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Meaning::Band | Meaning::Sandbox | Meaning::Selected => plain.add_modifier(Modifier::REVERSED),
            Meaning::Muted if self.palette == Palette::None => plain.add_modifier(Modifier::DIM),
            _ => plain,
        };
        match self.colour(meaning) {
            Some(colour) => weight.fg(colour),
            None => weight,
        }
    }

    /// The style of a profile's name, by the word of its colour.
    pub fn band_of(&self, colour: Option<&str>) -> Style {
        let band = colour.and_then(|word| word.parse::<Color>().ok());
        Self { band, ..*self }.style(Meaning::Band)
    }

    /// The colour of text; none is the terminal's own.
    fn colour(self, meaning: Meaning) -> Option<Color> {
        match (self.palette, self.ground) {
            (Palette::None, _) => None,
            (Palette::Full, Ground::Dark) => full_on_dark(meaning),
            (Palette::Full, Ground::Light) => full_on_light(meaning),
            (Palette::Sixteen, Ground::Dark) => sixteen_on_dark(meaning),
            (Palette::Sixteen, Ground::Light) => sixteen_on_light(meaning),
        }
    }

    /// The ground of the name of the environment.
    fn band_colour(self, meaning: Meaning) -> Option<Color> {
        let own = self.band.filter(|_| meaning == Meaning::Band);
        let colour = own.unwrap_or(match meaning {
            Meaning::Sandbox => Color::Cyan,
            _ => Color::Blue,
        });
        match self.palette {
            Palette::None => None,
            Palette::Full => Some(fixed(colour)),
            Palette::Sixteen => Some(colour),
        }
    }

    /// Black or white, whatever reads better on this colour.
    fn text_on(self, colour: Color) -> Color {
        let is_light = contrast::rgb(colour).is_some_and(contrast::is_light);
        match (self.palette, is_light) {
            (Palette::Full, true) => Color::Indexed(16),
            (Palette::Full, false) => Color::Indexed(231),
            (_, true) => Color::Black,
            (_, false) => Color::White,
        }
    }
}

/// A name of the terminal's own sixteen as a colour that every terminal with 256 shows alike.
const fn fixed(colour: Color) -> Color {
    match colour {
        Color::Red => Color::Indexed(160),
        Color::Yellow => Color::Indexed(220),
        Color::Green => Color::Indexed(34),
        Color::Blue => Color::Indexed(26),
        Color::Magenta => Color::Indexed(127),
        Color::Cyan => Color::Indexed(37),
        Color::White => Color::Indexed(254),
        other => other,
    }
}

const fn full_on_dark(meaning: Meaning) -> Option<Color> {
    Some(Color::Indexed(match meaning {
        Meaning::Text | Meaning::Selected | Meaning::Band | Meaning::Sandbox => return None,
        Meaning::Muted | Meaning::Border => 247,
        Meaning::Accent | Meaning::Running => 80,
        Meaning::Success => 75,
        Meaning::Waiting => 147,
        Meaning::Warning => 215,
        Meaning::Danger => 209,
    }))
}

const fn full_on_light(meaning: Meaning) -> Option<Color> {
    Some(Color::Indexed(match meaning {
        Meaning::Text | Meaning::Selected | Meaning::Band | Meaning::Sandbox => return None,
        Meaning::Muted | Meaning::Border => 240,
        Meaning::Accent | Meaning::Running => 23,
        Meaning::Success => 26,
        Meaning::Waiting => 91,
        Meaning::Warning => 94,
        Meaning::Danger => 124,
    }))
}

/// The darker tones of the sixteen cannot be read on some dark grounds, and so are not used.
const fn sixteen_on_dark(meaning: Meaning) -> Option<Color> {
    Some(match meaning {
        Meaning::Text | Meaning::Selected | Meaning::Band | Meaning::Sandbox | Meaning::Running => {
            return None;
        }
        Meaning::Muted | Meaning::Border => Color::Gray,
        Meaning::Accent => Color::LightCyan,
        Meaning::Success => Color::Cyan,
        Meaning::Waiting => Color::LightMagenta,
        Meaning::Warning => Color::LightYellow,
        Meaning::Danger => Color::LightRed,
    })
}

const fn sixteen_on_light(meaning: Meaning) -> Option<Color> {
    Some(match meaning {
        Meaning::Text
        | Meaning::Selected
        | Meaning::Band
        | Meaning::Sandbox
        | Meaning::Running
        | Meaning::Muted
        | Meaning::Border => return None,
        Meaning::Accent | Meaning::Success => Color::Blue,
        Meaning::Waiting => Color::Magenta,
        Meaning::Warning | Meaning::Danger => Color::Red,
    })
}

impl Palette {
    /// The colours that `NO_COLOR`, `TERM` and `COLORTERM` allow.
    pub fn from_environment(no_color: Option<&str>, term: &str, colorterm: &str) -> Self {
        if no_color.is_some_and(|text| !text.is_empty()) || term == "dumb" {
            Self::None
        } else if term.contains("256") || term.contains("direct") || !colorterm.is_empty() {
            Self::Full
        } else {
            Self::Sixteen
        }
    }
}

impl Ground {
    /// What `COLORFGBG` (`15;0`, `0;default;15`) says, until the terminal answers: its last number is the background, one
    /// of the sixteen colours.
    pub fn from_colorfgbg(text: &str) -> Option<Self> {
        match text.rsplit(';').next()?.parse::<u8>().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
