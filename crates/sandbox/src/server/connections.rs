//! The open connections: how many there may be, and which one makes way for a new one.
//!
//! Whoever opens connections and says nothing must not keep others out. At the limit a new connection is not refused: the one
//! that has waited for its client for the longest time is closed. One whose request is at work is never closed for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The most connections, where the system allows as many.
const MAX_CONNECTIONS: usize = 512;

/// The open files that are assumed where the system does not tell its limit: what macOS gives a program.
const DEFAULT_OPEN_FILES: usize = 256;

/// How a connection says that it is at work.
const BUSY: u64 = u64::MAX;

/// All open connections.
pub(super) struct Connections {
    open: Mutex<BTreeMap<u64, Arc<Slot>>>,
    most: usize,
    /// Counts what happens; it is the clock of the waiting.
    moment: AtomicU64,
    left: Notify,
}

/// What is known of one connection.
struct Slot {
    /// When it began to wait for its client, or [`BUSY`].
    idle_since: AtomicU64,
    close: CancellationToken,
}

/// The slot of a connection among the open ones; dropping it leaves.
#[derive(Clone)]
pub(super) struct Connection(Arc<SlotGuard>);

struct SlotGuard {
    all: Arc<Connections>,
    key: u64,
    slot: Arc<Slot>,
}

impl Connections {
    pub fn new() -> Arc<Self> {
        // The other half is for files, and for those who share the process.
        Self::at_most(MAX_CONNECTIONS.min(open_files() / 2))
    }

    fn at_most(most: usize) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            most: most.max(1),
            moment: AtomicU64::new(1),
            left: Notify::new(),
        })
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.moment.fetch_add(1, Ordering::Relaxed)
    }

    /// A slot for a new connection; waits while all others are at work.
    pub async fn enter(self: &Arc<Self>) -> Connection {
        loop {
            let left = self.left.notified();
            if let Some(connection) = self.try_enter() {
                return connection;
            }
            left.await;
        }
    }

    fn try_enter(self: &Arc<Self>) -> Option<Connection> {
        let mut open = self.open();
        if open.len() >= self.most {
            let idle_since = |slot: &Slot| slot.idle_since.load(Ordering::Relaxed);
            let (key, _) = open
                .iter()
                .filter(|(_, slot)| idle_since(slot) != BUSY)
                .min_by_key(|(_, slot)| idle_since(slot))?;
            let key = *key;
            if let Some(oldest) = open.remove(&key) {
                oldest.close.cancel();
            }
        }
        let key = self.now();
        let slot = Arc::new(Slot {
            idle_since: AtomicU64::new(key),
            close: CancellationToken::new(),
        });
        open.insert(key, Arc::clone(&slot));
        drop(open);
        let all = Arc::clone(self);
        Some(Connection(Arc::new(SlotGuard { all, key, slot })))
    }
}

impl Connection {
    /// Its request has arrived: the next move is the server's.
    pub fn set_busy(&self) {
        self.0.slot.idle_since.store(BUSY, Ordering::Relaxed);
    }

    /// The next move is the client's: to send, or to read what was answered.
    pub fn set_idle(&self) {
        let now = self.0.all.now();
        self.0.slot.idle_since.store(now, Ordering::Relaxed);
        self.0.all.left.notify_one();
    }

    /// The client has read a part of the answer: it waits from now on, if it waits.
    pub fn was_read(&self) {
        let now = self.0.all.now();
        let idle_since = &self.0.slot.idle_since;
        // If it is at work, it stays so.
        let _ = idle_since.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |since| {
            (since != BUSY).then_some(now)
        });
    }

    /// Makes it end.
    pub fn close(&self) {
        self.0.slot.close.cancel();
    }

    /// Returns when it must make way.
    pub async fn closed(&self) {
        self.0.slot.close.cancelled().await;
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        self.all.open().remove(&self.key);
        self.all.left.notify_one();
    }
}

/// How many files this process may have open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    soft.map_or(DEFAULT_OPEN_FILES, |soft| soft.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_longest_makes_way_and_who_works_stays() {
        let all = Connections::at_most(3);
        let (first, second, third) = (all.enter().await, all.enter().await, all.enter().await);
        first.set_busy();
        second.set_idle();
        // Of the two that wait, the third has waited since it came.
        let fourth = all.enter().await;
        third.closed().await;
        assert_eq!(all.open().len(), 3);
        let fifth = all.enter().await;
        second.closed().await;
        fourth.set_busy();
        fifth.set_busy();
        assert!(all.try_enter().is_none(), "all are at work");
        let (sixth, ()) = tokio::join!(all.enter(), async { fourth.set_idle() });
        fourth.closed().await;
        assert!(!first.0.slot.close.is_cancelled());
        drop((first, second, third, fourth, fifth, sixth));
        assert!(all.open().is_empty());
    }

    #[tokio::test]
    async fn who_reads_has_not_waited() {
        let all = Connections::at_most(3);
        let (download, silent, busy) = (all.enter().await, all.enter().await, all.enter().await);
        download.set_idle();
        silent.set_idle();
        busy.set_busy();
        download.was_read();
        busy.was_read();
        let _fourth = all.enter().await;
        silent.closed().await;
        let _fifth = all.enter().await;
        download.closed().await;
        assert!(!busy.0.slot.close.is_cancelled());
    }

    #[test]
    fn there_is_room_for_files() {
        assert!(open_files() >= 64);
    }
}
