//! Which moment it is for the reader: a run is prepared, or one is shown. `tui/layout.rs` gives the room by it.

use super::Model;
use crate::tui::context::Pane;

/// What the screen is for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The next run is prepared: its rows and variables have the room.
    Preparing,
    /// A run is shown: its tasks and their log have the room. The rows or the variables may lie over the tasks.
    Showing,
}

impl Moment {
    /// The moment of this model.
    pub fn new(model: &Model) -> Self {
        let is_shown = model.has_clock() || model.former_run.is_some();
        if is_shown || upper(model) == Pane::Grid {
            Self::Showing
        } else {
            Self::Preparing
        }
    }
}

/// The pane above the logs. Without a run that goes on, the logs belong to the tasks.
pub fn upper(model: &Model) -> Pane {
    let is_log_of_tasks = model.focus == Pane::Logs && !model.has_clock() && model.former_run.is_none();
    match model.focus {
        Pane::Logs if is_log_of_tasks => Pane::Grid,
        Pane::Logs => model.upper,
        focus => focus,
    }
}
