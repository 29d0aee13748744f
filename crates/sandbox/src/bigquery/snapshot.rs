//! Snapshots of table rows, so that all pages of one listing show the same rows.

use googlesql::memory::bytes_of_row;
use googlesql::value::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many snapshots are kept; the page tokens of older ones are no longer valid.
const MAX_SNAPSHOTS: usize = 32;

/// How many bytes the rows of all snapshots take in memory.
const MAX_BYTES: usize = 32 << 20;

/// The rows of a table at one time.
pub(super) type Rows = Arc<Vec<Vec<Value>>>;

/// Snapshots, newest last.
#[derive(Default)]
pub(super) struct Snapshots(Mutex<VecDeque<Snapshot>>);

struct Snapshot {
    id: String,
    rows: Rows,
    bytes: usize,
}

impl Snapshots {
    /// Adds a snapshot; returns its id.
    pub fn add(&self, rows: Rows) -> String {
        let mut snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = uuid::Uuid::new_v4().simple().to_string();
        let bytes = rows.iter().map(|row| bytes_of_row(row)).sum();
        snapshots.push_back(Snapshot {
            id: id.clone(),
            rows,
            bytes,
        });
        let is_too_much = |snapshots: &VecDeque<Snapshot>| {
            let bytes: usize = snapshots.iter().map(|snapshot| snapshot.bytes).sum();
            snapshots.len() > MAX_SNAPSHOTS || bytes > MAX_BYTES
        };
        while is_too_much(&snapshots) {
            snapshots.pop_front();
        }
        id
    }

    pub fn find(&self, id: &str) -> Option<Rows> {
        let snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots
            .iter()
            .find(|snapshot| snapshot.id == id)
            .map(|snapshot| snapshot.rows.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_snapshots_within_the_bound_are_kept() {
        let snapshots = Snapshots::default();
        let rows = |bytes: usize| Arc::new(vec![vec![Value::Text("x".repeat(bytes))]]);
        let ids: Vec<_> = (0..3).map(|_| snapshots.add(rows(12 << 20))).collect();
        let kept: Vec<_> = ids.iter().map(|id| snapshots.find(id).is_some()).collect();
        assert_eq!(kept, [false, true, true]);
        let small: Vec<_> = (0..40).map(|_| snapshots.add(rows(1))).collect();
        let kept = small.iter().filter(|id| snapshots.find(id).is_some());
        assert_eq!(kept.count(), MAX_SNAPSHOTS);
    }
}
