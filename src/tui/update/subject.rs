//! What a question says of the tasks that it is about: their names, and which are left alone.

use crate::tui::model::Model;
use crate::tui::plan::count;
use domain::id::TaskId;

/// How many tasks a question names.
const NAMED: usize = 5;

/// The names of the first tasks, one a line, and how many more there are.
pub(super) fn named<'a>(tasks: impl ExactSizeIterator<Item = &'a TaskId>) -> Vec<String> {
    let more = tasks.len().saturating_sub(NAMED);
    let lines = tasks.take(NAMED).map(|task| format!("- {task}"));
    lines
        .chain((more > 0).then(|| format!("- and {more} more")))
        .collect()
}

/// How many marked lines are left alone because the filter hides them.
pub(super) fn hidden(model: &Model) -> Option<String> {
    let hidden = model.hidden_marks();
    (hidden > 0).then(|| {
        format!(
            "{} hidden by the filter: left alone.",
            count(hidden, "marked line")
        )
    })
}
