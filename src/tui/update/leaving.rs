//! Leaving the program: at once, or after a question if a run is live or an edit is not saved.

use super::{drafts, field};
use crate::tui::action::{Action, key};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::editor::Editor;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay, Premise};
use crate::tui::plan::count;
use domain::run::Run;
use std::collections::BTreeSet;

/// Leaves, or asks before.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    let unsaved = unsaved(model);
    let dialog = match model.live_run() {
        _ if model.is_leaving => return effects.push(Effect::Leave),
        Some(run) => while_live(model, run),
        None if unsaved.is_empty() => return effects.push(Effect::Leave),
        None => idle("Leave without saving?", unsaved),
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
        None => idle("Leave Downbeat?", unsaved(model)),
    };
    model.overlays.push(Overlay::Dialog(dialog));
}

/// The question while a run is live, as things are now. When none is any more, it is still asked whether to leave.
pub(super) fn question(model: &Model) -> Dialog {
    let Some(run) = model.live_run() else {
        let ended = model.run.as_ref().filter(|run| run.state.is_end());
        let ended =
            ended.map(|run| format!("Run {} has ended: {}.", model.run_name(run), run.state.as_str()));
        let unsaved = unsaved(model);
        let mut body: Vec<_> = ended.into_iter().chain(unsaved.iter().cloned()).collect();
        body.push(at_once());
        let dialog = Dialog::new("Leave Downbeat?", body, "stay");
        // The letter that left the live run leaves now.
        return with_saving(dialog.or('y', "leave", DialogResult::Leave), &unsaved);
    };
    while_live(model, run)
}

fn while_live(model: &Model, run: &Run) -> Dialog {
    let live = run.tasks.iter().filter(|task| task.state.holds_place()).count();
    let (what, leave) = if model.is_sandbox {
        let what = "The sandbox ends with this program, and so do its pipeline runs. The next start offers to resume the run: \
                    what has a try left is then started again.";
        (what, "leave, they end")
    } else {
        let what = "If you leave them running, they go on in Data Fusion, and the next start offers to resume the run.";
        (what, "leave them running")
    };
    let unsaved = unsaved(model);
    let mut body = vec![
        format!(
            "Run {} is live: {} at work.",
            model.run_name(run),
            count(live, "task")
        ),
        what.into(),
    ];
    body.extend(unsaved.iter().cloned());
    body.push(at_once());
    let dialog = Dialog::new("Leave while a run is live?", body, "stay")
        .while_true(Premise::LeavesRun)
        .or('y', leave, DialogResult::Leave);
    with_saving(dialog, &unsaved).or('s', "stop them, then leave", DialogResult::StopAndLeave)
}

/// The question while no run is live.
fn idle(title: &str, unsaved: Vec<String>) -> Dialog {
    let label = if unsaved.is_empty() {
        "leave"
    } else {
        "leave without"
    };
    let mut body = unsaved.clone();
    body.push(at_once());
    with_saving(Dialog::new(title, body, "stay"), &unsaved).or('y', label, DialogResult::Leave)
}

fn with_saving(dialog: Dialog, unsaved: &[String]) -> Dialog {
    if unsaved.is_empty() {
        dialog
    } else {
        dialog.or('w', "save and leave", DialogResult::SaveAndLeave)
    }
}

/// What the second press does; it asks nothing, and loses nothing either.
fn at_once() -> String {
    format!("{} again leaves at once.", key(Action::Interrupt))
}

/// What would be lost, a sentence each.
pub(super) fn unsaved(model: &Model) -> Vec<String> {
    let changes = model.variables.changes();
    let names: Vec<_> = changes.iter().map(|(name, _)| name.as_str()).collect();
    let mut sentences = Vec::new();
    if !names.is_empty() {
        sentences.push(format!("Variables edited and not saved: {}.", names.join(", ")));
    }
    let edits = &model.configuration.edits;
    if !edits.is_empty() {
        let rows = drafts::named(edits.keys());
        sentences.push(format!(
            "Arguments edited for the next run, of {rows}; saving keeps them for the next start."
        ));
    }
    let lost = edits
        .iter()
        .flat_map(|(task, values)| drafts::edit_of(model, task, values).1);
    let lost: BTreeSet<_> = lost.collect();
    if !lost.is_empty() {
        let names: Vec<_> = lost.into_iter().collect();
        sentences.push(format!("Secrets are not kept: {}.", names.join(", ")));
    }
    let open = open_editors(model).filter(|(_, editor)| editor.is_changed());
    sentences
        .extend(open.map(|(name, _)| format!("A field is open and its text is not accepted yet: {name}.")));
    sentences
}

/// The open text fields, with the names of what they edit.
fn open_editors(model: &Model) -> impl Iterator<Item = (&str, &Editor)> {
    let variable = model.variables.editor.as_ref();
    let variable = variable.map(|editor| (model.variables.selected.as_str(), editor));
    let in_forms = model.overlays.iter().filter_map(|overlay| match overlay {
        Overlay::Arguments(form) => Some((form.typed_name(), form.editor()?)),
        _ => None,
    });
    variable.into_iter().chain(in_forms)
}

/// Accepts open fields, saves the variables, and leaves. What is wrong is shown instead, and nothing is left.
pub(super) fn save_and_leave(model: &mut Model, effects: &mut Vec<Effect>) {
    while open_editors(model).next().is_some() {
        match model.overlays.top() {
            Some(Overlay::Arguments(form)) if form.asked.is_none() && form.editor().is_some() => {}
            None => {}
            // What was typed to try a task again is a secret, and that was not asked for here.
            Some(_) => {
                model.overlays.pop();
                continue;
            }
        }
        let is_changed = model.editor().is_some_and(Editor::is_changed);
        if !is_changed {
            field::drop_text(model);
            continue;
        }
        field::commit(model, effects);
        if let Some(fault) = model.editor().and_then(|editor| editor.fault.clone()) {
            return model.reply(format!(
                "Nothing was left, because what is typed cannot be saved: {fault}"
            ));
        }
    }
    let changes = model.variables.changes();
    if changes.is_empty() {
        return effects.push(Effect::Leave);
    }
    model.leaves_when_saved = true;
    effects.push(Effect::SaveVariables(changes));
}
