//! Splits a recipe into the tokens of Wrangler's grammar; the longest match wins, as in its generated lexer.
//!
//! `:name` is a column, `'…'` and `"…"` are texts that keep their escapes, `--`, `//` and `/* */` begin comments.
//! A name may contain `-`, so `a-b` is one token.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    Identifier,
    Column,
    Pragma,
    Symbol,
}

/// A token with its position: lines count from 1, columns from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
    pub column: usize,
}

impl Token {
    pub fn is(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }
}

/// The symbols, the longer ones first.
const SYMBOLS: [&str; 51] = [
    "||", "&&", "==", "!=", ">=", "<=", "=~", "!~", "?:", "=^", "!^", "=$", "!$", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "{", "}", ";", "^", "!", ">", "<", "+", "-", "*", "/", "%", "[", "]", "(", ")",
    "=", ",", "?", ":", ".", "@", "|", "\\", "$", "~", "&", "#", "\u{0}", "`",
];

/// Characters that are not in the grammar.
const UNKNOWN: [&str; 4] = ["&", "#", "\u{0}", "`"];

/// The tokens, or the message of the syntax error.
pub(super) fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let (mut line, mut start_of_line, mut at) = (1, 0, 0);
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        if letter == '\n' {
            line += 1;
            start_of_line = at + 1;
        }
        if matches!(letter, ' ' | '\t' | '\r' | '\n' | '\u{c}') {
            at += 1;
            continue;
        }
        let column = text[start_of_line..at].chars().count();
        let comment = comment(rest);
        let (kind, length) = longest(rest);
        if comment > length {
            let skipped = &rest[..comment];
            if let Some(last) = skipped.rfind('\n') {
                line += skipped.matches('\n').count();
                start_of_line = at + last + 1;
            }
            at += comment;
            continue;
        }
        let word = &rest[..length];
        if length == 0 || (kind == Kind::Symbol && UNKNOWN.contains(&word)) {
            return Err(format!(
                "At line {line}:{column}: token recognition error at: '{letter}'"
            ));
        }
        tokens.push(Token {
            kind,
            text: word.to_owned(),
            line,
            column,
        });
        at += length;
        let lines = word.matches('\n').count();
        if let Some(last) = word.rfind('\n') {
            line += lines;
            start_of_line = at - length + last + 1;
        }
    }
    Ok(tokens)
}

fn comment(rest: &str) -> usize {
    if rest.starts_with("//") || rest.starts_with("--") {
        return rest.find(['\r', '\n']).unwrap_or(rest.len());
    }
    match rest.strip_prefix("/*").and_then(|body| body.find("*/")) {
        Some(end) => end + 4,
        None => 0,
    }
}

fn longest(rest: &str) -> (Kind, usize) {
    let word = identifier(rest);
    let bool_word = matches!(&rest[..word], "true" | "false");
    let candidates = [
        (Kind::Pragma, if rest.starts_with("#pragma") { 7 } else { 0 }),
        (Kind::Symbol, symbol(rest)),
        (Kind::Bool, if bool_word { word } else { 0 }),
        (Kind::Number, number(rest)),
        (Kind::Identifier, word),
        (Kind::Column, column(rest)),
        (Kind::Text, string(rest)),
    ];
    // Of equally long matches the first one wins, as in the generated lexer.
    let mut best = (Kind::Symbol, 0);
    for candidate in candidates {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best
}

fn symbol(rest: &str) -> usize {
    SYMBOLS
        .iter()
        .find(|symbol| rest.starts_with(**symbol))
        .map_or(0, |symbol| symbol.len())
}

fn run(rest: &str, first: impl Fn(char) -> bool, then: impl Fn(char) -> bool) -> usize {
    match rest.chars().next() {
        Some(letter) if first(letter) => {
            let tail = &rest[letter.len_utf8()..];
            letter.len_utf8() + tail.find(|c| !then(c)).unwrap_or(tail.len())
        }
        _ => 0,
    }
}

fn begins_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '_' | '-')
}

fn in_name(letter: char) -> bool {
    begins_name(letter) || letter.is_ascii_digit()
}

fn identifier(rest: &str) -> usize {
    run(rest, begins_name, in_name)
}

fn column(rest: &str) -> usize {
    let tail = rest.strip_prefix(':').unwrap_or_default();
    match run(tail, begins_name, |c| in_name(c) || c == ':') {
        0 => 0,
        length => length + 1,
    }
}

fn number(rest: &str) -> usize {
    let unsigned = rest.strip_prefix('-').unwrap_or(rest);
    let digits = run(unsigned, |c| matches!(c, '1'..='9'), |c| c.is_ascii_digit());
    let whole = match digits {
        0 if rest.starts_with('0') => 1,
        0 => return 0,
        digits => {
            let longs = unsigned[digits..].chars().take_while(|c| *c == 'L').count();
            rest.len() - unsigned.len() + digits + longs
        }
    };
    match rest[whole..].strip_prefix('.') {
        Some(tail) => whole + 1 + tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len()),
        None => whole,
    }
}

/// The length of a text. An escaped quote ends it only if there is no other quote.
fn string(rest: &str) -> usize {
    let Some(quote @ ('\'' | '"')) = rest.chars().next() else {
        return 0;
    };
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if letter == quote && !escaped {
            return at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    rest[1..].rfind(quote).map_or(0, |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_match_wins() {
        let kinds = |text: &str| -> Vec<(Kind, String)> {
            lex(text).unwrap().into_iter().map(|t| (t.kind, t.text)).collect()
        };
        let one = |kind, text: &str| (kind, text.to_owned());
        assert_eq!(
            kinds("set-column :a-b exp:{ x == -1.5 } -- why\n;"),
            [
                one(Kind::Identifier, "set-column"),
                one(Kind::Column, ":a-b"),
                one(Kind::Identifier, "exp"),
                one(Kind::Symbol, ":"),
                one(Kind::Symbol, "{"),
                one(Kind::Identifier, "x"),
                one(Kind::Symbol, "=="),
                one(Kind::Number, "-1.5"),
                one(Kind::Symbol, "}"),
                one(Kind::Symbol, ";"),
            ]
        );
        assert_eq!(kinds("true trueish")[1], one(Kind::Identifier, "trueish"));
        assert_eq!(kinds(r"'it\'s'"), [one(Kind::Text, r"'it\'s'")]);
        assert_eq!(kinds(r"'\'"), [one(Kind::Text, r"'\'")]);
        assert_eq!(kinds("/* a\n b */ 'x'")[0], one(Kind::Text, "'x'"));
        assert!(lex("drop :a; ä").unwrap_err().starts_with("At line 1:9: token"));
    }

    proptest! {
        #[test]
        fn any_text_is_handled(text in any::<String>()) {
            if let Ok(tokens) = lex(&text) {
                prop_assert!(tokens.iter().all(|token| !token.text.is_empty()));
            }
        }
    }
}
