//! The lines of a list that are marked, by what they are and not by where they stand, so that a mark stays with its line
//! when the list changes. It draws nothing and knows no list.

use domain::id::{DagRunId, TaskId};
use domain::task::{Task, TaskKind};
use std::collections::BTreeSet;

/// Marked lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks<K: Ord> {
    marked: BTreeSet<K>,
    range: Option<Range<K>>,
}

/// A range that grows with the selection until it is taken or left.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range<K: Ord> {
    anchor: K,
    within: BTreeSet<K>,
}

impl<K: Ord> Default for Marks<K> {
    fn default() -> Self {
        Self {
            marked: BTreeSet::new(),
            range: None,
        }
    }
}

impl<K: Ord + Clone> Marks<K> {
    /// Whether this line is marked.
    pub fn contains(&self, key: &K) -> bool {
        let in_range = self
            .range
            .as_ref()
            .is_some_and(|range| range.within.contains(key));
        in_range || self.marked.contains(key)
    }

    /// How many lines are marked.
    pub fn len(&self) -> usize {
        let open = self.range.iter().flat_map(|range| &range.within);
        self.marked.len() + open.filter(|key| !self.marked.contains(*key)).count()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty() && self.range.is_none()
    }

    /// Whether a range is open.
    pub fn has_range(&self) -> bool {
        self.range.is_some()
    }

    /// Marks a line or unmarks it; an open range is taken as it is.
    pub fn toggle(&mut self, key: K) {
        if self.take_range() {
            return;
        }
        if !self.marked.remove(&key) {
            self.marked.insert(key);
        }
    }

    /// Opens a range at this line, or takes the one that is open.
    pub fn toggle_range(&mut self, key: K) {
        if !self.take_range() {
            self.range = Some(Range {
                within: [key.clone()].into(),
                anchor: key,
            });
        }
    }

    /// Lets an open range reach from its line to the one at this place of the list.
    pub fn reach(&mut self, list: &[K], place: usize) {
        let Some(range) = &mut self.range else { return };
        let anchor = list.iter().position(|key| *key == range.anchor).unwrap_or(place);
        let (top, bottom) = (anchor.min(place), anchor.max(place));
        range.within = list.iter().take(bottom + 1).skip(top).cloned().collect();
    }

    /// Marks what is not marked among these lines, and unmarks the rest of them.
    pub fn invert(&mut self, list: impl IntoIterator<Item = K>) {
        self.take_range();
        for key in list {
            self.toggle(key);
        }
    }

    /// Leaves an open range, else unmarks everything; false if there was nothing to do.
    pub fn step_out(&mut self) -> bool {
        if self.range.take().is_some() {
            return true;
        }
        let had_some = !self.marked.is_empty();
        self.marked.clear();
        had_some
    }

    /// Unmarks everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Unmarks what is gone.
    pub fn retain(&mut self, is_there: impl Fn(&K) -> bool) {
        self.marked.retain(&is_there);
        if let Some(range) = &mut self.range {
            range.within.retain(&is_there);
        }
        if self.range.as_ref().is_some_and(|range| range.within.is_empty()) {
            self.range = None;
        }
    }

    fn take_range(&mut self) -> bool {
        let Some(range) = self.range.take() else {
            return false;
        };
        self.marked.extend(range.within);
        true
    }
}

/// Whether a stop changes anything: of a pipeline, or of the job that empties the table, before its end.
pub fn is_stoppable(task: &Task) -> bool {
    matches!(task.kind, TaskKind::Pipeline | TaskKind::TruncateTable) && !task.is_over()
}

/// The marked tasks of one run. Tasks of other runs have the same names, and are not marked by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskMarks {
    run: Option<DagRunId>,
    marks: Marks<TaskId>,
}

impl TaskMarks {
    /// The marks of this run; nothing if it has none.
    pub fn of(&self, run: &DagRunId) -> Option<&Marks<TaskId>> {
        (self.run.as_ref() == Some(run)).then_some(&self.marks)
    }

    /// The same, to change them; those of another run are dropped.
    pub fn of_mut(&mut self, run: &DagRunId) -> &mut Marks<TaskId> {
        if self.run.as_ref() != Some(run) {
            self.run = Some(run.clone());
            self.marks.clear();
        }
        &mut self.marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(marks: &Marks<u8>) -> Vec<u8> {
        (0..=9).filter(|key| marks.contains(key)).collect()
    }

    #[test]
    fn a_range_grows_both_ways_and_is_taken_or_left() {
        let list: Vec<u8> = (0..=9).collect();
        let mut marks = Marks::default();
        marks.toggle(0);
        marks.toggle_range(5);
        marks.reach(&list, 7);
        assert_eq!(all(&marks), [0, 5, 6, 7]);
        marks.reach(&list, 4);
        assert_eq!((all(&marks), marks.len()), (vec![0, 4, 5], 3));
        let mut left = marks.clone();
        assert!(left.step_out());
        assert_eq!(all(&left), [0]);
        marks.toggle_range(4);
        assert_eq!(all(&marks), [0, 4, 5]);
        assert!(marks.step_out() && marks.is_empty() && !marks.step_out());
    }

    #[test]
    fn marks_belong_to_their_run() {
        let mut marks = TaskMarks::default();
        marks.of_mut(&"a".into()).toggle("start".into());
        assert!(marks.of(&"a".into()).unwrap().contains(&"start".into()));
        assert!(marks.of(&"b".into()).is_none());
        assert!(marks.of_mut(&"b".into()).is_empty());
    }

    proptest! {
        #[test]
        fn inverting_twice_changes_nothing(marked in prop::collection::btree_set(0..10_u8, 0..10), list in prop::collection::btree_set(0..10_u8, 0..10)) {
            let mut marks = Marks::default();
            marked.iter().for_each(|key| marks.toggle(*key));
            let before = marks.clone();
            marks.invert(list.clone());
            let expected: BTreeSet<_> = marked.symmetric_difference(&list).copied().collect();
            prop_assert_eq!(all(&marks), expected.into_iter().collect::<Vec<_>>());
            marks.invert(list);
            prop_assert_eq!(marks, before);
        }
    }
}
