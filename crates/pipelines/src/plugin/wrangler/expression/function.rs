//! The functions of expressions: the common ones of the plugin's namespaces.
//!
//! `math` is `java.lang.Math`, `string` is `StringUtils`, `decimal` and `date` are the plugin's own, functions
//! without a namespace are in its `Global`. Positions count characters, not UTF-16 units.

use super::value::{EvalError, Number, number};
use crate::plugin::wrangler::decimal::Decimal;
use crate::plugin::wrangler::row::Cell;
use chrono::{DateTime, Datelike, Utc};
use googlesql::limits::MAX_VALUE_BYTES;
use googlesql::regexp::{self, Dialect};
use regex::Regex;
use std::sync::Arc;

pub(super) fn call(space: &str, name: &str, arguments: &[Cell], at: usize) -> Result<Cell, EvalError> {
    let found = match space {
        "" => global(name, arguments)?,
        "math" => math(name, arguments)?,
        "string" | "strings" => string(name, arguments),
        "decimal" | "arithmetic" => decimal(name, arguments)?,
        "date" => date(name, arguments),
        "dq" => quality(name, arguments),
        _ => None,
    };
    let missing = || {
        let lead = if space.is_empty() {
            String::new()
        } else {
            format!("{space}:")
        };
        EvalError::Unsupported(format!(
            "Function '{lead}{name}' with {} arguments",
            arguments.len()
        ))
    };
    match found {
        Some(cell) => Ok(cell),
        None if arguments.contains(&Cell::Null) => Err(EvalError::Jexl(at)),
        None => Err(missing()),
    }
}

/// The compiled pattern; rows that follow find it compiled.
pub(super) fn regex(pattern: &str) -> Result<Arc<Regex>, EvalError> {
    regexp::compiled(pattern, Dialect::Java)
        .map_err(|_| EvalError::Unsupported(format!("The regular expression '{pattern}'")))
}

/// Whether the whole text matches, as `String.matches`.
pub(super) fn matches_whole(pattern: &str, text: &str) -> Result<bool, EvalError> {
    regex(pattern)?;
    Ok(regex(&format!("^(?:{pattern})$"))?.is_match(text))
}

pub(super) fn whole(count: usize) -> Cell {
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(super) fn index(found: Option<usize>, text: &str) -> Cell {
    found.map_or(Cell::Long(-1), |at| whole(text[..at].chars().count()))
}

fn global(name: &str, arguments: &[Cell]) -> Result<Option<Cell>, EvalError> {
    let number_of = |text: &Cell| number(&Cell::Text(text.text()));
    Ok(Some(match (name, arguments) {
        ("toInteger" | "toLong", [cell @ Cell::Text(_)]) => match number_of(cell)? {
            Number::Long(number) => Cell::Long(number),
            _ => {
                return Err(EvalError::TypeMismatch(format!(
                    "For input string: \"{}\"",
                    cell.text()
                )));
            }
        },
        ("toDouble" | "toFloat", [cell @ Cell::Text(_)]) => Cell::Float(number_of(cell)?.float()),
        ("toBytes", [Cell::Text(text)]) => Cell::Bytes(text.clone().into_bytes()),
        ("concat", [first, second]) => match (first, second) {
            (Cell::Null, Cell::Null) => Cell::Null,
            (Cell::Null, one) | (one, Cell::Null) => Cell::Text(one.text()),
            (first, second) => Cell::Text(first.text() + &second.text()),
        },
        ("concat", [first, between, second]) => match (first, second) {
            (Cell::Null, Cell::Null) => Cell::Null,
            (Cell::Null, one) => Cell::Text(between.text() + &one.text()),
            (one, Cell::Null) => Cell::Text(one.text() + &between.text()),
            (first, second) => Cell::Text(first.text() + &between.text() + &second.text()),
        },
        ("coalesce", all) => all
            .iter()
            .find(|cell| **cell != Cell::Null)
            .cloned()
            .unwrap_or(Cell::Null),
        ("rcoalesce", all) => {
            let found = all.iter().rev().find(|cell| **cell != Cell::Null);
            found.cloned().unwrap_or(Cell::Null)
        }
        ("repeat", [text, Cell::Long(count)]) => repeated(&text.text(), *count)?,
        _ => return Ok(None),
    }))
}

fn repeated(text: &str, count: i64) -> Result<Cell, EvalError> {
    let count = usize::try_from(count).unwrap_or(0);
    if text.len().saturating_mul(count) > MAX_VALUE_BYTES {
        return Err(EvalError::Unsupported(format!(
            "A text of more than {MAX_VALUE_BYTES} bytes"
        )));
    }
    Ok(Cell::Text(text.repeat(count)))
}

fn math(name: &str, arguments: &[Cell]) -> Result<Option<Cell>, EvalError> {
    let numbers = arguments.iter().map(|cell| match cell {
        Cell::Null => Ok(None),
        cell => number(cell).map(Some),
    });
    let Some(numbers) = numbers.collect::<Result<Option<Vec<_>>, _>>()? else {
        return Ok(None);
    };
    let float = |at: usize| numbers.get(at).map_or(f64::NAN, |number| number.float());
    let one = numbers.len() == 1;
    Ok(match (name, numbers.as_slice()) {
        ("abs", [Number::Long(number)]) => number.checked_abs().map(Cell::Long),
        ("max", [Number::Long(a), Number::Long(b)]) => Some(Cell::Long(*a.max(b))),
        ("min", [Number::Long(a), Number::Long(b)]) => Some(Cell::Long(*a.min(b))),
        ("max", [_, _]) => Some(Cell::Float(float(0).max(float(1)))),
        ("min", [_, _]) => Some(Cell::Float(float(0).min(float(1)))),
        ("pow", [_, _]) => Some(Cell::Float(float(0).powf(float(1)))),
        ("random", []) => {
            let bits = uuid::Uuid::new_v4().as_u128() >> 96;
            Some(Cell::Float(
                f64::from(u32::try_from(bits).unwrap_or(0)) / 4_294_967_296.0,
            ))
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "Java's cast stops at the ends, too"
        )]
        ("round", [_]) => Some(Cell::Long((float(0) + 0.5).floor() as i64)),
        (name, _) if one => {
            let function: fn(f64) -> f64 = match name {
                "abs" => f64::abs,
                "ceil" => f64::ceil,
                "floor" => f64::floor,
                "rint" => f64::round_ties_even,
                "sqrt" => f64::sqrt,
                "cbrt" => f64::cbrt,
                "exp" => f64::exp,
                "log" => f64::ln,
                "log10" => f64::log10,
                "sin" => f64::sin,
                "cos" => f64::cos,
                "tan" => f64::tan,
                "asin" => f64::asin,
                "acos" => f64::acos,
                "atan" => f64::atan,
                "toRadians" => f64::to_radians,
                "toDegrees" => f64::to_degrees,
                "signum" => |number| if number == 0.0 { 0.0 } else { number.signum() },
                _ => return Ok(None),
            };
            Some(Cell::Float(function(float(0))))
        }
        _ => None,
    })
}

/// The functions of `StringUtils`: null gives null, and an empty text is blank.
fn string(name: &str, arguments: &[Cell]) -> Option<Cell> {
    let (first, rest) = arguments.split_first()?;
    let given = first.text();
    let text = if *first == Cell::Null { "" } else { given.as_str() };
    let check = |truth: bool| Some(Cell::Bool(truth));
    match (name, rest) {
        ("isBlank", []) => return check(text.trim().is_empty()),
        ("isNotBlank", []) => return check(!text.trim().is_empty()),
        ("isEmpty", []) => return check(text.is_empty()),
        ("isNotEmpty", []) => return check(!text.is_empty()),
        ("defaultString" | "trimToEmpty", []) => return Some(Cell::Text(text.trim_matches('\0').to_owned())),
        ("defaultString" | "defaultIfEmpty", [other]) if *first == Cell::Null => return Some(other.clone()),
        ("length", []) => return Some(whole(text.chars().count())),
        _ => {}
    }
    if *first == Cell::Null {
        return Some(Cell::Null);
    }
    let say = |text: String| Some(Cell::Text(text));
    let all = |wanted: fn(char) -> bool| check(!text.is_empty() && text.chars().all(wanted));
    match (name, rest) {
        ("upperCase", []) => say(text.to_uppercase()),
        ("lowerCase", []) => say(text.to_lowercase()),
        ("trim" | "strip", []) => say(text.trim().to_owned()),
        ("stripStart", [_]) => say(text.trim_start().to_owned()),
        ("capitalize", []) => say(first_letter(text, |c| c.to_uppercase().collect())),
        ("uncapitalize", []) => say(first_letter(text, |c| c.to_lowercase().collect())),
        ("reverse", []) => say(text.chars().rev().collect()),
        ("deleteWhitespace", []) => say(text.chars().filter(|c| !c.is_whitespace()).collect()),
        ("swapCase", []) => say(text.chars().flat_map(swapped).collect()),
        ("chomp", []) => say(text
            .strip_suffix('\n')
            .unwrap_or(text)
            .trim_end_matches('\r')
            .to_owned()),
        ("isNumeric", []) => all(char::is_numeric),
        ("isAlpha", []) => all(char::is_alphabetic),
        ("isAlphanumeric", []) => all(char::is_alphanumeric),
        ("isWhitespace", []) => check(text.chars().all(char::is_whitespace)),
        ("left", [Cell::Long(count)]) => say(letters(text, 0, *count)),
        ("right", [Cell::Long(count)]) => {
            let length = i64::try_from(text.chars().count()).ok()?;
            say(letters(text, (length - count).max(0), length))
        }
        ("mid", [Cell::Long(from), Cell::Long(count)]) => {
            say(letters(text, *from, from.max(&0).saturating_add(*count)))
        }
        ("substring", [Cell::Long(from)]) => say(letters(text, *from, i64::MAX)),
        ("substring", [Cell::Long(from), Cell::Long(to)]) => say(letters(text, *from, *to)),
        ("leftPad" | "rightPad", [Cell::Long(width), pad @ ..]) => {
            let pad = pad.first().map_or_else(|| " ".to_owned(), Cell::text);
            let missing = usize::try_from(*width).ok()?.saturating_sub(text.chars().count());
            let fill: String = pad.chars().cycle().take(missing.min(1_000_000)).collect();
            say(if name == "leftPad" {
                fill + text
            } else {
                text.to_owned() + &fill
            })
        }
        ("substringBefore", [mark]) => say(text.split_once(&mark.text()).map_or(text, |(a, _)| a).to_owned()),
        ("substringAfter", [mark]) => say(text.split_once(&mark.text()).map_or("", |(_, b)| b).to_owned()),
        ("substringBeforeLast", [mark]) => {
            say(text.rsplit_once(&mark.text()).map_or(text, |(a, _)| a).to_owned())
        }
        ("substringAfterLast", [mark]) => {
            say(text.rsplit_once(&mark.text()).map_or("", |(_, b)| b).to_owned())
        }
        ("contains", [part]) => check(text.contains(&part.text())),
        ("startsWith", [part]) => check(text.starts_with(&part.text())),
        ("endsWith", [part]) => check(text.ends_with(&part.text())),
        ("equals", [other]) => check(given == other.text()),
        ("equalsIgnoreCase", [other]) => check(text.to_lowercase() == other.text().to_lowercase()),
        ("indexOf", [part]) => Some(index(text.find(&part.text()), text)),
        ("lastIndexOf", [part]) => Some(index(text.rfind(&part.text()), text)),
        ("countMatches", [part]) => Some(whole(text.matches(&part.text()).count())),
        ("remove", [part]) => say(text.replace(&part.text(), "")),
        ("removeStart", [part]) => say(text.strip_prefix(&part.text()).unwrap_or(text).to_owned()),
        ("removeEnd", [part]) => say(text.strip_suffix(&part.text()).unwrap_or(text).to_owned()),
        ("replace", [part, by]) if !part.text().is_empty() => {
            let (part, by) = (part.text(), by.text());
            let longest = text.matches(&part).count().saturating_mul(by.len());
            (longest <= MAX_VALUE_BYTES).then(|| Cell::Text(text.replace(&part, &by)))
        }
        ("replaceOnce", [part, by]) => say(text.replacen(&part.text(), &by.text(), 1)),
        ("repeat", [Cell::Long(count)]) => repeated(text, *count).ok(),
        _ => None,
    }
}

fn swapped(letter: char) -> Vec<char> {
    if letter.is_uppercase() {
        letter.to_lowercase().collect()
    } else {
        letter.to_uppercase().collect()
    }
}

fn first_letter(text: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| change(first) + letters.as_str())
}

/// The characters between two positions; a negative position counts from the end, as in `StringUtils`.
pub(super) fn letters(text: &str, from: i64, to: i64) -> String {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |at: i64| {
        let at = if at < 0 { at.saturating_add(length) } else { at };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    let (from, to) = (place(from), place(to));
    text.chars().skip(from).take(to.saturating_sub(from)).collect()
}

fn decimal(name: &str, arguments: &[Cell]) -> Result<Option<Cell>, EvalError> {
    if arguments.contains(&Cell::Null) {
        return Ok(None);
    }
    let mut numbers = Vec::new();
    for cell in arguments {
        match Decimal::parse(&cell.text()) {
            Some(number) => numbers.push(number),
            None => {
                return Err(EvalError::TypeMismatch(format!(
                    "For input string: \"{}\"",
                    cell.text()
                )));
            }
        }
    }
    let result = match (name, numbers.as_slice()) {
        ("add", [a, b]) => a.add(*b),
        ("subtract" | "minus", [a, b]) => b.negate().and_then(|b| a.add(b)),
        ("multiply", [a, b]) => a.multiply(*b),
        ("divideq" | "divide", [a, b]) => a.divide(*b),
        ("negate", [a]) => a.negate(),
        ("abs", [a]) if a.is_positive() => Some(*a),
        ("abs", [a]) => a.negate(),
        ("precision", [a]) => return Ok(Some(Cell::Long(a.precision().into()))),
        ("scale", [a]) => return Ok(Some(Cell::Long(a.scale().into()))),
        _ => return Ok(None),
    };
    Ok(result.map(|number| Cell::Decimal(number.to_string())))
}

fn date(name: &str, arguments: &[Cell]) -> Option<Cell> {
    let moment = |at: usize| match arguments.get(at) {
        Some(Cell::Moment(moment)) => Some(*moment),
        _ => None,
    };
    let days = |from: DateTime<Utc>, to: DateTime<Utc>| Cell::Long((to - from).num_days());
    let formatted = |from: DateTime<Utc>, pattern: &str| Cell::Text(from.format(pattern).to_string());
    let one = moment(0)?;
    Some(match (name, arguments.len()) {
        ("UNIXTIMESTAMP_MILLIS", 1) => Cell::Long(one.timestamp_millis()),
        ("UNIXTIMESTAMP_SECONDS", 1) => Cell::Long(one.timestamp()),
        ("MONTH", 1) => Cell::Long(one.month().into()),
        ("MONTH_SHORT", 1) => formatted(one, "%b"),
        ("MONTH_LONG", 1) => formatted(one, "%B"),
        ("YEAR", 1) => Cell::Long(one.year().into()),
        ("DAY_OF_WEEK", 1) => Cell::Long(one.weekday().number_from_monday().into()),
        ("DAY_OF_WEEK_SHORT", 1) => formatted(one, "%a"),
        ("DAY_OF_WEEK_LONG", 1) => formatted(one, "%A"),
        ("DAY_OF_YEAR", 1) => Cell::Long(one.ordinal().into()),
        ("DAYS_BETWEEN", 2) => days(one, moment(1)?),
        ("DAYS_BETWEEN_NOW", 1) => days(one, Utc::now()),
        _ => return None,
    })
}

fn quality(name: &str, arguments: &[Cell]) -> Option<Cell> {
    let [cell] = arguments else { return None };
    let text = cell.text();
    let whole = || text.parse::<i64>().is_ok();
    Some(Cell::Bool(match name {
        "isEmpty" => *cell == Cell::Null || text.trim().is_empty(),
        "isInteger" => whole(),
        "isNumber" => Decimal::parse(&text).is_some(),
        "isDouble" => text.contains('.') && Decimal::parse(&text).is_some(),
        "isBoolean" => matches!(
            text.to_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "t" | "f"
        ),
        _ => return None,
    }))
}
