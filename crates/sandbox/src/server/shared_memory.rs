//! An amount of memory that many requests or answers share, and how long who holds a part of it may take.
//!
//! It is no semaphore: one that waits for much would keep all others from the little that is free.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a client may take besides the time for what it sends or reads.
const GRACE: Duration = Duration::from_secs(30);

/// How many bytes a client must send or read in a second.
const LEAST_RATE: u64 = 256 << 10;

/// How long a client may take to send or to read so many bytes, while others wait for the memory.
pub(super) fn time_for(bytes: u64) -> Duration {
    GRACE + Duration::from_millis(bytes.saturating_mul(1_000) / LEAST_RATE)
}

/// What all may hold together.
pub(super) struct SharedMemory {
    all: u64,
    free: AtomicU64,
    given_back: Notify,
}

/// What one holds of it; dropping it gives it back.
pub(super) struct Share {
    memory: Arc<SharedMemory>,
    bytes: u64,
}

impl SharedMemory {
    pub fn new(bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            all: bytes,
            free: AtomicU64::new(bytes),
            given_back: Notify::new(),
        })
    }

    /// A share of nothing.
    pub fn share(self: &Arc<Self>) -> Share {
        Share {
            memory: Arc::clone(self),
            bytes: 0,
        }
    }

    fn take(&self, bytes: u64) -> bool {
        let taken = self
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                free.checked_sub(bytes)
            });
        taken.is_ok()
    }
}

impl Share {
    /// Makes it so large at least, if there is room.
    pub fn grow(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let has_room = self.memory.take(more);
        if has_room {
            self.bytes += more;
        }
        has_room
    }

    /// The same, as soon as there is room within this time.
    pub async fn grow_within(&mut self, bytes: u64, time: Duration) -> bool {
        if bytes > self.memory.all {
            return false;
        }
        let memory = Arc::clone(&self.memory);
        let grown = timeout(time, async {
            loop {
                // What is given back from here on is heard of.
                let given_back = memory.given_back.notified();
                if self.grow(bytes) {
                    return;
                }
                given_back.await;
            }
        });
        grown.await.is_ok()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.free.fetch_add(self.bytes, Ordering::Relaxed);
        self.memory.given_back.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_much_keeps_nobody_from_little() {
        let memory = SharedMemory::new(100);
        let (mut first, mut large) = (memory.share(), memory.share());
        assert!(first.grow(60));
        let waiting = tokio::spawn(async move { large.grow_within(100, LONG).await });
        tokio::task::yield_now().await;
        assert!(first.grow(90), "the one that waits has taken nothing");
        let mut second = memory.share();
        assert!(second.grow(10) && !second.grow(11));
        drop(first);
        assert!(!waiting.is_finished());
        drop(second);
        assert!(waiting.await.unwrap());
        assert!(memory.share().grow(100), "all is given back");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends() {
        let memory = SharedMemory::new(100);
        let mut first = memory.share();
        assert!(first.grow(1));
        assert!(!memory.share().grow_within(100, LONG).await);
        assert!(!memory.share().grow_within(101, LONG * 1_000_000).await);
    }
}
