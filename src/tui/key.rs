//! A key that was pressed, and its name in the action table: `x`, `X`, `ctrl-r`, `shift-tab`, `enter`.
//!
//! Only the produced character counts, never shift and a base key, so every binding works on every
//! keyboard layout.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;

/// One key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key or the character.
    pub code: KeyCode,
    /// Whether ctrl was held.
    pub ctrl: bool,
    /// Whether alt was held.
    pub alt: bool,
}

/// The keys that are named, not typed.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

/// The function keys that keyboards have.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=12;

impl Key {
    /// A key without ctrl or alt.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    /// The key of this name; nothing if there is none.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("ctrl-") {
            return Self::parse(rest).map(|key| Self { ctrl: true, ..key });
        }
        if let Some(rest) = name.strip_prefix("alt-") {
            return Self::parse(rest).map(|key| Self { alt: true, ..key });
        }
        if let Some((_, code)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Some(Self::plain(*code));
        }
        if let Some(number) = name
            .strip_prefix(['F', 'f'])
            .and_then(|number| number.parse().ok())
        {
            return FUNCTION_KEYS
                .contains(&number)
                .then_some(Self::plain(KeyCode::F(number)));
        }
        let mut letters = name.chars();
        let letter = letters.next()?;
        letters
            .next()
            .is_none()
            .then(|| Self::plain(KeyCode::Char(letter)))
    }

    /// The key as an event, for the text fields.
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.ctrl);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            // With ctrl some terminals send the capital letter.
            KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(letter.to_ascii_lowercase())
            }
            code => code,
        };
        Self {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(letter)) => write!(f, "{letter}"),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, code) => write!(f, "{code:?}"),
        }
    }
}

/// One key, or two pressed one after the other: `x`, `g g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeySequence {
    /// The first key.
    pub first: Key,
    /// The one after it.
    pub then: Option<Key>,
}

impl KeySequence {
    /// One key.
    pub const fn one(key: Key) -> Self {
        Self {
            first: key,
            then: None,
        }
    }

    /// Two keys.
    pub const fn two(first: Key, then: Key) -> Self {
        Self {
            first,
            then: Some(then),
        }
    }

    /// The keys of this name; nothing if there are none, or more than two.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split(' ');
        let first = Key::parse(parts.next()?)?;
        let then = match parts.next() {
            Some(part) => Some(Key::parse(part)?),
            None => None,
        };
        parts.next().is_none().then_some(Self { first, then })
    }

    /// Whether a second key is awaited after this one.
    pub fn begins_with(self, key: Key) -> bool {
        self.then.is_some() && self.first == key
    }

    /// Whether both cannot mean something of their own: they are the same, or one begins the other.
    pub fn clashes(self, other: Self) -> bool {
        let is_begun = self.then.is_none() || other.then.is_none();
        self == other || is_begun && self.first == other.first
    }
}

impl fmt::Display for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.then {
            Some(then) => write!(f, " {then}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in [
            "x",
            "X",
            "?",
            "ctrl-c",
            "shift-tab",
            "enter",
            "space",
            "pgdn",
            "F1",
            "alt-b",
            "[",
        ] {
            assert_eq!(Key::parse(name).unwrap().to_string(), name);
        }
        for name in ["no such key", "F13", "F0", "", "ctrl-"] {
            assert_eq!(Key::parse(name), None, "{name}");
        }
        assert_eq!(Key::parse("f5"), Key::parse("F5"));
        assert_eq!(Key::parse("f").unwrap().to_string(), "f");
    }

    #[test]
    fn sequences_come_back_and_clash_with_their_beginning() {
        for name in ["g g", "ctrl-x t", "x"] {
            assert_eq!(KeySequence::parse(name).unwrap().to_string(), name);
        }
        for name in ["g g g", "g  g", " g", "g ", ""] {
            assert_eq!(KeySequence::parse(name), None, "{name}");
        }
        let parse = |name| KeySequence::parse(name).unwrap();
        assert!(parse("g").clashes(parse("g g")) && parse("g g").clashes(parse("g")));
        assert!(!parse("g g").clashes(parse("g t")) && !parse("x").clashes(parse("g")));
    }

    #[test]
    fn the_produced_character_counts() {
        let shifted = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT);
        assert_eq!(Some(Key::from(shifted)), Key::parse("?"));
        let ctrl = KeyEvent::new(KeyCode::Char('C'), KeyModifiers::CONTROL | KeyModifiers::SHIFT);
        assert_eq!(Some(Key::from(ctrl)), Key::parse("ctrl-c"));
    }
}
