//! Filters of lists (google.aip.dev/160): `state = "ACTIVE" AND (labels.team:data OR NOT type=BASIC)`.
//!
//! OR binds tighter than AND, and two parts without an operator are joined by AND. How the real service answers an
//! invalid filter is not known; here it is a 400 that names the position.

use super::field::{at, text};
use crate::api_error::ApiError;
use serde_json::Value as Json;
use std::iter::Peekable;
use std::str::Chars;

/// A condition on an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
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
        let mut rest = tokens.as_slice();
        let filter = sequence(&mut rest).filter(|_| rest.is_empty());
        filter.ok_or_else(|| {
            let place = rest.first().map_or("the end", |token| token.text());
            ApiError::invalid(format!("Invalid filter: '{source}', near {place}"))
        })
    }

    pub fn matches(&self, item: &Json) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(item)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(item)),
            Self::Not(part) => !part.matches(item),
            Self::Text(text) => item.to_string().to_lowercase().contains(&text.to_lowercase()),
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

/// Parts with AND or nothing between them.
fn sequence(rest: &mut &[Token]) -> Option<Filter> {
    let mut parts = vec![alternatives(rest)?];
    while rest.first().is_some_and(|token| *token != Token::Operator(")")) {
        if rest[0].is("AND") {
            *rest = &rest[1..];
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
fn alternatives(rest: &mut &[Token]) -> Option<Filter> {
    let mut parts = vec![term(rest)?];
    while rest.first().is_some_and(|token| token.is("OR")) {
        *rest = &rest[1..];
        parts.push(term(rest)?);
    }
    Some(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::Any(parts)
    })
}

fn term(rest: &mut &[Token]) -> Option<Filter> {
    let (first, after) = rest.split_first()?;
    match first {
        Token::Operator("-") => {
            *rest = after;
            return Some(Filter::Not(Box::new(term(rest)?)));
        }
        token if token.is("NOT") => {
            *rest = after;
            return Some(Filter::Not(Box::new(term(rest)?)));
        }
        Token::Operator("(") => {
            *rest = after;
            let inner = sequence(rest)?;
            let (_, after) = rest
                .split_first()
                .filter(|(token, _)| **token == Token::Operator(")"))?;
            *rest = after;
            return Some(inner);
        }
        Token::Operator(_) => return None,
        token if token.is("AND") || token.is("OR") => return None,
        Token::Text { .. } => {}
    }
    *rest = after;
    let field = first.text().to_owned();
    let Some((Token::Operator(comparator), after)) = rest.split_first() else {
        return Some(Filter::Text(field));
    };
    if matches!(*comparator, "(" | ")" | "-") {
        return Some(Filter::Text(field));
    }
    let (Token::Text { text, .. }, after) = after.split_first()? else {
        return None;
    };
    *rest = after;
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
}
