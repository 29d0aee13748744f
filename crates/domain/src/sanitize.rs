//! Text from outside, made harmless: the only sanitiser. Screen, standard output, journal, logs,
//! diagnostics and the texts of servers' errors all go through it.
//!
//! Removed are whole escape sequences (also unfinished ones, and those that begin with a C1 control),
//! all other control characters, and the marks that change the direction of writing. Text without any
//! of these is returned as it is, so that nothing is lost by cleaning twice.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// Several lines: `\n` stays, other line breaks become `\n`, a tab becomes four spaces.
pub fn text(text: &str) -> Cow<'_, str> {
    clean(text, |c| c == '\n', "\n", "    ")
}

/// One line: line breaks and tabs become spaces, line breaks at the end are dropped.
pub fn line(text: &str) -> Cow<'_, str> {
    match text.strip_suffix(|c| c == '\n' || is_break(c)) {
        Some(rest) => Cow::Owned(clean(rest.trim_end(), |_| false, " ", " ").into_owned()),
        None => clean(text, |_| false, " ", " "),
    }
}

/// JSON as it was serialised: characters that control a terminal and that JSON does not have to escape become `\uXXXX`.
/// Such characters stand only inside of strings, so the values stay the same.
pub fn json(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| !is_hostile(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if harmless(c) {
            escaped.push(c);
        } else {
            // All of them are below U+10000, and writing into a text cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        }
    }
    Cow::Owned(escaped)
}

/// Whether this character controls a terminal, breaks a line, or changes the direction of text.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || is_break(c)
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// The line breaks other than `\n`: next line, line separator, paragraph separator.
const fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn clean<'a>(text: &'a str, stays: impl Fn(char) -> bool, line_break: &str, tab: &str) -> Cow<'a, str> {
    let harmless = |c: char| stays(c) || !is_hostile(c);
    let Some(first) = text.find(|c| !harmless(c)) else {
        return Cow::Borrowed(text);
    };
    let mut kept = String::with_capacity(text.len());
    kept.push_str(&text[..first]);
    let mut letters = text[first..].chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            c if harmless(c) => kept.push(c),
            '\t' => kept.push_str(tab),
            '\n' => kept.push_str(line_break),
            c if is_break(c) => kept.push_str(line_break),
            '\u{1b}' => skip_escape(&mut letters),
            '\u{9b}' => skip_control_sequence(&mut letters),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut letters),
            _ => {}
        }
    }
    Cow::Owned(kept)
}

/// What follows ESC: a control sequence, a string, or one letter behind its intermediate characters.
fn skip_escape(letters: &mut Peekable<Chars<'_>>) {
    match letters.next_if(|c| matches!(c, '\u{20}'..='\u{7e}')) {
        Some('[') => skip_control_sequence(letters),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(letters),
        Some('\u{20}'..='\u{2f}') => {
            while letters.next_if(|c| matches!(c, '\u{20}'..='\u{2f}')).is_some() {}
            letters.next_if(|c| matches!(c, '\u{30}'..='\u{7e}'));
        }
        // One letter is the whole sequence; or ESC stood alone.
        _ => {}
    }
}

/// Up to the final letter. A terminal executes control characters inside of it and then reads on; a line
/// break or another ESC ends it here.
fn skip_control_sequence(letters: &mut Peekable<Chars<'_>>) {
    let inside =
        |c: &char| matches!(c, '\u{20}'..='\u{3f}') || (c.is_control() && !matches!(c, '\n' | '\u{1b}'));
    while let Some(c) = letters.next_if(inside) {
        if matches!(c, '\u{18}' | '\u{1a}') {
            return; // Cancelled.
        }
    }
    letters.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
}

/// Up to BEL or the string terminator; an unfinished one takes the rest of its line.
fn skip_string(letters: &mut Peekable<Chars<'_>>) {
    while let Some(c) = letters.next_if(|c| !matches!(c, '\n' | '\u{1b}')) {
        if matches!(c, '\u{7}' | '\u{18}' | '\u{1a}' | '\u{9c}') {
            return;
        }
    }
    if letters.peek() == Some(&'\u{1b}') {
        let mut ahead = letters.clone();
        ahead.next();
        // Without the backslash it begins the next sequence.
        if ahead.next_if_eq(&'\\').is_some() {
            *letters = ahead;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_sequences_go_and_the_text_around_them_stays() {
        for (hostile, harmless) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("a\u{1b}[38;2;1;2;3mb", "ab"),
            ("a\u{1b}[?1049hb\u{1b}[2Jc", "abc"),
            ("a\u{1b}[3\u{8}1mb", "ab"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]52;c;AAAA\u{1b}\\b", "ab"),
            ("a\u{1b}]8;;http://x\u{9c}b", "ab"),
            ("a\u{1b}P1$r0m\u{1b}\\b", "ab"),
            ("a\u{1b}_G payload\u{1b}\\b", "ab"),
            ("a\u{1b}^x\u{1b}\\b\u{1b}Xy\u{1b}\\c", "abc"),
            ("a\u{1b}(Bb\u{1b}cc\u{1b}7d\u{1b}#8e", "abcde"),
            ("x\u{9b}2Jy\u{0}\u{8}z", "xyz"),
            ("x\u{9d}52;c;AAAA\u{7}y\u{90}q\u{9c}z", "xyz"),
            ("unfinished \u{1b}]52;c;AAAA\nnext", "unfinished \nnext"),
            ("unfinished \u{1b}[31", "unfinished "),
            ("two \u{1b}]0;a\u{1b}[1mb", "two b"),
            ("tab\there\r\nnext", "tab    here\nnext"),
            ("\u{202e}evil\u{2066}\u{200f}\u{61c}", "evil"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a\nb\nc\nd"),
            ("\u{1b}", ""),
            ("\u{1b}é", "é"),
            ("\u{7f}x", "x"),
        ] {
            assert_eq!(text(hostile), harmless, "{hostile:?}");
        }
        assert_eq!(line("a\nb\u{1b}[2J\u{2028}c\r\n"), "a b c");
        assert_eq!(line("a\nb\n"), "a b");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = "a\u{7f}\u{9b}2J\u{202e}\u{2028}\u{1b}]52é";
        let text = serde_json::to_string(value).unwrap();
        let safe = json(&text);
        assert!(safe.chars().all(|c| !is_hostile(c) && !is_break(c)), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), value);
    }

    /// Ordinary text with pieces of sequences in it, which chance alone would not put together.
    fn hostile() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "\u{1b}", "\u{1b}[", "\u{1b}]", "\u{1b}P", "\u{9b}", "\u{9d}", "\u{9c}", "\u{1b}\\", "\u{7}",
            "52;c;", "31", "m", "\n", "\t", "\r", "\u{18}", "\u{202e}", "\u{2028}", "word", "é日", " ", "(B",
        ];
        let piece = prop_oneof![
            prop::sample::select(PIECES).prop_map(str::to_owned),
            any::<String>()
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_control_character_is_left(raw in hostile()) {
            let many = text(&raw).into_owned();
            prop_assert!(many.chars().all(|c| c == '\n' || (!is_hostile(c) && !is_break(c))), "{many:?}");
            let one = line(&raw).into_owned();
            prop_assert!(one.chars().all(|c| !is_hostile(c) && !is_break(c)), "{one:?}");
            prop_assert_eq!(text(&many).into_owned(), many);
            prop_assert_eq!(line(&one).into_owned(), one);
        }

        #[test]
        fn harmless_text_stays_as_it_is(raw in "[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]{0,60}") {
            prop_assert!(matches!(text(&raw), Cow::Borrowed(same) if same == raw));
            prop_assert!(matches!(line(&raw), Cow::Borrowed(same) if same == raw));
            prop_assert!(matches!(json(&raw), Cow::Borrowed(same) if same == raw));
        }
    }
}
