//! The clock of a run.

use domain::time::Timestamp;
use std::time::Duration;

pub use crate::clock::now;

/// Sleeps until the moment on this machine's clock; for ever without one.
///
/// Sleeps in slices, because a laptop that was closed for an hour wakes with an old timer.
pub(super) async fn sleep_until(moment: Option<Timestamp>) {
    let Some(moment) = moment else {
        return std::future::pending().await;
    };
    loop {
        let left = now().until(moment);
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(5))).await;
    }
}
