//! What the targets in `fuzz/` call and nothing else needs to see. It has no logic of its own.

use crate::cdap::cron::Cron;
use crate::fusion::filter::Filter;
use serde_json::Value as Json;

/// Whether an item of a list passes a filter; `None` if that is not a filter.
pub fn matches(filter: &str, item: &Json) -> Option<bool> {
    Filter::parse(filter).ok().map(|filter| filter.matches(item))
}

/// The next time of a cron expression after `ms`, both in milliseconds since 1970.
pub fn next_time(expression: &str, ms: i64) -> Option<i64> {
    Cron::parse(expression).ok()?.next(ms)
}
