//! The filter of log calls: `loglevel=WARN AND MDC:eventType=lifecycle`.
//!
//! Right-associative, no parentheses; values may be quoted, and must be if they contain a `-`
//! (measured).

use crate::cdap::answer::Answer;
use crate::cdap::log::{LogLine, severity};

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Everything.
    All,
    /// This level and more severe ones.
    Level(u8),
    /// An entry of the context.
    Context(String, String),
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
}

impl Filter {
    /// Parses a filter; an empty text matches everything.
    ///
    /// # Errors
    /// 400 for an unknown key, 500 for bad grammar, as a real server answers.
    pub fn parse(text: &str) -> Result<Self, Answer> {
        let tokens = tokens(text);
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        expression(&tokens)
    }

    /// Whether a line matches.
    pub fn admits(&self, line: &LogLine) -> bool {
        match self {
            Self::All => true,
            Self::Level(level) => severity(&line.log_level) >= *level,
            Self::Context(key, value) => line.mdc.iter().any(|(k, v)| k == key && v == value),
            Self::And(left, right) => left.admits(line) && right.admits(line),
            Self::Or(left, right) => left.admits(line) || right.admits(line),
        }
    }
}

/// Words, quoted words, `=` and `-`.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, tail) = match first {
            '=' | '-' => rest.split_at(1),
            '"' | '\'' => {
                let inside = &rest[1..];
                let end = inside.find(first).unwrap_or(inside.len());
                (&inside[..end], inside.get(end + 1..).unwrap_or_default())
            }
            _ => rest.split_at(
                rest.find(|c: char| c.is_whitespace() || c == '=' || c == '-')
                    .unwrap_or(rest.len()),
            ),
        };
        tokens.push(token.to_owned());
        rest = tail.trim_start();
    }
    tokens
}

fn expression(tokens: &[String]) -> Result<Filter, Answer> {
    let bad = |expected: &str, got: Option<&String>| {
        let got = got.map_or("end of expression", String::as_str);
        Answer::refuse(500, format!("Expected operator {expected} but got {got}"))
    };
    let Some((key, rest)) = tokens.split_first() else {
        return Err(Answer::refuse(500, "Expected operand but got end of expression"));
    };
    let Some(("=", rest)) = rest.split_first().map(|(op, rest)| (op.as_str(), rest)) else {
        return Err(bad("=", rest.first()));
    };
    let Some((value, rest)) = rest.split_first() else {
        return Err(Answer::refuse(500, "Expected operand but got end of expression"));
    };
    let filter = single(key, value)?;
    match rest.split_first() {
        None => Ok(filter),
        Some((word, rest)) if word.eq_ignore_ascii_case("and") => {
            Ok(Filter::And(Box::new(filter), Box::new(expression(rest)?)))
        }
        Some((word, rest)) if word.eq_ignore_ascii_case("or") => {
            Ok(Filter::Or(Box::new(filter), Box::new(expression(rest)?)))
        }
        Some((word, _)) => Err(bad("=", Some(word))),
    }
}

fn single(key: &str, value: &str) -> Result<Filter, Answer> {
    if key.eq_ignore_ascii_case("loglevel") {
        return Ok(Filter::Level(severity(value)));
    }
    if key.starts_with('.') || key.starts_with("MDC:") {
        return Ok(Filter::Context(key.to_owned(), value.to_owned()));
    }
    Err(Answer::refuse(400, format!("Unknown expression of type {key}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_filters_are_read_and_refused_alike() {
        let refused = |text: &str| {
            let answer = Filter::parse(text).unwrap_err();
            (answer.status(), answer.body_text())
        };
        assert_eq!(Filter::parse(""), Ok(Filter::All));
        assert_eq!(Filter::parse("loglevel=WARN"), Ok(Filter::Level(3)));
        assert_eq!(Filter::parse("loglevel=NOSUCH"), Ok(Filter::Level(0)));
        assert_eq!(
            Filter::parse("loglevel=INFO AND MDC:eventType=lifecycle"),
            Ok(Filter::And(
                Box::new(Filter::Level(2)),
                Box::new(Filter::Context("MDC:eventType".into(), "lifecycle".into()))
            ))
        );
        assert_eq!(
            Filter::parse(".runId=\"a-b\""),
            Ok(Filter::Context(".runId".into(), "a-b".into()))
        );
        assert_eq!(
            refused("bogus=1"),
            (400, "Unknown expression of type bogus".into())
        );
        assert_eq!(
            refused("loglevel"),
            (500, "Expected operator = but got end of expression".into())
        );
        assert_eq!(
            refused(".runId=a-b"),
            (500, "Expected operator = but got -".into())
        );
    }
}
