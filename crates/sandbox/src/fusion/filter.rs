//! Filters of lists (google.aip.dev/160): `state = "ACTIVE" AND (labels.team:data OR NOT type=BASIC)`.
//!
//! OR binds tighter than AND, and nothing between two parts is AND. How the real service answers a filter that
//! it does not understand is not known; here it is a 400 that names the place.

use super::list::{at, text};
use super::{Refused, invalid};
use serde_json::Value as Json;
use std::iter::Peekable;
use std::str::Chars;

/// What must hold of an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is {
        field: String,
        comparator: &'static str,
        value: String,
    },
    /// A bare word is looked for everywhere.
    Word(String),
}

impl Filter {
    pub fn read(source: &str) -> Result<Self, Refused> {
        let words = words(source).ok_or_else(|| invalid(format!("Invalid filter: '{source}'")))?;
        let mut rest = words.as_slice();
        let filter = sequence(&mut rest).filter(|_| rest.is_empty());
        filter.ok_or_else(|| {
            let place = rest.first().map_or("the end", |word| word.text());
            invalid(format!("Invalid filter: '{source}', near {place}"))
        })
    }

    pub fn holds(&self, item: &Json) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(item)),
            Self::Not(part) => !part.holds(item),
            Self::Word(word) => item.to_string().to_lowercase().contains(&word.to_lowercase()),
            Self::Is {
                field,
                comparator,
                value,
            } => {
                let found = at(item, field);
                let own = text(found);
                match *comparator {
                    "=" => like(value, &own),
                    "!=" => !like(value, &own),
                    "<" => own < *value,
                    "<=" => own <= *value,
                    ">" => own > *value,
                    ">=" => own >= *value,
                    // "Has": a key of a map, or a word of a text; `:*` is "is there".
                    _ => match found {
                        Json::Null => false,
                        _ if value == "*" => true,
                        Json::Object(map) => map.contains_key(value),
                        _ => own.to_lowercase().contains(&value.to_lowercase()),
                    },
                }
            }
        }
    }
}

/// `*` at either end stands for anything.
fn like(pattern: &str, own: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), Some(_)) => own.contains(end.trim_end_matches('*')),
        (Some(end), None) => own.ends_with(end),
        (None, Some(start)) => own.starts_with(start),
        (None, None) => own == pattern,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Text { text: String, quoted: bool },
    Sign(&'static str),
}

impl Word {
    fn text(&self) -> &str {
        match self {
            Self::Text { text, .. } => text,
            Self::Sign(sign) => sign,
        }
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Text { text, quoted: false } if text == keyword)
    }
}

/// `None` for a text that does not end.
fn words(source: &str) -> Option<Vec<Word>> {
    let mut letters = source.chars().peekable();
    let mut words = Vec::new();
    while let Some(&letter) = letters.peek() {
        words.push(match letter {
            _ if letter.is_whitespace() => {
                letters.next();
                continue;
            }
            '"' | '\'' => quoted(&mut letters)?,
            '(' | ')' | ':' | '=' | '-' | '!' | '<' | '>' => {
                letters.next();
                let equal = matches!(letter, '!' | '<' | '>') && letters.next_if_eq(&'=').is_some();
                Word::Sign(match (letter, equal) {
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
                Word::Text { text, quoted: false }
            }
        });
    }
    Some(words)
}

fn quoted(letters: &mut Peekable<Chars<'_>>) -> Option<Word> {
    let end = letters.next()?;
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\\' => text.push(letters.next()?),
            letter if letter == end => return Some(Word::Text { text, quoted: true }),
            letter => text.push(letter),
        }
    }
}

/// Parts that all must hold, with AND between them or nothing.
fn sequence(rest: &mut &[Word]) -> Option<Filter> {
    let mut parts = vec![alternatives(rest)?];
    while rest.first().is_some_and(|word| *word != Word::Sign(")")) {
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
fn alternatives(rest: &mut &[Word]) -> Option<Filter> {
    let mut parts = vec![term(rest)?];
    while rest.first().is_some_and(|word| word.is("OR")) {
        *rest = &rest[1..];
        parts.push(term(rest)?);
    }
    Some(if parts.len() == 1 {
        parts.remove(0)
    } else {
        Filter::Any(parts)
    })
}

fn term(rest: &mut &[Word]) -> Option<Filter> {
    let (first, after) = rest.split_first()?;
    match first {
        Word::Sign("-") => {
            *rest = after;
            return Some(Filter::Not(Box::new(term(rest)?)));
        }
        word if word.is("NOT") => {
            *rest = after;
            return Some(Filter::Not(Box::new(term(rest)?)));
        }
        Word::Sign("(") => {
            *rest = after;
            let inner = sequence(rest)?;
            let (_, after) = rest.split_first().filter(|(word, _)| **word == Word::Sign(")"))?;
            *rest = after;
            return Some(inner);
        }
        Word::Sign(_) => return None,
        word if word.is("AND") || word.is("OR") => return None,
        Word::Text { .. } => {}
    }
    *rest = after;
    let field = first.text().to_owned();
    let Some((Word::Sign(comparator), after)) = rest.split_first() else {
        return Some(Filter::Word(field));
    };
    if matches!(*comparator, "(" | ")" | "-") {
        return Some(Filter::Word(field));
    }
    let (Word::Text { text, .. }, after) = after.split_first()? else {
        return None;
    };
    *rest = after;
    Some(Filter::Is {
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
    fn a_filter_chooses() {
        let item = json!({
            "name": "projects/p/instances/a-1", "state": "ACTIVE", "labels": {"team": "data"},
            "createTime": "2024-01-02T00:00:00Z", "displayName": "One of \"them\"", "done": true,
        });
        for (filter, holds) in [
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
            assert_eq!(Filter::read(filter).unwrap().holds(&item), holds, "{filter}");
        }
        for wrong in ["state=", "(state=A", "AND", "state==A", "a = \"b", "!a", ") a"] {
            assert!(Filter::read(wrong).is_err(), "{wrong}");
        }
    }
}
