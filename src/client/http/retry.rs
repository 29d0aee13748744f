//! Deadlines, pauses that grow and differ, and a budget that ends retry storms.

use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

/// Deadlines and pauses of all calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For making a connection.
    pub connect: Duration,
    /// For one try, unless the call asks for more.
    pub attempt: Duration,
    /// The least that a last try gets, even when the total is nearly used up.
    pub least: Duration,
    /// For a call with all its tries and pauses.
    pub total: Duration,
    /// The longest that the first pause may be; the next ones double.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// Tries of one call, the first one included.
    pub tries: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(8),
            attempt: Duration::from_secs(20),
            least: Duration::from_secs(2),
            total: Duration::from_secs(30),
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_secs(8),
            tries: 4,
        }
    }
}

impl RetryPolicy {
    /// The pause before the try after `tries` failed ones: full jitter, so that many clients that failed
    /// together do not come back together.
    pub(in crate::client) fn pause(&self, tries: u32) -> Duration {
        let doubled = self
            .first_pause
            .saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
        let ceiling = doubled.min(self.longest_pause);
        ceiling.mul_f64(fraction())
    }
}

/// A number from 0 to 1 out of the random bits of a version-4 UUID.
fn fraction() -> f64 {
    let [.., a, b, c, d] = Uuid::new_v4().into_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX)
}

/// Retries that all calls share: when a service is down, calls fail after their first try instead of
/// multiplying the load. Every success earns a part of a retry back.
pub(super) struct Budget(Mutex<u32>);

const FULL: u32 = 200;
const PRICE: u32 = 10;
const EARNED: u32 = 2;

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(FULL))
    }
}

impl Budget {
    pub(super) fn spend(&self) -> bool {
        let mut left = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match left.checked_sub(PRICE) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn earn(&self) {
        let mut left = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *left = (*left + EARNED).min(FULL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_a_growing_ceiling() {
        let policy = RetryPolicy::default();
        for (tries, ceiling) in [(1, 400), (2, 800), (3, 1600), (9, 8000), (200, 8000)] {
            for _ in 0..50 {
                assert!(policy.pause(tries) <= Duration::from_millis(ceiling), "{tries}");
            }
        }
        let some: Vec<_> = (0..20).map(|_| policy.pause(9)).collect();
        assert!(some.iter().any(|pause| *pause != some[0]), "no jitter: {some:?}");
    }

    #[test]
    fn the_budget_ends_and_is_earned_back() {
        let budget = Budget::default();
        let spent = (0..100).filter(|_| budget.spend()).count();
        assert_eq!(spent, 20);
        (0..5).for_each(|_| budget.earn());
        assert!(budget.spend() && !budget.spend());
    }
}
