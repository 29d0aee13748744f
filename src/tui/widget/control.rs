//! Characters that a terminal must not get, as characters that can be seen: in text fields, where every one of them is
//! data, and in values on one line.

use domain::sanitize;

/// Where the pictures of the control characters begin, `␀`.
const PICTURES: u32 = 0x2400;
/// Where what has no picture is put while it is edited: characters for private use.
const PRIVATE: u32 = 0xf_0000;

/// A character as it is kept in a text field: one column wide, and told apart from all others.
pub fn seen(c: char) -> char {
    let code = u32::from(c);
    let kept = match code {
        0x00..=0x1f => PICTURES + code,
        0x7f => PICTURES + 0x21,
        // The pictures themselves are data too.
        0x2400..=0x2421 => PRIVATE + code,
        _ if sanitize::is_hostile(c) => PRIVATE + code,
        _ => return c,
    };
    char::from_u32(kept).unwrap_or(c)
}

/// The character that [`seen`] stands for.
pub fn meant(c: char) -> char {
    let code = u32::from(c);
    let meant = match code {
        0x2400..=0x241f => code - PICTURES,
        0x2421 => 0x7f,
        0xf_0000..=0xf_2421 => code - PRIVATE,
        _ => return c,
    };
    char::from_u32(meant).unwrap_or(c)
}

/// Whether a character stands for one that a terminal must not get.
pub fn is_stand_in(c: char) -> bool {
    meant(c) != c
}

/// A value on one line: line breaks and other controls can be seen.
pub fn on_one_line(value: &str, ascii: bool) -> String {
    let mut line = String::with_capacity(value.len());
    for c in value.chars() {
        match (seen(c), ascii) {
            (kept, _) if kept == c => line.push(c),
            (_, true) if u32::from(c) < 0x20 => {
                line.push('^');
                line.push(char::from_u32(u32::from(c) + 0x40).unwrap_or('?'));
            }
            (kept, false) if u32::from(kept) < PRIVATE => line.push(kept),
            _ if !c.is_control() && !sanitize::is_hostile(c) => line.push(c),
            (_, true) => line.push_str("^?"),
            (_, false) => line.push('\u{2426}'),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn line_breaks_and_tabs_are_seen() {
        assert_eq!(on_one_line("a\r\nb\tc\u{202e}d", false), "a␍␊b␉c␦d");
        assert_eq!(on_one_line("a\r\nb\tc\u{202e}d", true), "a^M^Jb^Ic^?d");
    }

    proptest! {
        #[test]
        fn every_character_comes_back(text in any::<String>()) {
            let has_stand_ins = text.chars().any(|c| u32::from(c) >= PRIVATE);
            let kept: String = text.chars().map(seen).collect();
            prop_assert!(kept.chars().all(|c| !sanitize::is_hostile(c)));
            prop_assert!(has_stand_ins || kept.chars().map(meant).collect::<String>() == text);
        }
    }
}
