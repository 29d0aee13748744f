//! `${logicalStartTime(format,offset,zone)}`: Java's `SimpleDateFormat`, an offset that is subtracted.

use super::Scope;
use chrono::{DateTime, FixedOffset, Utc};

pub(super) fn evaluate(arguments: &[&str], scope: &Scope) -> Result<String, String> {
    let millis = scope
        .arguments
        .get("logical.start.time")
        .map(String::as_str)
        .unwrap_or_default();
    let millis: i64 = millis
        .parse()
        .map_err(|_| format!("Invalid logical.start.time '{millis}'"))?;
    let [format, rest @ ..] = arguments else {
        return Ok(millis.to_string());
    };
    if format.is_empty() && rest.is_empty() {
        return Ok(millis.to_string());
    }
    let shifted = millis - rest.first().map_or(Ok(0), |text| offset(text))?;
    let zone = rest
        .get(1)
        .map_or(Ok(FixedOffset::east_opt(0)), |text| zone(text).map(Some))?;
    let moment: DateTime<Utc> =
        DateTime::from_timestamp_millis(shifted).ok_or("logical.start.time is out of range")?;
    let zone = zone.ok_or("no such time zone")?;
    render(format, moment.with_timezone(&zone))
}

/// `1d-4h+30m` in milliseconds.
fn offset(text: &str) -> Result<i64, String> {
    let (mut total, mut sign, mut number) = (0_i64, 1_i64, String::new());
    for letter in text.chars().filter(|c| !c.is_whitespace()) {
        let unit = match letter {
            '0'..='9' => {
                number.push(letter);
                continue;
            }
            '+' | '-' if number.is_empty() => {
                sign = if letter == '-' { -1 } else { 1 };
                continue;
            }
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return Err(format!("Invalid offset '{text}'")),
        };
        let count: i64 = number.parse().map_err(|_| format!("Invalid offset '{text}'"))?;
        total += sign * count * unit;
        number.clear();
    }
    if number.is_empty() {
        Ok(total)
    } else {
        Err(format!("Invalid offset '{text}'"))
    }
}

fn zone(name: &str) -> Result<FixedOffset, String> {
    let plain = name.trim_start_matches("GMT").trim_start_matches("UTC");
    let zero = if plain.is_empty() || name == "Z" || name == "Etc/UTC" {
        "+00:00"
    } else {
        plain
    };
    zero.parse()
        .map_err(|_| format!("Time zone '{name}' is not supported by the sandbox; use UTC or GMT+hh:mm"))
}

/// The letters of `SimpleDateFormat` that orchestration meets; others are refused.
fn render(format: &str, moment: DateTime<FixedOffset>) -> Result<String, String> {
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            while let Some(quoted) = letters.next_if(|c| *c != '\'') {
                out.push(quoted);
            }
            letters.next();
            continue;
        }
        let mut width = 1;
        while letters.next_if_eq(&letter).is_some() {
            width += 1;
        }
        let pattern = match (letter, width) {
            ('y', 2) => "%y",
            ('y', _) => "%Y",
            ('M', 4..) => "%B",
            ('M', 3) => "%b",
            ('M', 2) => "%m",
            ('d', 2) => "%d",
            ('H', 2) => "%H",
            ('m', 2) => "%M",
            ('s', 2) => "%S",
            ('M', 1) => "%-m",
            ('d', 1) => "%-d",
            ('H', 1) => "%-H",
            ('S', _) => "%3f",
            ('E', _) => "%a",
            ('Z' | 'X', _) => "%z",
            ('D', _) => "%j",
            (other, _) if other.is_ascii_alphabetic() => {
                return Err(format!(
                    "Date format letter '{other}' is not supported by the sandbox"
                ));
            }
            (other, _) => {
                out.extend(std::iter::repeat_n(other, width));
                continue;
            }
        };
        out.push_str(&moment.format(pattern).to_string());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_offsets_and_zones() {
        let scope = Scope {
            arguments: [("logical.start.time".to_owned(), "1681380806123".to_owned())].into(),
            ..Scope::default()
        };
        for (arguments, expected) in [
            (vec!["yyyy-MM-dd"], "2023-04-13"),
            (vec!["yyyy-MM-dd HH:mm:ss", "0s", "UTC"], "2023-04-13 10:13:26"),
            (vec!["yyyyMMdd'T'HHmm", "1d-1h", "UTC"], "20230412T1113"),
            (vec!["HH:mm", "0s", "GMT+02:00"], "12:13"),
            (vec!["SSS", "0s", "UTC"], "123"),
        ] {
            assert_eq!(evaluate(&arguments, &scope).as_deref(), Ok(expected));
        }
        assert!(evaluate(&["yyyy", "0s", "Europe/Berlin"], &scope).is_err());
        assert!(evaluate(&["yyyy", "5x"], &scope).is_err());
    }
}
