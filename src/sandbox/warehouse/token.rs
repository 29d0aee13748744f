//! GoogleSQL text as tokens with their places. It knows quoting and comments, and no grammar.

use super::error::SqlError;

/// A token and the byte at which it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in backticks, without them.
    Name,
    /// A string literal, unescaped.
    Text,
    Number,
    /// `@name` or `?`.
    Parameter,
    /// An operator or a bracket; of several letters where GoogleSQL has such.
    Symbol,
}

impl Token {
    /// Whether this is the keyword, in any case.
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    pub fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }
}

/// Cuts a statement into tokens.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token>, SqlError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '#' => line_length(rest),
            '-' if rest.starts_with("--") => line_length(rest),
            '/' if rest.starts_with("/*") => rest
                .find("*/")
                .map(|end| end + 2)
                .ok_or_else(|| unclosed(sql, at, "comment"))?,
            '`' => {
                let end = rest[1..]
                    .find('`')
                    .ok_or_else(|| unclosed(sql, at, "identifier"))?
                    + 1;
                found.push(Token {
                    kind: Kind::Name,
                    text: rest[1..end].to_owned(),
                    at,
                });
                end + 1
            }
            '\'' | '"' => quoted(sql, at, 0, &mut found)?,
            'r' | 'R' if rest[1..].starts_with(['\'', '"']) => quoted(sql, at, 1, &mut found)?,
            c => {
                let (kind, length) = plain(rest, c);
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

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn plain(rest: &str, first: char) -> (Kind, usize) {
    let run = |legal: fn(char) -> bool| rest.find(|c| !legal(c)).unwrap_or(rest.len());
    match first {
        c if c.is_alphabetic() || c == '_' => (Kind::Word, run(|c| c.is_alphanumeric() || c == '_')),
        c if c.is_ascii_digit() => (Kind::Number, number_length(rest)),
        '@' => (
            Kind::Parameter,
            1 + rest[1..]
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len() - 1),
        ),
        '?' => (Kind::Parameter, 1),
        c => {
            let pair = ["<=", ">=", "<>", "!=", "||", "<<", ">>", "=>"]
                .iter()
                .any(|pair| rest.starts_with(pair));
            (Kind::Symbol, if pair { 2 } else { c.len_utf8() })
        }
    }
}

fn number_length(rest: &str) -> usize {
    let mut previous = ' ';
    let end = rest.find(|c: char| {
        let exponent = matches!(previous, 'e' | 'E') && matches!(c, '+' | '-');
        previous = c;
        !(c.is_ascii_alphanumeric() || c == '.' || exponent)
    });
    end.unwrap_or(rest.len())
}

/// A string literal; `prefix` letters stand before its quote (`r'…'`: no escapes).
fn quoted(sql: &str, at: usize, prefix: usize, found: &mut Vec<Token>) -> Result<usize, SqlError> {
    let body = &sql[at + prefix..];
    let one = &body[..1];
    let quote = if body.starts_with(&one.repeat(3)) {
        one.repeat(3)
    } else {
        one.to_owned()
    };
    let mut text = String::new();
    let mut letters = body[quote.len()..].char_indices();
    while let Some((offset, c)) = letters.next() {
        let here = quote.len() + offset;
        if body[here..].starts_with(&quote) {
            found.push(Token {
                kind: Kind::Text,
                text,
                at,
            });
            return Ok(prefix + here + quote.len());
        }
        match c {
            '\\' if prefix == 0 => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, c @ ('\\' | '\'' | '"' | '`' | '?'))) => text.push(c),
                _ => return Err(SqlError::syntax(sql, at, "Illegal escape sequence")),
            },
            '\n' if quote.len() == 1 => break,
            c => text.push(c),
        }
    }
    Err(unclosed(sql, at, "string literal"))
}

fn unclosed(sql: &str, at: usize, what: &str) -> SqlError {
    SqlError::syntax(sql, at, &format!("Unclosed {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_and_comments_are_known() {
        let sql = "SELECT 'it\\'s', \"a\", r'\\d', `p.d.t`.x -- no\n /* no */ # no\n, 1.5e-3 <> @p";
        let texts: Vec<_> = tokens(sql)
            .unwrap()
            .into_iter()
            .map(|t| (t.kind, t.text))
            .collect();
        let expected = [
            (Kind::Word, "SELECT"),
            (Kind::Text, "it's"),
            (Kind::Symbol, ","),
            (Kind::Text, "a"),
            (Kind::Symbol, ","),
            (Kind::Text, "\\d"),
            (Kind::Symbol, ","),
            (Kind::Name, "p.d.t"),
            (Kind::Symbol, "."),
            (Kind::Word, "x"),
            (Kind::Symbol, ","),
            (Kind::Number, "1.5e-3"),
            (Kind::Symbol, "<>"),
            (Kind::Parameter, "@p"),
        ];
        assert_eq!(texts, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn what_is_left_open_is_refused_with_its_place() {
        for (sql, place) in [
            ("SELECT 'a", "[1:8]"),
            ("SELECT\n `a", "[2:2]"),
            ("/* x", "[1:1]"),
        ] {
            let error = tokens(sql).unwrap_err();
            assert!(error.message.ends_with(place), "{}", error.message);
        }
    }
}
