//! Text cut, folded and padded by display columns, never by bytes or characters.
//!
//! Text from outside is sanitized before it is drawn.

use domain::sanitize;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The columns of a text.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`, with `cut` at its end if it is longer.
pub fn truncate<'a>(text: &'a str, columns: usize, cut: &str) -> Cow<'a, str> {
    let text = sanitize::line(text);
    if width(&text) <= columns {
        return text;
    }
    let room = columns.saturating_sub(width(cut));
    let mut kept = String::new();
    let mut used = 0;
    for letter in text.graphemes(true) {
        let wide = width(letter);
        if used + wide > room {
            break;
        }
        used += wide;
        kept.push_str(letter);
    }
    if columns >= width(cut) {
        kept.push_str(cut);
    }
    Cow::Owned(kept)
}

/// The text in at most `columns`, cut in its middle: what comes last tells most, so two thirds are its end.
pub fn middle<'a>(text: &'a str, columns: usize, cut: &str) -> Cow<'a, str> {
    let whole = sanitize::line(text);
    let room = columns.saturating_sub(width(cut));
    if width(&whole) <= columns || room == 0 {
        return truncate(text, columns, cut);
    }
    let letters: Vec<&str> = whole.graphemes(true).collect();
    let kept = |letters: &mut dyn Iterator<Item = &&str>, most: usize| {
        let mut used = 0;
        letters
            .take_while(|letter| {
                used += width(letter);
                used <= most
            })
            .count()
    };
    let before = kept(&mut letters.iter(), room / 3);
    let after = kept(&mut letters.iter().rev(), room - room / 3);
    let after = letters.len() - after.min(letters.len() - before);
    Cow::Owned([&letters[..before].concat(), cut, &letters[after..].concat()].concat())
}

/// The text from column `from` on: what a sideways scrolled line shows.
pub fn skip(text: &str, from: usize) -> &str {
    let mut used = 0;
    for (at, letter) in text.grapheme_indices(true) {
        if used >= from {
            return &text[at..];
        }
        used += width(letter);
    }
    ""
}

/// The rows of at most `columns` of a text, as byte ranges; one for an empty text.
pub fn fold(text: &str, columns: usize) -> Vec<std::ops::Range<usize>> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, letter) in text.grapheme_indices(true) {
        let wide = width(letter);
        if used + wide > columns && at > start {
            rows.push(start..at);
            (start, used) = (at, 0);
        }
        used += wide;
    }
    rows.push(start..text.len());
    rows
}

/// A sentence broken at spaces into lines of at most `columns`; longer words are broken anywhere.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let text = sanitize::line(text);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && width(&line) + 1 + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if width(&line) > columns {
            let rows = fold(&line, columns);
            let last = rows.len() - 1;
            lines.extend(rows[..last].iter().map(|row| line[row.clone()].to_owned()));
            line.drain(..rows[last].start);
        }
    }
    lines.push(line);
    lines
}

/// A count with separators: `12,345`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in at most five columns: `999`, `12.3k`, `1.2M`.
pub fn rounded(count: u64) -> String {
    const UNITS: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    let mut tenths = u128::from(count) * 10;
    let mut unit = "";
    for next in UNITS {
        if tenths < 10_000 {
            break;
        }
        (tenths, unit) = (tenths / 1000, next);
    }
    match unit {
        "" => count.to_string(),
        _ if tenths >= 1000 => format!("{}{unit}", tenths / 10),
        _ => format!("{}.{}{unit}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_count_not_characters() {
        assert_eq!(truncate("日本語データ", 7, "…"), "日本語…");
        assert_eq!(truncate("abc", 3, "…"), "abc");
        assert_eq!(truncate("abcd", 3, "…"), "ab…");
        assert_eq!(truncate("abcd", 0, "…"), "");
        assert_eq!(truncate("a\u{202e}b\u{1b}[2J\nc", 20, "…"), "ab c");
        assert_eq!(skip("日本語x", 4), "語x");
    }

    #[test]
    fn sentences_break_at_spaces() {
        assert_eq!(wrap("raise the limit", 9), ["raise the", "limit"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        for (count, shown) in [
            (999, "999"),
            (12_345, "12.3k"),
            (999_999, "999k"),
            (1_234_567, "1.2M"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(rounded(count), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC{0,60}", columns in 2_usize..20) {
            let text = sanitize::line(&text).into_owned();
            prop_assert!(width(&truncate(&text, columns, "…")) <= columns);
            let middle = middle(&text, columns, "…");
            prop_assert!(width(&middle) <= columns);
            let last = text.graphemes(true).next_back().unwrap_or_default();
            prop_assert!(columns < 6 || middle.ends_with(last));
            let folded = fold(&text, columns);
            prop_assert_eq!(folded.iter().map(|row| &text[row.clone()]).collect::<String>(), text.clone());
            for row in folded {
                // One letter may be wider than all the room there is.
                let row = &text[row];
                prop_assert!(width(row) <= columns || row.graphemes(true).count() == 1);
            }
        }
    }
}
