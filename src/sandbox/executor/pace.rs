//! Spreads a run over time, so that a person can watch it, and looks for the order to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a rest looks for the order to stop.
const SLICE: Duration = Duration::from_millis(20);

/// The run was told to stop.
#[derive(Debug)]
pub(super) struct Stopped;

/// The time that a run should take at least.
pub(super) struct Pace<'a> {
    total: Duration,
    stop: &'a AtomicBool,
}

impl<'a> Pace<'a> {
    pub(super) fn new(total: Duration, stop: &'a AtomicBool) -> Self {
        Self { total, stop }
    }

    /// Whether to go on.
    pub(super) fn check(&self) -> Result<(), Stopped> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Stopped)
        } else {
            Ok(())
        }
    }

    /// Rests for a share of the whole time; returns at once when told to stop.
    pub(super) fn rest(&self, share: f64) -> Result<(), Stopped> {
        let end = Instant::now() + self.total.mul_f64(share.clamp(0.0, 1.0));
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }
}
