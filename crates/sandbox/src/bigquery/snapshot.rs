//! Snapshots of table rows, so that all pages of one listing show the same rows.

use googlesql::value::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many snapshots are kept; the page tokens of older ones are no longer valid.
const MAX_SNAPSHOTS: usize = 32;

/// The rows of a table at one time.
pub(super) type Rows = Arc<Vec<Vec<Value>>>;

/// Snapshots with their ids, newest last.
#[derive(Default)]
pub(super) struct Snapshots(Mutex<VecDeque<(String, Rows)>>);

impl Snapshots {
    /// Adds a snapshot; returns its id.
    pub fn add(&self, rows: Rows) -> String {
        let mut snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshots.len() == MAX_SNAPSHOTS {
            snapshots.pop_front();
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        snapshots.push_back((id.clone(), rows));
        id
    }

    pub fn find(&self, id: &str) -> Option<Rows> {
        let snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, rows)| rows.clone())
    }
}
