//! Rows frozen while somebody pages through a table, so that its pages fit together.

use googlesql::value::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept: a reader who comes back after so many others starts over.
const KEPT: usize = 32;

/// A table's rows at one moment.
pub(super) type Rows = Arc<Vec<Vec<Value>>>;

/// The frozen rows by id, newest last.
#[derive(Default)]
pub(super) struct Snapshots(Mutex<VecDeque<(String, Rows)>>);

impl Snapshots {
    /// Freezes rows; returns their id.
    pub fn keep(&self, rows: Rows) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        let id = uuid::Uuid::new_v4().simple().to_string();
        kept.push_back((id.clone(), rows));
        id
    }

    pub fn find(&self, id: &str) -> Option<Rows> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(known, _)| known == id)
            .map(|(_, rows)| rows.clone())
    }
}
