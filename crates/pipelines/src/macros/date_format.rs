//! Formats and parses dates by Java's patterns (`SimpleDateFormat`, and `DateTimeFormatter` where they agree).
//!
//! Names are English and weeks begin on Sunday, as in a server's locale `en_US`. A letter that Java does not know
//! is an error with Java's message. `date_format/zone.rs` has time zones, `date_format/parse.rs` parses.

mod parse;
mod zone;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use parse::Fields;
pub(crate) use zone::{Zone, zone};

/// A literal, or a letter with its number of repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Letter(char, usize),
}

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DateFormat {
    parts: Vec<Part>,
}

const LETTERS: &str = "GyYMLwWDdFEuaHkKhmsSzZX";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl DateFormat {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Java's message.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let literal = |parts: &mut Vec<Part>, letter: char| match parts.last_mut() {
            Some(Part::Literal(text)) => text.push(letter),
            _ => parts.push(Part::Literal(letter.into())),
        };
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                if letters.next_if_eq(&'\'').is_some() {
                    literal(&mut parts, '\'');
                    continue;
                }
                loop {
                    match letters.next() {
                        Some('\'') if letters.next_if_eq(&'\'').is_some() => literal(&mut parts, '\''),
                        Some('\'') => break,
                        Some(quoted) => literal(&mut parts, quoted),
                        None => return Err("Unterminated quote".to_owned()),
                    }
                }
            } else if letter.is_ascii_alphabetic() {
                if !LETTERS.contains(letter) {
                    return Err(format!("Illegal pattern character '{letter}'"));
                }
                let mut width = 1;
                while letters.next_if_eq(&letter).is_some() {
                    width += 1;
                }
                if letter == 'X' && width > 3 {
                    return Err(format!("invalid ISO 8601 format: length={width}"));
                }
                parts.push(Part::Letter(letter, width));
            } else {
                literal(&mut parts, letter);
            }
        }
        Ok(Self { parts })
    }

    /// Formats a moment in a zone.
    pub fn write(&self, moment: DateTime<Utc>, zone: Zone) -> String {
        let (local, offset, name) = zone.at(moment);
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Letter(letter, width) => out.push_str(&field(*letter, *width, local, offset, &name)),
            }
        }
        out
    }

    /// Parses a text; the rest after the pattern is ignored, as in `SimpleDateFormat.parse`.
    pub fn read(&self, text: &str, zone: Zone) -> Option<DateTime<Utc>> {
        let mut fields = Fields::default();
        let mut rest = text;
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::Letter(letter, width) => {
                    // A number is limited to the width of its letters only if another number follows directly.
                    let next = self.parts.get(at + 1);
                    let adjacent = matches!(next, Some(Part::Letter(next, width)) if numeric(*next, *width));
                    rest = fields.read(*letter, *width, adjacent, rest.trim_start())?;
                }
            }
        }
        fields.moment(zone)
    }
}

const fn numeric(letter: char, width: usize) -> bool {
    match letter {
        'M' | 'L' => width < 3,
        'G' | 'E' | 'a' | 'z' | 'Z' | 'X' => false,
        _ => true,
    }
}

fn field(letter: char, width: usize, local: NaiveDateTime, offset: i32, zone: &str) -> String {
    let padded = |number: i64| {
        let sign = if number < 0 { "-" } else { "" };
        format!("{sign}{:0>width$}", number.unsigned_abs())
    };
    let twelve = local.hour() % 12;
    let first_sunday = |day: u32, weekday: u32| i64::from((day + 6 - weekday) / 7);
    let hours = |colon: &str| {
        let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        format!("{sign}{:02}{colon}{:02}", size / 60, size % 60)
    };
    let weekday = local.weekday().num_days_from_sunday();
    match letter {
        'G' => (if local.year() > 0 { "AD" } else { "BC" }).to_owned(),
        'y' if width == 2 => format!("{:02}", local.year().rem_euclid(100)),
        'y' => padded(local.year().into()),
        'Y' => {
            let year = week_year(local.date());
            if width == 2 {
                format!("{:02}", year.rem_euclid(100))
            } else {
                padded(year.into())
            }
        }
        'M' | 'L' if width > 3 => local.format("%B").to_string(),
        'M' | 'L' if width == 3 => local.format("%b").to_string(),
        'M' | 'L' => padded(local.month().into()),
        'w' => padded(week(local.date())),
        'W' => padded(first_sunday(local.day(), weekday) + i64::from(!starts_on_sunday(local.date()))),
        'D' => padded(local.ordinal().into()),
        'd' => padded(local.day().into()),
        'F' => padded(i64::from((local.day() - 1) / 7 + 1)),
        'E' if width > 3 => local.format("%A").to_string(),
        'E' => local.format("%a").to_string(),
        'u' => padded(local.weekday().number_from_monday().into()),
        'a' => (if local.hour() < 12 { "AM" } else { "PM" }).to_owned(),
        'H' => padded(local.hour().into()),
        'k' => padded(if local.hour() == 0 {
            24
        } else {
            local.hour().into()
        }),
        'K' => padded(twelve.into()),
        'h' => padded(if twelve == 0 { 12 } else { twelve.into() }),
        'm' => padded(local.minute().into()),
        's' => padded(local.second().into()),
        'S' => padded((local.nanosecond() / 1_000_000).into()),
        'z' => zone.to_owned(),
        'Z' => hours(""),
        'X' if offset == 0 => "Z".to_owned(),
        'X' if width == 1 => hours("").get(..3).unwrap_or_default().to_owned(),
        'X' if width == 2 => hours(""),
        _ => hours(":"),
    }
}

fn starts_on_sunday(day: NaiveDate) -> bool {
    day.with_day(1)
        .is_some_and(|first| first.weekday().num_days_from_sunday() == 0)
}

/// The year of a day's week: weeks begin on Sunday, the first one contains January 1st.
fn week_year(day: NaiveDate) -> i32 {
    let left = 6 - day.weekday().num_days_from_sunday();
    let saturday = day + chrono::Days::new(left.into());
    saturday.year()
}

fn week(day: NaiveDate) -> i64 {
    let Some(first) = NaiveDate::from_ymd_opt(week_year(day), 1, 1) else {
        return 0;
    };
    let sunday = first - chrono::Days::new(first.weekday().num_days_from_sunday().into());
    (day - sunday).num_days() / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moment() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_681_380_806_123).unwrap()
    }

    #[test]
    fn every_letter_is_formatted_as_in_java() {
        for (pattern, name, expected) in [
            ("yyyy-MM-dd'T'HH:mm:ss.SSS", "UTC", "2023-04-13T10:13:26.123"),
            ("yy M d H m s", "UTC", "23 4 13 10 13 26"),
            ("EEE, d MMM yyyy", "UTC", "Thu, 13 Apr 2023"),
            ("EEEE MMMM", "UTC", "Thursday April"),
            ("hh:mm a KK kk", "GMT+12", "10:13 PM 10 22"),
            ("Z X XX XXX z", "America/New_York", "-0400 -04 -0400 -04:00 EDT"),
            ("XXX", "UTC", "Z"),
            ("D w W F u G YYYY", "UTC", "103 15 3 2 4 AD 2023"),
            ("'it''s' ''yyyy''", "UTC", "it's '2023'"),
            ("yyyyMMdd HH", "Europe/Berlin", "20230413 12"),
            ("HH", "Nowhere/At_All", "10"),
        ] {
            let format = DateFormat::new(pattern).unwrap();
            assert_eq!(format.write(moment(), zone(name)), expected, "{pattern}");
        }
        assert_eq!(
            DateFormat::new("yyyy-bb").unwrap_err(),
            "Illegal pattern character 'b'"
        );
        assert_eq!(DateFormat::new("yyyy'x").unwrap_err(), "Unterminated quote");
    }

    #[test]
    fn formatted_dates_are_parsed() {
        for (pattern, text, expected) in [
            ("yyyy-MM-dd HH:mm:ss", "2023-04-13 10:13:26", 1_681_380_806),
            ("yyyyMMddHHmmss", "20230413101326", 1_681_380_806),
            ("MM/dd/yyyy", "04/13/2023 and more", 1_681_344_000),
            ("d MMM yy", "13 apr 23", 1_681_344_000),
            (
                "yyyy-MM-dd'T'HH:mm:ssXXX",
                "2023-04-13T12:13:26+02:00",
                1_681_380_806,
            ),
            ("yyyy-MM-dd hh a", "2023-04-13 10 PM", 1_681_423_200),
            ("yyyy-MM-dd", "2023-03-44", 1_681_344_000),
        ] {
            let read = DateFormat::new(pattern).unwrap().read(text, zone("UTC"));
            assert_eq!(read.map(|moment| moment.timestamp()), Some(expected), "{pattern}");
        }
        assert!(
            DateFormat::new("yyyy-MM-dd")
                .unwrap()
                .read("13.4.2023", zone("UTC"))
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn any_pattern_is_handled(pattern in any::<String>(), text in any::<String>(), name in any::<String>()) {
            if let Ok(format) = DateFormat::new(&pattern) {
                let _ = format.write(moment(), zone(&name));
                let _ = format.read(&text, zone("UTC"));
            }
        }

        #[test]
        fn any_letters_are_handled(pattern in "[GyYMLwWDdFEuaHkKhmsSzZX':/. -]{0,16}", text in "[0-9A-Za-z:+ -]{0,24}") {
            if let Ok(format) = DateFormat::new(&pattern) {
                let _ = format.write(moment(), zone("Europe/Berlin"));
                let _ = format.read(&text, zone("UTC"));
            }
        }
    }
}
