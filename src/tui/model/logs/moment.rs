//! A typed time of a log: `10:15`, `10:15:30`, `2026-11-23 10:15`, `+5m` since the start of the try.

use super::stamp::{StampMode, Stamps};
use domain::time::Timestamp;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// The moment of a typed time, in the zone that is shown. One without a date is of the day of `near`. Nothing if it is
/// not a time.
pub fn parse(typed: &str, stamps: &Stamps, near: Timestamp) -> Option<Timestamp> {
    let typed = typed.trim();
    if let Some(rest) = typed.strip_prefix('+') {
        let millis = span(rest)? * 1000;
        return Some(Timestamp::from_millis(
            stamps.start?.millis().checked_add(millis)?,
        ));
    }
    let zone = |at: Timestamp| match stamps.mode {
        StampMode::Local => i64::from((stamps.local)(at)),
        _ => 0,
    };
    let (day, clock) = match typed.split_once([' ', 'T']) {
        Some((date, clock)) => {
            let midnight = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
            (midnight.and_hms_opt(0, 0, 0)?.and_utc().timestamp(), clock)
        }
        None => ((near.seconds() + zone(near)).div_euclid(DAY) * DAY, typed),
    };
    let mut parts = clock
        .trim_end_matches('Z')
        .split(':')
        .map(|part| part.parse::<u32>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    if hours > 23 || minutes > 59 || seconds > 59 || parts.next().is_some() {
        return None;
    }
    let seconds = day + i64::from(hours) * 60 * MINUTE + i64::from(minutes) * MINUTE + i64::from(seconds);
    let shifted = Timestamp::from_seconds(seconds);
    Some(Timestamp::from_seconds(seconds - zone(shifted)))
}

/// `90s`, `5m`, `2h`; a number alone is minutes.
fn span(text: &str) -> Option<i64> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 's') => (&text[..at], 1),
        (at, 'm') => (&text[..at], MINUTE),
        (at, 'h') => (&text[..at], 60 * MINUTE),
        _ => (text, MINUTE),
    };
    i64::from(number.parse::<u32>().ok()?).checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_of_the_shown_zone_and_the_day_of_the_log() {
        let start = Timestamp::from_seconds(1_795_428_000); // 2026-11-23T10:00:00Z
        let stamps = |mode| Stamps {
            mode,
            start: Some(start),
            local: |_| 3600,
        };
        for (mode, typed, clock) in [
            (StampMode::Utc, "10:15", Some("2026-11-23T10:15:00Z")),
            (
                StampMode::Utc,
                "2026-11-24 00:00:09",
                Some("2026-11-24T00:00:09Z"),
            ),
            (StampMode::Local, "10:15", Some("2026-11-23T09:15:00Z")),
            (StampMode::Relative, "+5m", Some("2026-11-23T10:05:00Z")),
            (StampMode::Utc, "+90s", Some("2026-11-23T10:01:30Z")),
            (StampMode::Utc, "25:00", None),
            (StampMode::Utc, "soon", None),
            (StampMode::Utc, "", None),
        ] {
            let found = parse(typed, &stamps(mode), start).map(Timestamp::stamp);
            assert_eq!(found.as_deref(), clock, "{typed}");
        }
    }
}
