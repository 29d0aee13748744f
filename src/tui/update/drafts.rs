//! Edits that were not saved when the program ended: kept at the end, offered at the next start.

use super::{arguments, field, read_configuration, variables};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::arguments::Typing;
use crate::tui::model::overlay::{Dialog, DialogResult, Overlay};
use crate::tui::model::variables::VariablesPane;
use crate::tui::plan::count;
use crate::tui::remedy;
use crate::tui::theme::Meaning;
use domain::arguments::RuntimeArguments;
use domain::draft::{ArgumentEdit, Draft, KeptChange, KeptEdits, TypedName};
use domain::failure::Failure;
use domain::id::TaskId;

/// How many tasks a question names.
const NAMED: usize = 5;

/// Whether to take up what was not saved the last time.
pub(in crate::tui) fn question(draft: &Draft) -> Dialog {
    let mut body = vec![format!(
        "Downbeat ended at {} with edits that were not saved.",
        draft.at
    )];
    if !draft.variables.is_empty() {
        let names: Vec<_> = draft.variables.keys().map(|name| name.as_str()).collect();
        body.push(format!("Variables: {}.", names.join(", ")));
    }
    if !draft.arguments.is_empty() {
        let rows = count(draft.arguments.len(), "row");
        body.push(format!("Arguments of {rows}: {}.", named(draft.arguments.keys())));
    }
    if let Some(TypedName { task, of, text }) = &draft.typed {
        body.push(format!("Still being typed for {task}: {}, {text}.", of.words()));
    }
    Dialog::new("Take up the edits again?", body, "not now")
        .or('y', "take them up", DialogResult::TakeDraft)
        .or('d', "drop them", DialogResult::DropDraft)
}

/// The names of some tasks, and how many more there are.
pub(super) fn named<'a>(tasks: impl ExactSizeIterator<Item = &'a TaskId>) -> String {
    let more = tasks.len().saturating_sub(NAMED);
    let mut names: Vec<_> = tasks.take(NAMED).map(ToString::to_string).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// Takes them up: the variables now, the arguments once their rows are known.
pub(super) fn take(model: &mut Model, effects: &mut Vec<Effect>) {
    model.draft_is_answered = true;
    let Some(draft) = model.kept.draft.clone() else {
        return;
    };
    let mut is_read_anew = false;
    for (name, text) in &draft.variables {
        if model.variables.working.set(*name, text).is_ok() {
            is_read_anew |= VariablesPane::affects_what_is_read(*name);
        } else {
            // It was left while it was typed, and is there again as it was.
            variables::type_again(model, *name, text);
            field::validate(model);
        }
    }
    model.configuration.edit_again(draft.arguments);
    model.configuration.awaited_name = draft.typed;
    if is_read_anew {
        read_configuration(model, effects);
    } else {
        arguments::type_name_again(model);
    }
}

/// Forgets them.
pub(super) fn forget(model: &mut Model, effects: &mut Vec<Effect>) {
    model.draft_is_answered = true;
    effects.push(Effect::KeepEdits(KeptChange::Draft(None)));
}

/// What is kept at the end, if that is another thing than before.
pub(in crate::tui) fn at_the_end(model: &Model) -> Option<KeptChange> {
    let kept = draft(model).filter(|_| !model.discards_edits);
    let has_old = model.kept.draft.is_some();
    match kept {
        Some(draft) => Some(KeptChange::Draft(Some(draft))),
        None => (has_old && model.draft_is_answered).then_some(KeptChange::Draft(None)),
    }
}

/// What would be lost now, as far as it may be kept: what is still being typed, too.
fn draft(model: &Model) -> Option<Draft> {
    let secrets = &model.secrets;
    let typed = model
        .variables
        .editor
        .as_ref()
        .filter(|editor| editor.is_changed());
    let typed = typed.map(|editor| (model.variables.selected, editor.text().to_owned()));
    let changes = model.variables.changes().into_iter().chain(typed);
    let variables = changes.filter(|(_, text)| secrets.strike(text) == text.as_str());
    let mut arguments = model.configuration.awaited.clone();
    let mut edits = model.configuration.edits.clone();
    edits.extend(model.overlays.iter().filter_map(typed_argument));
    for (task, values) in &edits {
        let (edit, _) = edit_of(model, task, values);
        arguments.insert(task.clone(), edit);
    }
    arguments.retain(|_, edit| !edit.is_empty());
    let draft = Draft {
        at: model.now,
        variables: variables.collect(),
        arguments,
        typed: typed_name(model),
    };
    (!draft.is_empty()).then_some(draft)
}

/// The name that is being typed into a form, or that was the last time and is not taken up yet.
fn typed_name(model: &Model) -> Option<TypedName> {
    let in_forms = model.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Arguments(form) if form.asked.is_none() => match form.typing.as_ref()? {
            Typing::Name(of, editor) if editor.is_changed() => Some(TypedName {
                task: form.task.clone(),
                of: *of,
                text: editor.text().to_owned(),
            }),
            _ => None,
        },
        _ => None,
    });
    let typed = in_forms.or_else(|| model.configuration.awaited_name.clone());
    typed.filter(|typed| model.secrets.strike(&typed.text) == typed.text)
}

/// The arguments of a form with the value that is being typed into it. One that was asked for is a secret, and what shows
/// stars may be.
fn typed_argument(overlay: &Overlay) -> Option<(TaskId, RuntimeArguments)> {
    let Overlay::Arguments(form) = overlay else {
        return None;
    };
    let Some(Typing::Value { name, editor }) = &form.typing else {
        return None;
    };
    let is_kept = form.asked.is_none() && editor.is_changed() && !editor.is_masked();
    is_kept.then(|| {
        let mut values = form.values.clone();
        values.insert(name.as_str(), editor.text());
        (form.task.clone(), values)
    })
}

/// How the arguments of the next run differ from the row's, and which of them cannot be kept.
pub(super) fn edit_of(
    model: &Model,
    task: &TaskId,
    values: &RuntimeArguments,
) -> (ArgumentEdit, Vec<String>) {
    let row = model.configuration.rows().iter().find(|row| row.task == *task);
    let nothing = RuntimeArguments::default();
    let before = row.map_or(&nothing, |row| &row.arguments);
    ArgumentEdit::between(before, values, &model.secrets)
}

/// What is kept was changed, or could not be.
pub(super) fn on_kept(model: &mut Model, change: &KeptChange, outcome: Result<KeptEdits, Failure>) {
    model.lists_version += 1;
    match outcome {
        Ok(kept) => {
            model.kept = kept;
            match change {
                KeptChange::Draft(_) => {}
                KeptChange::Save(name, _) => model.reply(format!("Saved as the preset {name}.")),
                KeptChange::Forget(name) => model.reply(format!("The preset {name} is forgotten.")),
            }
        }
        Err(failure) => model.notify(Meaning::Danger, failure.text(remedy::text)),
    }
}
