//! The methods of Java objects in expressions: strings, dates, numbers, JSON.

use super::function::{index, letters, matches_whole, regex, whole};
use super::value::{EvalError, Number, number, replaced};
use crate::plugin::wrangler::row::{Cell, from_json};
use chrono::{Datelike, Timelike};
use regex::Regex;
use serde_json::Value as Json;

/// The most parts of a text that is split.
pub(in crate::plugin::wrangler) const MAX_PARTS: usize = 100_000;

/// Calls a method of a Java object.
pub(super) fn method(object: &Cell, name: &str, arguments: &[Cell], at: usize) -> Result<Cell, EvalError> {
    let missing = || EvalError::Jexl(at);
    match (object, name, arguments) {
        (Cell::Null, _, _) => Err(missing()),
        (cell, "toString", []) => Ok(Cell::Text(cell.text())),
        (cell, "equals", [other]) => Ok(Cell::Bool(cell == other)),
        (Cell::Text(text), ..) => text_method(text, name, arguments)?.ok_or_else(missing),
        (Cell::Moment(_) | Cell::Date(_) | Cell::DateTime(_), ..) => {
            date_method(object, name, arguments).ok_or_else(missing)
        }
        (Cell::Json(Json::Array(items)), "size" | "length", []) => Ok(whole(items.len())),
        (Cell::Json(Json::Array(items)), "get", [Cell::Long(at)]) => {
            let item = usize::try_from(*at).ok().and_then(|at| items.get(at).cloned());
            item.map(from_json).ok_or_else(missing)
        }
        (Cell::Json(Json::Object(fields)), "get", [key]) => {
            Ok(fields.get(&key.text()).cloned().map_or(Cell::Null, from_json))
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "Java's cast stops at the ends, too"
        )]
        (Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_), "intValue" | "longValue", []) => {
            Ok(Cell::Long(match number(object)? {
                Number::Long(number) => number,
                other => other.float() as i64,
            }))
        }
        (Cell::Long(_) | Cell::Float(_) | Cell::Decimal(_), "doubleValue" | "floatValue", []) => {
            Ok(Cell::Float(number(object)?.float()))
        }
        _ => Err(missing()),
    }
}

fn text_method(text: &str, name: &str, arguments: &[Cell]) -> Result<Option<Cell>, EvalError> {
    let say = |text: String| Some(Cell::Text(text));
    let check = |truth: bool| Some(Cell::Bool(truth));
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    Ok(match (name, arguments) {
        ("toUpperCase", []) => say(text.to_uppercase()),
        ("toLowerCase", []) => say(text.to_lowercase()),
        ("trim" | "strip", []) => say(text.trim().to_owned()),
        ("length", []) => Some(Cell::Long(length)),
        ("isEmpty", []) => check(text.is_empty()),
        ("concat", [other]) => say(text.to_owned() + &other.text()),
        ("contains", [part]) => check(text.contains(&part.text())),
        ("startsWith", [part]) => check(text.starts_with(&part.text())),
        ("endsWith", [part]) => check(text.ends_with(&part.text())),
        ("equalsIgnoreCase", [other]) => check(text.to_lowercase() == other.text().to_lowercase()),
        ("compareTo", [other]) => Some(Cell::Long(match text.cmp(&other.text()) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        })),
        ("indexOf", [part]) => Some(index(text.find(&part.text()), text)),
        ("lastIndexOf", [part]) => Some(index(text.rfind(&part.text()), text)),
        ("charAt", [Cell::Long(at)]) if (0..length).contains(at) => say(letters(text, *at, at + 1)),
        ("substring", [Cell::Long(from)]) if (0..=length).contains(from) => say(letters(text, *from, length)),
        ("substring", [Cell::Long(from), Cell::Long(to)]) if *from >= 0 && from <= to && *to <= length => {
            say(letters(text, *from, *to))
        }
        ("substring", [Cell::Long(from)]) => {
            return Err(EvalError::Function(format!(
                "begin {from}, end {length}, length {length}"
            )));
        }
        ("substring", [Cell::Long(from), Cell::Long(to)]) => {
            return Err(EvalError::Function(format!(
                "begin {from}, end {to}, length {length}"
            )));
        }
        ("replace", [part, by]) => {
            let plain = regex(&regex::escape(&part.text()))?;
            replace(text, &plain, &by.text().replace('$', "$$"), usize::MAX)?
        }
        ("replaceAll", [pattern, by]) => replace(
            text,
            &*regex(&pattern.text())?,
            &replacement(&by.text()),
            usize::MAX,
        )?,
        ("replaceFirst", [pattern, by]) => {
            replace(text, &*regex(&pattern.text())?, &replacement(&by.text()), 1)?
        }
        ("matches", [pattern]) => check(matches_whole(&pattern.text(), text)?),
        ("split", [pattern]) => {
            let parts = split(text, &*regex(&pattern.text())?).map_err(EvalError::Unsupported)?;
            Some(Cell::Json(Json::from(parts)))
        }
        _ => None,
    })
}

fn replace(text: &str, pattern: &Regex, by: &str, most: usize) -> Result<Option<Cell>, EvalError> {
    let text = replaced(text, pattern, by, most).map_err(EvalError::Unsupported)?;
    Ok(Some(Cell::Text(text)))
}

/// Converts a replacement of Java's regular expressions to Rust's: `$1` becomes `${1}`.
pub(in crate::plugin::wrangler) fn replacement(java: &str) -> String {
    let mut ours = String::new();
    let mut letters = java.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('$') => ours.push_str("$$"),
                Some(other) => ours.push(other),
                None => {}
            },
            '$' => match letters.next_if(char::is_ascii_digit) {
                Some(group) => ours.extend(['$', '{', group, '}']),
                None => ours.push_str("$$"),
            },
            other => ours.push(other),
        }
    }
    ours
}

/// Splits as `String.split`: without empty parts at the end, and without one at the start for an empty match.
pub(in crate::plugin::wrangler) fn split(text: &str, pattern: &Regex) -> Result<Vec<String>, String> {
    let mut parts: Vec<String> = Vec::new();
    let mut from = 0;
    for found in pattern.find_iter(text) {
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        if parts.len() == MAX_PARTS {
            return Err(format!("A text of more than {MAX_PARTS} parts"));
        }
        parts.push(text[from..found.start()].to_owned());
        from = found.end();
    }
    if parts.is_empty() {
        return Ok(vec![text.to_owned()]);
    }
    parts.push(text[from..].to_owned());
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    Ok(parts)
}

fn date_method(object: &Cell, name: &str, arguments: &[Cell]) -> Option<Cell> {
    let moment = match object {
        Cell::Moment(moment) => moment.naive_utc(),
        Cell::DateTime(moment) => *moment,
        Cell::Date(day) => day.and_hms_opt(0, 0, 0)?,
        _ => return None,
    };
    if let [Cell::Long(count)] = arguments {
        let count = if name.starts_with("minus") {
            count.checked_neg()?
        } else {
            *count
        };
        let seconds = match name.trim_start_matches("plus").trim_start_matches("minus") {
            "Seconds" => 1,
            "Minutes" => 60,
            "Hours" => 3_600,
            "Days" => 86_400,
            "Weeks" => 604_800,
            _ => return None,
        };
        let span = chrono::Duration::try_seconds(count.checked_mul(seconds)?)?;
        let moved = moment.checked_add_signed(span)?;
        return Some(match object {
            Cell::Moment(_) => Cell::Moment(moved.and_utc()),
            Cell::DateTime(_) => Cell::DateTime(moved),
            _ => Cell::Date(moved.date()),
        });
    }
    if !arguments.is_empty() {
        return None;
    }
    Some(match name {
        "getYear" => Cell::Long(moment.year().into()),
        "getMonthValue" => Cell::Long(moment.month().into()),
        "getDayOfMonth" => Cell::Long(moment.day().into()),
        "getDayOfYear" => Cell::Long(moment.ordinal().into()),
        "getHour" => Cell::Long(moment.hour().into()),
        "getMinute" => Cell::Long(moment.minute().into()),
        "getSecond" => Cell::Long(moment.second().into()),
        "toLocalDate" => Cell::Date(moment.date()),
        "toLocalDateTime" => Cell::DateTime(moment),
        "toLocalTime" => Cell::Time(moment.time()),
        _ => return None,
    })
}
