//! Back and forward through the views. A run of the history is read again for it.

use super::navigation;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::opened_run::Purpose;
use crate::tui::model::trail::View;

fn here(model: &Model) -> View {
    View {
        pane: model.focus,
        run: model.former_run.as_ref().map(|run| run.id.clone()),
    }
}

/// Notes the view after each input.
pub(super) fn note(model: &mut Model) {
    let view = here(model);
    model.trail.note(view);
}

/// Somebody does something, before it is done.
pub(super) fn stay(model: &mut Model) {
    let view = here(model);
    model.trail.stay(view);
}

/// Shows the view before.
pub(super) fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    let view = model.trail.back();
    go(model, view, effects);
}

/// Shows the view from which one went back.
pub(super) fn forward(model: &mut Model, effects: &mut Vec<Effect>) {
    let view = model.trail.forward();
    go(model, view, effects);
}

fn go(model: &mut Model, view: Option<View>, effects: &mut Vec<Effect>) {
    let Some(view) = view else { return };
    if here(model).run != view.run {
        match view.run {
            None => model.former_run = None,
            Some(run) => effects.push(Effect::ReadRun(run, Purpose::Show)),
        }
    }
    navigation::focus(model, view.pane);
}
