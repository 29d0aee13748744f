//! The filters of all lists at one place, and the lines of the windows over the panes as filters see them.

use super::Model;
use super::arguments::Line;
use super::failures::FailureLine;
use super::list_filter::{List, ListFilter, WindowLine};
use super::overlay::Overlay;
use domain::arguments::RuntimeArguments;
use domain::draft::ArgumentEdit;
use domain::id::TaskId;
use domain::variable::VariableName;

static NONE: ListFilter = ListFilter::NONE;

impl Overlay {
    /// The list in this window that can be filtered.
    pub fn list(&self) -> Option<List> {
        match self {
            Self::Arguments(form) => form.asked.is_none().then_some(List::Arguments),
            Self::Presets { .. } => Some(List::Presets),
            Self::Failures(_) => Some(List::Failures),
            Self::Timeline => Some(List::Tasks),
            Self::History(_) => Some(List::History),
            Self::Comparison { .. } => Some(List::Compared),
            Self::Notices { .. }
            | Self::Doctor { .. }
            | Self::Actions { .. }
            | Self::Details { .. }
            | Self::Summary { .. }
            | Self::Plan { .. }
            | Self::Stages { .. } => self.heading().map(List::Text),
            // The help keeps a filter of its own.
            Self::Help(_) | Self::Dialog(_) | Self::Confirmation(_) => None,
        }
    }
}

impl Model {
    /// The filter of a list.
    pub fn list_filter(&self, list: List) -> &ListFilter {
        match list {
            List::Variables => &self.variables.filter,
            List::Rows => &self.configuration.filter,
            List::Tasks => &self.grid.filter,
            List::History => &self.history_filter,
            _ if self.window_filter.of == Some(list) => &self.window_filter.filter,
            _ => &NONE,
        }
    }

    /// The same, to change it.
    pub(in crate::tui) fn list_filter_mut(&mut self, list: List) -> &mut ListFilter {
        match list {
            List::Variables => &mut self.variables.filter,
            List::Rows => &mut self.configuration.filter,
            List::Tasks => &mut self.grid.filter,
            List::History => &mut self.history_filter,
            _ => {
                if self.window_filter.of != Some(list) {
                    self.window_filter.of = Some(list);
                    self.window_filter.filter = ListFilter::NONE;
                }
                &mut self.window_filter.filter
            }
        }
    }

    /// How many lines a list has.
    pub fn list_total(&self, list: List) -> usize {
        match list {
            List::Variables => VariableName::ALL.len(),
            List::Rows => self.configuration.rows().len(),
            List::Tasks => self.shown_run().map_or(0, |run| run.tasks.len()),
            List::History => self.history.len(),
            List::Arguments => self.window(list, 0, |overlay| match overlay {
                Overlay::Arguments(form) => Some(form.lines().len()),
                _ => None,
            }),
            List::Presets => self.kept.presets.len(),
            List::Failures => self.window(list, 0, |overlay| match overlay {
                Overlay::Failures(pane) => Some(pane.height(&self.failures.groups)),
                _ => None,
            }),
            List::Compared => self.window(list, 0, |overlay| match overlay {
                Overlay::Comparison { comparison, .. } => Some(comparison.tasks.len()),
                _ => None,
            }),
            List::Text(_) => 0,
        }
    }

    /// What the topmost window with this list makes of itself.
    fn window<T>(&self, list: List, without: T, of: impl Fn(&Overlay) -> Option<T>) -> T {
        let mut windows = self.overlays.iter().rev();
        let window = windows.find(|overlay| overlay.list() == Some(list));
        window.and_then(of).unwrap_or(without)
    }

    /// The lines of a window's list as a filter sees them; those of a text are not known here.
    pub fn window_lines(&self, list: List) -> Vec<WindowLine> {
        match list {
            List::Presets => self
                .kept
                .presets
                .iter()
                .map(|(name, edit)| preset(name, edit))
                .collect(),
            _ => self.window(list, Vec::new(), |overlay| match overlay {
                Overlay::Arguments(form) => Some(form.lines().iter().map(argument).collect()),
                Overlay::Failures(pane) => {
                    let groups = &self.failures.groups;
                    let lines = (0..pane.height(groups)).filter_map(|place| pane.line(groups, place));
                    Some(lines.map(failure).collect())
                }
                Overlay::Comparison { comparison, .. } => {
                    let lines = comparison.tasks.iter().map(|task| WindowLine {
                        text: task.task.to_string(),
                        state: task.after.as_ref().map_or("", |after| after.state.as_str()),
                        ..WindowLine::default()
                    });
                    Some(lines.collect())
                }
                _ => None,
            }),
        }
    }
}

/// An argument by its name and its value, as far as the form shows them.
fn argument(line: &Line<'_>) -> WindowLine {
    let value = line.value.unwrap_or_default().to_owned();
    WindowLine {
        text: format!("{} {value}", line.name),
        value,
        from: line.origin(),
        is_edited: line.is_edited(),
        ..WindowLine::default()
    }
}

/// A preset by its name and what it changes.
fn preset(name: &str, edit: &ArgumentEdit) -> WindowLine {
    let values = |(name, value): (&str, &str)| format!("{name} = {value}");
    let set: &RuntimeArguments = &edit.set;
    let set = set.iter().map(values);
    let left_out = edit.left_out.iter().map(|name| format!("without {name}"));
    let words: Vec<_> = set.chain(left_out).collect();
    WindowLine {
        text: format!("{name} {}", words.join(" ")),
        ..WindowLine::default()
    }
}

/// A group stays with each of its tasks, and a task with its reason.
fn failure(line: FailureLine<'_>) -> WindowLine {
    let text = match line {
        FailureLine::Group(group) => {
            let tasks: Vec<_> = group.tasks.iter().map(TaskId::as_str).collect();
            format!("{} {}", group.reason, tasks.join(" "))
        }
        FailureLine::Task(group, task) => format!("{} {task}", group.reason),
    };
    WindowLine {
        text,
        ..WindowLine::default()
    }
}
