//! How everything looks: colours by `tui/theme.rs`, glyphs by `tui/symbol.rs`.

use super::symbol::{Mark, Symbols};
use super::theme::{Meaning, Palette, Theme};
use ratatui::style::Style;

/// Colours and glyphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Meanings to styles.
    pub theme: Theme,
    /// The glyphs at hand.
    pub symbols: Symbols,
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

    /// The look for these environment variables; `name` reads one of them.
    pub fn from_environment(name: impl Fn(&str) -> Option<String>) -> Self {
        let read = |key: &str| name(key).unwrap_or_default();
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(read);
        let locale = locale.iter().find(|text| !text.is_empty());
        let no_color = name("NO_COLOR");
        Self {
            theme: Theme {
                palette: Palette::from_environment(no_color.as_deref(), &read("TERM"), &read("COLORTERM")),
                band: None,
            },
            symbols: Symbols::from_locale(locale.map_or("", String::as_str)),
        }
    }
}
