//! Meanings and their styles. Widgets name a meaning, never a colour.
//!
//! Blue and orange carry good and bad, because red and green look alike to one man in twelve; failures
//! are bold and reversed besides. The middle tones read on dark and on light ground.

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

/// Turns meanings into styles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The colours of the terminal.
    pub palette: Palette,
    /// The profile's own colour for the name of the environment.
    pub band: Option<Color>,
}

impl Theme {
    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
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

    fn colour(self, meaning: Meaning) -> Option<Color> {
        let (full, sixteen) = match meaning {
            Meaning::Text | Meaning::Selected => return None,
            Meaning::Muted | Meaning::Border => (Color::Indexed(244), Color::DarkGray),
            Meaning::Accent => (Color::Indexed(37), Color::Cyan),
            Meaning::Success => (Color::Indexed(33), Color::Blue),
            Meaning::Running => (Color::Indexed(37), Color::Cyan),
            Meaning::Waiting => (Color::Indexed(104), Color::Magenta),
            Meaning::Warning => (Color::Indexed(172), Color::Yellow),
            Meaning::Danger => (Color::Indexed(166), Color::LightRed),
            Meaning::Band => (Color::Indexed(33), Color::Blue),
            Meaning::Sandbox => (Color::Indexed(37), Color::Cyan),
        };
        match self.palette {
            Palette::None => None,
            _ if matches!(meaning, Meaning::Band) && self.band.is_some() => self.band,
            Palette::Full => Some(full),
            Palette::Sixteen => Some(sixteen),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Meaning; 12] = [
        Meaning::Text,
        Meaning::Muted,
        Meaning::Accent,
        Meaning::Success,
        Meaning::Running,
        Meaning::Waiting,
        Meaning::Warning,
        Meaning::Danger,
        Meaning::Border,
        Meaning::Selected,
        Meaning::Band,
        Meaning::Sandbox,
    ];

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme {
            palette: Palette::None,
            band: Some(Color::Red),
        };
        for meaning in ALL {
            let style = theme.style(meaning);
            assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
        }
    }

    #[test]
    fn danger_and_selection_survive_any_palette() {
        for palette in [Palette::Full, Palette::Sixteen, Palette::None] {
            let theme = Theme { palette, band: None };
            for meaning in [Meaning::Danger, Meaning::Selected, Meaning::Band] {
                assert!(theme.style(meaning).add_modifier.contains(Modifier::REVERSED));
            }
        }
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
}
