//! Parses the fields of a date as a lenient `SimpleDateFormat` does.

use super::MONTHS;
use super::zone::{Zone, parse_offset};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Utc};

/// The fields that have been parsed.
#[derive(Debug, Default)]
pub(super) struct Fields {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    ordinal: Option<u32>,
    hour: u32,
    afternoon: bool,
    minute: u32,
    second: u32,
    millis: u32,
    offset: Option<FixedOffset>,
}

impl Fields {
    pub(super) fn read<'a>(
        &mut self,
        letter: char,
        width: usize,
        adjacent: bool,
        text: &'a str,
    ) -> Option<&'a str> {
        match letter {
            'M' | 'L' if width > 2 => {
                let found = |name: &&str| {
                    let short = &name[..3];
                    [*name, short]
                        .iter()
                        .copied()
                        .find(|name| starts_with_ignore_case(text, name))
                        .map(str::len)
                };
                let (at, length) = MONTHS
                    .iter()
                    .enumerate()
                    .find_map(|(at, name)| Some((at, found(name)?)))?;
                self.month = u32::try_from(at + 1).ok();
                Some(&text[length..])
            }
            'E' => text.get(text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len())..),
            'a' => {
                self.afternoon = starts_with_ignore_case(text, "PM");
                (self.afternoon || starts_with_ignore_case(text, "AM")).then(|| &text[2..])
            }
            'G' => starts_with_ignore_case(text, "AD").then(|| &text[2..]),
            'z' | 'Z' | 'X' => self.zone(text),
            _ => {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                let length = if adjacent { digits.min(width) } else { digits };
                let number: u32 = text[..length].parse().ok()?;
                self.number(letter, width, length, number)?;
                Some(&text[length..])
            }
        }
    }

    fn number(&mut self, letter: char, width: usize, length: usize, number: u32) -> Option<()> {
        match letter {
            'y' | 'Y' => {
                let year = i32::try_from(number).ok()?;
                // Two digits mean a year between 80 years before and 20 years after now.
                let short = width <= 2 && length == 2;
                self.year = Some(if short { expand_century(year) } else { year });
            }
            'M' | 'L' => self.month = Some(number),
            'd' => self.day = Some(number),
            'D' => self.ordinal = Some(number),
            'H' => self.hour = number,
            'k' => self.hour = if number == 24 { 0 } else { number },
            'K' => self.hour = number,
            'h' => self.hour = if number == 12 { 0 } else { number },
            'm' => self.minute = number,
            's' => self.second = number,
            'S' => self.millis = number,
            // Ignored: the day is more precise.
            'w' | 'W' | 'F' | 'u' => {}
            _ => return None,
        }
        Some(())
    }

    fn zone<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        for name in ["UTC", "GMT", "Z"] {
            if let Some(rest) = text.strip_prefix(name)
                && !rest.starts_with(['+', '-'])
            {
                self.offset = FixedOffset::east_opt(0);
                return Some(rest);
            }
        }
        let text = text.strip_prefix("GMT").unwrap_or(text);
        if !text.starts_with(['+', '-']) {
            return None;
        }
        let length = text[1..]
            .find(|c: char| !(c.is_ascii_digit() || c == ':'))
            .map_or(text.len(), |at| at + 1);
        self.offset = Some(parse_offset(&text[..length])?);
        Some(&text[length..])
    }

    /// The moment of the fields. Java's calendar is lenient: an excess is carried to the next unit.
    pub(super) fn moment(&self, zone: Zone) -> Option<DateTime<Utc>> {
        let year = self.year.unwrap_or(1970);
        let month = self.month.unwrap_or(1);
        let over = i32::try_from((month.max(1) - 1) / 12).ok()?;
        let first = NaiveDate::from_ymd_opt(year.checked_add(over)?, (month.max(1) - 1) % 12 + 1, 1)?;
        let first = if self.ordinal.is_some() {
            NaiveDate::from_ymd_opt(year, 1, 1)?
        } else {
            first
        };
        let days = i64::from(self.ordinal.or(self.day).unwrap_or(1)) - 1;
        let hour = self.hour + if self.afternoon && self.hour < 12 { 12 } else { 0 };
        let seconds = i64::from(hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        let span = chrono::Duration::try_days(days)?
            + chrono::Duration::try_seconds(seconds)?
            + chrono::Duration::milliseconds(self.millis.into());
        let local = first.and_hms_opt(0, 0, 0)?.checked_add_signed(span)?;
        match self.offset {
            Some(offset) => Zone::Fixed(offset).moment(local),
            None => zone.moment(local),
        }
    }
}

pub(super) fn starts_with_ignore_case(text: &str, name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

pub(super) fn expand_century(year: i32) -> i32 {
    let now = Utc::now().year();
    let year = now - now % 100 + year;
    if year > now + 20 {
        year - 100
    } else if year <= now - 80 {
        year + 100
    } else {
        year
    }
}
