//! What the clocks of the services show, by the `Date` of their answers.
//!
//! CDAP itself sends none (measured), the front end of an instance does. A cached answer tells nothing.

use crate::clock;
use domain::service::Service;
use domain::time::Timestamp;
use reqwest::header::{AGE, DATE, HeaderMap};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A server's clock, as far as its last answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerTime {
    date: Timestamp,
    /// Between these two moments of our own clock it was that late there.
    sent: Duration,
    received: Duration,
}

impl ServerTime {
    /// The latest that it can be there now. The date is cut to whole seconds.
    pub fn latest(self) -> Timestamp {
        self.date + Duration::from_secs(1) + clock::elapsed().saturating_sub(self.sent)
    }

    /// The earliest that it can be there now.
    pub fn earliest(self) -> Timestamp {
        self.date + clock::elapsed().saturating_sub(self.received)
    }

    /// A server that says now that it is this late.
    #[cfg(test)]
    pub(crate) fn read_now(date: Timestamp) -> Self {
        let now = clock::elapsed();
        Self {
            date,
            sent: now,
            received: now,
        }
    }
}

/// The clocks of all services.
#[derive(Debug, Default)]
pub(super) struct ServerTimes(Mutex<BTreeMap<Service, ServerTime>>);

impl ServerTimes {
    pub(super) fn of(&self, service: Service) -> Option<ServerTime> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.get(&service).copied()
    }

    /// Notes what an answer tells whose request left at `sent`, by [`clock::elapsed`].
    pub(super) fn note(&self, service: Service, sent: Duration, headers: &HeaderMap) {
        let Some(date) = date(headers).filter(|_| !headers.contains_key(AGE)) else {
            return;
        };
        let time = ServerTime {
            date,
            sent,
            received: clock::elapsed(),
        };
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.insert(service, time);
    }
}

/// The `Date` of an answer, in whole seconds.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let moment = httpdate::parse_http_date(text.trim()).ok()?;
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(i64::try_from(since.as_secs()).ok()?))
}
