//! Sentences that somebody reads, each in one place: who translates or corrects one must not look for its copies. It looks
//! at strings of at least four words, sentence by sentence, whatever is put into their gaps.

use super::source::{blank, line, strings, test_ranges};
use std::collections::BTreeMap;
use std::ops::Range;

/// A text of fewer words is a name or a part of a sentence.
const WORDS: usize = 4;

/// Strings behind these words are read by nobody but who changes the code.
const UNREAD: &[&str] = &["reason =", "#[must_use ="];

/// The sentences that stand in several places, each with all of them. A file is its path and its text.
pub fn copies<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in files {
        let tests = test_ranges(&blank(text));
        let is_shipped = |place: &Range<usize>| !tests.iter().any(|test| test.contains(&place.start));
        let is_read = |place: &Range<usize>| {
            let before = text[..place.start].trim_end();
            !UNREAD.iter().any(|words| before.ends_with(words))
        };
        for place in strings(text)
            .into_iter()
            .filter(|place| is_shipped(place) && is_read(place))
        {
            for sentence in sentences(&text[place.clone()]) {
                let at = format!("{path}:{}", line(text, place.start));
                places.entry(sentence).or_default().push(at);
            }
        }
    }
    let copies = places.into_iter().filter(|(_, places)| places.len() > 1);
    copies
        .map(|(sentence, places)| format!("'{sentence}' stands in {}", places.join(" and ")))
        .collect()
}

/// The sentences of a string as it is written, with empty gaps and single spaces.
fn sentences(written: &str) -> impl Iterator<Item = String> {
    let text = without_gaps(&unescaped(written));
    let ends = text
        .replace("\n\n", "\u{0}")
        .replace(". ", "\u{0}")
        .replace(".\n", "\u{0}");
    let parts: Vec<_> = ends.split('\u{0}').map(plain).collect();
    parts.into_iter().filter(|part| {
        let is_word = |word: &&str| word.chars().all(|c| c.is_alphabetic() || "'-,:;.".contains(c));
        part.split(' ').filter(is_word).count() >= WORDS
    })
}

/// What the compiler makes of a string, as far as it matters here.
fn unescaped(written: &str) -> String {
    let inside = written.trim_start_matches('r').trim_matches(['#', '"']);
    let mut text = String::new();
    let mut rest = inside.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some('\n')) => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('n')) => {
                rest.next();
                text.push('\n');
            }
            ('\\', Some(_)) => text.extend(rest.next()),
            (c, _) => text.push(c),
        }
    }
    text
}

/// The text without the names of what is put into it.
fn without_gaps(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                out.push_str("{}");
            }
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn plain(part: &str) -> String {
    let words: Vec<_> = part.split_whitespace().collect();
    words.join(" ").trim_matches([' ', '.']).to_owned()
}

#[test]
fn a_copy_is_found_and_what_is_no_sentence_is_none() {
    let found = |texts: &[&str]| {
        let files: Vec<_> = texts.iter().map(|text| ("src/a.rs", *text)).collect();
        copies(files.into_iter())
    };
    let sentence = "fn f() { say(\"The table {table} is not there. Look again.\") }";
    for other in [
        sentence,
        "\nconst A: &str = \"The table {} is \\\n     not there.\";",
        "\nconst A: &str = r#\"The table {x:?} is not there\"#;",
        "\nconst A: &str = \"It failed. The table {} is not there.\";",
    ] {
        let copies = found(&[sentence, other]);
        assert_eq!(copies.len(), 1, "{other}: {copies:?}");
        assert!(copies[0].starts_with("'The table {} is not there' stands in src/a.rs:1 and src/a.rs:"));
    }
    for other in [
        "// The table {} is not there.",
        "#[cfg(test)] mod tests { const A: &str = \"The table {} is not there.\"; }",
        "#[expect(x, reason = \"The table {} is not there.\")]",
        "const A: &str = \"The table is not there.\";",
        "const A: &str = \"Look again.\";",
    ] {
        assert_eq!(found(&[sentence, other]), [""; 0], "{other}");
    }
}
