//! `logicalStartTime(format,offset,zone)` with Java's `SimpleDateFormat` letters.
//!
//! The offset is subtracted. Only UTC and fixed offsets are known as zones: anything else is refused,
//! for Java would silently take GMT.

use super::MacroError;
use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Timelike};

/// Evaluates the function for a moment in milliseconds since 1970.
pub fn logical_start_time(millis: i64, arguments: &[String]) -> Result<String, MacroError> {
    let argument = |index: usize| arguments.get(index).map(|a| a.trim()).filter(|a| !a.is_empty());
    let earlier = match argument(1) {
        Some(offset) => millis - offset_millis(offset)?,
        None => millis,
    };
    let Some(pattern) = argument(0) else {
        return Ok(earlier.to_string());
    };
    let zone = zone(argument(2).unwrap_or("UTC"))?;
    format(earlier, pattern, zone)
}

/// Formats milliseconds since 1970 by a `SimpleDateFormat` pattern.
pub fn format(millis: i64, pattern: &str, zone: FixedOffset) -> Result<String, MacroError> {
    let at = DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| MacroError(format!("{millis} is no time that can be formatted")))?
        .with_timezone(&zone);
    let mut out = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            quoted(&mut letters, &mut out, pattern)?;
        } else if letter.is_ascii_alphabetic() {
            let mut width = 1;
            while letters.next_if_eq(&letter).is_some() {
                width += 1;
            }
            out.push_str(&field(&at, letter, width)?);
        } else {
            out.push(letter);
        }
    }
    Ok(out)
}

fn quoted(
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
    pattern: &str,
) -> Result<(), MacroError> {
    if letters.next_if_eq(&'\'').is_some() {
        out.push('\'');
        return Ok(());
    }
    loop {
        match letters.next() {
            Some('\'') if letters.next_if_eq(&'\'').is_some() => out.push('\''),
            Some('\'') => return Ok(()),
            Some(letter) => out.push(letter),
            None => {
                return Err(MacroError(format!(
                    "Unterminated quote in date format '{pattern}'"
                )));
            }
        }
    }
}

fn field(at: &DateTime<FixedOffset>, letter: char, width: usize) -> Result<String, MacroError> {
    let number = |value: i64| format!("{value:0width$}");
    let named = |short: &str, long: &str| at.format(if width > 3 { long } else { short }).to_string();
    Ok(match letter {
        'y' if width == 2 => format!("{:02}", at.year().rem_euclid(100)),
        'y' => number(at.year().into()),
        'M' if width > 2 => named("%b", "%B"),
        'M' => number(at.month().into()),
        'd' => number(at.day().into()),
        'D' => number(at.ordinal().into()),
        'H' => number(at.hour().into()),
        'k' => number(if at.hour() == 0 { 24 } else { at.hour().into() }),
        'K' => number((at.hour() % 12).into()),
        'h' => number(at.hour12().1.into()),
        'm' => number(at.minute().into()),
        's' => number(at.second().into()),
        'S' => number(at.timestamp_subsec_millis().into()),
        'a' => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        'E' => named("%a", "%A"),
        'u' => number(at.weekday().number_from_monday().into()),
        'z' | 'Z' if at.offset().local_minus_utc() == 0 && letter == 'z' => "UTC".to_owned(),
        'z' => format!("GMT{}", at.format("%:z")),
        'Z' => at.format("%z").to_string(),
        'X' if at.offset().local_minus_utc() == 0 => "Z".to_owned(),
        'X' => at.format(if width == 3 { "%:z" } else { "%z" }).to_string(),
        'G' | 'Y' | 'w' | 'W' | 'F' | 'L' => {
            let text = format!("Date format letter '{letter}' is not supported by the sandbox");
            return Err(MacroError(text));
        }
        _ => return Err(MacroError(format!("Illegal pattern character '{letter}'"))),
    })
}

/// `1d-4h+30m` in milliseconds.
fn offset_millis(text: &str) -> Result<i64, MacroError> {
    let refuse = || {
        MacroError(format!(
            "Cannot parse the time offset '{text}'; it looks like 1d-4h+30m"
        ))
    };
    let mut total = TimeDelta::zero();
    let mut sign = 1;
    let mut digits = String::new();
    for letter in text.chars() {
        match letter {
            '+' | '-' if digits.is_empty() => sign = if letter == '-' { -1 } else { 1 },
            '0'..='9' => digits.push(letter),
            's' | 'm' | 'h' | 'd' => {
                let count: i64 = digits.parse().map_err(|_| refuse())?;
                let unit = match letter {
                    's' => TimeDelta::try_seconds(count),
                    'm' => TimeDelta::try_minutes(count),
                    'h' => TimeDelta::try_hours(count),
                    _ => TimeDelta::try_days(count),
                };
                let step = unit.ok_or_else(refuse)? * sign;
                total = total.checked_add(&step).ok_or_else(refuse)?;
                digits.clear();
                sign = 1;
            }
            ' ' => {}
            _ => return Err(refuse()),
        }
    }
    if digits.is_empty() {
        Ok(total.num_milliseconds())
    } else {
        Err(refuse())
    }
}

fn zone(name: &str) -> Result<FixedOffset, MacroError> {
    let refuse = || {
        MacroError(format!(
            "Time zone '{name}' is not supported by the sandbox; use UTC or an offset such as GMT+02:00"
        ))
    };
    let utc = FixedOffset::east_opt(0).ok_or_else(refuse)?;
    if ["UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT", "UCT", "Zulu"].contains(&name) {
        return Ok(utc);
    }
    let offset = name
        .strip_prefix("GMT")
        .or(name.strip_prefix("UTC"))
        .unwrap_or(name);
    let (sign, rest) = match offset.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(refuse()),
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some(parts), _) => parts,
        (None, 4) => rest.split_at_checked(2).ok_or_else(refuse)?,
        (None, _) => (rest, "0"),
    };
    let hours: i32 = hours.parse().map_err(|_| refuse())?;
    let minutes: i32 = minutes.parse().map_err(|_| refuse())?;
    if !(0..=23).contains(&hours) || !(0..=59).contains(&minutes) {
        return Err(refuse());
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)).ok_or_else(refuse)
}
