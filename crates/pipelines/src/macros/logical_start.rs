//! Evaluates `${logicalStartTime(format,offset,zone)}`: a format of `SimpleDateFormat`, and an offset that is
//! subtracted.

use super::Scope;
use super::date_format::{DateFormat, zone};
use chrono::DateTime;

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
    if rest.len() > 2 {
        return Err("runtime macro supports at most 3 arguments - format, offset, and timezone. Formats containing a comma are not supported.".to_owned());
    }
    let format = DateFormat::new(format)?;
    let shifted = millis - rest.first().map_or(Ok(0), |text| offset(text.trim()))?;
    let moment = DateTime::from_timestamp_millis(shifted).ok_or("logical.start.time is out of range")?;
    Ok(format.write(moment, zone(rest.get(1).map_or("UTC", |name| name.trim()))))
}

/// Parses an offset such as `1d-4h+30m` to milliseconds.
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
            (
                vec!["yyyy-MM-dd HH:mm z", "0s", "Europe/Berlin"],
                "2023-04-13 12:13 CEST",
            ),
            (vec!["EEE d MMM"], "Thu 13 Apr"),
        ] {
            assert_eq!(evaluate(&arguments, &scope).as_deref(), Ok(expected));
        }
        assert!(evaluate(&["yyyy", "0s", "UTC", "x"], &scope).is_err());
        assert!(evaluate(&["yyyy-bb"], &scope).is_err());
        assert!(evaluate(&["yyyy", "5x"], &scope).is_err());
    }
}
