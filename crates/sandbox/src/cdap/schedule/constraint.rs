//! Constraints of schedules: conditions of a run besides the trigger.

use super::trigger::parse::{at_least_one, whole};
use crate::cdap::answer::Answer;
use crate::cdap::json::Ordered;
use chrono::{NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// One constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// The condition.
    pub limit: Limit,
    /// Whether a run waits until it is met; otherwise the run is skipped.
    pub waits: bool,
}

/// The condition of a constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// Fewer runs of the program than this are active.
    Concurrency {
        /// How many.
        most: i64,
    },
    /// So long has passed since the trigger was met, in milliseconds.
    Delay {
        /// How long.
        after: i64,
    },
    /// No run of the program was completed for so long, in milliseconds.
    LastRun {
        /// How long.
        since: i64,
    },
    /// It is this time of day.
    TimeRange {
        /// `UTC`, `Europe/Berlin`
        zone: String,
        /// `22:00`
        start: String,
        /// `04:00`; if it is before `start`, that of the next day.
        end: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConstraintView<'a, L> {
    #[serde(flatten)]
    limit: L,
    r#type: &'a str,
    wait_until_met: bool,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum LimitView<'a> {
    Concurrency {
        max_concurrency: i64,
    },
    Delay {
        millis_after_trigger: i64,
    },
    LastRun {
        millis_since_last_run: i64,
    },
    TimeRange {
        time_zone: &'a str,
        start_time: &'a str,
        end_time: &'a str,
    },
}

fn refuse(text: impl Into<String>) -> Answer {
    Answer::refuse(500, text)
}

impl Constraint {
    /// Parses one. The refusals follow `ProtoConstraint.validate`; none was recorded.
    pub fn from_json(json: &Ordered) -> Result<Self, Answer> {
        let kind = json.text_of("type").unwrap_or_default().to_ascii_uppercase();
        let waits = json.get("waitUntilMet") == Some(&Ordered::Bool(true));
        let number = |key: &str| -> Result<i64, Answer> {
            let number = whole(json, key).unwrap_or_default();
            at_least_one(number, key).map(|()| number)
        };
        let limit = match kind.as_str() {
            "CONCURRENCY" => Limit::Concurrency {
                most: number("maxConcurrency")?,
            },
            "DELAY" if !waits => return Err(refuse("DelayConstraint must always wait until met.")),
            "DELAY" => Limit::Delay {
                after: number("millisAfterTrigger")?,
            },
            "LAST_RUN" => Limit::LastRun {
                since: number("millisSinceLastRun")?,
            },
            "TIME_RANGE" => time_range(json)?,
            _ => {
                return Err(refuse(
                    "Unable to map constraint type null to a run constraint class",
                ));
            }
        };
        Ok(Self { limit, waits })
    }

    /// As clients see it.
    pub fn view(&self) -> impl Serialize {
        let (r#type, limit) = match &self.limit {
            Limit::Concurrency { most } => (
                "CONCURRENCY",
                LimitView::Concurrency {
                    max_concurrency: *most,
                },
            ),
            Limit::Delay { after } => (
                "DELAY",
                LimitView::Delay {
                    millis_after_trigger: *after,
                },
            ),
            Limit::LastRun { since } => (
                "LAST_RUN",
                LimitView::LastRun {
                    millis_since_last_run: *since,
                },
            ),
            Limit::TimeRange { zone, start, end } => (
                "TIME_RANGE",
                LimitView::TimeRange {
                    time_zone: zone,
                    start_time: start,
                    end_time: end,
                },
            ),
        };
        ConstraintView {
            limit,
            r#type,
            wait_until_met: self.waits,
        }
    }
}

/// An unknown time zone is refused. Java would use GMT instead, which is never what was meant.
fn time_range(json: &Ordered) -> Result<Limit, Answer> {
    let zone = json
        .text_of("timeZone")
        .ok_or_else(|| refuse("time zone must not be null"))?;
    if zone.parse::<Tz>().is_err() {
        return Err(refuse(format!("The sandbox knows no time zone '{zone}'.")));
    }
    let time = |key: &str, what: &str| {
        let text = json.text_of(key).unwrap_or_default();
        match NaiveTime::parse_from_str(&text, "%H:%M") {
            Ok(_) => Ok(text),
            Err(_) => Err(refuse(format!("Failed to parse {what} time '{text}'"))),
        }
    };
    let (start, end) = (time("startTime", "start")?, time("endTime", "end")?);
    if start == end {
        let text = format!("The start time ({start}) must not equal the end time ({end}).");
        return Err(refuse(text));
    }
    Ok(Limit::TimeRange { zone, start, end })
}

/// Whether it is between two times of day in a zone.
pub fn within(zone: &str, start: &str, end: &str, now: i64) -> bool {
    let read = || {
        let time = |text| NaiveTime::parse_from_str(text, "%H:%M").ok();
        let zone: Tz = zone.parse().ok()?;
        let now = Utc
            .timestamp_millis_opt(now)
            .single()?
            .with_timezone(&zone)
            .time();
        Some((time(start)?, time(end)?, now))
    };
    read().is_some_and(|(start, end, now)| {
        if start < end {
            start <= now && now < end
        } else {
            start <= now || now < end
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_may_reach_into_the_next_day_and_has_a_zone() {
        let at = |text: &str| {
            chrono::DateTime::parse_from_rfc3339(text)
                .unwrap()
                .timestamp_millis()
        };
        assert!(within("UTC", "22:00", "04:00", at("2026-11-23T23:00:00Z")));
        assert!(within("UTC", "22:00", "04:00", at("2026-11-23T03:59:00Z")));
        assert!(!within("UTC", "22:00", "04:00", at("2026-11-23T04:00:00Z")));
        assert!(within(
            "Europe/Berlin",
            "08:00",
            "09:00",
            at("2026-11-23T07:30:00Z")
        ));
        assert!(!within(
            "Europe/Berlin",
            "08:00",
            "09:00",
            at("2026-11-23T08:30:00Z")
        ));
    }

    #[test]
    fn a_constraint_is_read_checked_and_shown() {
        let read = |text: &str| Constraint::from_json(&serde_json::from_str(text).unwrap());
        let text = r#"{"maxConcurrency":2,"type":"CONCURRENCY","waitUntilMet":false}"#;
        let shown = serde_json::to_string(&read(text).unwrap().view()).unwrap();
        assert_eq!(shown, text);
        let refused = |text: &str| read(text).unwrap_err().body_text();
        assert_eq!(
            refused(r#"{"type":"CONCURRENCY"}"#),
            "maxConcurrency must be greater than or equal to1 but is 0"
        );
        assert_eq!(
            refused(r#"{"type":"DELAY","millisAfterTrigger":5}"#),
            "DelayConstraint must always wait until met."
        );
        assert!(refused(r#"{"type":"ODD"}"#).starts_with("Unable to map constraint type null"));
    }
}
