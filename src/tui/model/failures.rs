//! The failures of the shown run, grouped by their reasons, and which groups are unfolded. They are grouped when something
//! has happened, never for a frame.

use super::Model;
use domain::failure_group::{FailureGroup, failure_groups};
use domain::id::{DagRunId, TaskId};
use std::collections::BTreeSet;

/// What is said where there is no group.
pub const NO_FAILURE: &str = "No task of this run has failed.";

/// The groups of the shown run.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// The largest first.
    pub groups: Vec<FailureGroup>,
    /// The run that they are of.
    run: Option<DagRunId>,
    /// Whether something has happened since.
    pub is_stale: bool,
}

/// The window with the groups.
#[derive(Clone, Debug, Default)]
pub struct FailuresPane {
    /// The selected line.
    pub selected: usize,
    /// The reasons of the groups whose tasks are shown.
    pub open: BTreeSet<String>,
}

/// A line of that window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureLine<'a> {
    /// A group.
    Group(&'a FailureGroup),
    /// A task of an unfolded group.
    Task(&'a FailureGroup, &'a TaskId),
}

impl<'a> FailureLine<'a> {
    /// The group of the line.
    pub const fn group(self) -> &'a FailureGroup {
        match self {
            Self::Group(group) | Self::Task(group, _) => group,
        }
    }
}

impl FailuresPane {
    fn shown(&self, group: &FailureGroup) -> usize {
        if self.open.contains(&group.reason) {
            group.tasks.len() + 1
        } else {
            1
        }
    }

    /// How many lines there are.
    pub fn height(&self, groups: &[FailureGroup]) -> usize {
        groups.iter().map(|group| self.shown(group)).sum()
    }

    /// A line by its place.
    pub fn line<'a>(&self, groups: &'a [FailureGroup], place: usize) -> Option<FailureLine<'a>> {
        let mut left = place;
        for group in groups {
            match left {
                0 => return Some(FailureLine::Group(group)),
                _ if left < self.shown(group) => {
                    return group
                        .tasks
                        .get(left - 1)
                        .map(|task| FailureLine::Task(group, task));
                }
                _ => left -= self.shown(group),
            }
        }
        None
    }

    /// The place of the group with this reason, or of a task in it.
    fn place(&self, groups: &[FailureGroup], reason: &str, task: Option<&TaskId>) -> Option<usize> {
        let at = groups.iter().position(|group| group.reason == reason)?;
        let before: usize = groups[..at].iter().map(|group| self.shown(group)).sum();
        let Some(task) = task else { return Some(before) };
        let within = groups[at].tasks.iter().position(|known| known == task)?;
        Some(before + 1 + within)
    }

    /// The selected line; the last one if there are fewer by now.
    pub fn selected<'a>(&self, groups: &'a [FailureGroup]) -> Option<FailureLine<'a>> {
        let last = self.height(groups).checked_sub(1)?;
        self.line(groups, self.selected.min(last))
    }
}

impl Model {
    /// Groups the failures anew if something has happened, or if another run is shown.
    pub fn sync_failures(&mut self) {
        let shown = self.former_run.as_ref().or(self.run.as_ref());
        let run = shown.map(|run| &run.id);
        if self.failures.is_stale || self.failures.run.as_ref() != run {
            let now = Failures {
                groups: shown.map(failure_groups).unwrap_or_default(),
                run: run.cloned(),
                is_stale: false,
            };
            let before = std::mem::replace(&mut self.failures, now);
            self.keep_failure_selected(&before.groups);
        }
    }

    /// Groups that grow change their places; what is selected stays what it is.
    fn keep_failure_selected(&mut self, before: &[FailureGroup]) {
        for pane in self.overlays.failures_mut() {
            let selected = pane.selected(before).map(|line| match line {
                FailureLine::Group(group) => (&group.reason, None),
                FailureLine::Task(group, task) => (&group.reason, Some(task)),
            });
            let place = selected.and_then(|(reason, task)| pane.place(&self.failures.groups, reason, task));
            pane.selected = place.unwrap_or(pane.selected);
        }
    }
}
