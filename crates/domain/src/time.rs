//! Moments and spans as plain numbers. The clock itself is read elsewhere (`engine/clock.rs`).

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970 in UTC, the unit of CDAP's logs and of `logical.start.time`.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole seconds since 1970 in UTC, the unit of CDAP's run records.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970 in UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970 in UTC, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time since `earlier`; zero when `earlier` is the later one, so never negative.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The time from here until `later`; zero once it has passed.
    pub fn until(self, later: Self) -> Duration {
        later.since(self)
    }

    /// `2026-11-23T10:11:12.345Z`.
    pub fn to_rfc3339(self) -> String {
        self.date_time().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// `2026-11-23T10:11:12Z`, the beginning of a line of text.
    pub fn stamp(self) -> String {
        self.date_time().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// `10:11:12` in UTC.
    pub fn clock(self) -> String {
        self.date_time().format("%H:%M:%S").to_string()
    }

    /// `22 Nov` in UTC.
    pub fn day(self) -> String {
        self.date_time().format("%-d %b").to_string()
    }

    /// `29 Nov 10:02 UTC`; with the year if it is not that of `now`.
    pub fn short(self, now: Self) -> String {
        let (moment, today) = (self.date_time(), now.date_time());
        let form = if moment.year() == today.year() {
            "%-d %b %H:%M UTC"
        } else {
            "%-d %b %Y %H:%M UTC"
        };
        moment.format(form).to_string()
    }

    fn date_time(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.date_time().format("%Y-%m-%d %H:%M:%S UTC").to_string())
    }
}

/// A span as a person reads it: `3 s`, `4m 05s`, `1h 02m`. Below ten seconds with one decimal.
pub fn human(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, span.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How long it is until a moment, in seven columns: `in 59s`, `in 1m40`, `in 2h05`; `now` when it has come.
pub fn countdown(now: Timestamp, until: Timestamp) -> String {
    // What is left is rounded up, so that `in 0s` is never shown.
    let left = now.until(until) + Duration::from_millis(999);
    match left.as_secs() {
        0 => "now".into(),
        seconds @ 1..60 => format!("in {seconds}s"),
        seconds @ 60..3600 => format!("in {}m{:02}", seconds / 60, seconds % 60),
        seconds => format!("in {}h{:02}", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A span as whole seconds in JSON.
pub mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    /// Writes the whole seconds.
    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_secs())
    }

    /// Reads whole seconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

/// A span as whole milliseconds in JSON.
pub mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    /// Writes the whole milliseconds.
    pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    /// Reads whole milliseconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// A span that may be missing, as whole seconds or `null` in JSON.
pub mod maybe_seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    /// Writes the whole seconds, or `null`.
    pub fn serialize<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        span.map(|span| span.as_secs()).serialize(serializer)
    }

    /// Reads whole seconds, or `null`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_never_negative() {
        let (early, late) = (Timestamp::from_seconds(10), Timestamp::from_seconds(12));
        assert_eq!(late.since(early), Duration::from_secs(2));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn spans_read_well() {
        for (millis, text) in [
            (0, "0.0 s"),
            (2_340, "2.3 s"),
            (59_900, "59 s"),
            (65_000, "1m 05s"),
            (3_720_000, "1h 02m"),
        ] {
            assert_eq!(human(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_countdown_never_says_zero() {
        let now = Timestamp::from_seconds(100);
        for (millis, text) in [
            (0, "now"),
            (1, "in 1s"),
            (59_000, "in 59s"),
            (100_000, "in 1m40"),
            (7_500_000, "in 2h05"),
        ] {
            assert_eq!(countdown(now, now + Duration::from_millis(millis)), text);
        }
        assert_eq!(countdown(now + Duration::from_secs(9), now), "now");
    }

    #[test]
    fn a_short_moment_has_the_year_only_if_it_is_another_one() {
        let moment = Timestamp::from_millis(1_681_380_746_123);
        let later = moment + Duration::from_secs(365 * 24 * 3600);
        assert_eq!(moment.short(moment), "13 Apr 10:12 UTC");
        assert_eq!(moment.short(later), "13 Apr 2023 10:12 UTC");
    }

    #[test]
    fn moments_print_in_utc() {
        assert_eq!(
            Timestamp::from_millis(1_681_380_746_123).to_string(),
            "2023-04-13 10:12:26 UTC"
        );
        assert_eq!(
            Timestamp::from_millis(1_681_380_746_123).stamp(),
            "2023-04-13T10:12:26Z"
        );
        assert_eq!(Timestamp::from_millis(-1).seconds(), -1);
    }
}
