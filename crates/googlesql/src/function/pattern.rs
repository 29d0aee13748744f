//! REGEXP functions. The patterns of RE2, which BigQuery uses, are those of the regex crate.

use super::argument::{count, int, text};
use super::entry::{Context, Entry};
use crate::cancel;
use crate::error::SqlError;
use crate::memory;
use crate::regexp::{self, Dialect};
use crate::value::Value;
use regex::Regex;
use std::sync::Arc;

type ValueResult = Result<Value, String>;

pub(super) const TABLE: &[Entry] = &[
    ("REGEXP_CONTAINS", "STRING STRING -> BOOL", |v, _| {
        Ok(Value::Bool(pattern(v)?.is_match(text(v, 0))))
    }),
    ("REGEXP_EXTRACT", "STRING STRING -> STRING", extract),
    ("REGEXP_SUBSTR", "STRING STRING -> STRING", extract),
    (
        "REGEXP_EXTRACT",
        "STRING STRING INT64 INT64? -> STRING",
        extract_nth,
    ),
    (
        "REGEXP_EXTRACT_ALL",
        "STRING STRING -> ARRAY<STRING>",
        extract_all,
    ),
    ("REGEXP_REPLACE", "STRING STRING STRING -> STRING", replace),
    ("REGEXP_INSTR", "STRING STRING -> INT64", |v, _| {
        let whole = text(v, 0);
        Ok(pattern(v)?.find(whole).map_or(Value::Int(0), |found| {
            count(whole[..found.start()].chars().count() + 1)
        }))
    }),
];

/// The compiled pattern of the second argument.
fn pattern(values: &[Value]) -> Result<Arc<Regex>, String> {
    regexp::compiled(text(values, 1), Dialect::Re2).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "Cannot parse regular expression: pattern too large - compile failed".into()
        }
        error => format!("Cannot parse regular expression: {error}"),
    })
}

/// The group of a match, if the pattern has one; else all of the match.
fn group(found: &regex::Captures<'_>) -> Value {
    let matched = if found.len() > 1 {
        found.get(1)
    } else {
        found.get(0)
    };
    matched.map_or(Value::Null, |part| Value::Text(part.as_str().to_owned()))
}

fn checked(values: &[Value]) -> Result<Arc<Regex>, String> {
    let pattern = pattern(values)?;
    if pattern.captures_len() > 2 {
        let text = text(values, 1);
        return Err(format!(
            "Regular expression has more than 1 capturing group: {text}"
        ));
    }
    Ok(pattern)
}

fn extract(values: &[Value], _: &Context<'_>) -> ValueResult {
    Ok(checked(values)?
        .captures(text(values, 0))
        .map_or(Value::Null, |found| group(&found)))
}

fn extract_nth(values: &[Value], _: &Context<'_>) -> ValueResult {
    let before = |at: usize| usize::try_from(int(values, at).saturating_sub(1));
    let skipped = before(2).map_err(|_| "Position must be positive")?;
    let nth = if values.len() > 3 {
        before(3).map_err(|_| "Occurrence must be positive")?
    } else {
        0
    };
    let from: String = text(values, 0).chars().skip(skipped).collect();
    let pattern = checked(values)?;
    let found = until_cancelled(pattern.captures_iter(&from)).nth(nth);
    Ok(found.transpose()?.map_or(Value::Null, |found| group(&found)))
}

/// What a search finds. In a long text one search for each letter can take minutes.
fn until_cancelled<T>(found: impl Iterator<Item = T>) -> impl Iterator<Item = Result<T, String>> {
    found.map(|found| {
        if cancel::is_cancelled() {
            return Err(SqlError::stopped().message);
        }
        Ok(found)
    })
}

fn extract_all(values: &[Value], _: &Context<'_>) -> ValueResult {
    let pattern = checked(values)?;
    let mut groups = Vec::new();
    let mut bytes = 0;
    for found in until_cancelled(pattern.captures_iter(text(values, 0))) {
        let group = group(&found?);
        bytes += memory::size(&group);
        memory::check_size(bytes, "REGEXP_EXTRACT_ALL")?;
        groups.push(group);
    }
    Ok(Value::Array(groups))
}

/// `\1` is the first group, as in RE2.
fn replace(values: &[Value], _: &Context<'_>) -> ValueResult {
    let mut with = String::new();
    let mut chars = text(values, 2).chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => with.push_str("$$"),
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => with.extend(['$', '{', digit, '}']),
                Some('\\') => with.push('\\'),
                _ => return Err("Invalid REGEXP_REPLACE pattern".into()),
            },
            other => with.push(other),
        }
    }
    let (pattern, whole) = (pattern(values)?, text(values, 0));
    let (mut replaced, mut at) = (String::new(), 0);
    for found in until_cancelled(pattern.captures_iter(whole)) {
        let found = found?;
        let all = found.get_match();
        replaced.push_str(&whole[at..all.start()]);
        found.expand(&with, &mut replaced);
        at = all.end();
        memory::check_size(replaced.len(), "REGEXP_REPLACE")?;
    }
    replaced.push_str(&whole[at..]);
    Ok(Value::Text(replaced))
}
