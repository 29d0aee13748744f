//! Filters of lists (google.aip.dev/160): `state = "ACTIVE" AND (labels.team:data OR NOT type=BASIC)`.
//!
//! OR binds tighter than AND, and two parts without an operator are joined by AND. How the real service answers an
//! invalid filter is not known; here it is a 400 that names the position.

use super::field::{at, text};
use crate::api_error::ApiError;
use googlesql::limits::MAX_DEPTH;
use serde_json::Value as Json;
use std::cell::LazyCell;
use std::iter::Peekable;
use std::str::Chars;

/// A condition on an item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        field: String,
        comparator: &'static str,
        value: String,
    },
    /// A single word, which any field may contain.
    Text(String),
}

impl Filter {
    pub fn parse(source: &str) -> Result<Self, ApiError> {
        let tokens =
            tokens(source).ok_or_else(|| ApiError::invalid(format!("Invalid filter: '{source}'")))?;
        let mut rest = Rest {
            tokens: &tokens,
            depth: 0,
        };
        match sequence(&mut rest) {
            Some(filter) if rest.tokens.is_empty() => Ok(filter),
            _ if rest.depth > MAX_DEPTH => Err(ApiError::invalid(format!(
                "Invalid filter: it is nested deeper than {MAX_DEPTH}"
            ))),
            _ => {
                let place = rest.tokens.first().map_or("the end", |token| token.text());
                Err(ApiError::invalid(format!(
                    "Invalid filter: '{source}', near {place}"
                )))
            }
        }
    }

    pub fn matches(&self, item: &Json) -> bool {
        self.matches_words(item, &LazyCell::new(|| item.to_string().to_lowercase()))
    }

    /// `words` is all of the item, which is written only if a single word is searched for, and then once.
    fn matches_words<F: FnOnce() -> String>(&self, item: &Json, words: &LazyCell<String, F>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches_words(item, words)),
            Self::Any(parts) => parts.iter().any(|part| part.matches_words(item, words)),
            Self::Not(part) => !part.matches_words(item, words),
            Self::Text(text) => words.contains(&text.to_lowercase()),
            Self::Compare {
                field,
                comparator,
                value,
            } => {
                let found = at(item, field);
                let actual = text(found);
                match *comparator {
                    "=" => matches_pattern(value, &actual),
                    "!=" => !matches_pattern(value, &actual),
                    "<" => actual < *value,
                    "<=" => actual <= *value,
                    ">" => actual > *value,
                    ">=" => actual >= *value,
                    // `:` is "has": a key of a map, or a part of a text; `:*` is "is present".
                    _ => match found {
                        Json::Null => false,
                        _ if value == "*" => true,
                        Json::Object(map) => map.contains_key(value),
                        _ => actual.to_lowercase().contains(&value.to_lowercase()),
                    },
                }
            }
        }
    }
}

/// `*` at either end matches any text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), Some(_)) => text.contains(end.trim_end_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Text { text: String, quoted: bool },
    Operator(&'static str),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Text { text, .. } => text,
            Self::Operator(operator) => operator,
        }
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Text { text, quoted: false } if text == keyword)
    }
}

/// `None` if a quoted text does not end.
fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut letters = source.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&letter) = letters.peek() {
        tokens.push(match letter {
            _ if letter.is_whitespace() => {
                letters.next();
                continue;
            }
            '"' | '\'' => quoted(&mut letters)?,
            '(' | ')' | ':' | '=' | '-' | '!' | '<' | '>' => {
                letters.next();
                let equal = matches!(letter, '!' | '<' | '>') && letters.next_if_eq(&'=').is_some();
                Token::Operator(match (letter, equal) {
                    ('(', _) => "(",
                    (')', _) => ")",
                    (':', _) => ":",
                    ('=', _) => "=",
                    ('-', _) => "-",
                    ('!', true) => "!=",
                    ('<', true) => "<=",
                    ('<', false) => "<",
                    ('>', true) => ">=",
                    ('>', false) => ">",
                    _ => return None,
                })
            }
            _ => {
                let mut text = String::new();
                while let Some(letter) =
                    letters.next_if(|letter| !letter.is_whitespace() && !"()=!<>:\"".contains(*letter))
                {
                    text.push(letter);
                }
                Token::Text { text, quoted: false }
            }
        });
    }
    Some(tokens)
}

fn quoted(letters: &mut Peekable<Chars<'_>>) -> Option<Token> {
    let end = letters.next()?;
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\\' => text.push(letters.next()?),
            letter if letter == end => return Some(Token::Text { text, quoted: true }),
            letter => text.push(letter),
        }
    }
}

/// What is not read yet, and in how many brackets and negations that is. A bound that was passed stays passed: `depth` is
/// not taken back when a part is refused.
struct Rest<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl<'a> Rest<'a> {
    fn first_is(&self, test: impl FnOnce(&Token) -> bool) -> bool {
        self.tokens.first().is_some_and(test)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, after) = self.tokens.split_first()?;
        self.tokens = after;
        Some(first)
    }

    /// Reads what is one level deeper.
    fn deeper(&mut self, read: fn(&mut Self) -> Option<Filter>) -> Option<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let inner = read(self)?;
        self.depth -= 1;
        Some(inner)
    }
}

/// Parts with AND or nothing between them.
fn sequence(rest: &mut Rest<'_>) -> Option<Filter> {
    let mut parts = vec![alternatives(rest)?];
    while rest.first_is(|token| *token != Token::Operator(")")) {
        if rest.first_is(|token| token.is("AND")) {
            rest.next();
        }
        parts.push(alternatives(rest)?);
    }
    Some(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::All(parts)
    })
}

/// OR binds tighter than AND.
fn alternatives(rest: &mut Rest<'_>) -> Option<Filter> {
    let mut parts = vec![term(rest)?];
    while rest.first_is(|token| token.is("OR")) {
        rest.next();
        parts.push(term(rest)?);
    }
    Some(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::Any(parts)
    })
}

fn term(rest: &mut Rest<'_>) -> Option<Filter> {
    let (first, after) = rest.tokens.split_first()?;
    match first {
        token if *token == Token::Operator("-") || token.is("NOT") => {
            rest.tokens = after;
            return Some(Filter::Not(Box::new(rest.deeper(term)?)));
        }
        Token::Operator("(") => {
            rest.tokens = after;
            let inner = rest.deeper(sequence)?;
            if !rest.first_is(|token| *token == Token::Operator(")")) {
                return None;
            }
            rest.next();
            return Some(inner);
        }
        Token::Operator(_) => return None,
        token if token.is("AND") || token.is("OR") => return None,
        Token::Text { .. } => {}
    }
    rest.tokens = after;
    let field = first.text().to_owned();
    let Some((Token::Operator(comparator), after)) = after.split_first() else {
        return Some(Filter::Text(field));
    };
    if matches!(*comparator, "(" | ")" | "-") {
        return Some(Filter::Text(field));
    }
    let (Token::Text { text, .. }, after) = after.split_first()? else {
        return None;
    };
    rest.tokens = after;
    Some(Filter::Compare {
        field,
        comparator,
        value: text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_selects_items() {
        let item = json!({
            "name": "projects/p/instances/a-1", "state": "ACTIVE", "labels": {"team": "data"},
            "createTime": "2024-01-02T00:00:00Z", "displayName": "One of \"them\"", "done": true,
        });
        for (filter, expected) in [
            ("state=ACTIVE", true),
            ("state = \"ACTIVE\" AND labels.team = data", true),
            ("state != ACTIVE", false),
            ("state=FAILED OR labels.team:dat", true),
            ("state=FAILED labels.team:dat", false),
            ("NOT state=FAILED AND -labels.other:*", true),
            ("labels:team", true),
            ("labels.team:*", true),
            ("(state=FAILED OR state=ACTIVE) createTime>=\"2024-01-01\"", true),
            ("create_time < '2024-01-01'", false),
            ("name=*/a-1", true),
            ("name=projects/*", true),
            ("displayName:\"\\\"them\"", true),
            ("done=true", true),
            ("active", true),
        ] {
            assert_eq!(
                Filter::parse(filter).unwrap().matches(&item),
                expected,
                "{filter}"
            );
        }
        for wrong in ["state=", "(state=A", "AND", "state==A", "a = \"b", "!a", ") a"] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        for (open, close, levels) in [("(", ")", 1), ("NOT ", "", 1), ("-", "", 1), ("(NOT ", ")", 2)] {
            let nested = |depth: usize| format!("{}a{}", open.repeat(depth), close.repeat(depth));
            assert!(
                Filter::parse(&nested(MAX_DEPTH / levels))
                    .unwrap()
                    .matches(&json!("a"))
            );
            for depth in [MAX_DEPTH / levels + 1, 5_000, 60_000] {
                let refused = Filter::parse(&nested(depth)).unwrap_err();
                assert!(
                    refused.message.ends_with("it is nested deeper than 60"),
                    "{open} {depth}"
                );
            }
        }
        // Side by side is not deep.
        let wide = "(NOT (a)) ".repeat(10_000);
        assert!(!Filter::parse(&wide).unwrap().matches(&json!("a")));
    }
}
