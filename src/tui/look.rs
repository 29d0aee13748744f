//! How everything looks: colours by `tui/theme.rs`, glyphs by `tui/symbol.rs`.

use super::symbol::{Mark, Symbols};
use super::theme::{Ground, Meaning, Palette, Theme};
use ratatui::style::Style;
use std::str::FromStr;

/// Colours and glyphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Meanings to styles.
    pub theme: Theme,
    /// The glyphs at hand.
    pub symbols: Symbols,
}

/// How the colours are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// By what the terminal says of its background, and by `NO_COLOR`.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// No colours.
    None,
}

impl ThemeChoice {
    /// Every choice, in the order of a switch.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Dark, Self::Light, Self::None];

    /// Its word in `config.toml` and on the screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::None => "none",
        }
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::None,
            Self::None => Self::Auto,
        }
    }
}

impl FromStr for ThemeChoice {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.word() == text)
            .ok_or(())
    }
}

impl Look {
    /// The style of a meaning.
    pub fn style(&self, meaning: Meaning) -> Style {
        self.theme.style(meaning)
    }

    /// Glyph and word of a mark: `● running`.
    pub fn state(&self, mark: Mark) -> String {
        format!("{} {}", self.symbols.glyph(mark), mark.word)
    }

    /// Whether there are no colours, so that text alone must tell what is selected and what can be done.
    pub fn is_plain(&self) -> bool {
        self.theme.palette == Palette::None
    }

    /// The same in other colours: as a person has chosen, else for the ground that the terminal has named. `capable` is
    /// what the terminal can show, whatever `NO_COLOR` says.
    #[must_use]
    pub fn themed(mut self, choice: ThemeChoice, capable: Palette, ground: Option<Ground>) -> Self {
        let (palette, ground) = match choice {
            ThemeChoice::Auto => (self.theme.palette, ground.unwrap_or(self.theme.ground)),
            ThemeChoice::Dark => (capable, Ground::Dark),
            ThemeChoice::Light => (capable, Ground::Light),
            ThemeChoice::None => (Palette::None, self.theme.ground),
        };
        (self.theme.palette, self.theme.ground) = (palette, ground);
        self
    }

    /// The look for these environment variables; `name` reads one of them.
    pub fn from_environment(name: impl Fn(&str) -> Option<String>) -> Self {
        let read = |key: &str| name(key).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(read);
        let locale = locale.iter().find(|text| !text.is_empty());
        let no_color = name("NO_COLOR");
        Self {
            theme: Theme {
                palette: Palette::from_environment(no_color.as_deref(), &read("TERM"), &read("COLORTERM")),
                ground: Ground::from_colorfgbg(&read("COLORFGBG")).unwrap_or_default(),
                band: None,
            },
            symbols: Symbols::from_locale(locale.map_or("", String::as_str)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_wins_over_what_the_terminal_says_and_over_no_color() {
        let environment = |key: &str| match key {
            "TERM" => Some("xterm-256color".to_owned()),
            "NO_COLOR" => Some("1".to_owned()),
            _ => None,
        };
        let look = Look::from_environment(environment);
        let themed = |choice, ground| {
            let theme = look.themed(choice, Palette::Full, ground).theme;
            (theme.palette, theme.ground)
        };
        assert_eq!(themed(ThemeChoice::Auto, Some(Ground::Light)).0, Palette::None);
        assert_eq!(themed(ThemeChoice::Light, None), (Palette::Full, Ground::Light));
        assert_eq!(
            themed(ThemeChoice::Dark, Some(Ground::Light)),
            (Palette::Full, Ground::Dark)
        );
        assert_eq!(themed(ThemeChoice::None, None).0, Palette::None);
    }

    #[test]
    fn the_terminal_is_believed_before_colorfgbg() {
        let environment = |key: &str| match key {
            "TERM" => Some("xterm-256color".to_owned()),
            "COLORFGBG" => Some("0;15".to_owned()),
            _ => None,
        };
        let look = Look::from_environment(environment);
        let ground = |said| look.themed(ThemeChoice::Auto, Palette::Full, said).theme.ground;
        assert_eq!(ground(None), Ground::Light);
        assert_eq!(ground(Some(Ground::Dark)), Ground::Dark);
    }

    #[test]
    fn switching_goes_through_all_and_each_has_its_word() {
        let mut choice = ThemeChoice::Auto;
        for _ in ThemeChoice::ALL {
            assert_eq!(choice.word().parse(), Ok(choice));
            choice = choice.next();
        }
        assert_eq!(choice, ThemeChoice::Auto);
    }
}
