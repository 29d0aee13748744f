//! The keys in the window of former runs: which run and task are selected, and which two runs are compared.

use crate::tui::action::{Action, key};
use crate::tui::model::Model;
use crate::tui::model::history_window::HistoryForm;
use crate::tui::model::overlay::Overlay;
use domain::history::Comparison;

/// Moves along the tasks of the grid, or along the list of runs.
pub(super) fn step(model: &mut Model, step: isize) {
    let runs = std::mem::take(&mut model.history);
    let filter = std::mem::take(&mut model.history_filter);
    if let Some(window) = model.history_window_mut() {
        match window.form {
            HistoryForm::Grid => window.step_task(step),
            HistoryForm::List => window.step_in_list(step, &runs, filter.shown(runs.len())),
        }
    }
    model.history = runs;
    model.history_filter = filter;
}

/// Moves along the runs of the grid; a positive step goes to earlier ones, as in the list.
pub(super) fn step_run(model: &mut Model, action: Action) {
    let step = match action {
        Action::EarlierRun => 1,
        Action::LaterRun => -1,
        Action::OldestRun => isize::MAX,
        _ => isize::MIN,
    };
    let runs = std::mem::take(&mut model.history);
    let filter = std::mem::take(&mut model.history_filter);
    if let Some(window) = model.history_window_mut() {
        match window.form {
            HistoryForm::Grid => window.step_run(step, &runs),
            HistoryForm::List => window.step_in_list(step, &runs, filter.shown(runs.len())),
        }
    }
    model.history = runs;
    model.history_filter = filter;
}

/// Selects a run of the grid by its column, counted from the newest.
pub(super) fn select_column(model: &mut Model, column: usize) {
    let runs = std::mem::take(&mut model.history);
    let filter = std::mem::take(&mut model.history_filter);
    if let Some(window) = model.history_window_mut() {
        let distance =
            isize::try_from(column).unwrap_or(0) - isize::try_from(window.column(&runs)).unwrap_or(0);
        window.step_run(distance, &runs);
    }
    model.history = runs;
    model.history_filter = filter;
}

/// A live run goes on in the grid too, once a second.
pub(super) fn on_tick(model: &mut Model) {
    if model.history_window().is_some() && model.has_clock() {
        model.record_run();
    }
}

/// Shows the runs in the other form.
pub(super) fn change_form(model: &mut Model) {
    if let Some(window) = model.history_window_mut() {
        window.form = match window.form {
            HistoryForm::Grid => HistoryForm::List,
            HistoryForm::List => HistoryForm::Grid,
        };
    }
}

/// Marks the selected run; two marked ones are compared.
pub(super) fn compare(model: &mut Model) {
    let Some(window) = model.history_window_mut() else {
        return;
    };
    window.mark();
    let marked = window.marked.clone();
    let [one, other] = marked.as_slice() else {
        let text = match marked.len() {
            0 => "The mark is gone.".into(),
            _ => format!(
                "Marked. {} on another run compares the two.",
                key(Action::CompareRuns)
            ),
        };
        return model.reply(text);
    };
    let records = model.run_history.record(one).zip(model.run_history.record(other));
    match records.map(|(one, other)| Comparison::new(one, other)) {
        Some(comparison) => model.overlays.push(Overlay::Comparison {
            comparison: Box::new(comparison),
            selected: 0,
        }),
        None => model.reply("What became of the tasks of one of these runs is not read yet, or cannot be."),
    }
}
