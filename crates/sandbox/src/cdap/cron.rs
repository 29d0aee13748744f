//! Cron expressions of schedules: five fields that start with minutes, or six that start with seconds. Times are UTC.

use chrono::{DateTime, Datelike, Days, TimeZone, Utc};

/// How many days ahead the next time is searched; a leap day comes within eight years.
const DAYS_AHEAD: u64 = 366 * 8;

/// A parsed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    seconds: Vec<u32>,
    minutes: Vec<u32>,
    hours: Vec<u32>,
    /// `None` is any.
    days: Option<Vec<u32>>,
    months: Vec<u32>,
    /// From Sunday, which is 0; `None` is any.
    weekdays: Option<Vec<u32>>,
}

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Cron {
    /// Parses an expression.
    ///
    /// # Errors
    /// The text of the 400 answer. A number outside its range is accepted, and never matches (measured).
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (seconds, rest) = match fields[..] {
            [_, _, _, _, _] => ("0", &fields[..]),
            [seconds, _, _, _, _, _] => (seconds, &fields[1..]),
            _ => {
                return Err(format!(
                    "Invalid cron entry format in '{text}'. Cron entry must contain 5 or 6 fields."
                ));
            }
        };
        let read = || {
            Some(Self {
                seconds: numbers(seconds, 0, 59, &[])?,
                minutes: numbers(rest[0], 0, 59, &[])?,
                hours: numbers(rest[1], 0, 23, &[])?,
                days: some(rest[2], |field| numbers(field, 1, 31, &[]))?,
                months: numbers(rest[3], 1, 12, &MONTHS)?,
                weekdays: some(rest[4], |field| {
                    Some(
                        numbers(field, 0, 7, &WEEKDAYS)?
                            .into_iter()
                            .map(|day| day % 7)
                            .collect(),
                    )
                })?,
            })
        };
        // Only this text was recorded for invalid expressions.
        read().ok_or_else(|| {
            format!(
                "Invalid cron expression '{text}': Illegal cron expression format \
                 (java.lang.StringIndexOutOfBoundsException: begin 0, end 3, length 1)"
            )
        })
    }

    /// The next time after `ms`, in milliseconds since 1970.
    pub fn next(&self, ms: i64) -> Option<i64> {
        // Without a number in range no time fits: no need to look at every day.
        if [&self.seconds, &self.minutes, &self.hours, &self.months]
            .iter()
            .any(|field| field.is_empty())
        {
            return None;
        }
        let after = Utc.timestamp_millis_opt(ms).single()?;
        (0..DAYS_AHEAD).find_map(|ahead| {
            let day = after.date_naive().checked_add_days(Days::new(ahead))?;
            self.fits(day).then(|| self.first_of(day, after)).flatten()
        })
    }

    fn fits(&self, day: chrono::NaiveDate) -> bool {
        let weekday = day.weekday().num_days_from_sunday();
        self.months.contains(&day.month())
            && self.days.as_ref().is_none_or(|days| days.contains(&day.day()))
            && self.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
    }

    fn first_of(&self, day: chrono::NaiveDate, after: DateTime<Utc>) -> Option<i64> {
        let times = self.hours.iter().flat_map(|hour| {
            self.minutes
                .iter()
                .flat_map(move |minute| self.seconds.iter().map(move |second| (*hour, *minute, *second)))
        });
        let mut moments = times.filter_map(|(hour, minute, second)| day.and_hms_opt(hour, minute, second));
        let found = moments.find(|moment| moment.and_utc() > after)?;
        Some(found.and_utc().timestamp_millis())
    }
}

/// `*` and `?` are any.
fn some(field: &str, read: impl Fn(&str) -> Option<Vec<u32>>) -> Option<Option<Vec<u32>>> {
    match field {
        "*" | "?" => Some(None),
        field => read(field).map(Some),
    }
}

/// The numbers that a field names and that are in its range, in order.
fn numbers(field: &str, low: u32, high: u32, names: &[&str]) -> Option<Vec<u32>> {
    let mut found = [false; 60];
    for part in field.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, step.parse().ok().filter(|step: &u32| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match span.split_once('-') {
            _ if span == "*" || span == "?" => (low, high),
            Some((from, to)) => (number(from, low, names)?, number(to, low, names)?),
            None if part.contains('/') => (number(span, low, names)?, high),
            None => (number(span, low, names)?, number(span, low, names)?),
        };
        // Only the range is looked through, however far the numbers reach.
        for number in low.max(from)..=high.min(to) {
            found[usize::try_from(number).ok()?] |= (number - from).is_multiple_of(step);
        }
    }
    let found = found.into_iter().zip(0..).filter(|(is_named, _)| *is_named);
    Some(found.map(|(_, number)| number).collect())
}

fn number(text: &str, low: u32, names: &[&str]) -> Option<u32> {
    let at = names.iter().position(|name| name.eq_ignore_ascii_case(text));
    match at {
        Some(at) => Some(low + u32::try_from(at).ok()?),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, after: &str) -> String {
        let after = DateTime::parse_from_rfc3339(after).unwrap().timestamp_millis();
        let next = Cron::parse(expression).unwrap().next(after);
        next.map_or_else(String::new, |ms| {
            Utc.timestamp_millis_opt(ms).unwrap().to_rfc3339()
        })
    }

    #[test]
    fn the_next_time_is_found() {
        for (expression, expected) in [
            ("0 0 1 1 *", "2027-01-01T00:00:00+00:00"),
            ("* * * * *", "2026-11-23T05:47:00+00:00"),
            ("*/15 6-8 * * *", "2026-11-23T06:00:00+00:00"),
            ("0 1 */1 * *", "2026-11-24T01:00:00+00:00"),
            ("30 5 * * 1,3", "2026-11-25T05:30:00+00:00"),
            ("0 12 29 FEB ?", "2028-02-29T12:00:00+00:00"),
            ("10 0 0 1 1 ?", "2027-01-01T00:00:10+00:00"),
            ("99 * * * *", ""),
            // Numbers out of range are accepted and never match, however far they reach.
            ("0-4000000000 6 * * *", "2026-11-23T06:00:00+00:00"),
            ("4294967295-4294967295/1 * * * *", ""),
            ("0-4294967295/4294967295 6 * * *", "2026-11-23T06:00:00+00:00"),
            ("4000000000-0 * * * *", ""),
            ("58/4294967295 * * * *", "2026-11-23T05:58:00+00:00"),
            ("0 0 4294967290-4294967295 * *", ""),
            ("0 0 31 2 *", ""),
        ] {
            assert_eq!(next(expression, "2026-11-23T05:46:00Z"), expected, "{expression}");
        }
    }

    #[test]
    fn invalid_expressions_are_refused_as_recorded() {
        assert_eq!(
            Cron::parse("every day").unwrap_err(),
            "Invalid cron entry format in 'every day'. Cron entry must contain 5 or 6 fields."
        );
        assert!(
            Cron::parse("a b c d e")
                .unwrap_err()
                .starts_with("Invalid cron expression 'a b c d e': ")
        );
    }
}
