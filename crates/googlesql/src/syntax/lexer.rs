//! The lexer: GoogleSQL text to tokens, without quotes, escapes and comments.

use crate::error::SqlError;

/// A token and the byte at which it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub text: String,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or a bare name.
    Word,
    /// A name in backticks; the text is without them.
    QuotedName,
    /// A string literal, unescaped.
    Text,
    /// A BYTES literal: each byte as the character of that number.
    Bytes,
    Number,
    /// `@name` or `?`; the text is without backticks around the name.
    Parameter,
    /// An operator or a bracket, of one character or two.
    Symbol,
}

impl Token {
    /// Whether this is the keyword, in any case.
    pub fn is_keyword(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}

/// Splits a statement into tokens.
pub(super) fn tokenize(sql: &str) -> Result<Vec<Token>, SqlError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let blank = blank_length(rest).ok_or_else(|| unclosed(sql, at, "comment"))?;
        let length = match first {
            _ if blank > 0 => blank,
            '`' => {
                let end = rest[1..]
                    .find('`')
                    .ok_or_else(|| unclosed(sql, at, "identifier"))?
                    + 1;
                found.push(Token {
                    kind: TokenKind::QuotedName,
                    text: rest[1..end].to_owned(),
                    at,
                });
                end + 1
            }
            '@' if rest[1..].starts_with('`') => {
                let end = rest[2..]
                    .find('`')
                    .ok_or_else(|| unclosed(sql, at, "identifier"))?
                    + 2;
                found.push(Token {
                    kind: TokenKind::Parameter,
                    text: format!("@{}", &rest[2..end]),
                    at,
                });
                end + 1
            }
            _ if prefix(rest).is_some() => literal(sql, at, prefix(rest).unwrap_or_default(), &mut found)?,
            c => {
                let (kind, length) = bare_token(rest, c);
                found.push(Token {
                    kind,
                    text: rest[..length].to_owned(),
                    at,
                });
                length
            }
        };
        at += length;
    }
    Ok(found)
}

/// The first word of a statement, behind comments and brackets.
pub(super) fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches('(');
        match blank_length(rest) {
            None => return "",
            Some(0) => break,
            Some(length) => rest = &rest[length..],
        }
    }
    let end = rest.find(|c: char| !c.is_alphanumeric());
    &rest[..end.unwrap_or(rest.len())]
}

/// The length of the space or the comment that is first, 0 if there is none; `None` if the comment does not end.
fn blank_length(rest: &str) -> Option<usize> {
    match rest.chars().next() {
        Some(space) if space.is_whitespace() => Some(space.len_utf8()),
        Some('#') => Some(line_length(rest)),
        _ if rest.starts_with("--") => Some(line_length(rest)),
        _ => match rest.strip_prefix("/*") {
            Some(comment) => Some(comment.find("*/")? + 4),
            None => Some(0),
        },
    }
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The prefix of a literal that begins here: `r'…'`, `b"…"`, `rb'…'`; `None` if no literal does.
fn prefix(rest: &str) -> Option<Prefix> {
    let length = rest
        .bytes()
        .take(3)
        .position(|byte| matches!(byte, b'\'' | b'"'))?;
    let chars = rest[..length].to_ascii_lowercase();
    let (raw, bytes) = match chars.as_str() {
        "" => (false, false),
        "r" => (true, false),
        "b" => (false, true),
        "rb" | "br" => (true, true),
        _ => return None,
    };
    Some(Prefix { length, raw, bytes })
}

#[derive(Clone, Copy, Default)]
struct Prefix {
    length: usize,
    raw: bool,
    bytes: bool,
}

fn bare_token(rest: &str, first: char) -> (TokenKind, usize) {
    let run_length = |legal: fn(char) -> bool| rest.find(|c| !legal(c)).unwrap_or(rest.len());
    let digit_next = rest[first.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
    match first {
        c if c.is_alphabetic() || c == '_' => {
            (TokenKind::Word, run_length(|c| c.is_alphanumeric() || c == '_'))
        }
        c if c.is_ascii_digit() || (c == '.' && digit_next) => (TokenKind::Number, number_length(rest)),
        '@' => {
            // `@@name` is a system variable.
            let signs = rest.len() - rest.trim_start_matches('@').len();
            let signs = signs.min(2);
            let name = rest[signs..].find(|c: char| !(c.is_alphanumeric() || c == '_'));
            (TokenKind::Parameter, name.map_or(rest.len(), |end| signs + end))
        }
        '?' => (TokenKind::Parameter, 1),
        c => {
            let pair = ["<=", ">=", "<>", "!=", "||", "<<", ">>", "=>", "|>"]
                .iter()
                .any(|pair| rest.starts_with(pair));
            (TokenKind::Symbol, if pair { 2 } else { c.len_utf8() })
        }
    }
}

fn number_length(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut previous = ' ';
    let end = rest.find(|c: char| {
        let exponent = !hexadecimal && matches!(previous, 'e' | 'E') && matches!(c, '+' | '-');
        previous = c;
        !(c.is_ascii_alphanumeric() || c == '.' || exponent)
    });
    end.unwrap_or(rest.len())
}

/// A literal in single or triple quotes; returns its length.
fn literal(sql: &str, at: usize, prefix: Prefix, found: &mut Vec<Token>) -> Result<usize, SqlError> {
    let body = &sql[at + prefix.length..];
    let one = &body[..1];
    let quote = if body.starts_with(&one.repeat(3)) {
        one.repeat(3)
    } else {
        one.to_owned()
    };
    let what = if prefix.bytes {
        "bytes literal"
    } else {
        "string literal"
    };
    let mut text = String::new();
    let mut chars = body[quote.len()..].char_indices();
    while let Some((offset, c)) = chars.next() {
        let here = quote.len() + offset;
        if body[here..].starts_with(&quote) {
            let kind = if prefix.bytes {
                TokenKind::Bytes
            } else {
                TokenKind::Text
            };
            found.push(Token { kind, text, at });
            return Ok(prefix.length + here + quote.len());
        }
        match c {
            '\\' if prefix.raw => {
                // The next character does not end the literal; both are kept.
                text.push(c);
                text.extend(chars.next().map(|(_, next)| next));
            }
            '\\' => text.push(
                escaped(&mut chars, prefix.bytes)
                    .ok_or_else(|| SqlError::syntax(sql, at, "Illegal escape sequence"))?,
            ),
            '\n' if quote.len() == 1 => break,
            c if prefix.bytes => {
                let mut buffer = [0; 4];
                text.extend(c.encode_utf8(&mut buffer).bytes().map(char::from));
            }
            c => text.push(c),
        }
    }
    Err(unclosed(sql, at, what))
}

/// The character of an escape sequence, after its backslash.
fn escaped(chars: &mut std::str::CharIndices<'_>, bytes: bool) -> Option<char> {
    let code = |chars: &mut std::str::CharIndices<'_>, first: &str, count: usize, radix: u32| {
        let mut digits = first.to_owned();
        digits.extend(chars.by_ref().take(count).map(|(_, digit)| digit));
        let number = u32::from_str_radix(&digits, radix).ok()?;
        char::from_u32(number).filter(|_| !bytes || number < 256)
    };
    match chars.next()?.1 {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'a' => Some('\x07'),
        'b' => Some('\x08'),
        'f' => Some('\x0c'),
        'v' => Some('\x0b'),
        'x' | 'X' => code(chars, "", 2, 16),
        'u' if !bytes => code(chars, "", 4, 16),
        'U' if !bytes => code(chars, "", 8, 16),
        digit @ '0'..='3' => code(chars, &digit.to_string(), 2, 8),
        c @ ('\\' | '\'' | '"' | '`' | '?') => Some(c),
        _ => None,
    }
}

fn unclosed(sql: &str, at: usize, what: &str) -> SqlError {
    SqlError::syntax(sql, at, &format!("Unclosed {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_comments_are_read() {
        let sql = "SELECT 'it\\'s', \"a\", r'\\d', `p.d.t`.x -- no\n /* no */ # no\n, 1.5e-3 <> @p @`q r`";
        let texts: Vec<_> = tokenize(sql)
            .unwrap()
            .into_iter()
            .map(|t| (t.kind, t.text))
            .collect();
        let expected = [
            (TokenKind::Word, "SELECT"),
            (TokenKind::Text, "it's"),
            (TokenKind::Symbol, ","),
            (TokenKind::Text, "a"),
            (TokenKind::Symbol, ","),
            (TokenKind::Text, "\\d"),
            (TokenKind::Symbol, ","),
            (TokenKind::QuotedName, "p.d.t"),
            (TokenKind::Symbol, "."),
            (TokenKind::Word, "x"),
            (TokenKind::Symbol, ","),
            (TokenKind::Number, "1.5e-3"),
            (TokenKind::Symbol, "<>"),
            (TokenKind::Parameter, "@p"),
            (TokenKind::Parameter, "@q r"),
        ];
        assert_eq!(texts, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn unclosed_tokens_are_errors_with_their_position() {
        for (sql, place) in [
            ("SELECT 'a", "[1:8]"),
            ("SELECT\n `a", "[2:2]"),
            ("SELECT @`a", "[1:8]"),
            ("/* x", "[1:1]"),
        ] {
            let error = tokenize(sql).unwrap_err();
            assert!(error.message.ends_with(place), "{}", error.message);
        }
    }
}
