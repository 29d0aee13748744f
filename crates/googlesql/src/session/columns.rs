//! Which columns of the catalog's tables a statement uses, so that no others are read.
//!
//! A query is analysed twice: after the first time it is known, the second time tables have only these.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The columns that are used.
#[derive(Default)]
pub(crate) struct UsedColumns(RefCell<Step>);

#[derive(Default)]
enum Step {
    /// All columns are read.
    #[default]
    Off,
    /// How many columns a table has, and which are used.
    Finding(BTreeMap<String, (usize, BTreeSet<usize>)>),
    Known(BTreeMap<String, (usize, BTreeSet<usize>)>),
}

impl UsedColumns {
    /// Begins to look for them.
    pub fn find(&self) {
        self.0.replace(Step::Finding(BTreeMap::new()));
    }

    /// Ends the search; returns whether any table has more than is used.
    pub fn found(&self) -> bool {
        let Step::Finding(tables) = self.0.take() else {
            return false;
        };
        let is_less = tables.values().any(|(width, used)| used.len() < *width);
        self.0.replace(Step::Known(tables));
        is_less
    }

    /// From now on all columns are read again.
    pub fn forget(&self) {
        self.0.take();
    }

    /// Notes that a table is read.
    pub fn begin(&self, full: &str, width: usize) {
        if let Step::Finding(tables) = &mut *self.0.borrow_mut() {
            tables
                .entry(full.to_owned())
                .or_insert_with(|| (width, BTreeSet::new()));
        }
    }

    /// Notes that a column is used.
    pub fn use_column(&self, origin: Option<&(Rc<str>, usize)>) {
        if let (Step::Finding(tables), Some((full, index))) = (&mut *self.0.borrow_mut(), origin)
            && let Some((_, used)) = tables.get_mut(&**full)
        {
            used.insert(*index);
        }
    }

    /// The columns that are to be read of a table; `None` for all.
    pub fn wanted(&self, full: &str) -> Option<Vec<usize>> {
        match &*self.0.borrow() {
            Step::Known(tables) => tables.get(full).map(|(_, used)| used.iter().copied().collect()),
            _ => None,
        }
    }
}
