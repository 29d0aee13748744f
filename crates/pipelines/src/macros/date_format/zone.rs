//! Time zones by their Java names, and their local times.

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};

/// The time zone of a Java name; GMT if it is unknown, as in Java.
pub(crate) fn zone(name: &str) -> Zone {
    let fixed = name
        .strip_prefix("GMT")
        .filter(|rest| rest.starts_with(['+', '-']));
    if let Some(offset) = fixed.and_then(parse_offset) {
        return Zone::Fixed(offset);
    }
    let name = match name {
        // Java's short names that the zone database does not have.
        "PST" => "America/Los_Angeles",
        "CST" => "America/Chicago",
        "IST" => "Asia/Kolkata",
        "JST" => "Asia/Tokyo",
        other => other,
    };
    name.parse().map_or(Zone::Named(Tz::GMT), Zone::Named)
}

/// Parses `+2`, `+02`, `+2:30`, `+0230` or `+02:30`.
pub(super) fn parse_offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = (if text.starts_with('-') { -1 } else { 1 }, text.get(1..)?);
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(pair), _) => pair,
        (None, 1 | 2) => (digits, "00"),
        (None, 3 | 4) => digits.split_at_checked(digits.len() - 2)?,
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60))
}

/// A time zone with a name, or a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl Zone {
    pub(super) fn at(self, moment: DateTime<Utc>) -> (NaiveDateTime, i32, String) {
        match self {
            Self::Named(zone) => {
                let local = moment.with_timezone(&zone);
                let name = local.offset().abbreviation().unwrap_or("GMT").to_owned();
                (local.naive_local(), local.offset().fix().local_minus_utc(), name)
            }
            Self::Fixed(offset) => {
                let local = moment.with_timezone(&offset);
                (
                    local.naive_local(),
                    offset.local_minus_utc(),
                    format!("GMT{offset}"),
                )
            }
        }
    }

    pub(super) fn moment(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Named(zone) => zone
                .from_local_datetime(&local)
                .earliest()
                .map(|moment| moment.to_utc()),
            Self::Fixed(offset) => offset
                .from_local_datetime(&local)
                .earliest()
                .map(|moment| moment.to_utc()),
        }
    }
}
