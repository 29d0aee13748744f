//! Rust text made comparable: comments and literals blanked, test code taken out. Positions of lines
//! stay, so that a finding can be pointed at. It is a reader of words, not a parser of the language.

use std::collections::BTreeSet;
use std::ops::Range;

/// The text with comments, strings and characters blanked; line ends stay, and so does every position.
pub fn blank(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    for place in not_code(text) {
        for byte in &mut out[place] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The places of the strings, with their quotes.
pub fn strings(text: &str) -> Vec<Range<usize>> {
    let mut places = not_code(text);
    places.retain(|place| matches!(text.as_bytes()[place.start], b'"' | b'r'));
    places
}

/// The places of comments, strings and characters.
fn not_code(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let end = match &bytes[at..] {
            [b'/', b'/', ..] => find(text, at, "\n").unwrap_or(bytes.len()),
            [b'/', b'*', ..] => after_block(bytes, at),
            [b'r', b'"' | b'#', ..] if !is_word(bytes, at) => after_raw(text, at).unwrap_or(at + 1),
            [b'"', ..] => after_string(bytes, at),
            [b'\'', ..] => after_char(text, at),
            _ => at + 1,
        };
        if end > at + 1 {
            found.push(at..end);
        }
        at = end.max(at + 1);
    }
    found
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|offset| from + offset)
}

fn is_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') && bytes[at - 1] != b'b'
}

fn after_block(bytes: &[u8], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn after_raw(text: &str, from: usize) -> Option<usize> {
    let rest = &text[from + 1..];
    let hashes = rest.bytes().take_while(|byte| *byte == b'#').count();
    rest[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    find(text, from + 2 + hashes, &close).map(|at| at + close.len())
}

fn after_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character ends after one character or an escape; anything else is a lifetime.
fn after_char(text: &str, from: usize) -> usize {
    let rest = &text[from + 1..];
    let mut chars = rest.char_indices();
    match chars.next() {
        Some((_, '\\')) => rest[2..]
            .find('\'')
            .map_or(from + 1, |end| from + 1 + 2 + end + 1),
        Some((_, first)) if rest[first.len_utf8()..].starts_with('\'') => from + 1 + first.len_utf8() + 1,
        _ => from + 1,
    }
}

const TEST: &str = "#[cfg(test)]";

/// Blanked text without what `#[cfg(test)]` marks, and the names of modules that are in files of their own
/// and marked so.
pub fn without_tests(blanked: &str) -> (String, Vec<String>) {
    let (mut out, mut modules, mut from) = (String::new(), Vec::new(), 0);
    for tests in test_ranges(blanked) {
        let item = &blanked[tests.clone()];
        let words: Vec<&str> = item.split_whitespace().collect();
        let module = words
            .iter()
            .position(|word| *word == "mod")
            .and_then(|at| words.get(at + 1));
        modules.extend(module.and_then(|name| name.strip_suffix(';')).map(str::to_owned));
        out.push_str(&blanked[from..tests.start]);
        out.extend(item.chars().filter(|c| *c == '\n'));
        from = tests.end;
    }
    out.push_str(&blanked[from..]);
    (out, modules)
}

/// What `#[cfg(test)]` marks in a blanked text, the mark included.
pub fn test_ranges(blanked: &str) -> Vec<Range<usize>> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = find(blanked, from, TEST) {
        from = end_of_item(blanked, start + TEST.len());
        found.push(start..from);
    }
    found
}

fn end_of_item(text: &str, from: usize) -> usize {
    let rest = text[from..].trim_start();
    let named = [
        "pub", "fn", "mod", "use", "impl", "struct", "enum", "trait", "type", "const", "static", "async",
    ];
    let is_named = named.iter().any(|word| rest.starts_with(word));
    let mut depth = 0_i32;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth < 0 {
                    return at;
                }
                // An attribute may stand between the mark and its item.
                if depth == 0 && byte == b'}' {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            b',' if depth == 0 && !is_named => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What follows a root in paths: `a` and `b` of `root::{a::X, b}`, with the lines they are on.
pub fn children(blanked: &str, root: &str) -> BTreeSet<(usize, String)> {
    let pattern = format!("{root}::");
    let mut found = BTreeSet::new();
    let mut from = 0;
    while let Some(at) = find(blanked, from, &pattern) {
        from = at + pattern.len();
        let before = blanked[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        for (offset, name) in first_names(&blanked[from..]) {
            found.insert((line(blanked, from + offset), name));
        }
    }
    found
}

/// The first name of a path, or of every branch of a group.
fn first_names(text: &str) -> Vec<(usize, String)> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*')
            .collect()
    };
    if !text.starts_with('{') {
        return vec![(0, name(text))];
    }
    let (mut names, mut depth, mut wanted) = (Vec::new(), 0, true);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => wanted = true,
            c if !c.is_whitespace() && wanted => {
                names.push((at, name(&text[at..])));
                wanted = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// The line of a position, from 1.
pub fn line(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|byte| *byte == b'\n').count() + 1
}

#[test]
fn comments_and_literals_are_blanked() {
    let text = "a // panic!\n/* x /* y */ z */ b \"pa\\\"nic!\" r#\"to\"do\"# '\"' '\\'' 'a c<'static>";
    let blanked = blank(text);
    assert_eq!(
        blanked.split_whitespace().collect::<Vec<_>>(),
        ["a", "b", "'a", "c<'static>"]
    );
    assert_eq!(blanked.len(), text.len());
    assert_eq!(blank("let bar\"x\" = 1;").trim_end(), "let bar    = 1;");
}

#[test]
fn tests_are_taken_out_and_lines_stay() {
    let text = "x\n#[cfg(test)]\nmod far;\n#[cfg(test)]\npub(crate) mod near { fn f() { a } }\ny { #[cfg(test)] S(u8), b }\n#[cfg(test)] if c { d } e";
    let (rest, modules) = without_tests(text);
    assert_eq!(
        rest.split_whitespace().collect::<Vec<_>>(),
        ["x", "y", "{", "b", "}", "e"]
    );
    assert_eq!(modules, ["far"]);
    assert_eq!(rest.matches('\n').count(), text.matches('\n').count());
}

#[test]
fn groups_have_several_children() {
    let text = "use crate::{a::{x, y}, b,\n c as d};\nf(crate::e::G); other_crate::h; self::crate::i";
    let names: Vec<_> = children(text, "crate").into_iter().collect();
    let expected = [(1, "a"), (1, "b"), (2, "c"), (3, "e")].map(|(line, name)| (line, name.to_owned()));
    assert_eq!(names, expected);
}
