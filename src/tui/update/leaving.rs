//! Leaving the program: at once, or after a question if a run is live or an edit is not saved.

use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::plan::count;
use domain::run::Run;

/// Leaves, or asks before.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let unsaved = unsaved(model);
    let dialog = match (model.live_run(), unsaved) {
        _ if model.is_leaving => return effects.push(Effect::Leave),
        (Some(run), _) => while_live(model, run),
        (None, Some(unsaved)) => {
            let dialog = Dialog::new("Leave without saving?", vec![unsaved], "stay");
            dialog.or('y', "leave", DialogResult::Leave)
        }
        (None, None) => return effects.push(Effect::Leave),
    };
    model.overlays.push(Overlay::Dialog(dialog));
}

/// Asks the first time, leaves the second time.
pub(super) fn interrupt(model: &mut Model, effects: &mut Vec<Effect>) {
    let is_asked = matches!(model.overlays.top(), Some(Overlay::Dialog(dialog))
        if dialog.choices.iter().any(|choice| choice.result == DialogResult::Leave));
    if is_asked || model.is_leaving {
        effects.push(Effect::Leave);
        return;
    }
    let dialog = match model.live_run() {
        Some(run) => while_live(model, run),
        None => Dialog::new("Leave Downbeat?", vec![at_once("leaves at once")], "stay").or(
            'y',
            "leave",
            DialogResult::Leave,
        ),
    };
    model.overlays.push(Overlay::Dialog(dialog));
}

/// The question while a run is live, as things are now. When none is any more, it is still asked whether to leave.
pub(super) fn question(model: &Model) -> Dialog {
    let Some(run) = model.live_run() else {
        let ended = model.run.as_ref().filter(|run| run.state.is_end());
        let ended = ended.map(|run| format!("Run {} has ended: {}.", run.id, run.state.as_str()));
        let parts = [ended, unsaved(model), Some(at_once("leaves at once"))];
        let body = parts.into_iter().flatten().collect();
        // The letter that left the live run leaves now.
        return Dialog::new("Leave Downbeat?", body, "stay").or('l', "leave", DialogResult::Leave);
    };
    while_live(model, run)
}

fn while_live(model: &Model, run: &Run) -> Dialog {
    let live = run.tasks.iter().filter(|task| task.state.holds_place()).count();
    let (what, leave, again) = if model.is_sandbox {
        let what = "The sandbox ends with this program, and so do its pipeline runs. The next start offers to resume the run: \
                    what has a try left is then started again.";
        (what, "leave, they end", "leaves at once")
    } else {
        let what = "If you leave them running, they go on in Data Fusion, and the next start offers to resume the run.";
        (what, "leave them running", "leaves them running, at once")
    };
    let body = vec![
        format!("Run {} is live: {} at work.", run.id, count(live, "task")),
        what.into(),
        at_once(again),
    ];
    Dialog::new("Leave while a run is live?", body, "stay")
        .while_true(Premise::LeavesRun)
        .or('l', leave, DialogResult::Leave)
        .or('s', "stop them, then leave", DialogResult::StopAndLeave)
}

fn at_once(what: &str) -> String {
    format!("{} again {what}.", key(Action::Interrupt))
}

fn unsaved(model: &Model) -> Option<String> {
    let changes = model.variables.changes();
    let names: Vec<_> = changes.iter().map(|(name, _)| name.to_string()).collect();
    (!names.is_empty()).then(|| format!("Edited and not saved: {}.", names.join(", ")))
}
